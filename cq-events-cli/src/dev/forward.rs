//! A port that was asked for, in front of the broker's: the embedded broker listens where the system says.

use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes what comes to `listener` on to `address`, and back, until it is dropped.
pub(super) async fn forward(listener: TcpListener, address: String) {
    let mut connections = JoinSet::new();
    loop {
        // A connection that is gone before it is taken concerns nobody.
        match listener.accept().await {
            Ok((client, _)) => drop(connections.spawn(pass(client, address.clone()))),
            // Or there are too many, which takes a while.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// How a connection ends is the affair of its two ends.
async fn pass(mut client: TcpStream, address: String) {
    let Ok(mut broker) = TcpStream::connect(&address).await else { return };
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    let _ = copy_bidirectional(&mut client, &mut broker).await;
}
