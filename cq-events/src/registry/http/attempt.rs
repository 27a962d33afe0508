//! One request to one server, and what comes back.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};

use super::answer::Answer;
use super::calls::Call;
use super::transport::Transport;
use crate::registry::config::{Auth, UserInfo};

/// The largest answer, in bytes. A schema has at most a megabyte, which JSON may escape; a list of all subjects is long.
const MAX_ANSWER: usize = 16 << 20;

/// Why a server gave no answer.
pub(super) enum Failed {
    /// It may give one the next time.
    ForNow {
        reason: String,
        /// How long it wants to be left alone.
        after: Option<Duration>,
    },
    /// What came is no answer of a registry, and would not be the next time.
    Foreign(String),
}

impl Failed {
    pub(super) fn for_now(reason: String) -> Self {
        Self::ForNow { reason, after: None }
    }
}

impl Transport {
    /// One request.
    pub(super) async fn attempt(&self, url: &str, call: &Call) -> Result<Answer, Failed> {
        let mut request = self
            .client
            .request(call.method.clone(), format!("{url}{}", call.path))
            .header(ACCEPT, "application/vnd.schemaregistry.v1+json, application/json;q=0.9, */*;q=0.1");
        request = match &self.config().auth {
            None => request,
            Some(Auth::Basic(UserInfo { user, password })) => {
                request.basic_auth(user, Some(password.expose()))
            }
            Some(Auth::Bearer(token)) => request.bearer_auth(token.expose()),
        };
        if let Some(body) = &call.body {
            request =
                request.header(CONTENT_TYPE, "application/vnd.schemaregistry.v1+json").body(body.to_string());
        }
        let failed = |error: reqwest::Error| Failed::for_now(words(&error));
        let mut response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_redirection() {
            return Err(Failed::Foreign(redirected(status, &headers)));
        }
        let mut body = Vec::new();
        let too_long = || {
            let mebibytes = MAX_ANSWER >> 20;
            Failed::Foreign(format!("an answer of more than {mebibytes} MiB, which no registry gives"))
        };
        if response.content_length().is_some_and(|bytes| bytes > MAX_ANSWER as u64) {
            return Err(too_long());
        }
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let reason = match self.said(&body).messages.first() {
                Some(message) => format!("status {status}: {message}"),
                None => format!("status {status}"),
            };
            return Err(Failed::ForNow { reason, after: retry_after(&headers) });
        }
        if !status.is_success() {
            return Ok(Answer::Refused { status: status.as_u16(), said: self.said(&body) });
        }
        let value = serde_json::from_slice(&body);
        value
            .map(Answer::Value)
            .map_err(|error| Failed::Foreign(format!("an answer that is no JSON: {error}")))
    }
}

/// In seconds; the form that is a date is left aside.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Of the target no more than the server: the rest may hold a token.
fn redirected(status: StatusCode, headers: &HeaderMap) -> String {
    let target =
        headers.get(LOCATION).and_then(|target| target.to_str().ok()).and_then(|target| target.parse().ok());
    let target = target.map(|target: Url| target.origin().ascii_serialization());
    let target = target.map_or_else(String::new, |target| format!(" to {target}"));
    format!(
        "a redirect ({}){target}, which is not followed: set SCHEMA_REGISTRY_URL to the registry itself",
        status.as_u16()
    )
}

/// The innermost cause: the outer ones only say that a request failed.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() };
    // rustls's words for bytes that are none of TLS.
    if text.contains("InvalidContentType") {
        return format!("{text}: it does not speak TLS, is its URL one of http://?");
    }
    // The latter comes of an authority of the same name.
    if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        return format!(
            "{text}: the authority of its certificate is not known, SCHEMA_REGISTRY_SSL_CA_LOCATION names it"
        );
    }
    text
}
