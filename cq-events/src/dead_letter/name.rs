/// The longest name that a topic may have, in characters.
const LONGEST: usize = 249;

/// A group whose dead letters cannot have a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "group `{group}` gives no legal name to a topic for the dead letters of {topic}: {reason}; choose another group id, \
     or turn the dead letters of the stream off"
)]
pub struct NameError {
    /// The source topic.
    pub topic: String,
    /// The group.
    pub group: String,
    /// Which rule of topic names is broken.
    pub reason: String,
}

/// The topic of a group's dead letters: `<topic>-<group>-dlq`.
///
/// ```
/// let name = cq_events::dead_letter::topic_name("orders.events", "billing")?;
/// assert_eq!(name, "orders.events-billing-dlq");
/// # Ok::<(), cq_events::dead_letter::NameError>(())
/// ```
///
/// # Errors
/// When that is no legal name: topics have at most 249 characters of `a-z A-Z 0-9 . _ -`.
pub fn topic_name(topic: &str, group: &str) -> Result<String, NameError> {
    let name = format!("{topic}-{group}-dlq");
    let is_legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let reason = if group.is_empty() {
        "it is empty".to_owned()
    } else if let Some(illegal) = name.chars().find(|c| !is_legal(c)) {
        format!("{illegal:?} is none of a-z A-Z 0-9 . _ -")
    } else if name.len() > LONGEST {
        format!("it would have {} characters, and {LONGEST} are allowed", name.len())
    } else {
        return Ok(name);
    };
    Err(NameError { topic: topic.to_owned(), group: group.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_gives_no_legal_name_is_told_why() {
        for (group, reason) in [
            ("", "it is empty"),
            ("team a", "' ' is none of"),
            ("team/a", "'/' is none of"),
            ("\u{e4}", "'\u{e4}' is none of"),
            (&"g".repeat(244), "would have 250 characters, and 249"),
        ] {
            let error = topic_name("t", group).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert_eq!(topic_name("t", &"g".repeat(243)).map(|name| name.len()), Ok(249));
    }
}
