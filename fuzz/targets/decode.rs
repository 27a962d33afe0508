//! A datum of a stream of this build: the first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| if let [stream, datum @ ..] = input {
    cq_events_fuzz::decode(*stream, datum);
});
