//! All rules of the macros, one function each. Every mistake is reported at the smallest wrong token, with the fix.

mod handler;
mod named;
mod stream;
mod view;

pub(crate) use handler::handler;
pub(crate) use named::skipped;
pub(crate) use stream::stream;
