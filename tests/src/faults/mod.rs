//! Consumers that are processes of their own, faults that befall them and their brokers, and the proof that nothing
//! was lost.
//!
//! - [`publisher`] publishes numbered events and keeps a list of what was acknowledged, and of the [`fate`] of each: handlers
//!   fail for some, and some are poison.
//! - [`worker`] is what a consumer process does: it logs an effect for each event, through [`sink`], and answers
//!   success only when the line is on the disk. [`naive`] does the same with a planted bug.
//! - [`member`] starts, kills, stops and ends such processes; [`progress`] looks at the log while it grows.
//! - [`observer`] writes down what the group commits, as the brokers tell it.
//! - [`letters`] writes down what lies among the dead letters in the end.
//! - [`record`] has the lines of all these files, and [`reader`] judges by them alone; [`repeats`] accounts for the
//!   events that were handled twice, [`early`] finds what was committed before it was handled, and [`dead`] compares the
//!   dead letters with the poison.
//! - [`trial`] puts them together on one cluster.

pub mod dead;
pub mod early;
pub mod fate;
pub mod letters;
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
