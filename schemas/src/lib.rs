//! The events of the Chip Quality Platform.
