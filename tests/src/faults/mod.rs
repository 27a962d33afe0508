//! Consumers that are processes of their own, faults that befall them and their brokers, and the proof that nothing
//! was lost.
//!
//! - [`publisher`] publishes numbered events and keeps a list of what was acknowledged.
//! - [`worker`] is what a consumer process does: it logs an effect for each event, through [`sink`], and answers
//!   success only when the line is on the disk. [`naive`] does the same with a planted bug.
//! - [`member`] starts, kills, stops and ends such processes; [`progress`] looks at the log while it grows.
//! - [`observer`] writes down what the group commits, as the brokers tell it.
//! - [`record`] has the lines of all these files, and [`reader`] judges by them alone; [`repeats`] accounts for the
//!   events that were handled twice, and [`early`] finds what was committed before it was handled.
//! - [`trial`] puts them together on one cluster.

pub mod early;
pub mod member;
pub mod naive;
pub mod observer;
pub mod progress;
pub mod publisher;
pub mod random;
pub mod reader;
pub mod record;
pub mod repeats;
pub mod sink;
pub mod trial;
pub mod worker;
