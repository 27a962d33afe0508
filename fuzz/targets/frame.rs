//! The wire header.
#![no_main]

use cq_events::codec::{FRAME_BYTES, read_frame, write_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| match read_frame(value) {
    Ok((id, datum)) => {
        let mut written = Vec::new();
        write_frame(id, &mut written);
        assert_eq!(written.len(), FRAME_BYTES);
        written.extend(datum);
        assert_eq!(written, value);
    }
    Err(error) => {
        assert!(value.len() < FRAME_BYTES || value[0] != 0);
        assert!(!error.to_string().is_empty());
    }
});
