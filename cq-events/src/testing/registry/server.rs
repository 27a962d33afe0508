//! HTTP in front of the registry: it reads requests, and writes answers.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::control::Control;
use super::fault::{Body, Fault, faulty, response};
use super::memory::MemoryRegistry;
use super::refusal::Refusal;
use super::request::Request;
use super::tls;

/// The largest body of a request, in bytes: a schema of 1 MiB, escaped, with room.
const MAX_BODY: usize = 4 << 20;

/// A [`MemoryRegistry`] as a server on 127.0.0.1, for programs of all languages. It ends when it is dropped.
///
/// It speaks the REST API of Confluent's registry, in the words and codes of 8.x:
///
/// | calls | what they do |
/// |---|---|
/// | `POST /subjects/S/versions`, `POST /subjects/S` | register, and look up; with references |
/// | `GET /subjects`, `/subjects/S/versions`, `.../V`, `.../V/schema`, `.../V/referencedby` | subjects and versions, in pages |
/// | `DELETE /subjects/S`, `/subjects/S/versions/V` | softly, and then with `permanent=true` |
/// | `GET /schemas/ids/I`, `.../schema`, `.../subjects`, `.../versions`, `/schemas/guids/G`, `.../ids`, `/schemas`, `/schemas/types` | schemas; `format=resolved` inlines references |
/// | `POST /compatibility/subjects/S/versions`, `.../V` | the project's own checker, which is a little stricter (logical types) |
/// | `GET`, `PUT`, `DELETE` of `/config`, `/config/S`, `/mode`, `/mode/S` | levels; `READWRITE`, `READONLY`, `READONLY_OVERRIDE`, `IMPORT` |
/// | `GET /`, `/contexts`, `/v1/metadata/id`, `/v1/metadata/version` | what clients ask at their start |
///
/// What is different, so that no test believes it:
///
/// - A schema is known again by all that its normalised form keeps, whatever `normalize` says: spacing and the order of keys
///   do not count, documentation and defaults do. Its text is given back as it was first registered, and its GUID is one of
///   its content, but not Confluent's.
/// - Schemas are parsed by this project's rules, so that one with a default of a wrong type is refused.
/// - Incompatible schemas get the code 409, as before 8.2; what speaks against them is in our own words.
/// - Only Avro; no metadata and rule sets (refused); no contexts but the default one; no aliases, associations (404, which
///   clients take for "none") and exporters.
/// - A version that was deleted softly stays when its schema is registered again; Confluent drops it then.
/// - Nothing is on disk, and there is no leader. It keeps 10,000 schemas of 256 MiB in all, each of 1 MiB at most.
///
/// ```
/// use cq_events::testing::{Fault, MemoryRegistry, RegistryServer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = RegistryServer::start(MemoryRegistry::new()).await?;
/// println!("SCHEMA_REGISTRY_URL={}", server.url());
/// server.fail_next(2, Fault::error(503, 50002, "not now"));
/// # Ok(())
/// # }
/// ```
pub struct RegistryServer {
    address: SocketAddr,
    is_tls: bool,
    control: Arc<Control>,
    accepts: JoinHandle<()>,
}

impl RegistryServer {
    /// Serves a registry on a port that the system chooses.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(registry: MemoryRegistry) -> io::Result<Self> {
        Self::start_on(registry, (Ipv4Addr::LOCALHOST, 0)).await
    }

    /// Serves a registry on this address: for example that of a server which was stopped.
    ///
    /// # Errors
    /// When the port cannot be opened.
    pub async fn start_on(registry: MemoryRegistry, address: impl Into<SocketAddr>) -> io::Result<Self> {
        Self::serve(registry, address.into(), None).await
    }

    /// Serves a registry with TLS, on a port that the system chooses. All texts are PEM: the server's certificate, its key,
    /// and (optional) the certificate of the authority that every client needs a certificate of.
    ///
    /// # Errors
    /// When no port can be opened, or one of the texts is not what it should be.
    pub async fn start_tls(
        registry: MemoryRegistry,
        certificate: &str,
        key: &str,
        client_ca: Option<&str>,
    ) -> io::Result<Self> {
        let acceptor = tls::acceptor(certificate, key, client_ca)?;
        Self::serve(registry, (Ipv4Addr::LOCALHOST, 0).into(), Some(acceptor)).await
    }

    async fn serve(
        registry: MemoryRegistry,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let control = Arc::<Control>::default();
        let is_tls = tls.is_some();
        let site = Site { registry, control: Arc::clone(&control), tls };
        Ok(Self { address, is_tls, control, accepts: tokio::spawn(accept(listener, site)) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Closes its port and all connections. The registry keeps what it knows, for another server.
    pub async fn stop(mut self) {
        self.accepts.abort();
        // It was cancelled, which is what was asked for.
        let _ = (&mut self.accepts).await;
    }

    /// Lets the next so many requests meet a fault, behind those that are to come already.
    pub fn fail_next(&self, requests: usize, fault: Fault) {
        self.control.fail_next(requests, &fault);
    }

    /// Lets all requests meet a fault, until [`heal`](Self::heal).
    pub fn fail(&self, fault: Fault) {
        self.control.fail(fault);
    }

    /// Answers as it should again.
    pub fn heal(&self) {
        self.control.heal();
    }

    /// Answers 401 to requests that do not come with these credentials.
    pub fn require_basic(&self, user: &str, password: &str) {
        self.control.require_basic(user, password);
    }

    /// Answers 401 to requests that do not come with this token.
    pub fn require_bearer(&self, token: &str) {
        self.control.require_bearer(token);
    }

    /// The requests so far, the last 100,000, those that met a fault too: method, and path with query.
    pub fn requests(&self) -> Vec<(String, String)> {
        self.control.requests()
    }
}

impl Drop for RegistryServer {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

impl fmt::Debug for RegistryServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryServer").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// What all connections share.
#[derive(Clone)]
struct Site {
    registry: MemoryRegistry,
    control: Arc<Control>,
    tls: Option<TlsAcceptor>,
}

/// Takes connections until it is aborted, which ends them as well.
async fn accept(listener: TcpListener, site: Site) {
    let mut connections = JoinSet::new();
    loop {
        // A connection that is gone before it is taken concerns nobody.
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, site.clone()))),
            // Or there are too many, which takes a while.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection. How it ends is the client's affair.
async fn connection(stream: TcpStream, site: Site) {
    let _ = stream.set_nodelay(true);
    match &site.tls {
        None => serve(stream, &site).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, &site).await;
            }
        }
    }
}

async fn serve(stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin, site: &Site) {
    let respond = service_fn(|request| respond(site, request));
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), respond);
    let _ = connection.await;
}

async fn respond(site: &Site, request: hyper::Request<Incoming>) -> Result<Response<Body>, Closed> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let fault = site.control.request(head.method.as_str(), &target);
    let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_answered = fault.as_ref().is_none_or(|fault| matches!(fault, Fault::Drip(_)));
    if is_answered && !site.control.lets_pass(authorization) {
        let mut response = response(Refusal::unauthorized().into());
        let realm = HeaderValue::from_static("Basic realm=\"SchemaRegistry-Props\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, realm);
        return Ok(response);
    }
    let body = Limited::new(body, MAX_BODY).collect().await;
    let answer = async {
        let Ok(body) = body else { return Ok(Refusal::body_too_large(MAX_BODY).into()) };
        let request = Request::new(head.method.as_str(), &target, body.to_bytes());
        let registry = site.registry.clone();
        // To parse and compare large schemas takes a while.
        tokio::task::spawn_blocking(move || registry.answer(&request)).await.map_err(|_| Closed)
    };
    match fault {
        Some(fault) => faulty(fault, answer).await,
        None => answer.await.map(response),
    }
}

/// That the connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub(super) struct Closed;
