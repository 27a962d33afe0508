//! The correlation id of the event that is being handled.
//!
//! What a handler publishes carries the correlation id of the event that it handles, unless the published event
//! has its own. The id is set around each poll of the handler's future, so it follows the future from thread to
//! thread; a task that a handler spawns is another future and does not have it, unless it is wrapped in [`scope`].

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

thread_local! {
    static CURRENT: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// The correlation id of the event that is being handled here, if any.
pub fn current() -> Option<Arc<str>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Runs the future with this correlation id.
///
/// A handler that spawns a task hands its id on with it: `tokio::spawn(scope(current(), work))`.
pub async fn scope<F: Future>(id: Option<Arc<str>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _restore = Restore(swap(id.clone()));
        future.as_mut().poll(context)
    })
    .await
}

/// Puts back what was there before, also when the poll panics.
struct Restore(Option<Arc<str>>);

impl Drop for Restore {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

fn swap(id: Option<Arc<str>>) -> Option<Arc<str>> {
    CURRENT.try_with(|current| current.replace(id)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn id(text: &str) -> Option<Arc<str>> {
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
