//! A port in front of a registry that writes down what is asked.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A port in front of a registry. It ends with this value.
#[derive(Debug)]
pub struct Tap {
    url: String,
    asked: Asked,
    _tasks: JoinSet<()>,
}

/// What was asked.
type Asked = Arc<Mutex<Vec<String>>>;

impl Tap {
    /// A port in front of the registry at this URL.
    pub async fn on(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("a URL of http");
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, path) = (host.to_owned(), path.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}{path}", listener.local_addr().expect("an address"));
        let asked = Asked::default();
        let (of_tap, mut tasks) = (Arc::clone(&asked), JoinSet::new());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, host.clone(), path.clone(), Arc::clone(&asked)));
            }
        });
        Self { url, asked: of_tap, _tasks: tasks }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked since the last call, such as `GET /subjects`, also where there was no registry to answer.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn forward(client: TcpStream, host: String, path: String, asked: Asked) {
    let server = TcpStream::connect(host).await.ok();
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.map(TcpStream::into_split).unzip();
    let there = async {
        let (mut buffer, mut seen) = (vec![0; 16 << 10], Vec::new());
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            seen.extend_from_slice(&buffer[..count]);
            while let Some(request) = next_request(&mut seen) {
                let request = request.replacen(&path, "", 1);
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            }
            let Some(server) = &mut to_server else { return };
            if server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        match from_server {
            Some(mut server) => drop(tokio::io::copy(&mut server, &mut to_client).await),
            None => std::future::pending().await,
        }
    };
    // Whoever ends first, the connection ends.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// The method and target of the next request line, which may stand right behind a body of JSON.
fn next_request(seen: &mut Vec<u8>) -> Option<String> {
    const VERSION: &[u8] = b" HTTP/1.1\r\n";
    let end = seen.windows(VERSION.len()).position(|bytes| bytes == VERSION)?;
    let before: Vec<u8> = seen.drain(..end + VERSION.len()).take(end).collect();
    let before = String::from_utf8_lossy(&before);
    let (rest, target) = before.rsplit_once(' ')?;
    let method = rest.rsplit(|c: char| !c.is_ascii_uppercase()).next()?;
    Some(format!("{method} {target}"))
}
