//! The tracking page: it handles what happened to the parcels.

use cq_events::{EventHandler, Handled, Message, Unknown};
use tokio::sync::watch;

use crate::parcel::{ParcelAccepted, ParcelDelayed, ParcelDelivered, ParcelEvent, ParcelEventHandler};

/// Prints where each parcel is, and counts those that arrived.
#[derive(Default, EventHandler)]
#[handles(ParcelEvent)]
pub struct Tracking {
    arrived: watch::Sender<u32>,
}

impl Tracking {
    /// How many parcels arrived, now and from now on.
    pub fn arrived(&self) -> watch::Receiver<u32> {
        self.arrived.subscribe()
    }
}

impl ParcelEventHandler for Tracking {
    async fn on_parcel_accepted(&self, event: ParcelAccepted, _: &Message) -> Handled {
        println!("{}: {} g for {} ({})", event.parcel_id, event.weight_grams, event.recipient, event.service);
        Ok(())
    }

    async fn on_parcel_delayed(&self, event: ParcelDelayed, _: &Message) -> Handled {
        println!("{}: {} minutes late, {}", event.parcel_id, event.minutes, event.reason);
        Ok(())
    }

    async fn on_parcel_delivered(&self, event: ParcelDelivered, _: &Message) -> Handled {
        let taken_by = event.signed_by.as_deref().unwrap_or("the letter box");
        println!("{}: delivered to {taken_by}", event.parcel_id);
        self.arrived.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn on_unknown(&self, unknown: Unknown, message: &Message) -> Handled {
        println!("passed over at offset {}: {unknown:?}", message.offset());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_delivered_parcel_has_arrived() {
        let tracking = Tracking::default();
        let delivered = ParcelDelivered::builder().parcel_id("P-1").build();
        let message = Message::new("parcels.parcel.events", 0, 0).build();
        tracking.on_parcel_delivered(delivered, &message).await.unwrap();
        assert_eq!(*tracking.arrived().borrow(), 1);
    }
}
