//! How to reach a schema registry's server.

#[cfg(test)]
mod tests;
mod urls;

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use super::Registration;
use crate::config::{ConfigError, Problems, REDACTED, Secret, similar, without_user_info};
use urls::{read_urls, split};

/// How to reach a schema registry's server, and how schemas get their ids there: checked, immutable, cheap to clone.
///
/// | variable | values | default |
/// |---|---|---|
/// | `SCHEMA_REGISTRY_URL` | http or https URLs of one registry, with commas between | required |
/// | `SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO` | `user:password` | |
/// | `SCHEMA_REGISTRY_BEARER_AUTH_TOKEN` | | |
/// | `SCHEMA_REGISTRY_SSL_CA_LOCATION` | path of a PEM file | the system's authorities |
/// | `SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION`, `SCHEMA_REGISTRY_SSL_KEY_LOCATION` | paths of PEM files | |
/// | `SCHEMA_REGISTRY_REGISTRATION` | `if-absent`, `exact`, `latest` | `if-absent` |
/// | `SCHEMA_REGISTRY_TIMEOUT_MS` | milliseconds | 5000 |
///
/// ```
/// use cq_events::registry::{Registration, RegistryConfig};
///
/// let config = RegistryConfig::builder("http://127.0.0.1:8081").registration(Registration::Exact).build()?;
/// assert_eq!(config.urls(), ["http://127.0.0.1:8081"]);
/// # Ok::<(), cq_events::config::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryConfig {
    pub(crate) urls: Vec<String>,
    pub(crate) auth: Option<Auth>,
    pub(crate) ca_location: Option<String>,
    pub(crate) identity: Option<Identity>,
    pub(crate) registration: Registration,
    pub(crate) timeout: Duration,
}

/// What a server knows us by.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Auth {
    Basic(UserInfo),
    Bearer(Secret),
}

/// A user, in whose name no colon may be (RFC 7617), and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UserInfo {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// The paths of a client's certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl RegistryConfig {
    /// A builder with the defaults. `urls` are one registry's, with commas between: they are tried one after the other. A comma
    /// in user info is written as `%2C`.
    pub fn builder(urls: impl Into<String>) -> RegistryConfigBuilder {
        RegistryConfigBuilder { urls: urls.into(), ..RegistryConfigBuilder::default() }
    }

    /// What the environment's variables describe.
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error; that `SCHEMA_REGISTRY_URL` is not set is one of it.
    pub fn from_env() -> Result<Self, ConfigError> {
        RegistryConfigBuilder::from_variables(std::env::vars_os()).build()
    }

    /// The URLs, without user info.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// How schemas get their ids, unless a stream says otherwise.
    pub fn registration(&self) -> Registration {
        self.registration
    }

    /// How long one answer may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "the client asks"))]
    /// The secrets, as they may come back in what a server says.
    pub(crate) fn secrets(&self) -> Vec<String> {
        match &self.auth {
            None => Vec::new(),
            Some(Auth::Bearer(token)) => vec![token.expose().to_owned()],
            Some(Auth::Basic(UserInfo { user, password })) => {
                use base64::Engine as _;
                let pair = format!("{user}:{}", password.expose());
                let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
                vec![encoded, password.expose().to_owned()]
            }
        }
    }
}

/// Builds a [`RegistryConfig`].
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct RegistryConfigBuilder {
    urls: String,
    basic_auth: Option<UserInfo>,
    bearer_token: Option<Secret>,
    ca_location: Option<String>,
    certificate_location: Option<String>,
    key_location: Option<String>,
    registration: Registration,
    timeout: Option<Duration>,
    /// What was wrong with values before they became settings.
    problems: Problems,
}

/// The variables that are read, each with the builder's method for the same setting.
const VARIABLES: &[(&str, &str)] = &[
    ("SCHEMA_REGISTRY_URL", "urls"),
    ("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "basic_auth"),
    ("SCHEMA_REGISTRY_BEARER_AUTH_TOKEN", "bearer_token"),
    ("SCHEMA_REGISTRY_SSL_CA_LOCATION", "ca_location"),
    ("SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION", "certificate_location"),
    ("SCHEMA_REGISTRY_SSL_KEY_LOCATION", "key_location"),
    ("SCHEMA_REGISTRY_REGISTRATION", "registration"),
    ("SCHEMA_REGISTRY_TIMEOUT_MS", "timeout"),
];
const PREFIX: &str = "SCHEMA_REGISTRY_";
/// The longest time that an answer may be given.
const MOST_TIMEOUT: Duration = Duration::from_secs(600);

impl RegistryConfigBuilder {
    /// User and password.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.basic_auth = Some(UserInfo { user: user.to_owned(), password: Secret::new(password) });
        self
    }

    /// A bearer token.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(Secret::new(token));
        self
    }

    /// The file (PEM) of the certificate authorities that the server is checked against, rather than the system's.
    pub fn ca_location(mut self, path: impl Into<String>) -> Self {
        self.ca_location = Some(path.into());
        self
    }

    /// The file (PEM) with this client's certificate, and what it is signed by.
    pub fn certificate_location(mut self, path: impl Into<String>) -> Self {
        self.certificate_location = Some(path.into());
        self
    }

    /// The file (PEM) with the private key of the certificate, without a password.
    pub fn key_location(mut self, path: impl Into<String>) -> Self {
        self.key_location = Some(path.into());
        self
    }

    /// How schemas get their ids, unless a stream says otherwise (`if-absent`).
    pub fn registration(mut self, registration: Registration) -> Self {
        self.registration = registration;
        self
    }

    /// How long one answer may take, from the connection to its last byte (5 s). A call tries several times: it takes
    /// four times as long at most, and twelve times what takes many calls, such as a start. A consumer that looks up the schema
    /// of a message waits for a minute, and then asks again.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether a variable of this name is read here, or may be meant to be.
    pub(crate) fn reads(variable: &str) -> bool {
        variable.starts_with(PREFIX)
    }

    /// Reads every variable of ours; an empty one counts as not set.
    pub(crate) fn from_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut builder = Self::default();
        let mut variables: Vec<(String, OsString)> = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, value)| Self::reads(name) && !value.is_empty())
            .collect();
        // The environment has no order; reports do.
        variables.sort();
        for (name, value) in variables {
            let applied = match value.into_string() {
                Ok(value) => builder.apply(&name, &value),
                Err(_) => Err("is not valid UTF-8".to_owned()),
            };
            if let Err(message) = applied {
                builder.problems.add(name, message);
            }
        }
        builder
    }

    fn apply(&mut self, name: &str, value: &str) -> Result<(), String> {
        let text = || Some(value.to_owned());
        match name {
            "SCHEMA_REGISTRY_URL" => value.clone_into(&mut self.urls),
            "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO" => {
                let (user, password) =
                    value.split_once(':').ok_or("has no colon: it takes user:password".to_owned())?;
                self.basic_auth = Some(UserInfo { user: user.to_owned(), password: Secret::new(password) });
            }
            "SCHEMA_REGISTRY_BEARER_AUTH_TOKEN" => self.bearer_token = Some(Secret::new(value)),
            "SCHEMA_REGISTRY_SSL_CA_LOCATION" => self.ca_location = text(),
            "SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION" => self.certificate_location = text(),
            "SCHEMA_REGISTRY_SSL_KEY_LOCATION" => self.key_location = text(),
            "SCHEMA_REGISTRY_REGISTRATION" => {
                let names = || Registration::ALL.map(Registration::name).join(", ");
                self.registration = Registration::of_name(value)
                    .ok_or_else(|| format!("is `{value}`; it takes {}", names()))?;
            }
            "SCHEMA_REGISTRY_TIMEOUT_MS" => {
                let millis = value.parse().map_err(|_| {
                    format!("is `{value}`; it takes a whole number of milliseconds, such as 5000")
                })?;
                self.timeout = Some(Duration::from_millis(millis));
            }
            // Other tools have variables of this prefix, too, so only a near miss is a mistake.
            other => {
                let word = other.trim_start_matches(PREFIX);
                let ours = VARIABLES.iter().filter_map(|(variable, _)| variable.strip_prefix(PREFIX));
                if let Some(meant) = similar(word, ours) {
                    return Err(format!("is not a setting: did you mean {PREFIX}{meant}?"));
                }
            }
        }
        Ok(())
    }

    /// Whether nothing is set.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "the configuration of Kafka asks"))]
    pub(crate) fn is_unset(&self) -> bool {
        *self == Self::default()
    }

    /// Checks all settings.
    ///
    /// # Errors
    /// Everything that is wrong with them, in one error.
    pub fn build(self) -> Result<RegistryConfig, ConfigError> {
        let mut problems = self.problems;
        let (urls, user_info) = read_urls(&self.urls, &mut problems);
        let tls = urls.iter().any(|url| url.starts_with("https://"));
        let auth = match (self.basic_auth.or(user_info), self.bearer_token) {
            (Some(_), Some(_)) => {
                problems
                    .add(named("bearer_token"), "is set beside a user and password: set one of them only");
                None
            }
            (Some(user_info), None) if user_info.user.contains(':') => {
                problems.add(
                    named("basic_auth"),
                    "has a user with a colon in the name, which no server understands",
                );
                None
            }
            (Some(user_info), None) => Some(Auth::Basic(user_info)),
            (None, Some(token)) if token.expose().contains(|c: char| !c.is_ascii_graphic()) => {
                problems.add(
                    named("bearer_token"),
                    "holds a character that no token has, such as a space or line feed",
                );
                None
            }
            (None, token) => token.map(Auth::Bearer),
        };
        let files = [
            ("ca_location", &self.ca_location),
            ("certificate_location", &self.certificate_location),
            ("key_location", &self.key_location),
        ];
        for (method, _) in files.iter().filter(|(_, path)| path.is_some() && !tls && !urls.is_empty()) {
            problems.add(named(method), "has no effect without a URL that begins with https://");
        }
        let identity = match (self.certificate_location, self.key_location) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (Some(_), None) => {
                problems.add(named("key_location"), "is not set, and the certificate needs it");
                None
            }
            (None, Some(_)) => {
                problems.add(named("certificate_location"), "is not set, and the key needs it");
                None
            }
            (None, None) => None,
        };
        let timeout = self.timeout.unwrap_or(Duration::from_secs(5));
        if timeout.is_zero() || timeout > MOST_TIMEOUT {
            problems.add(
                named("timeout"),
                format!("is {timeout:?}: it takes more than nothing, and {MOST_TIMEOUT:?} at most"),
            );
        }
        problems.finish()?;
        let (ca_location, registration) = (self.ca_location, self.registration);
        Ok(RegistryConfig { urls, auth, ca_location, identity, registration, timeout })
    }
}

/// The name of a setting in an error: the builder's method, and the variable.
pub(super) fn named(method: &str) -> String {
    match VARIABLES.iter().find(|(_, of)| *of == method) {
        Some((variable, _)) => format!("{variable} (builder: {method})"),
        None => method.to_owned(),
    }
}

/// Without any secret.
impl fmt::Debug for RegistryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryConfig")
            .field("urls", &self.urls)
            .field("auth", &self.auth)
            .field("ca_location", &self.ca_location)
            .field("certificate_location", &self.identity.as_ref().map(|identity| &identity.certificate))
            .field("registration", &self.registration)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RegistryConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryConfigBuilder")
            .field("urls", &split(&self.urls).map(without_user_info).collect::<Vec<_>>())
            .field("basic_auth", &self.basic_auth.as_ref().map(|_| REDACTED))
            .field("bearer_token", &self.bearer_token)
            .field("registration", &self.registration)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic(_) => write!(f, "basic {REDACTED}"),
            Self::Bearer(_) => write!(f, "bearer {REDACTED}"),
        }
    }
}
