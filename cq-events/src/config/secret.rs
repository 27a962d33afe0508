//! What may not be seen in logs, errors and Debug.

use std::fmt;

pub(crate) const REDACTED: &str = "[redacted]";

/// A text that does not show.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Whether a librdkafka property of this name holds a secret, or may.
pub(crate) fn is_secret(property: &str) -> bool {
    const MARKS: [&str; 9] =
        ["password", "secret", "pem", "jaas", "token", "oauthbearer", "credential", "private", "username"];
    let name = property.to_ascii_lowercase();
    MARKS.iter().any(|mark| name.contains(mark))
}

/// A URL without its user info.
pub(crate) fn without_user_info(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    // User info ends at the last `@`: a password may hold one, and what begins a path elsewhere, too.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| (REDACTED, rest));
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = if user.is_empty() { host.to_owned() } else { format!("{user}@{host}") };
    // A query or a fragment may carry a token.
    let path = match path.find(['?', '#']) {
        Some(at) => format!("{}?{REDACTED}", path.split_at(at).0),
        None => path.to_owned(),
    };
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_user_info() {
        assert_eq!(without_user_info("http://u:p@ss@host:8081/x"), "http://[redacted]@host:8081/x");
        assert_eq!(without_user_info("u:p@host"), "[redacted]@host");
        assert_eq!(without_user_info("http://host:8081"), "http://host:8081");
        assert_eq!(without_user_info("http://host/x?key=1"), "http://host/x?[redacted]");
        assert_eq!(without_user_info("http://host/x#key=1"), "http://host/x?[redacted]");
        assert_eq!(without_user_info("http://u:p/a?s#s@host:1/x"), "http://[redacted]@host:1/x");
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["sasl.password", "ssl.key.pem", "sasl.oauthbearer.config", "sasl.jaas.config"] {
            assert!(is_secret(name), "{name}");
        }
        assert!(!is_secret("socket.keepalive.enable"));
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[redacted]");
    }
}
