//! UDP above the single socket: a server that answers datagrams, and a receiver that counts them.

pub mod receiver;
pub mod server;

pub use receiver::{Receiver, Report, bound};
pub use server::Server;
