//! The producer of one stream, with a method per event: what `#[derive(EventStream)]` emits it through.

/// For generated code: the producer handle of a stream, from the methods that the derive lists.
#[doc(hidden)]
#[macro_export]
macro_rules! __producer {
    (
        $(#[$about:meta])*
        $visibility:vis struct $producer:ident for $stream:ident {
            $($(#[$about_method:meta])* fn $method:ident($event:ty);)*
        }
    ) => {
        $(#[$about])*
        ///
        /// Also has the methods of [`StreamProducer`](cq_events::publish::StreamProducer), which take any event of
        /// the stream.
        #[derive(Clone, Debug)]
        #[allow(dead_code, reason = "a crate may only read its events")]
        $visibility struct $producer {
            stream: $crate::publish::StreamProducer<$stream>,
        }

        #[allow(dead_code, unreachable_pub, reason = "a crate may only read its events")]
        impl $producer {
            /// A handle for the stream: asks the registry for the id of its schema, and requires its topic to
            /// exist.
            ///
            /// # Errors
            /// When the registry gives no id, when the topic does not exist, or when the producer is closed.
            pub async fn new(
                producer: &$crate::publish::Producer,
            ) -> ::core::result::Result<Self, $crate::publish::PublishError> {
                ::core::result::Result::Ok(Self {
                    stream: $crate::publish::StreamProducer::new(producer).await?,
                })
            }

            $(
                $(#[$about_method])*
                ///
                /// # Errors
                /// See [`StreamProducer::publish`](cq_events::publish::StreamProducer::publish).
                pub async fn $method(
                    &self,
                    event: $event,
                ) -> ::core::result::Result<$crate::publish::Published, $crate::publish::PublishError> {
                    self.stream.publish(event).await
                }
            )*
        }

        impl ::core::ops::Deref for $producer {
            type Target = $crate::publish::StreamProducer<$stream>;

            fn deref(&self) -> &Self::Target {
                &self.stream
            }
        }
    };
}
