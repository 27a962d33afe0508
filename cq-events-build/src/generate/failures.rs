//! What a stream's consumers do with events that fail, where `streams.toml` says something of it.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::config::Failures;

/// The call that sets the policy; nothing, where nothing is set.
pub(super) fn tokens(failures: &Failures) -> TokenStream {
    let Failures {
        max_retries,
        retry_delay,
        max_retry_delay,
        handler_deadline,
        dead_letters,
        breaker_in_a_row,
        breaker_ratio,
    } = failures;
    let settings = [
        max_retries.map(|retries| quote!(.max_retries(#retries))),
        retry_delay.map(|delay| {
            let delay = time(delay);
            quote!(.retry_delay(#delay))
        }),
        max_retry_delay.map(|delay| {
            let delay = time(delay);
            quote!(.max_retry_delay(#delay))
        }),
        handler_deadline.map(|delay| {
            let delay = time(delay);
            quote!(.handler_deadline(#delay))
        }),
        dead_letters.map(|on| quote!(.dead_letters(#on))),
        breaker_in_a_row.map(|messages| quote!(.breaker_in_a_row(#messages))),
        breaker_ratio.map(|(ratio, of)| quote!(.breaker_ratio(#ratio, #of))),
    ];
    let settings: Vec<TokenStream> = settings.into_iter().flatten().collect();
    if settings.is_empty() {
        return TokenStream::new();
    }
    quote!(.with_failures(::cq_events::event::FailurePolicy::new()#(#settings)*))
}

fn time(time: Duration) -> TokenStream {
    // It was made of whole milliseconds, as many as fit.
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}
