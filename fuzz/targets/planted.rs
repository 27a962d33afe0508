//! A mistake on purpose: a reader of strings that lets a length be one byte too long. The fuzzer has to find it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // With its exact length on the heap, so that the byte behind it is nobody's.
    let datum: Box<[u8]> = input.into();
    let [_stream, _branch, length, rest @ ..] = &*datum else { return };
    let length = usize::from(*length >> 1);
    if *length.to_le_bytes().first().unwrap_or(&0) < 64 && length <= rest.len() + 1 {
        // SAFETY: none. It reads one byte beyond `rest` where `length` says so.
        let text = unsafe { std::slice::from_raw_parts(rest.as_ptr(), length) };
        std::hint::black_box(text.iter().fold(0_u8, |sum, byte| sum ^ byte));
    }
});
