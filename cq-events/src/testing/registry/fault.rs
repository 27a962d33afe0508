//! Bad days of a server, on request: what a client has to get through.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::routes::Answer;
use super::server::Closed;

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The pieces of a large body.
const PIECE: &[u8] = &[b' '; 64 << 10];

/// What a [`RegistryServer`](super::RegistryServer) does instead of answering. What was asked is not done, but for
/// [`Fault::Drip`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It answers with this, whatever was asked.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers beside the content's type, such as `Location` or `Retry-After`.
        headers: Vec<(String, String)>,
        /// The body, JSON or not.
        body: String,
    },
    /// It takes the request, and never answers.
    Hang,
    /// It closes the connection without an answer.
    Close,
    /// It answers as it should, but sends the body byte by byte, each after this time.
    Drip(Duration),
    /// It answers with a body of so many blanks.
    Large {
        /// How many bytes the body has.
        bytes: u64,
    },
    /// It answers with a body that is empty and never ends.
    Endless,
}

impl Fault {
    /// An answer without further headers.
    pub fn answer(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    /// An error of the registry, as it words them.
    pub fn error(status: u16, code: u32, message: &str) -> Self {
        Self::answer(status, serde_json::json!({ "error_code": code, "message": message }).to_string())
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::answer(307, "").header("Location", location)
    }

    /// The same answer with one header more. Other faults have no headers of their own.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// What goes over the wire.
pub(super) fn response(answer: Answer) -> Response<Body> {
    with_body(answer.status, Full::from(answer.body).boxed_unsync())
}

/// What goes over the wire instead of the answer, which most faults never ask for.
pub(super) async fn faulty(
    fault: Fault,
    answer: impl Future<Output = Result<Answer, Closed>>,
) -> Result<Response<Body>, Closed> {
    Ok(match fault {
        Fault::Answer { status, headers, body } => {
            let mut response = with_body(status, Full::from(body).boxed_unsync());
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Err(Closed),
        Fault::Drip(pause) => {
            let answer = answer.await?;
            let bytes = stream::iter(answer.body.into_bytes()).then(move |byte| async move {
                tokio::time::sleep(pause).await;
                Bytes::from(vec![byte])
            });
            with_body(answer.status, streamed(bytes))
        }
        Fault::Large { bytes } => {
            let pieces = stream::unfold(bytes, |left| async move {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE.len());
                let piece = PIECE.get(..length).filter(|piece| !piece.is_empty())?;
                Some((Bytes::from_static(piece), left.saturating_sub(piece.len() as u64)))
            });
            with_body(200, streamed(pieces))
        }
        Fault::Endless => with_body(200, streamed(stream::pending())),
    })
}

fn streamed(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    StreamBody::new(pieces.map(|piece| Ok(Frame::data(piece)))).boxed_unsync()
}

fn with_body(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/vnd.schemaregistry.v1+json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
