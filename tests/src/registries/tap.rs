//! A port in front of a registry that writes down what is asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A port in front of a registry. It ends with this value.
#[derive(Debug)]
pub struct Tap {
    url: String,
    log: Arc<Log>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Log {
    asked: Mutex<Vec<String>>,
    in_vain: AtomicUsize,
}

impl Tap {
    /// A port in front of the registry at this URL.
    pub async fn on(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("a URL of http");
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, path) = (host.to_owned(), path.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}{path}", listener.local_addr().expect("an address"));
        let log = Arc::<Log>::default();
        let (of_tap, mut tasks) = (Arc::clone(&log), JoinSet::new());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, host.clone(), path.clone(), Arc::clone(&log)));
            }
        });
        Self { url, log: of_tap, _tasks: tasks }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked since the last call, such as `GET /subjects`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many connections found no registry behind it.
    pub fn in_vain(&self) -> usize {
        self.log.in_vain.load(Ordering::Relaxed)
    }
}

async fn forward(client: TcpStream, host: String, path: String, log: Arc<Log>) {
    let Ok(server) = TcpStream::connect(host).await else {
        log.in_vain.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let (mut buffer, mut seen) = (vec![0; 16 << 10], Vec::new());
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            seen.extend_from_slice(&buffer[..count]);
            while let Some(request) = next_request(&mut seen) {
                let request = request.replacen(&path, "", 1);
                log.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            }
            if to_server.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async { tokio::io::copy(&mut from_server, &mut to_client).await };
    // Whoever ends first, the connection ends.
    tokio::select! {
        () = there => {}
        _ = back => {}
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
