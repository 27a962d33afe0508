//! What generated code calls. Not part of the public API: it changes with the generator.

pub use crate::codec::number::{cut_to_micros, cut_to_millis};
pub use crate::event::KeyField;
pub use jiff;
pub use rust_decimal;
pub use uuid;

/// What `#[derive(EventStream)]` emits for the producer of a stream. It is a macro of this crate, since a `cfg` in
/// emitted code would look at the features of the user's crate.
#[cfg(not(feature = "kafka"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __producer {
    ($($tokens:tt)*) => {};
}

/// The producer of a stream: a handle with a method for each event.
#[cfg(feature = "kafka")]
#[doc(hidden)]
#[macro_export]
macro_rules! __producer {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident for $stream:ident {
            $($(#[$doc:meta])* fn $method:ident($record:ty);)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $visibility struct $name($crate::publish::StreamProducer<$stream>);

        impl $name {
            /// A handle for the stream: asks the registry for the id of its schema, and requires its topic to
            /// exist.
            ///
            /// # Errors
            /// When the registry gives no id, when the topic does not exist, or when the producer is closed.
            pub async fn new(
                producer: &$crate::publish::Producer,
            ) -> ::core::result::Result<Self, $crate::publish::PublishError> {
                ::core::result::Result::Ok(Self($crate::publish::StreamProducer::new(producer).await?))
            }

            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the event cannot be encoded, is too large, is refused, or is not acknowledged in time; it
                /// may then have been persisted nevertheless.
                pub async fn $method(
                    &self,
                    event: $record,
                ) -> ::core::result::Result<$crate::publish::Published, $crate::publish::PublishError> {
                    self.0.publish(event).await
                }
            )*

            /// Publishes any event of the stream and awaits the broker's acknowledgement:
            /// `StreamProducer::publish`.
            ///
            /// # Errors
            /// As for each event's own method.
            pub async fn publish(
                &self,
                event: impl ::core::convert::Into<$stream>,
            ) -> ::core::result::Result<$crate::publish::Published, $crate::publish::PublishError> {
                self.0.publish(event).await
            }

            /// Queues any event of the stream, waiting for room; the receipt resolves on the broker's
            /// acknowledgement.
            ///
            /// # Errors
            /// When the event cannot be encoded, is too large, or when the producer is closed.
            pub async fn queue(
                &self,
                event: impl ::core::convert::Into<$stream>,
            ) -> ::core::result::Result<$crate::publish::Receipt, $crate::publish::PublishError> {
                self.0.queue(event).await
            }

            /// Queues any event of the stream, if there is room now.
            ///
            /// # Errors
            /// When there is no room: the event comes back. Else as for `queue`.
            pub fn try_queue(
                &self,
                event: impl ::core::convert::Into<$stream>,
            ) -> ::core::result::Result<$crate::publish::Receipt, $crate::publish::TryQueueError<$stream>> {
                self.0.try_queue(event)
            }

            /// Publishes events in their order and awaits all acknowledgements: one result per event.
            pub async fn publish_batch(
                &self,
                events: impl ::core::iter::IntoIterator<Item = $stream>,
            ) -> ::std::vec::Vec<
                ::core::result::Result<$crate::publish::Published, $crate::publish::PublishError>,
            > {
                self.0.publish_batch(events).await
            }

            /// The same with keys of the caller's instead of those of the schema; None is no key.
            pub async fn publish_batch_keyed(
                &self,
                events: impl ::core::iter::IntoIterator<Item = $stream>,
                key: impl ::core::ops::Fn(&$stream) -> ::core::option::Option<::std::vec::Vec<u8>>,
            ) -> ::std::vec::Vec<
                ::core::result::Result<$crate::publish::Published, $crate::publish::PublishError>,
            > {
                self.0.publish_batch_keyed(events, key).await
            }
        }
    };
}
