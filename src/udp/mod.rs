//! UDP above the single socket: senders of many datagrams, a receiver that counts and joins, and a server that answers.

pub mod cap;
pub mod receiver;
pub mod sender;
pub mod server;

pub use receiver::{Message, Receiver, Report, bound, bound_for_much};
pub use sender::{Pace, send_message};
pub use server::Server;
