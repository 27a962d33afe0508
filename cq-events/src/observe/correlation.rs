//! The correlation id of the event that is being handled.
//!
//! What a handler publishes carries the correlation id of the event that it handles, unless the published event
//! has its own. The id is set around each poll of the handler's future, so it follows the future from thread to
//! thread; a task that a handler spawns is another future and does not have it, unless it is wrapped in [`scope`].

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;

use uuid::Uuid;

/// Bytes of an id that needs no allocation: a UUID's text has 36.
const SHORT: usize = 38;

/// The id that an event has in common with those that it causes. Cheap to clone: one of up to 38 bytes, such as a
/// UUID's text, is not allocated.
#[derive(Clone)]
pub struct CorrelationId(Text);

#[derive(Clone)]
enum Text {
    Short { bytes: [u8; SHORT], length: u8 },
    Long(Arc<str>),
}

impl CorrelationId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Short { bytes, length } => {
                // It was made of a text of this length.
                bytes.get(..usize::from(*length)).and_then(|id| str::from_utf8(id).ok()).unwrap_or_default()
            }
            Text::Long(id) => id,
        }
    }
}

impl From<&str> for CorrelationId {
    fn from(id: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..id.len()), u8::try_from(id.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(id.as_bytes());
                Self(Text::Short { bytes, length })
            }
            _ => Self(Text::Long(id.into())),
        }
    }
}

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        Self::from(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl Deref for CorrelationId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for CorrelationId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for CorrelationId {}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

/// Where the id comes from. It is made only when somebody asks for it: most handlers publish nothing.
#[derive(Clone, Default)]
pub(crate) enum Source {
    #[default]
    None,
    Uuid(Uuid),
    Id(CorrelationId),
}

thread_local! {
    static CURRENT: RefCell<Source> = const { RefCell::new(Source::None) };
}

/// The correlation id of the event that is being handled here, if any.
pub fn current() -> Option<CorrelationId> {
    let source = CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default();
    match source {
        Source::None => None,
        Source::Uuid(id) => Some(id.into()),
        Source::Id(id) => Some(id),
    }
}

/// Runs the future with this correlation id.
///
/// A handler that spawns a task hands its id on with it: `tokio::spawn(scope(current(), work))`.
pub async fn scope<F: Future>(id: Option<CorrelationId>, future: F) -> F::Output {
    scope_of(id.map_or(Source::None, Source::Id), future).await
}

/// [`scope`], for an id that need not be made.
pub(crate) async fn scope_of<F: Future>(mut source: Source, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _here = Here::new(&mut source);
        future.as_mut().poll(context)
    })
    .await
}

/// Exchanges what is current, and puts it back, also when the poll panics.
struct Here<'a>(&'a mut Source);

impl<'a> Here<'a> {
    fn new(source: &'a mut Source) -> Self {
        swap(source);
        Self(source)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

fn swap(source: &mut Source) {
    // Where the thread ends, there is none any more.
    let _ = CURRENT.try_with(|current| std::mem::swap(&mut *current.borrow_mut(), source));
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn an_id_is_the_text_that_it_was_made_of() {
        for length in [0, 1, SHORT - 2, SHORT - 1, SHORT, SHORT + 1, 300] {
            let text = "é".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(CorrelationId::from(text.as_str()).as_str(), text);
        }
        let id = Uuid::now_v7();
        assert_eq!(CorrelationId::from(id).to_string(), id.to_string());
    }

    fn id(text: &str) -> Option<CorrelationId> {
        Some(text.into())
    }

    /// A future that gives way once.
    async fn yield_once() {
        let mut yielded = false;
        poll_fn(|_| if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending })
            .await;
    }

    #[test]
    fn the_id_is_there_while_the_future_is_polled_and_only_then() {
        let mut future = Box::pin(scope(id("a"), async {
            let before = current();
            yield_once().await;
            (before, current())
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        assert_eq!(current(), None);
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready((id("a"), id("a"))));
        assert_eq!(current(), None);
    }

    #[test]
    fn an_inner_scope_hides_the_outer_one() {
        let mut future = Box::pin(scope(id("outer"), async {
            let inner = scope(None, async { current() }).await;
            (inner, current())
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready((None, id("outer"))));
    }

    #[test]
    fn two_futures_on_one_thread_keep_their_own_ids() {
        let work = || async {
            yield_once().await;
            current()
        };
        let (mut a, mut b) = (Box::pin(scope(id("a"), work())), Box::pin(scope(id("b"), work())));
        let mut context = Context::from_waker(Waker::noop());
        assert!(a.as_mut().poll(&mut context).is_pending());
        assert!(b.as_mut().poll(&mut context).is_pending());
        assert_eq!(a.as_mut().poll(&mut context), Poll::Ready(id("a")));
        assert_eq!(b.as_mut().poll(&mut context), Poll::Ready(id("b")));
    }

    #[test]
    fn a_panic_leaves_no_id_behind() {
        let mut future = Box::pin(scope(id("a"), async { panic!("handler") }));
        let mut context = Context::from_waker(Waker::noop());
        let poll = AssertUnwindSafe(|| future.as_mut().poll(&mut context));
        assert!(catch_unwind(poll).is_err());
        assert_eq!(current(), None);
    }
}
