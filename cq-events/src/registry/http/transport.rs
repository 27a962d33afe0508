//! One call: over the URLs of the registry, until one of them answers.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;
use tokio::runtime;
use tokio::time::{Instant, sleep, timeout};

use super::answer::{Answer, Said, clean, said};
use super::tls;
use crate::config::{ConfigError, REDACTED};
use crate::registry::config::{Auth, UserInfo, named};
use crate::registry::{RegistryConfig, RegistryError};

/// The largest answer, in bytes. A schema has at most a megabyte, which JSON may escape; a list of all subjects is long.
const MAX_ANSWER: usize = 16 << 20;
/// How often all URLs are tried.
const ROUNDS: u32 = 4;
/// How many times longer than one call many of them may take.
const MANY: u32 = 3;
/// How long the first round is waited after; it triples with each.
const BACKOFF: Duration = Duration::from_millis(100);

/// Sends requests, and has their answers: status and JSON.
pub(super) struct Transport {
    client: Client,
    config: RegistryConfig,
    /// The index of the URL that answered last.
    preferred: AtomicUsize,
    /// Spreads the waits of many clients.
    salt: AtomicU32,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Encoded, beginning with a slash.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

impl Call {
    /// Dots in a path are folded, and what is empty is passed over: another call would be made.
    fn check(&self, wrong: impl FnOnce(&str) -> RegistryError) -> Result<(), RegistryError> {
        let path = self.path.split('?').next().unwrap_or_default();
        let folds = path.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
        if folds {
            Err(wrong("nothing: it was not asked, since no subject may be empty, `.` or `..`"))
        } else {
            Ok(())
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Why a server gave no answer.
enum Failed {
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
    fn for_now(reason: String) -> Self {
        Self::ForNow { reason, after: None }
    }
}

impl Transport {
    pub(super) fn new(config: RegistryConfig) -> Result<Self, ConfigError> {
        for url in &config.urls {
            // It has no user info any more.
            Url::parse(url).map_err(|error| {
                ConfigError::of(named("urls"), format!("holds `{url}`: it is no URL ({error})"))
            })?;
        }
        let client = Client::builder()
            .user_agent(concat!("cq-events/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::client_config(&config)?)
            // Credentials go where the configuration says, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| ConfigError::of(named("urls"), words(&error)))?;
        if config.auth.is_some() && config.urls.iter().any(|url| is_open(url)) {
            tracing::warn!(urls = ?config.urls, "credentials for the schema registry travel without encryption");
        }
        let salt = uuid::Uuid::now_v7().as_u128() as u32;
        Ok(Self { client, config, preferred: AtomicUsize::new(0), salt: AtomicU32::new(salt) })
    }

    pub(super) fn config(&self) -> &RegistryConfig {
        &self.config
    }

    /// Which registry it is, for errors.
    pub(super) fn name(&self) -> String {
        format!("the schema registry at {}", self.config.urls.join(", "))
    }

    /// The answer: of any status below 500, but 429.
    ///
    /// # Errors
    /// `Unavailable` when none of the URLs gives one in time; `Unexpected` when what they all give is no answer of a registry.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, RegistryError> {
        self.runtime()?;
        call.check(|reason| self.unexpected(call, reason))?;
        let urls = self.config.urls.len().max(1);
        let deadline = Instant::now() + self.longest();
        let (mut reason, mut after) = ("it has no URL".to_owned(), None);
        for round in 0..ROUNDS {
            let first = self.preferred.load(Ordering::Relaxed);
            let mut wait = self.backoff(round);
            // Where no server does better, this is worth no other round.
            let (mut foreign, mut is_worth_another) = (None, false);
            for (tried, index) in (first..first + urls).map(|index| index % urls).enumerate() {
                let Some(url) = self.config.urls.get(index) else { continue };
                // So that none of them takes the time of those behind it.
                let share = deadline.saturating_duration_since(Instant::now())
                    / (urls - tried).try_into().unwrap_or(1);
                let left = share.min(self.config.timeout);
                let failed = match timeout(left, self.attempt(url, call)).await {
                    Ok(Ok(answer)) => {
                        self.preferred.store(index, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    Ok(Err(failed)) => failed,
                    // Cut short: the reason before says more.
                    Err(_) if round > 0 && left < self.config.timeout => Failed::for_now(reason.clone()),
                    Err(_) => Failed::for_now(format!("no answer within {left:.1?}")),
                };
                match failed {
                    Failed::ForNow { reason: why, after: when } => {
                        tracing::debug!(%url, %call, round, reason = why, "the schema registry does not answer");
                        (reason, after, is_worth_another) = (why, when, true);
                        wait = wait.max(after.unwrap_or_default());
                    }
                    Failed::Foreign(what) => {
                        tracing::debug!(%url, %call, round, %what, "this is no schema registry");
                        foreign.get_or_insert(what);
                    }
                }
            }
            if let Some(what) = foreign.filter(|_| !is_worth_another) {
                return Err(self.unexpected(call, &what));
            }
            if round + 1 == ROUNDS || wait >= deadline.saturating_duration_since(Instant::now()) {
                break;
            }
            sleep(wait).await;
        }
        if let Some(after) = after {
            reason = format!("{reason} (it wants to be asked again after {} s)", after.as_secs());
        }
        Err(self.unavailable(reason))
    }

    /// Within which runtime it is asked. Without one there are neither connections nor timers.
    pub(super) fn runtime(&self) -> Result<runtime::Id, RegistryError> {
        let outside = |_| self.unavailable("it can be asked within a tokio runtime only".to_owned());
        runtime::Handle::try_current().map(|runtime| runtime.id()).map_err(outside)
    }

    /// How long a call may take.
    pub(super) fn longest(&self) -> Duration {
        self.config.timeout * ROUNDS
    }

    /// How long many calls may take that are made for one purpose.
    pub(super) fn longest_of_many(&self) -> Duration {
        self.longest() * MANY
    }

    /// What several calls come to, which have one deadline.
    ///
    /// # Errors
    /// Their own; `Unavailable` when they take longer, with the words of `late`.
    pub(super) async fn within<T>(
        &self,
        longest: Duration,
        late: impl FnOnce(Duration) -> String,
        calls: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        self.runtime()?;
        timeout(longest, calls).await.unwrap_or_else(|_| Err(self.unavailable(late(longest))))
    }

    pub(super) fn unavailable(&self, reason: String) -> RegistryError {
        RegistryError::Unavailable { registry: self.name(), reason }
    }

    /// One request.
    async fn attempt(&self, url: &str, call: &Call) -> Result<Answer, Failed> {
        let mut request = self
            .client
            .request(call.method.clone(), format!("{url}{}", call.path))
            .header(ACCEPT, "application/vnd.schemaregistry.v1+json, application/json;q=0.9, */*;q=0.1");
        request = match &self.config.auth {
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

    /// What came is no answer of a registry.
    pub(super) fn unexpected(&self, call: &Call, reason: &str) -> RegistryError {
        let (call, reason) = (call.to_string().into(), clean(&self.scrub(reason)));
        RegistryError::Unexpected { registry: self.name(), call, reason }
    }

    /// The registry refuses.
    pub(super) fn refused(&self, call: &Call, status: u16, said: Said) -> RegistryError {
        let (code, messages) = (said.code, said.messages.into());
        RegistryError::Refused {
            registry: self.name(),
            call: call.to_string().into(),
            status,
            code,
            messages,
        }
    }

    /// What the body of an error says.
    fn said(&self, body: &[u8]) -> Said {
        said(body, |text| self.scrub(text))
    }

    /// A text of the server without any secret of ours that it may repeat.
    pub(super) fn scrub(&self, text: &str) -> String {
        let secrets = self.config.secrets().into_iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(&secret, REDACTED))
    }

    /// How long to wait after a round: drawn from the upper half.
    fn backoff(&self, round: u32) -> Duration {
        let salt = self.salt.fetch_add(0x9E37_79B9, Ordering::Relaxed);
        let most = BACKOFF * 3_u32.pow(round);
        most / 2 + most.mul_f64(f64::from(salt >> 8) / f64::from(1_u32 << 25))
    }
}

/// Whether credentials can be seen on their way there.
fn is_open(url: &str) -> bool {
    let host = url.strip_prefix("http://");
    host.is_some_and(|host| !["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local)))
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
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() };
    // The latter comes of an authority of the same name.
    if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        return format!(
            "{text}: the authority of its certificate is not known, SCHEMA_REGISTRY_SSL_CA_LOCATION names it"
        );
    }
    text
}
