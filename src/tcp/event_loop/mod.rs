//! A server of one thread for all its clients: epoll(7) or kqueue(2), through mio.
//!
//! | file | what |
//! | --- | --- |
//! | `mod.rs` | what a work on clients is, and the settings |
//! | `clients.rs`, `places.rs` | a client: its stream, what waits to be written, and the work's own; all of them |
//! | `rounds.rs` | the loop: wait, accept, read, write, close |
//! | `server.rs` | the server that others hold: counts, stop |
//!
//! The readiness that mio tells is of edges: a client is told once that it has become ready. So it is read until the kernel gives
//! less than was asked for, or, when it goes on and on, in the next round again, after the others have had their turn.

mod clients;
mod places;
mod rounds;
mod server;

pub use clients::{Io, Key, Remote};
pub use rounds::Rounds;
pub use server::Server;

use std::time::Duration;

use crate::address::Endpoint;

/// What is done with what clients send. One value works for all of them, in the thread of the loop.
pub trait Work: Send + 'static {
    /// What it keeps for each client.
    type Client: Default + Send;

    /// A client has come.
    fn opened(&mut self, client: &mut Self::Client, io: &mut Io<'_>) {
        let _ = (client, io);
    }

    /// It has as much to do as it wants for one round: nobody is read any more until the next.
    fn is_full(&self) -> bool {
        false
    }

    /// Bytes have come.
    fn came(&mut self, client: &mut Self::Client, bytes: &[u8], io: &mut Io<'_>);

    /// All that was written has gone to the kernel, and there was none left to write for a moment.
    fn room(&mut self, client: &mut Self::Client, io: &mut Io<'_>) {
        let _ = (client, io);
    }

    /// The client has finished sending, and all of it was given to `came`.
    fn ended(&mut self, client: &mut Self::Client, io: &mut Io<'_>) {
        let _ = client;
        io.finish();
    }
}

/// What a server is made with.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where it listens; port 0 is a free one.
    pub endpoint: Endpoint,
    /// How many connections wait in the kernel to be accepted.
    pub backlog: i32,
    /// How many clients are served at once; the next waits in the backlog.
    pub max_clients: usize,
    /// A client that sends nothing and takes nothing for so long is let go; `None`: it may stay.
    pub idle: Option<Duration>,
}
