//! A registry without a server: each schema has the id of its content.

/// A registry without a server.
#[derive(Debug, Default)]
pub struct LocalRegistry {}
