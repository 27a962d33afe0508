//! What a test tells a running server, and asks it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fault::Fault;

/// How many requests are remembered.
const MOST_REQUESTS: usize = 100_000;

/// How a server behaves, and what it saw.
#[derive(Default)]
pub(super) struct Control(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The faults of the next requests.
    next: VecDeque<Fault>,
    /// The fault of all requests after them.
    always: Option<Fault>,
    /// The value of the header `Authorization` that requests need.
    authorization: Option<String>,
    requests: VecDeque<(String, String)>,
}

impl Control {
    pub(super) fn fail_next(&self, requests: usize, fault: &Fault) {
        self.inner().next.extend(std::iter::repeat_n(fault.clone(), requests));
    }

    pub(super) fn fail(&self, fault: Fault) {
        self.inner().always = Some(fault);
    }

    pub(super) fn heal(&self) {
        let mut inner = self.inner();
        inner.next.clear();
        inner.always = None;
    }

    pub(super) fn require_basic(&self, user: &str, password: &str) {
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        self.inner().authorization = Some(format!("Basic {credentials}"));
    }

    pub(super) fn require_bearer(&self, token: &str) {
        self.inner().authorization = Some(format!("Bearer {token}"));
    }

    pub(super) fn requests(&self) -> Vec<(String, String)> {
        self.inner().requests.iter().cloned().collect()
    }

    /// Notes a request, and says what is to become of it: a fault where there is one.
    pub(super) fn request(&self, method: &str, target: &str) -> Option<Fault> {
        let mut inner = self.inner();
        if inner.requests.len() >= MOST_REQUESTS {
            inner.requests.pop_front();
        }
        inner.requests.push_back((method.to_owned(), target.to_owned()));
        inner.next.pop_front().or_else(|| inner.always.clone())
    }

    /// Whether a request may pass that has this `Authorization`.
    pub(super) fn lets_pass(&self, authorization: Option<&str>) -> bool {
        let inner = self.inner();
        inner.authorization.as_deref().is_none_or(|needed| authorization == Some(needed))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
