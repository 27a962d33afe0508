//! A schema registry in memory, and a server in front of it.
//!
//! ```text
//! server (HTTP) -> request -> routes -> state: register, remove, settings -> answer, refusal
//! control, fault: what a test lets the server do instead
//! memory: the same state without a server
//! ```

mod control;
mod fault;
mod memory;
mod refusal;
mod register;
mod remove;
mod request;
mod routes;
mod schema;
mod server;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod tls;

pub use fault::Fault;
pub use memory::MemoryRegistry;
pub use server::RegistryServer;
