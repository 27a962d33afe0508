//! The downstream: a small HTTP server that archives inspections, or fails as it is told to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The status that means "done".
pub const DONE: u16 = 204;

/// What the sink answers.
#[derive(Clone, Default)]
pub struct Mood(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// By batch: a status, and for how many requests; then it is done.
    batches: BTreeMap<String, (u16, usize)>,
    /// For all batches.
    all: Option<u16>,
}

impl Mood {
    /// Answers so many requests for a batch with this status.
    pub fn fail(&self, batch: &str, status: u16, times: usize) {
        self.lock().batches.insert(batch.to_owned(), (status, times));
    }

    /// Answers all requests with this status.
    pub fn fail_all(&self, status: u16) {
        self.lock().all = Some(status);
    }

    /// Everything goes well from now on.
    pub fn recover(&self) {
        *self.lock() = State::default();
    }

    fn answer(&self, batch: &str) -> u16 {
        let mut state = self.lock();
        if let Some(status) = state.all {
            return status;
        }
        match state.batches.get_mut(batch) {
            Some((status, times)) if *times > 0 => {
                *times -= 1;
                *status
            }
            _ => DONE,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until the program ends.
pub async fn start(mood: Mood) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mood = mood.clone();
            tokio::spawn(async move {
                // A client that goes away has its own trouble.
                let _ = serve(stream, &mood).await;
            });
        }
    });
    Ok(address)
}

async fn serve(mut stream: TcpStream, mood: &Mood) -> std::io::Result<()> {
    let mut request = vec![0; 1_024];
    let length = stream.read(&mut request).await?;
    request.truncate(length);
    let line = String::from_utf8_lossy(&request);
    let batch =
        line.split(' ').nth(1).and_then(|path| path.strip_prefix("/inspections/")).unwrap_or_default();
    let status = mood.answer(batch);
    stream.write_all(format!("HTTP/1.1 {status} -\r\nconnection: close\r\n\r\n").as_bytes()).await
}

/// What the client makes of an answer that is none of success.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It may do the next time.
    #[error("the archive answers {0}")]
    Busy(u16),
    /// It never will.
    #[error("the archive refuses the inspection with {0}")]
    Refused(u16),
    /// It cannot be reached.
    #[error("the archive cannot be reached")]
    Unreachable(#[from] std::io::Error),
}

/// Archives the inspection of a batch.
pub async fn archive(sink: SocketAddr, batch: &str) -> Result<(), ArchiveError> {
    let mut stream = TcpStream::connect(sink).await?;
    let request = format!("POST /inspections/{batch} HTTP/1.1\r\nhost: {sink}\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    match answer.split(' ').nth(1).and_then(|status| status.parse().ok()) {
        Some(DONE) => Ok(()),
        Some(status @ 400..500) => Err(ArchiveError::Refused(status)),
        Some(status) => Err(ArchiveError::Busy(status)),
        None => Err(ArchiveError::Busy(0)),
    }
}
