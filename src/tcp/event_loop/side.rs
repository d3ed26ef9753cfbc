//! A client: its stream, what waits to be written, and the work's own.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hub::Level;
use crate::socket::{Moved, Stream};
use crate::state::State;

/// From so many unwritten bytes on a client is not read any more, until it has taken them.
pub(super) const FULL: usize = 64 * 1024;
/// How long a client that we close may take to read our last words, from its last sign of doing so.
pub(super) const LINGER: Duration = Duration::from_secs(5);
/// How many bytes of it are thrown away meanwhile: what was on its way, and not all that it can send in that time.
const UNHEARD: usize = 16 * 1024 * 1024;

pub(super) struct Client<C> {
    pub(super) side: Side,
    pub(super) own: C,
}

/// Of a client what the loop knows. Ten thousand idle ones are ten thousand of these: what few of them need is boxed or counted.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub(super) struct Side {
    pub(super) stream: Stream,
    /// What the kernel did not take.
    pending: Vec<u8>,
    /// How much of it has gone since.
    gone: usize,
    /// How many bytes of it are in the outbox of the round.
    posted: usize,
    /// Our half is to be closed when all is written.
    finishing: bool,
    /// The whole connection is to be closed: when all is written we finish, and what the client still sends is thrown away until it
    /// finishes too, or this time comes. To close at once would reset the connection, and the client lose our last words (RFC 2525, 2.17).
    closing: Option<Instant>,
    /// What it sent since then.
    unheard: usize,
    /// The work wants to be called when there is nothing left to write, and perhaps nothing to be read before that.
    wants_room: bool,
    held: bool,
    /// The kernel may have bytes for us, or room.
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer's end is there, behind what is still to be read: nothing more will be told.
    pub(super) end_is_there: bool,
    /// It is in the list of those that are looked at in the next round without being told.
    pub(super) again: bool,
    pub(super) last: Instant,
    /// For those who hold a way to it.
    level: Option<Arc<Level>>,
}

impl Side {
    pub(super) fn new(stream: Stream, now: Instant) -> Self {
        Self {
            stream,
            pending: Vec::new(),
            gone: 0,
            posted: 0,
            finishing: false,
            closing: None,
            unheard: 0,
            wants_room: false,
            held: false,
            // What came before the loop looks is told at once; it is not asked for twice.
            readable: false,
            writable: true,
            end_is_there: false,
            again: false,
            last: now,
            level: None,
        }
    }

    /// How many bytes of it wait here because the kernel did not take them.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len() - self.gone
    }

    /// How many bytes wait for the client to take them.
    pub(super) fn unwritten(&self) -> usize {
        self.waiting() + self.posted
    }

    /// So many of them are in the outbox.
    pub(super) const fn post(&mut self, size: usize) {
        self.posted += size;
    }

    /// What those who hold a way to the client are told.
    pub(super) fn level(&mut self) -> &Arc<Level> {
        self.level.get_or_insert_default()
    }

    pub(super) fn publish(&self) {
        if let Some(level) = &self.level {
            level.set_waiting(self.unwritten());
        }
    }

    /// It is to be read: we have room for what it says, and it may say something.
    pub(super) fn to_be_read(&self) -> bool {
        self.readable && !self.held && self.unwritten() < FULL
    }

    /// The work is to be called when there is nothing left to write; `hold`: and nothing is read before.
    pub(super) const fn want_room(&mut self, hold: bool) {
        self.wants_room = true;
        self.held = hold;
    }

    pub(super) fn has_wanted_room(&self) -> bool {
        self.wants_room && self.unwritten() == 0
    }

    /// Whether it had wanted room, and has it: not any more from now on.
    pub(super) fn take_room(&mut self) -> bool {
        let has = self.has_wanted_room();
        if has {
            self.wants_room = false;
            self.held = false;
        }
        has
    }

    /// It has something to do without being told.
    pub(super) fn has_more(&self) -> bool {
        self.to_be_read() || self.waiting() > 0 && self.writable || self.has_wanted_room()
    }

    /// Both directions have ended, and nothing is left to write.
    pub(super) fn is_over(&self) -> bool {
        let ended = matches!(self.stream.state(), State::BothFinished | State::Reset);
        self.unwritten() == 0 && ended
    }

    /// Nothing more is written to it.
    pub(super) fn takes_no_more(&self) -> bool {
        let finished = matches!(self.stream.state(), State::Finished | State::BothFinished);
        finished || self.finishing || self.closing.is_some()
    }

    /// When it is closed at the latest.
    pub(super) const fn closing(&self) -> Option<Instant> {
        self.closing
    }

    pub(super) fn finish(&mut self) {
        self.finishing = true;
        self.settle();
    }

    pub(super) fn close(&mut self) {
        if self.closing.is_none() {
            self.closing = Instant::now().checked_add(LINGER);
            self.held = false;
            self.wants_room = false;
        }
        self.settle();
    }

    /// To a client that is being closed nobody listens any more; one that goes on and on is cut,
    /// because a close with bytes that were not read resets.
    pub(super) fn not_heard(&mut self, size: usize) -> io::Result<()> {
        self.unheard = self.unheard.saturating_add(size);
        if self.unheard > UNHEARD {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    /// Finishes when all is written, if that was asked for.
    fn settle(&mut self) {
        let finished = matches!(self.stream.state(), State::Finished | State::BothFinished);
        if self.unwritten() == 0 && (self.finishing || self.closing.is_some()) && !finished {
            self.finishing = false;
            self.stream.finish();
        }
    }

    /// Writes as far as the kernel takes it, and keeps the rest. `posted`: they come from the outbox.
    pub(super) fn write(&mut self, mut data: &[u8], posted: bool, now: Instant) -> io::Result<()> {
        if posted {
            self.posted -= data.len();
        }
        while self.waiting() == 0 && self.writable && !data.is_empty() {
            match self.stream.write(data)? {
                Moved::Some { size, more } => {
                    data = &data[size..];
                    self.writable = more;
                    self.last = now;
                }
                Moved::Nothing => self.writable = false,
                Moved::Later => break,
            }
        }
        self.pending.extend_from_slice(data);
        self.settle();
        Ok(())
    }

    /// Keeps bytes behind those that the kernel did not take.
    pub(super) fn keep(&mut self, data: &[u8]) {
        self.pending.extend_from_slice(data);
    }

    /// Writes what waits, as far as the kernel takes it. True when something went.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        let before = self.waiting();
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
        if self.waiting() == 0 {
            // A client that once was slow does not keep its memory.
            self.pending = Vec::new();
            self.gone = 0;
            self.settle();
        }
        let went = self.waiting() < before;
        if went && self.closing.is_some() {
            self.closing = Instant::now().checked_add(LINGER);
        }
        Ok(went)
    }
}
