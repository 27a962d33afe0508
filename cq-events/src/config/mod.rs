//! What configurations have in common: errors that tell everything that is wrong, and secrets that do not show.

mod error;
mod secret;
mod similar;

pub use error::{ConfigError, ConfigProblem};

pub(crate) use error::Problems;
pub(crate) use secret::{REDACTED, Secret, is_secret, without_user_info};
pub(crate) use similar::{hint, similar};
