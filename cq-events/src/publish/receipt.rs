use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::PublishError;

/// Where the broker put a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The topic.
    pub topic: &'static str,
    /// The partition.
    pub partition: i32,
    /// The offset; negative with [`Acks::None`](crate::kafka::Acks::None), where the broker does not say it.
    pub offset: i64,
}

/// The outcome of a queued message, once the broker acknowledges it. Dropping it is fine: the message is sent all
/// the same, and a failure is then logged.
#[must_use = "a failure to publish is seen here; to let it be logged only, drop the receipt"]
pub struct Receipt {
    topic: &'static str,
    outcome: oneshot::Receiver<Result<Published, PublishError>>,
}

impl Receipt {
    pub(super) fn new(
        topic: &'static str,
        outcome: oneshot::Receiver<Result<Published, PublishError>>,
    ) -> Self {
        Self { topic, outcome }
    }
}

impl Future for Receipt {
    type Output = Result<Published, PublishError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let topic = self.topic;
        Pin::new(&mut self.outcome).poll(cx).map(|outcome| {
            // librdkafka reports every message; this is for the day when it does not.
            outcome.unwrap_or(Err(PublishError::NotDelivered { topic, sent: true }))
        })
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("topic", &self.topic).finish_non_exhaustive()
    }
}
