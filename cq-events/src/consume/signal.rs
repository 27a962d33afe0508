//! When the operating system asks the process to end.

/// Completes at the first SIGINT (Ctrl-C) or SIGTERM: for [`Consumer::run`](super::Consumer::run).
///
/// From its first poll on, these signals no longer end the process by themselves.
pub async fn shutdown_signal() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            never("SIGINT", &error).await;
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate() => {}
    }
}

#[cfg(unix)]
async fn terminate() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => never("SIGTERM", &error).await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}

/// A signal that cannot be listened to ends the process as it would without us.
async fn never(signal: &str, error: &std::io::Error) {
    tracing::error!("cannot listen to {signal}: {error}");
    std::future::pending().await
}
