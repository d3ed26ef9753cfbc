//! Where clients come in: the listener of a server, in its only loop, or in a thread of its own that spreads them over several.
//!
//! Several loops have one listener. With one for each (`SO_REUSEPORT`) the kernel spreads by a hash: of 50 clients one of two loops
//! gets 30 or more in every fifth run, a client waits behind a slow reply in one loop while the other is idle, macOS does not
//! spread at all, and any program of the same user could take a part of the clients by binding the port too, without an error. Loops
//! that wait for one listener together (`EPOLLEXCLUSIVE`) are woken last in, first out: with little load one of them gets all. Here the
//! loop with the fewest clients gets the next, `max_clients` is one number, and who has the port is told as ever. The price is that one
//! thread accepts for all, and one wake for each loop that gets clients in a round.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use super::server::Shared;
use crate::error::Code;
use crate::socket::Stream;

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);

/// The most that are accepted in one round, before the others have their turn.
pub(super) const ACCEPTS: usize = 64;
/// How long the listener is left alone when the system has no descriptor for one more client.
const STARVED: Duration = Duration::from_millis(100);

pub(super) struct Door {
    shared: Arc<Shared>,
    /// Somebody may wait to be accepted.
    accepting: bool,
    starved_until: Option<Instant>,
}

impl Door {
    pub(super) fn new(shared: Arc<Shared>, registry: &Registry) -> io::Result<Self> {
        shared.watch(registry, LISTENER)?;
        Ok(Self {
            shared,
            accepting: false,
            starved_until: None,
        })
    }

    /// The poll has told that somebody is there.
    pub(super) const fn somebody_is_there(&mut self) {
        self.accepting = true;
    }

    /// Somebody may be taken in at once.
    pub(super) fn has_more(&self) -> bool {
        self.accepting && self.starved_until.is_none() && self.shared.has_room()
    }

    pub(super) const fn starved_until(&self) -> Option<Instant> {
        self.starved_until
    }

    /// The next client, if one is there, and may come in.
    pub(super) fn next(&mut self, now: Instant) -> Option<Stream> {
        if self.starved_until.is_some_and(|until| until <= now) {
            self.starved_until = None;
            self.accepting = true;
        }
        if !self.has_more() {
            return None;
        }
        match self.shared.listener().accept_now() {
            Ok(Some(stream)) => {
                stream.no_delay();
                self.shared.count_served();
                return Some(stream);
            }
            Ok(None) => self.accepting = false,
            Err(error) if error.code() == Code::Closed => self.accepting = false,
            Err(error) => {
                self.shared.keep(error);
                self.starved_until = now.checked_add(STARVED);
            }
        }
        None
    }
}

/// The thread that accepts for several loops.
pub(super) struct Doorkeeper {
    door: Door,
    poll: Poll,
    shared: Arc<Shared>,
}

impl Doorkeeper {
    pub(super) const fn new(door: Door, poll: Poll, shared: Arc<Shared>) -> Self {
        Self { door, poll, shared }
    }

    /// Until the server stops.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(2);
        while !self.shared.stopping() {
            match self.poll.poll(&mut events, self.timeout()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return,
            }
            if events.iter().any(|event| event.token() == LISTENER) {
                self.door.somebody_is_there();
            }
            let now = Instant::now();
            for _ in 0..ACCEPTS {
                let Some(stream) = self.door.next(now) else {
                    break;
                };
                if let Some(hub) = self.shared.emptiest() {
                    hub.arrive(stream);
                }
            }
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if self.door.accepting {
            // First said, then looked: a client that leaves meanwhile is either seen or wakes us.
            self.shared.wait_for_room(true);
        }
        if self.door.has_more() {
            self.shared.wait_for_room(false);
            return Some(Duration::ZERO);
        }
        let until = self.door.starved_until();
        until.map(|until| until.saturating_duration_since(Instant::now()))
    }
}

impl Drop for Doorkeeper {
    fn drop(&mut self) {
        self.shared.shut();
        self.shared.ended();
    }
}
