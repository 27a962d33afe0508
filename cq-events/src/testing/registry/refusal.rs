//! What the registry refuses: Confluent's codes and words, as its documentation and the answers of 8.x have them.

use super::state::Number;

/// A refusal: its code, of which the first three digits are the HTTP status, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) message: String,
}

impl Refusal {
    fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        let status = if self.code < 1_000 { self.code } else { self.code / 100 };
        u16::try_from(status).unwrap_or(500)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(404, "HTTP 404 Not Found")
    }

    pub(super) fn no_such_method() -> Self {
        Self::new(405, "HTTP 405 Method Not Allowed")
    }

    pub(super) fn body_too_large(limit: usize) -> Self {
        Self::new(413, format!("The body of a request may have {limit} bytes"))
    }

    pub(super) fn no_subject(subject: &str) -> Self {
        Self::new(40401, format!("Subject '{subject}' not found."))
    }

    pub(super) fn no_version(version: impl std::fmt::Display) -> Self {
        Self::new(40402, format!("Version {version} not found."))
    }

    pub(super) fn no_schema() -> Self {
        Self::new(40403, "Schema not found")
    }

    pub(super) fn no_schema_of(id_or_guid: impl std::fmt::Display) -> Self {
        Self::new(40403, format!("Schema {id_or_guid} not found"))
    }

    pub(super) fn subject_deleted(subject: &str) -> Self {
        let message =
            format!("Subject '{subject}' was soft deleted.Set permanent=true to delete permanently");
        Self::new(40404, message)
    }

    pub(super) fn subject_not_deleted(subject: &str) -> Self {
        let message = format!("Subject '{subject}' was not deleted first before being permanently deleted");
        Self::new(40405, message)
    }

    pub(super) fn version_deleted(subject: &str, version: Number) -> Self {
        let message = format!(
            "Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently"
        );
        Self::new(40406, message)
    }

    pub(super) fn version_not_deleted(subject: &str, version: Number) -> Self {
        let message = format!(
            "Subject '{subject}' Version {version} was not deleted first before being permanently deleted"
        );
        Self::new(40407, message)
    }

    pub(super) fn no_level(subject: &str) -> Self {
        let message = format!("Subject '{subject}' does not have subject-level compatibility configured");
        Self::new(40408, message)
    }

    pub(super) fn no_mode(subject: &str) -> Self {
        Self::new(40409, format!("Subject '{subject}' does not have subject-level mode configured"))
    }

    /// The code is that of Confluent before 8.2, and of other registries; later ones say 40901.
    pub(super) fn incompatible(subject: &str, messages: &[String]) -> Self {
        let message = format!(
            "Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{}]",
            messages.join(", ")
        );
        Self::new(409, message)
    }

    pub(super) fn invalid_schema(message: impl Into<String>) -> Self {
        Self::new(42201, message)
    }

    pub(super) fn invalid_version(version: &str) -> Self {
        let message = format!(
            "The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and \
             the string \"latest\""
        );
        Self::new(42202, message)
    }

    pub(super) fn invalid_level() -> Self {
        let message = "Invalid compatibility level. Valid values are none, backward, forward, full, \
                       backward_transitive, forward_transitive, and full_transitive";
        Self::new(42203, message)
    }

    pub(super) fn invalid_mode() -> Self {
        Self::new(42204, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT.")
    }

    pub(super) fn not_permitted(message: impl Into<String>) -> Self {
        Self::new(42205, message)
    }

    pub(super) fn referenced(subject: &str, version: Number) -> Self {
        let message = format!(
            "One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}."
        );
        Self::new(42206, message)
    }

    pub(super) fn invalid_subject(subject: &str) -> Self {
        Self::new(42208, format!("The specified subject '{subject}' is not a valid."))
    }

    pub(super) fn schema_too_large() -> Self {
        Self::new(42209, "Register operation failed because schema is too large")
    }
}
