//! The counter: it publishes what happens to a parcel.

use cq_events::Producer;

use crate::parcel::{ParcelAccepted, ParcelDelayed, ParcelDelivered, ParcelEventProducer, Service};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Publishes a parcel's way to the door.
pub async fn send(producer: &Producer, parcel_id: &str, recipient: &str) -> Result<(), Error> {
    let parcels = ParcelEventProducer::new(producer).await?;
    let accepted = ParcelAccepted::builder()
        .parcel_id(parcel_id)
        .recipient(recipient)
        .weight_grams(1250)
        .service(Service::Express)
        .build();
    parcels.publish_parcel_accepted(accepted).await?; // the broker has it
    let delayed = ParcelDelayed::builder().parcel_id(parcel_id).minutes(90).reason("heavy snow").build();
    parcels.publish_parcel_delayed(delayed).await?;
    let delivered = ParcelDelivered::builder().parcel_id(parcel_id).signed_by(recipient).build();
    parcels.publish_parcel_delivered(delivered).await?;
    Ok(())
}
