//! `PlainSocket`: the standard library's socket over the Rust core. `netsteps.compat` makes the class of it that users meet.
//!
//! | file | what |
//! | --- | --- |
//! | `socket.rs` | the class: making, ends, options |
//! | `moving.rs` | send and recv |
//! | `message.rs` | sendmsg and recvmsg |
//! | `address.rs` | addresses, both ways |
//! | `errors.rs` | the exceptions |

mod address;
mod errors;
mod message;
mod moving;
mod socket;

pub(super) use socket::PyPlainSocket;
