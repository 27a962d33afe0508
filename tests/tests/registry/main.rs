//! A schema registry over HTTP, as our client sees it: every test runs against ours and, with the feature `services`,
//! against a real Apicurio Registry. What the two do not have in common is in `differences`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

/// Makes tests of functions that take a registry: one against each.
macro_rules! against_each {
    ($($test:ident),* $(,)?) => {
        mod ours {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&mut cq_events_tests::registries::Registry::ours().await).await;
            })*
        }

        #[cfg(feature = "services")]
        mod apicurio {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(&mut cq_events_tests::registries::Registry::apicurio().await).await;
            })*
        }
    };
}

mod command;
mod differences;
mod down;
mod lab;
mod levels;
mod lookups;
mod policies;
mod requests;
mod starts;
mod strategies;
mod subjects;
