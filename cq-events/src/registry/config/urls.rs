//! Where a registry is, and who asks: the URLs of a configuration.

use super::named;
use crate::config::{Problems, Secret, without_user_info};

/// The URLs without user info and slashes at the end, and the user info of the first that has one.
pub(super) fn read_urls(list: &str, problems: &mut Problems) -> (Vec<String>, Option<Secret>) {
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
