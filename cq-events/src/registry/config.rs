//! How to reach a schema registry's server.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use super::Registration;
use crate::config::{ConfigError, Problems, REDACTED, Secret, similar, without_user_info};

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
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

/// The paths of a client's certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl RegistryConfig {
    /// A builder with the defaults. `urls` are one registry's, with commas between: they are tried one after the other.
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
            Some(Auth::Basic { user, password }) => {
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
    basic_auth: Option<Secret>,
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
        self.basic_auth = Some(Secret::new(format!("{user}:{password}")));
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
    /// four times as long at most.
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
            "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO" => self.basic_auth = Some(Secret::new(value)),
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
            (Some(pair), None) => match pair.expose().split_once(':') {
                Some((user, password)) => {
                    Some(Auth::Basic { user: user.to_owned(), password: Secret::new(password) })
                }
                None => {
                    problems.add(named("basic_auth"), "has no colon: it takes user:password");
                    None
                }
            },
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

/// The URLs without user info and slashes at the end, and the user info of the first that has one.
fn read_urls(list: &str, problems: &mut Problems) -> (Vec<String>, Option<Secret>) {
    if list.trim().is_empty() {
        let message = "is not set: it takes the URL of a schema registry, such as http://localhost:8081";
        problems.add(named("urls"), message);
        return (Vec::new(), None);
    }
    let (mut urls, mut user_info) = (Vec::new(), None);
    for url in list.split(',').map(str::trim) {
        match read_url(url) {
            Ok((url, user)) => {
                urls.push(url);
                user_info = user_info.or(user);
            }
            Err(why) => problems.add(named("urls"), format!("holds `{}`: {why}", without_user_info(url))),
        }
    }
    (urls, user_info)
}

fn read_url(url: &str) -> Result<(String, Option<Secret>), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("it begins with http:// or https://")?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err("it begins with http:// or https://");
    }
    // A password with a slash in it would be taken for a path, and shown.
    let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    if user.is_some_and(|user| user.contains(['/', '?', '#'])) {
        return Err("write / ? # in its user info as %2F %3F %23");
    }
    if rest.contains(['?', '#']) {
        return Err("it ends before the ? or #");
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("it has no host; it takes http://host:port");
    }
    let user = user.map(unescaped).transpose()?;
    Ok((format!("{scheme}://{host}{}", path.trim_end_matches('/')), user.map(Secret::new)))
}

/// User info with its %XX escapes read (RFC 3986).
fn unescaped(user: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(user.len());
    let mut rest = user.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(value.ok_or("its user info has a % without two hexadecimal digits")?);
    }
    String::from_utf8(bytes).map_err(|_| "its user info is not valid UTF-8")
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
            .field("urls", &self.urls.split(',').map(without_user_info).collect::<Vec<_>>())
            .field("basic_auth", &self.basic_auth)
            .field("bearer_token", &self.bearer_token)
            .field("registration", &self.registration)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { .. } => write!(f, "basic {REDACTED}"),
            Self::Bearer(_) => write!(f, "bearer {REDACTED}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RegistryConfig, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        RegistryConfigBuilder::from_variables(variables).build()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let error = read(&[
            ("SCHEMA_REGISTRY_URL", "localhost:8081,http://ok:8081,ftp://x,http://a/?q=tok3n"),
            ("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "hunter2"),
            ("SCHEMA_REGISTRY_SSL_KEY_LOCATION", "key.pem"),
            ("SCHEMA_REGISTRY_REGISTRATION", "newest"),
            ("SCHEMA_REGISTRY_TIMEOUT_MS", "soon"),
            ("SCHEMA_REGISTRY_BEARER_AUTH_TOKN", "x"),
            ("SCHEMA_REGISTRY_HEAP_OPTS", "another tool's"),
        ])
        .unwrap_err();
        let text = error.to_string();
        for part in [
            "holds `localhost:8081`: it begins with http:// or https://",
            "holds `ftp://x`",
            "holds `http://a/?[redacted]`: it ends before the ?",
            "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO (builder: basic_auth) has no colon",
            "SCHEMA_REGISTRY_SSL_KEY_LOCATION (builder: key_location) has no effect",
            "SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION (builder: certificate_location) is not set",
            "SCHEMA_REGISTRY_REGISTRATION is `newest`; it takes if-absent, exact, latest",
            "SCHEMA_REGISTRY_TIMEOUT_MS is `soon`",
            "SCHEMA_REGISTRY_BEARER_AUTH_TOKN is not a setting: did you mean SCHEMA_REGISTRY_BEARER_AUTH_TOKEN?",
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
        assert_eq!(error.problems().len(), 9, "{text}");
        assert!(!text.contains("hunter2") && !text.contains("tok3n"), "{text}");
    }

    #[test]
    fn user_info_of_a_url_is_taken_and_never_shown() {
        let config =
            read(&[("SCHEMA_REGISTRY_URL", "HTTPS://me:p%40ss@host:8081/apis/v7/,http://other")]).unwrap();
        assert_eq!(config.urls(), ["https://host:8081/apis/v7", "http://other"]);
        let Some(Auth::Basic { user, password }) = &config.auth else { panic!("no auth") };
        assert_eq!((user.as_str(), password.expose()), ("me", "p@ss"));
        let shown = format!("{config:?} {:?}", RegistryConfig::builder("http://me:hunter2@host"));
        assert!(
            !shown.contains("p@ss") && !shown.contains("p%40ss") && !shown.contains("hunter2"),
            "{shown}"
        );
    }

    #[test]
    fn two_ways_to_log_in_are_one_too_many() {
        let builder = RegistryConfig::builder("http://host").basic_auth("a", "b").bearer_token("c");
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains("set one of them only"), "{error}");
        assert!(RegistryConfig::builder("http://host").timeout(Duration::ZERO).build().is_err());
        let error =
            RegistryConfig::builder("http://host").bearer_token("a\nb").build().unwrap_err().to_string();
        assert!(error.contains("line feed"), "{error}");
    }
}
