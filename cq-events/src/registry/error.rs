use uuid::Uuid;

use super::SchemaId;

/// Why a registry cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The registry has no schema with this id.
    #[error("schema id {id} is unknown to {registry}")]
    UnknownId {
        /// The id.
        id: SchemaId,
        /// Which registry was asked, and what it knows.
        registry: String,
    },
    /// The registry has no schema with this GUID.
    #[error("schema GUID {guid} is unknown to {registry}")]
    UnknownGuid {
        /// The GUID.
        guid: Uuid,
        /// Which registry was asked, and what it knows.
        registry: String,
    },
    /// The registry does not answer now. It may later.
    #[error("{registry} does not answer: {reason}")]
    Unavailable {
        /// Which registry was asked.
        registry: String,
        /// What went wrong.
        reason: String,
    },
    /// Two different schemas have one id.
    #[error(
        "schema id {id} stands for another schema already: two schemas have the same 31 bits of their SHA-256; \
         change one of them (a `doc` is enough)"
    )]
    Clash {
        /// The id.
        id: SchemaId,
    },
    /// A schema cannot be parsed.
    #[error("{origin} is no valid Avro schema: {reason}")]
    Schema {
        /// Where the schema comes from: a subject or a file.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A schema is none of Avro.
    #[error("{origin} is a schema of the type {kind}, and not of Avro")]
    SchemaType {
        /// Where the schema comes from.
        origin: String,
        /// Its type, such as `PROTOBUF`.
        kind: String,
    },
    /// A schema refers to a version that is not there. It may be later, as where registries are copied.
    #[error("{origin} refers to version {version} of subject {subject}, which is not there")]
    MissingReference {
        /// Where the schema comes from.
        origin: String,
        /// The subject that it refers to.
        subject: String,
        /// The number of the version.
        version: i32,
    },
    /// A file or folder of schemas cannot be read.
    #[error("cannot read schemas from {path}: {reason}")]
    Folder {
        /// The path.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// The registry does not take the request, and would not if it were asked again.
    #[error("{registry} refuses {call}: status {status}{}{}{}", with_code(*code), said(messages), hint(*status, *code))]
    Refused {
        /// Which registry was asked.
        registry: String,
        /// What it was asked: method and path.
        call: Box<str>,
        /// The HTTP status.
        status: u16,
        /// The registry's own code, such as 42205, where it gives one.
        code: Option<i32>,
        /// What it says, in its own words.
        messages: Box<[String]>,
    },
    /// What came back is no answer of a schema registry.
    #[error("{registry} answers {call} with {reason}")]
    Unexpected {
        /// Which registry was asked.
        registry: String,
        /// What it was asked: method and path.
        call: Box<str>,
        /// What came.
        reason: String,
    },
    /// A new version of a schema does not go with the earlier ones.
    #[error(
        "the schema for subject {subject} is not compatible with what is registered there (level {level}); {registry} {}",
        if messages.is_empty() { "gives no reason".to_owned() } else { format!("says{}", said(messages)) }
    )]
    Incompatible {
        /// Which registry was asked.
        registry: String,
        /// The subject.
        subject: Box<str>,
        /// The subject's level, such as `BACKWARD_TRANSITIVE`; `unknown` where the registry does not tell.
        level: &'static str,
        /// What the registry says, in its own words.
        messages: Box<[String]>,
    },
    /// An earlier version of a schema cannot be read, so that nobody knows whether another may follow it.
    #[error(
        "version {version} of subject {subject} in {registry} cannot be read, and the schema of this build is to go with it \
         (level {level}): {reason}; delete that version, or say a `compatibility` by which it does not count"
    )]
    UnreadableVersion {
        /// Which registry was asked.
        registry: String,
        /// The subject.
        subject: Box<str>,
        /// The number of the version.
        version: i32,
        /// The level that its stream names, such as `BACKWARD_TRANSITIVE`.
        level: &'static str,
        /// Why it cannot be read.
        reason: String,
    },
    /// A schema has to be registered, and is not.
    #[error(
        "the schema of this build is not registered for subject {subject} in {registry}{}: register it, for example with \
         `cq-events registry register`, or let it be registered at the start (registration `if-absent`)",
        latest.map_or_else(String::new, |latest| format!(", whose latest version is {latest}"))
    )]
    NotRegistered {
        /// Which registry was asked.
        registry: String,
        /// The subject.
        subject: String,
        /// The number of the subject's latest version, where it has any.
        latest: Option<i32>,
    },
    /// The latest version of a subject does not have the bytes of this build's schema.
    #[error(
        "version {version} of subject {subject} in {registry} is the latest, and its events are not written as this build \
         writes them{}: build with the registered schema, or register this one",
        said(reasons)
    )]
    LatestDiffers {
        /// Which registry was asked.
        registry: String,
        /// The subject.
        subject: String,
        /// The number of the latest version.
        version: i32,
        /// What differs.
        reasons: Box<[String]>,
    },
}

impl RegistryError {
    /// Whether a schema of the registry, or of a file, is at fault, rather than the registry or the one who asks.
    pub fn is_of_schema(&self) -> bool {
        matches!(
            self,
            Self::Schema { .. }
                | Self::SchemaType { .. }
                | Self::MissingReference { .. }
                | Self::UnreadableVersion { .. }
        )
    }
}

fn with_code(code: Option<i32>) -> String {
    code.map_or_else(String::new, |code| format!(", code {code}"))
}

fn said(messages: &[String]) -> String {
    if messages.is_empty() { String::new() } else { format!(": {}", messages.join("; ")) }
}

/// What to do about it.
fn hint(status: u16, code: Option<i32>) -> &'static str {
    match (status, code) {
        (401 | 403, _) => {
            " (SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO or SCHEMA_REGISTRY_BEARER_AUTH_TOKEN say who is asking)"
        }
        (404 | 405, None | Some(404 | 405)) => {
            " (is SCHEMA_REGISTRY_URL complete? A registry may have a path, such as /apis/ccompat/v7)"
        }
        _ => "",
    }
}
