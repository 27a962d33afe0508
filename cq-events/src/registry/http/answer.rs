//! What a registry's answers say. Registries agree on statuses, less on bodies: these are read with caution.

use serde_json::Value;

/// The longest message of a server that is passed on, in characters.
const MAX_MESSAGE: usize = 1_000;
/// How many of them.
const MOST_MESSAGES: usize = 20;

/// An answer: of a status that is decided on first.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// 2xx.
    Value(Value),
    /// 4xx.
    Refused { status: u16, said: Said },
}

/// What the body of an error says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// The registry's own code, such as 40401.
    pub(super) code: Option<i32>,
    pub(super) messages: Vec<String>,
    /// The body is a JSON string.
    pub(super) is_bare: bool,
}

impl Said {
    /// Whether a 404 is the registry's, about what was asked for: a code of its own, or a bare string, which is what
    /// some have instead. A path that is not there, and a server in between, say it otherwise.
    pub(super) fn is_not_found(&self) -> bool {
        self.code.map_or(self.is_bare, |code| (40_400..40_500).contains(&code))
    }

    /// Whether the registry itself refuses: its codes are a status and two digits more. A server in between has none.
    pub(super) fn has_own_code(&self) -> bool {
        self.code.is_some_and(|code| (40_000..50_000).contains(&code))
    }

    /// As a part of a sentence; empty where nothing is said.
    pub(super) fn in_words(&self) -> String {
        if self.messages.is_empty() { String::new() } else { format!(" ({})", self.messages.join("; ")) }
    }
}

/// Reads the body of an error: `{"error_code": 40401, "message": "..."}`, where the message may be an array, the body a
/// bare string, a text, or nothing.
pub(super) fn said(body: &[u8], scrub: impl Fn(&str) -> String) -> Said {
    let text = |text: &str| clean(&scrub(text));
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => {
            let code =
                object.get("error_code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
            let messages =
                object.get("message").or_else(|| object.get("detail")).or_else(|| object.get("title"));
            Said {
                code,
                is_bare: false,
                messages: messages.map(|messages| texts(messages, &text)).unwrap_or_default(),
            }
        }
        Ok(value) => Said { code: None, is_bare: value.is_string(), messages: texts(&value, &text) },
        Err(_) => {
            let whole = String::from_utf8_lossy(body);
            let line = whole.lines().map(text).find(|line| !line.is_empty());
            Said { code: None, is_bare: false, messages: line.into_iter().collect() }
        }
    }
}

/// The texts of a string, or of an array of them, made by `text`: at most [`MOST_MESSAGES`].
pub(super) fn texts(value: &Value, text: &impl Fn(&str) -> String) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(message) => vec![text(message)],
        Value::Array(items) => items.iter().flat_map(|item| texts(item, text)).take(MOST_MESSAGES).collect(),
        other => vec![text(&other.to_string())],
    }
}

/// The number of a version.
pub(super) fn int(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// At most [`MAX_MESSAGE`] characters on one line.
pub(super) fn clean(text: &str) -> String {
    let mut rest = text.trim().chars();
    let mut clean: String =
        rest.by_ref().take(MAX_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if rest.next().is_some() {
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_errors_come_in_many_forms() {
        let said = |body: &str| {
            let said = super::said(body.as_bytes(), str::to_owned);
            (said.code, said.messages)
        };
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            said(r#"{"error_code":40401,"message":"Subject 'a' not found."}"#),
            (Some(40401), strings(&["Subject 'a' not found."]))
        );
        assert_eq!(said(r#"{"error_code":42201,"message":["a","b"]}"#), (Some(42201), strings(&["a", "b"])));
        assert_eq!(said(r#""not found""#), (None, strings(&["not found"])));
        assert_eq!(said("<html>\nno"), (None, strings(&["<html>"])));
        assert_eq!(said(""), (None, Vec::new()));
        assert_eq!(said(r#"{"error_code":"x","message":null}"#), (None, Vec::new()));
        assert_eq!(said(r#"{"title":"Bad Request","status":400}"#), (None, strings(&["Bad Request"])));
        let long = "x".repeat(10_000);
        assert_eq!(super::said(long.as_bytes(), str::to_owned).messages[0].chars().count(), MAX_MESSAGE + 1);
        assert_eq!(super::said(&[0xff, 0x00, b'a'], str::to_owned).messages, ["\u{fffd} a"]);
        assert_eq!(clean("a\u{85}b"), "a b", "a character of two bytes, and nothing is cut");
    }
}
