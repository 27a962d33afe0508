//! Writes a corpus to begin with: events of every type of every stream, and the schemas.

use std::fs;
use std::path::Path;

use arbitrary::Unstructured;
use cq_events::codec::write_frame;
use cq_events::registry::SchemaId;
use cq_events_fuzz::{STREAMS, datum, schema_of};
use cq_events_schema::Schemas;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: String, bytes: &[u8]| {
        fs::create_dir_all(corpus.join(target))?;
        fs::write(corpus.join(target).join(name), bytes)
    };
    let mut random = Random(1);
    for stream in 0..STREAMS {
        let text = schema_of(stream);
        write("schema", format!("stream-{stream}"), text.as_bytes())?;
        let schemas = Schemas::parse_text("schema", text).expect("a schema of ours");
        let mut branches = std::collections::BTreeSet::new();
        for _ in 0..400 {
            let bytes: Vec<u8> = (0..600).map(|_| random.byte()).collect();
            let Ok(datum) = datum::make(&schemas, &mut Unstructured::new(&bytes)) else { continue };
            let branch = datum.first().copied().unwrap_or_default();
            if branches.insert(branch) {
                write("decode", format!("{stream}-{branch}"), &[&[stream], &datum[..]].concat())?;
                write("planted", format!("{stream}-{branch}"), &[&[stream], &datum[..]].concat())?;
                write("resolve", format!("{stream}-{branch}"), &bytes)?;
                let mut value = Vec::new();
                write_frame(SchemaId::new(u32::from(stream)), &mut value);
                value.extend(&datum[..datum.len().min(20)]);
                write("frame", format!("{stream}-{branch}"), &value)?;
            }
        }
    }
    Ok(())
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u8
    }
}
