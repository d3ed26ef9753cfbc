//! What a work can do with a client.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::hub::{Hub, Key, Remote};
use super::outbox::{LARGE, Outbox};
use super::side::Side;
use crate::address::Endpoint;

/// What a work can do with a client.
pub struct Io<'a> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) place: usize,
    pub(super) side: &'a mut Side,
    pub(super) outbox: &'a mut Outbox,
    pub(super) now: Instant,
    pub(super) error: Option<io::Error>,
}

impl Io<'_> {
    /// Writes: at the end of the round as far as the kernel takes it, the rest when it has room again.
    pub fn write(&mut self, data: &[u8]) {
        self.write_parts(&[data]);
    }

    /// Writes several parts one behind the other, as one.
    pub fn write_parts(&mut self, parts: &[&[u8]]) {
        let size: usize = parts.iter().map(|part| part.len()).sum();
        if size == 0 || self.side.takes_no_more() || self.error.is_some() {
            return;
        }
        if self.side.waiting() > 0 {
            for part in parts {
                self.side.keep(part);
            }
            return;
        }
        if let [data] = parts
            && size >= LARGE
            && self.side.unwritten() == 0
        {
            self.error = self.side.write(data, false, self.now).err();
            return;
        }
        self.side.post(size);
        let key = self.key();
        self.outbox.push(key, parts);
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
    pub fn remote(&mut self) -> Remote {
        Remote {
            hub: Arc::clone(self.hub),
            key: self.key(),
            level: Arc::downgrade(self.side.level()),
        }
    }

    /// Its address.
    #[must_use]
    pub fn peer(&self) -> Option<Endpoint> {
        self.side.stream.peer().map(Endpoint::from)
    }

    /// Asks for a call of [`super::Work::room`] when all is written: in the next round, or when the client has taken it.
    pub fn call_when_written(&mut self) {
        self.side.want_room(false);
    }

    /// The same, and the client is not read before that call.
    pub fn hold_until_written(&mut self) {
        self.side.want_room(true);
    }

    /// Closes our half when all is written; the client may go on sending.
    pub fn finish(&mut self) {
        self.side.finish();
    }

    /// Closes the connection when all is written.
    pub fn close(&mut self) {
        self.side.close();
    }
}
