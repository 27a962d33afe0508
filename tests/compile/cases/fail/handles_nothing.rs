//! `#[handles]` is missing, empty, or there twice.

use cq_events::EventHandler;

#[derive(EventHandler)]
struct Missing;

#[derive(EventHandler)]
#[handles]
struct Bare;

#[derive(EventHandler)]
#[handles()]
struct Empty;

#[derive(EventHandler)]
#[handles = "LampEvent"]
struct Value;

#[derive(EventHandler)]
#[handles(lamp_events::lamp::LampEvent)]
#[handles(lamp_events::room::RoomEvent)]
struct Twice;

#[derive(EventHandler)]
#[handles(lamp_events::lamp::LampEvent)]
union Overlaid {
    on: u8,
    off: u8,
}

fn main() {}
