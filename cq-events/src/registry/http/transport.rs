//! One call: over the URLs of the registry, until one of them answers.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Url};
use tokio::runtime;
use tokio::time::{Instant, sleep, timeout};

use super::answer::{Answer, Said, clean, said};
use super::attempt::{Failed, words};
use super::calls::Call;
use super::tls;
use crate::config::{ConfigError, REDACTED};
use crate::registry::config::named;
use crate::registry::{RegistryConfig, RegistryError};

/// How often all URLs are tried.
const ROUNDS: u32 = 4;
/// How many times longer than one call many of them may take.
const MANY: u32 = 3;
/// How long the first round is waited after; it triples with each.
const BACKOFF: Duration = Duration::from_millis(100);

/// Sends requests, and has their answers: status and JSON.
pub(super) struct Transport {
    pub(super) client: Client,
    config: RegistryConfig,
    /// The index of the URL that answered last.
    preferred: AtomicUsize,
    /// Spreads the waits of many clients.
    salt: AtomicU32,
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

    /// What a call comes to, with those for all that its answer refers to: they have the deadline of one.
    ///
    /// # Errors
    /// Their own; `Unavailable` when they take longer.
    pub(super) async fn with_all_of<T>(
        &self,
        call: &Call,
        calls: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let late = |longest| format!("no answer to {call} within {longest:?}");
        self.within(self.longest(), late, calls).await
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
    pub(super) fn said(&self, body: &[u8]) -> Said {
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
