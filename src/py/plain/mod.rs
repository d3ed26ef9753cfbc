//! `PlainSocket`: the standard library's socket over the Rust core. `netsteps.compat` makes the class of it that users meet.
//!
//! | file | what |
//! | --- | --- |
//! | `socket.rs` | the class |
//! | `making.rs` | socket, socketpair, accept |
//! | `options.rs` | getsockopt, setsockopt, settimeout |
//! | `moving.rs` | send and recv |
//! | `message.rs` | sendmsg and recvmsg |
//! | `address.rs` | addresses, both ways |
//! | `errors.rs` | the exceptions |

mod address;
mod errors;
mod making;
mod message;
mod moving;
mod options;
mod socket;

pub(super) use socket::PyPlainSocket;
