//! TCP above the single socket: servers with a thread for each client or an event loop for all, framing, the small standard services.

pub mod event_loop;
pub mod framing;
pub mod server;
pub mod services;

pub use server::{Client, Server, Settings, listener};
pub use services::Service;
pub use services::Serving;
