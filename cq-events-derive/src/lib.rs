//! The macros of cq-events. They know nothing but the syntax that they stand on: no schema, no file, no network.
//!
//! Users take them from the crate `cq-events`, whose documentation shows them at work. What they emit is thin and
//! calls the runtime by absolute paths.

mod check;
mod errors;
mod expand;
mod model;
mod name;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a generated enum a stream: its handler trait with one required method per event, dispatch to it, its
/// encoding, and its producer with one publish method per event.
///
/// Each variant holds one record, in the order of the branches of the stream's root union:
///
/// ```ignore
/// #[derive(EventStream)]
/// pub enum InspectionEvent {
///     InspectionCreated(InspectionCreated),
///     InspectionFailed(InspectionFailed),
/// }
/// // emits the trait `InspectionEventHandler` and, with the runtime's feature `kafka`, the struct
/// // `InspectionEventProducer`
/// ```
///
/// Where the variants name the borrowed views of their records, there are also the enum over the views, and the
/// handler trait whose methods take them:
///
/// ```ignore
/// #[derive(EventStream)]
/// pub enum InspectionEvent {
///     #[view(InspectionCreatedRef)]
///     InspectionCreated(InspectionCreated),
///     #[view(InspectionFailedRef)]
///     InspectionFailed(InspectionFailed),
/// }
/// // also emits the enum `InspectionEventRef<'_>` and the trait `InspectionEventRefHandler`
/// ```
#[proc_macro_derive(EventStream, attributes(view))]
pub fn derive_event_stream(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::stream(&input).into()
}

/// Makes a type a handler of the streams that `#[handles(...)]` names; it implements the handler trait of each.
/// `borrowed` before a stream says that it looks at its events where they lie in the message, and copies nothing.
///
/// ```ignore
/// #[derive(EventHandler)]
/// #[handles(InspectionEvent, borrowed QualityEvent)]
/// struct Analytics { /* ... */ }
///
/// impl InspectionEventHandler for Analytics { /* one method per event, which takes it */ }
/// impl QualityEventRefHandler for Analytics { /* one method per event, which takes a view of it */ }
/// ```
///
/// On a generic type the bounds are those of its handler traits' `impl` blocks, so that a missing `impl` shows
/// where the type is used and not at the attribute.
#[proc_macro_derive(EventHandler, attributes(handles))]
pub fn derive_event_handler(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::handler(&input).into()
}

/// Skips events by name: the methods of a handler trait that do nothing. A new event of the stream is not among
/// them, so that it still stops the build. `borrowed` before the first skips them in a borrowed handler trait.
///
/// ```ignore
/// impl InspectionEventHandler for Analytics {
///     cq_events::skip!(InspectionStarted, InspectionFailed);
///     // and a method for each other event
/// }
/// impl QualityEventRefHandler for Analytics {
///     cq_events::skip!(borrowed AlertTriggered, ComplianceCheck);
///     // and a method for each other event
/// }
/// ```
#[proc_macro]
pub fn skip(input: TokenStream) -> TokenStream {
    expand::skip(input.into()).into()
}

/// Stands in for serde's derives where the runtime's feature `serde` is off, so that what is missing is said once.
#[doc(hidden)]
#[proc_macro_derive(NoSerde, attributes(serde))]
pub fn derive_no_serde(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
