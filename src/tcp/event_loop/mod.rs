//! A server of one thread for all its clients: epoll(7) or kqueue(2), through mio.
//!
//! | file | what |
//! | --- | --- |
//! | `mod.rs` | what a work on clients is, and the settings |
//! | `side.rs`, `places.rs` | a client: its stream, what waits to be written, and the work's own; all of them |
//! | `io.rs`, `outbox.rs` | what a work can do with a client; what goes out at the end of a round |
//! | `rounds.rs`, `turn.rs` | the loop: wait, read, write, close; the turn of one client |
//! | `door.rs` | where clients come in |
//! | `hub.rs` | the way into a loop from other threads |
//! | `server.rs` | the server that others hold: counts, stop |
//!
//! The readiness that mio tells is of edges: a client is told once that it has become ready. So it is read until the kernel gives
//! less than was asked for, or, when it goes on and on, in the next round again, after the others have had their turn. Told of
//! levels, as the C server of the measurements is, the kernel would look at each ready socket once more in the next wait.
//!
//! `io_uring` is not used. The round has two calls for each client's message and one for all of them together; a ring would save the
//! way into the kernel for these, some 10 % of a message's time (the rest is TCP itself, on both ends), and cost a second way through
//! everything here, because containers and many servers switch it off (`io_uring_disabled`, seccomp), and the faults and the trace
//! follow the calls.

mod door;
mod hub;
mod io;
mod outbox;
mod places;
mod rounds;
mod server;
mod side;
mod turn;

pub use hub::{Full, Key, Remote};
pub use io::Io;
pub use rounds::Rounds;
pub use server::Server;

use std::time::Duration;

use crate::address::Endpoint;

/// The most loops that a server has.
pub const MOST_LOOPS: usize = 64;

/// What is done with what clients send. One value works for all clients of a loop, in its thread.
pub trait Work: Send + 'static {
    /// What it keeps for each client.
    type Client: Default + Send;

    /// A client that was read so many bytes in one round has had its turn.
    const ENOUGH: usize = usize::MAX;

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
    /// How many clients are served at once, by all loops together; the next waits in the backlog.
    pub max_clients: usize,
    /// How many loops there are, each in a thread.
    pub loops: usize,
    /// A client that sends nothing and takes nothing for so long is let go; `None`: it may stay.
    pub idle: Option<Duration>,
}
