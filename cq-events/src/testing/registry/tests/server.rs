//! The registry over HTTP.

use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::registry::{HttpRegistry, RegistryConfig, RegistryError, SchemaId, SchemaRegistry as _};
use crate::testing::{Fault, RegistryServer};

/// Longer than anything takes here.
const DEADLINE: Duration = Duration::from_secs(20);

async fn started() -> RegistryServer {
    RegistryServer::start(MemoryRegistry::new()).await.unwrap()
}

fn client(server: &RegistryServer) -> HttpRegistry {
    HttpRegistry::new(RegistryConfig::builder(server.url()).build().unwrap()).unwrap()
}

/// Sends a request as it stands, and reads what comes until the connection ends.
async fn raw(server: &RegistryServer, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

fn closing(method: &str, target: &str, headers: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_client_registers_reads_and_is_refused() {
    let registry = MemoryRegistry::new();
    let server = RegistryServer::start(registry.clone()).await.unwrap();
    let client = client(&server);
    let id = client.register("a/b-value", &grown(1)).await.unwrap();
    assert_eq!(id, SchemaId::new(1));
    assert_eq!(registry.subjects(), ["a/b-value"]);
    assert_eq!(*client.schema_of(id).await.unwrap(), *registry.schema_of(id).await.unwrap());
    let guid = registry.guid_of(id).unwrap();
    assert_eq!(*client.schema_of_guid(guid).await.unwrap(), *registry.schema_of(id).await.unwrap());
    let error = client.register("a/b-value", &record(&[int("y")])).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Incompatible { .. }) && error.to_string().contains("R.y"),
        "{error}"
    );
    let error = client.schema_of(SchemaId::new(7)).await.unwrap_err();
    assert!(matches!(error, RegistryError::UnknownId { .. }), "{error}");
    let asked = server.requests();
    assert_eq!(asked[0].0, "POST");
    assert!(asked[0].1.starts_with("/subjects/a%2Fb-value/versions"), "{asked:?}");
    assert_eq!(
        asked.iter().filter(|(_, target)| target.starts_with("/schemas/ids/1")).count(),
        1,
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_register_at_once_agree_on_the_ids() {
    let registry = MemoryRegistry::with_level(cq_events_schema::Level::None);
    let server = RegistryServer::start(registry).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..64 {
        let client = client(&server);
        let schema = format!(r#"{{"type":"fixed","name":"F{}","size":1}}"#, index % 8);
        tasks.spawn(async move { (index % 8, client.register("a", &schema).await) });
    }
    let mut ids = std::collections::BTreeMap::new();
    for (schema, id) in tasks.join_all().await {
        let id = id.unwrap();
        assert_eq!(*ids.entry(schema).or_insert(id), id, "schema {schema}");
    }
    let mut numbers: Vec<u32> = ids.values().map(|id| id.get()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_answer_has_the_type_of_confluents_and_a_connection_serves_several() {
    let server = started().await;
    let two =
        format!("GET /subjects HTTP/1.1\r\nHost: registry\r\n\r\n{}", closing("GET", "/config/a?x=1", ""));
    let answer = raw(&server, &two).await;
    assert_eq!(answer.matches("content-type: application/vnd.schemaregistry.v1+json").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 200") && answer.contains("HTTP/1.1 404"), "{answer}");
    assert!(
        answer.ends_with(r#""message":"Subject 'a' does not have subject-level compatibility configured"}"#)
    );
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let server = started().await;
    let body = format!("{{\"schema\":\"{}\"}}", " ".repeat(5 << 20));
    let head = closing("POST", "/subjects/a/versions", &format!("Content-Length: {}\r\n", body.len()));
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut reads, mut writes) = stream.split();
    let sent = async {
        writes.write_all(head.as_bytes()).await.unwrap();
        // The server may close before it has read it all.
        let _ = writes.write_all(body.as_bytes()).await;
    };
    let mut status = [0; 12];
    let (_, read) = tokio::join!(sent, timeout(DEADLINE, reads.read_exact(&mut status)));
    read.unwrap().unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_stopped_server_is_gone_and_comes_back_where_it_was_with_what_it_knew() {
    let registry = MemoryRegistry::new();
    let server = RegistryServer::start(registry.clone()).await.unwrap();
    let address = server.address();
    client(&server).register("a", &grown(1)).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    server.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    let closed = timeout(DEADLINE, idle.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    let server = RegistryServer::start_on(registry, address).await.unwrap();
    assert_eq!(server.address(), address);
    assert_eq!(client(&server).versions("a").await.unwrap(), [1]);
    drop(server);
    timeout(DEADLINE, async { while TcpStream::connect(address).await.is_ok() {} }).await.unwrap();
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let server = started().await;
    server.require_basic("ann", "s3cret:x");
    let answer = raw(&server, &closing("GET", "/subjects", "")).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("www-authenticate: Basic"), "{answer}");
    assert!(answer.ends_with(r#"{"error_code":401,"message":"Unauthorized"}"#), "{answer}");
    let wrong = raw(&server, &closing("GET", "/subjects", "Authorization: Basic YW5uOm5v\r\n")).await;
    assert!(wrong.starts_with("HTTP/1.1 401"), "{wrong}");
    let right = raw(&server, &closing("GET", "/subjects", "Authorization: Basic YW5uOnMzY3JldDp4\r\n")).await;
    assert!(right.starts_with("HTTP/1.1 200"), "{right}");
    server.require_bearer("t0ken");
    let right = raw(&server, &closing("GET", "/subjects", "Authorization: Bearer t0ken\r\n")).await;
    assert!(right.starts_with("HTTP/1.1 200"), "{right}");
    assert!(!format!("{server:?}").contains("t0ken"));
}

#[tokio::test]
async fn faults_come_in_their_order_and_then_it_answers_again() {
    let server = started().await;
    let later = Fault::error(429, 42900, "later").header("Retry-After", "7");
    server.fail_next(1, later);
    server.fail_next(1, Fault::redirect("http://127.0.0.1:1/"));
    let limited = raw(&server, &closing("GET", "/subjects", "")).await;
    assert!(limited.starts_with("HTTP/1.1 429") && limited.contains("retry-after: 7"), "{limited}");
    assert!(limited.ends_with(r#"{"error_code":42900,"message":"later"}"#), "{limited}");
    let redirect = raw(&server, &closing("GET", "/subjects", "")).await;
    assert!(redirect.starts_with("HTTP/1.1 307") && redirect.contains("location: http://127.0.0.1:1/"));
    assert!(raw(&server, &closing("GET", "/subjects", "")).await.starts_with("HTTP/1.1 200"));

    server.fail(Fault::answer(200, "<html>"));
    for _ in 0..3 {
        assert!(raw(&server, &closing("GET", "/subjects", "")).await.ends_with("\r\n\r\n<html>"));
    }
    server.heal();
    assert!(raw(&server, &closing("GET", "/subjects", "")).await.ends_with("\r\n\r\n[]"));
    assert_eq!(server.requests().len(), 7);
}

#[tokio::test]
async fn a_connection_is_closed_or_hangs_and_nothing_was_done() {
    let registry = MemoryRegistry::new();
    let server = RegistryServer::start(registry.clone()).await.unwrap();
    let body = json!({ "schema": "\"int\"" }).to_string();
    let head = closing("POST", "/subjects/a/versions", &format!("Content-Length: {}\r\n", body.len()));
    server.fail_next(1, Fault::Close);
    assert_eq!(raw(&server, &format!("{head}{body}")).await, "");
    server.fail_next(1, Fault::Hang);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    timeout(DEADLINE, async {
        while server.requests().len() < 2 {
            tokio::task::yield_now().await
        }
    })
    .await
    .unwrap();
    assert!(timeout(Duration::from_millis(100), stream.read(&mut [0; 1])).await.is_err(), "it answered");
    assert_eq!(registry.subjects(), [""; 0]);
}

#[tokio::test]
async fn a_body_is_slow_large_or_endless() {
    let server = started().await;
    server.fail_next(1, Fault::Drip(Duration::from_millis(20)));
    let started = Instant::now();
    let answer = raw(&server, &closing("GET", "/config", "")).await;
    assert!(answer.contains("transfer-encoding: chunked") && answer.ends_with("0\r\n\r\n"), "{answer}");
    let bytes: String = answer.split("\r\n1\r\n").skip(1).filter_map(|rest| rest.chars().next()).collect();
    assert_eq!(bytes, r#"{"compatibilityLevel":"BACKWARD"}"#);
    assert!(started.elapsed() >= Duration::from_millis(20) * u32::try_from(bytes.len()).unwrap());

    server.fail_next(1, Fault::Large { bytes: (1 << 20) + 1 });
    let answer = raw(&server, &closing("GET", "/config", "")).await;
    assert_eq!(answer.matches("    ").count() * 4, (1 << 20));

    server.fail_next(1, Fault::Endless);
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(closing("GET", "/config", "").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(DEADLINE, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200"));
    assert!(timeout(Duration::from_millis(100), stream.read_u8()).await.is_err(), "it has a body");
}

#[tokio::test]
async fn tls_shows_its_certificate_and_asks_for_that_of_the_client() {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let signed = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let (certificate, key) = signed("127.0.0.1");
    let (client_certificate, client_key) = signed("ann");
    let ca_file = file("ca.pem", &ca.pem());

    let server = RegistryServer::start_tls(MemoryRegistry::new(), &certificate, &key, None).await.unwrap();
    assert!(server.url().starts_with("https://127.0.0.1:"));
    let known = RegistryConfig::builder(server.url()).ca_location(&ca_file).build().unwrap();
    assert_eq!(HttpRegistry::new(known).unwrap().register("a", "\"int\"").await.unwrap(), SchemaId::new(1));

    let server =
        RegistryServer::start_tls(MemoryRegistry::new(), &certificate, &key, Some(&ca.pem())).await.unwrap();
    let with = RegistryConfig::builder(server.url())
        .ca_location(&ca_file)
        .certificate_location(file("client.pem", &client_certificate))
        .key_location(file("client.key", &client_key));
    let with = HttpRegistry::new(with.build().unwrap()).unwrap();
    assert_eq!(with.register("a", "\"int\"").await.unwrap(), SchemaId::new(1));
    let without = RegistryConfig::builder(server.url()).ca_location(&ca_file).build().unwrap();
    let error = HttpRegistry::new(without).unwrap().subjects().await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error}");
    assert_eq!(server.requests().len(), 1, "a client without certificate was answered");

    let wrong = RegistryServer::start_tls(MemoryRegistry::new(), "none", &key, None).await.unwrap_err();
    assert_eq!(wrong.kind(), std::io::ErrorKind::InvalidInput);
}
