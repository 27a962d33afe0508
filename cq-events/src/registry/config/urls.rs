//! Where a registry is, and who asks: the URLs of a configuration.

use super::{UserInfo, named};
use crate::config::{Problems, Secret, without_user_info};

/// The URLs without user info and slashes at the end, and the user info of the first that has one.
pub(super) fn read_urls(list: &str, problems: &mut Problems) -> (Vec<String>, Option<UserInfo>) {
    if list.trim().is_empty() {
        let message = "is not set: it takes the URL of a schema registry, such as http://localhost:8081";
        problems.add(named("urls"), message);
        return (Vec::new(), None);
    }
    let (mut urls, mut user_info) = (Vec::new(), None);
    for url in split(list) {
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

/// What is between the commas after which a URL begins: others may stand in a password.
pub(super) fn split(list: &str) -> impl Iterator<Item = &str> {
    let begins = |text: &str| {
        let text = text.trim_start();
        let has = |scheme: &str| text.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
        has("http://") || has("https://")
    };
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let comma = list.match_indices(',').find(|(at, _)| list.get(at + 1..).is_some_and(begins));
        let (url, behind) = match comma {
            Some((at, _)) => (list.get(..at)?, list.get(at + 1..)),
            None => (list, None),
        };
        rest = behind;
        Some(url.trim())
    })
}

/// A URL without user info and slashes at the end, and its user info.
fn read_url(url: &str) -> Result<(String, Option<UserInfo>), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("it begins with http:// or https://")?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err("it begins with http:// or https://");
    }
    if rest.contains(',') {
        return Err(
            "each URL behind a comma begins with http:// or https://; any other comma is written as %2C",
        );
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
    let user_info = user.map(read_user_info).transpose()?;
    Ok((format!("{scheme}://{host}{}", path.trim_end_matches('/')), user_info))
}

fn read_user_info(text: &str) -> Result<UserInfo, &'static str> {
    let (user, password) =
        text.split_once(':').ok_or("its user info has no colon: it takes user:password")?;
    let user = unescaped(user)?;
    if user.contains(':') {
        return Err("it has a user with a colon in the name, which no server understands");
    }
    Ok(UserInfo { user, password: Secret::new(unescaped(password)?) })
}

/// A part of the user info with its %XX escapes read (RFC 3986).
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
