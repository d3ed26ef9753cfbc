//! A client: its stream, what waits to be written, and the work's own.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::server::{Request, Shared};
use crate::address::Endpoint;
use crate::socket::{Moved, Stream};
use crate::state::State;

/// From so many unwritten bytes on a client is not read any more, until it has taken them.
pub(super) const FULL: usize = 64 * 1024;
/// How long a client that we close may take to read our last words, from its last sign of doing so.
pub(super) const LINGER: Duration = Duration::from_secs(5);

pub(super) struct Client<C> {
    pub(super) side: Side,
    pub(super) own: C,
}

/// Of a client what the loop knows.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub(super) struct Side {
    pub(super) stream: Stream,
    /// What the kernel did not take.
    pending: Vec<u8>,
    /// How much of it has gone since.
    gone: usize,
    /// Our half is to be closed when all is written.
    finishing: bool,
    /// The whole connection is to be closed: when all is written we finish, and what the client still sends is thrown away until it
    /// finishes too, or this time comes. To close at once would reset the connection, and the client lose our last words (RFC 2525, 2.17).
    closing: Option<Instant>,
    /// The work wants to be called when there is nothing left to write.
    pub(super) wants_room: bool,
    /// The kernel may have bytes for us, or room.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer's end is there, behind what is still to be read: nothing more will be told.
    pub(super) end_is_there: bool,
    /// It is in the list of those that are looked at in the next round without being told.
    pub(super) again: bool,
    pub(super) last: Instant,
}

impl Side {
    pub(super) fn new(stream: Stream, now: Instant) -> Self {
        Self {
            stream,
            pending: Vec::new(),
            gone: 0,
            finishing: false,
            closing: None,
            wants_room: false,
            // What came before the loop looks is told at once; it is not asked for twice.
            readable: false,
            writable: true,
            end_is_there: false,
            again: false,
            last: now,
        }
    }

    /// How many bytes wait for the client to take them.
    pub(super) fn unwritten(&self) -> usize {
        self.pending.len() - self.gone
    }

    /// It is to be read: we have room for what it says, and it may say something.
    pub(super) fn to_be_read(&self) -> bool {
        self.readable && self.unwritten() < FULL
    }

    /// Both directions have ended, and nothing is left to write.
    pub(super) fn is_over(&self) -> bool {
        let ended = matches!(self.stream.state(), State::BothFinished | State::Reset);
        self.unwritten() == 0 && ended
    }

    /// When it is closed at the latest.
    pub(super) const fn closing(&self) -> Option<Instant> {
        self.closing
    }

    /// Finishes when all is written, if that was asked for.
    pub(super) fn settle(&mut self) {
        let finished = matches!(self.stream.state(), State::Finished | State::BothFinished);
        if self.unwritten() == 0 && (self.finishing || self.closing.is_some()) && !finished {
            self.finishing = false;
            self.stream.finish();
        }
    }

    /// Writes what waits, as far as the kernel takes it. True when something went.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        let before = self.unwritten();
        while self.writable && self.gone < self.pending.len() {
            match self.stream.write(&self.pending[self.gone..])? {
                Moved::Some { size, more } => {
                    self.gone += size;
                    self.writable = more;
                }
                Moved::Nothing => self.writable = false,
                Moved::Later => break,
            }
        }
        if self.unwritten() == 0 {
            // A client that once was slow does not keep its memory.
            self.pending = Vec::new();
            self.gone = 0;
            self.settle();
        }
        let went = self.unwritten() < before;
        if went && self.closing.is_some() {
            self.closing = Instant::now().checked_add(LINGER);
        }
        Ok(went)
    }
}

/// A client, for those who come back to it later: it names no other client, also when its place is given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) place: usize,
    pub(super) serial: u64,
}

/// A way to a client from any thread. What is asked for happens in the loop; of a client that has gone, nothing is asked.
#[derive(Clone)]
pub struct Remote {
    shared: Arc<Shared>,
    key: Key,
}

impl Remote {
    /// Who it is.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Writes these bytes.
    pub fn write(&self, bytes: Vec<u8>) {
        self.shared.post(self.key, Request::Write(bytes));
    }

    /// Closes our half when all is written.
    pub fn finish(&self) {
        self.shared.post(self.key, Request::Finish);
    }

    /// Closes the connection when all is written.
    pub fn close(&self) {
        self.shared.post(self.key, Request::Close);
    }
}

impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for Remote {}

impl Key {
    /// The number of its socket.
    #[must_use]
    pub const fn serial(self) -> u64 {
        self.serial
    }
}

/// What a work can do with a client.
pub struct Io<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) place: usize,
    pub(super) side: &'a mut Side,
    pub(super) error: Option<io::Error>,
}

impl Io<'_> {
    /// Writes: at once as far as the kernel takes it, the rest when it has room again.
    pub fn write(&mut self, mut data: &[u8]) {
        let side = &mut *self.side;
        let finished = matches!(side.stream.state(), State::Finished | State::BothFinished);
        if finished || side.finishing || side.closing.is_some() || self.error.is_some() {
            return;
        }
        if side.unwritten() == 0 {
            while side.writable && !data.is_empty() {
                match side.stream.write(data) {
                    Ok(Moved::Some { size, more }) => {
                        data = &data[size..];
                        side.writable = more;
                    }
                    Ok(Moved::Nothing) => side.writable = false,
                    Ok(Moved::Later) => break,
                    Err(error) => {
                        self.error = Some(error);
                        return;
                    }
                }
            }
        }
        if !data.is_empty() {
            side.pending.extend_from_slice(data);
        }
    }

    /// Writes several parts one behind the other, in one call where the kernel takes them.
    pub fn write_parts(&mut self, parts: &[&[u8]]) {
        self.write(&parts.concat());
    }

    /// How many bytes wait for the client to take them.
    #[must_use]
    pub fn unwritten(&self) -> usize {
        self.side.unwritten()
    }

    /// Who it is.
    #[must_use]
    pub fn key(&self) -> Key {
        Key {
            place: self.place,
            serial: self.side.stream.serial(),
        }
    }

    /// A way to it from any thread, for later.
    #[must_use]
    pub fn remote(&self) -> Remote {
        Remote {
            shared: Arc::clone(self.shared),
            key: self.key(),
        }
    }

    /// Its address.
    #[must_use]
    pub fn peer(&self) -> Option<Endpoint> {
        self.side.stream.peer().map(Endpoint::from)
    }

    /// Asks for a call of [`super::Work::room`] when all is written: in the next round, or when the client has taken it.
    pub fn call_when_written(&mut self) {
        self.side.wants_room = true;
    }

    /// Closes our half when all is written; the client may go on sending.
    pub fn finish(&mut self) {
        self.side.finishing = true;
        self.side.settle();
    }

    /// Closes the connection when all is written.
    pub fn close(&mut self) {
        self.side.closing = Instant::now().checked_add(LINGER);
        self.side.settle();
    }
}
