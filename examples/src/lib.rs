//! Runnable programs; see the folder `examples`.
