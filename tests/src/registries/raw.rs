//! Requests as a text, and answers as they come: what a registry says, seen with none of the library's code.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a registry answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null where there is none, or none that is JSON.
    pub body: Value,
}

impl Answer {
    /// The registry's own code of an error.
    pub fn error_code(&self) -> Option<i64> {
        self.body.get("error_code").and_then(Value::as_i64)
    }

    /// The number under a key.
    pub fn number(&self, key: &str) -> i64 {
        self.body.get(key).and_then(Value::as_i64).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }
}

/// One request on a connection of its own.
pub(super) async fn ask(method: &str, url: &str, body: Option<&Value>) -> Answer {
    // Apicurio was seen to send no answer where an error has no body.
    if method == "GET"
        && let Ok(answer) = tokio::time::timeout(Duration::from_secs(5), send(method, url, body)).await
    {
        return answer;
    }
    let answer = tokio::time::timeout(Duration::from_secs(20), send(method, url, body)).await;
    answer.unwrap_or_else(|_| panic!("no answer to {method} {url} within 20 s"))
}

async fn send(method: &str, url: &str, body: Option<&Value>) -> Answer {
    let rest = url.strip_prefix("http://").expect("a URL of http");
    let (host, path) = rest.split_at(rest.find('/').expect("a path"));
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(host).await.expect("the registry is there");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("it can be sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    parse(&answer)
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("the end of the head");
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = &answer[end + 4..];
    let body = if head.contains("transfer-encoding: chunked") { whole(body) } else { body.to_vec() };
    Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() }
}

/// A body that came in chunks.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|bytes| bytes == b"\r\n").expect("the size of a chunk");
        let size = String::from_utf8_lossy(&chunks[..line]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default(), 16).expect("a size");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[line + 2..line + 2 + size]);
        chunks = &chunks[line + 2 + size + 2..];
    }
}
