//! A writer's schema and bytes, read by a stream of this build or by any other schema.
//!
//! The schemas are versions of those of the streams, and of one with all of Avro in it; the bytes are a datum of the
//! writer's schema, in half of the cases with some of it changed. Arbitrary text would hardly ever be a schema that has a
//! name in common with ours.
#![no_main]

use arbitrary::{Result, Unstructured};
use cq_events::codec::Transcoder;
use cq_events_fuzz::{LIMITS, STREAMS, check_refusal, datum, mutate, resolve, schema_of};
use cq_events_schema::Schemas;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const EVERYTHING: &str = include_str!("../everything.avsc");

fuzz_target!(|input: &[u8]| {
    _ = one(&mut Unstructured::new(input));
});

fn one(input: &mut Unstructured<'_>) -> Result<()> {
    let stream = choose(input)?;
    let is_any = stream == STREAMS;
    let text = if is_any { EVERYTHING } else { schema_of(stream) };
    let reader = if is_any { version(text, input)? } else { text.to_owned() };
    let writer = version(text, input)?;
    let Ok(schemas) = Schemas::parse_text("writer", &writer) else { return Ok(()) };
    let is_valid: bool = input.arbitrary()?;
    let mut datum = datum::make(&schemas, input)?;
    if !is_valid {
        spoil(&mut datum, input)?;
    }
    if !is_any {
        resolve(stream, &writer, &datum, is_valid);
        return Ok(());
    }
    let Ok(transcoder) = Transcoder::new(&reader, &writer) else { return Ok(()) };
    let mut out = Vec::new();
    match transcoder.transcode(&datum, LIMITS, &mut out) {
        Err(error) if is_valid => check_refusal(&reader, &writer, &error),
        Err(error) => assert!(!error.to_string().is_empty()),
        // What came out is data of the reader's schema: to its own, nothing happens to it. This takes as long as all else.
        Ok(()) if is_valid && out.first().is_some_and(|byte| byte % 4 == 0) => {
            let same = Transcoder::new(&reader, &reader).expect("it was parsed before");
            let mut again = Vec::new();
            same.transcode(&out, LIMITS, &mut again).expect("data of the reader's schema");
            assert_eq!(again, out);
        }
        Ok(()) => {}
    }
    assert!(out.len() <= LIMITS.message_bytes);
    Ok(())
}

/// Most inputs are about the schema that is small and has all of Avro in it: it takes a tenth of the time of the others.
fn choose(input: &mut Unstructured<'_>) -> Result<u8> {
    Ok(if input.ratio(31, 32)? { STREAMS } else { input.int_in_range(0..=STREAMS - 1)? })
}

fn version(text: &str, input: &mut Unstructured<'_>) -> Result<String> {
    let mut schema: Value = serde_json::from_str(text).expect("it is JSON");
    mutate::mutate(&mut schema, input)?;
    Ok(schema.to_string())
}

fn spoil(datum: &mut Vec<u8>, input: &mut Unstructured<'_>) -> Result<()> {
    for _ in 0..input.int_in_range(1..=3)? {
        let at = input.int_in_range(0..=datum.len())?;
        match (input.int_in_range(0..=2)?, datum.get_mut(at)) {
            (0, _) => datum.truncate(at),
            (1, Some(byte)) => *byte = input.arbitrary()?,
            _ => datum.insert(at, input.arbitrary()?),
        }
    }
    Ok(())
}
