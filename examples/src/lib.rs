//! What the programs in `examples/` share: a production day of the chip-quality platform, in events.

pub mod day;
