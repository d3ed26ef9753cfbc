//! The relay of datagrams.
//!
//! | file | what |
//! | --- | --- |
//! | `relay.rs` | the relay that others hold: where it listens, its counts, its end |
//! | `clients.rs` | who sent something, each with a socket of its own to the target |
//! | `work.rs` | the loop: what came, what is due |
//! | `passing.rs` | one datagram: its fate, now or later |
//! | `leaving.rs` | what leaves, and what is to be told of it |
//! | `sending.rs` | many datagrams by few calls |
//! | `traced.rs` | the events of all this |
//!
//! Each client gets a connected socket to the target, as a router that translates addresses gives it a port: so what the target
//! answers finds its way back, and what the target's machine says of a closed port (ICMP) is told to that socket. One thread does all
//! of it. What waits is bounded, and so is the number of clients; a client that was silent for long is forgotten.

mod clients;
mod leaving;
mod passing;
mod relay;
mod sending;
mod traced;
mod work;

pub use relay::{Settings, UdpRelay};
