//! What a `Stream` can do that is half of a relay's pair: be connected without waiting, and be cut.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::SockRef;

use super::stream::{Done, Stream};
use super::{next_serial, number_of};
use crate::state::{Action, State};
use crate::sys::{self, errno};
use crate::trace;

/// What a relay does with the bytes of a call, for its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// "late" and so on.
    pub verdict: &'static str,
    /// The rule that gave it; empty where none did.
    pub rule: Cow<'static, str>,
    /// For bytes that go on: the number of the event of their coming.
    pub origin: Option<u64>,
}

/// What the events of a relay's connection tell more.
#[derive(Debug, Default)]
pub(super) struct Relayed {
    note: RefCell<Option<Note>>,
    last: Cell<u64>,
}

impl Note {
    /// As an event has it: verdict, rule, origin.
    pub(super) fn parts(self) -> (Option<Text>, Option<Text>, Option<u64>) {
        let rule = Some(self.rule).filter(|rule| !rule.is_empty());
        (Some(self.verdict.into()), rule, self.origin)
    }
}

type Text = Cow<'static, str>;

impl Relayed {
    /// An event of this number is recorded: what it tells more.
    pub(super) fn recorded(&self, id: u64) -> Option<Note> {
        self.last.set(id);
        self.note.take()
    }
}

impl Stream {
    /// Begins to connect: connect(2), without waiting for its end. The poll tells of it; then [`Stream::connected`] does.
    ///
    /// # Errors
    /// What the kernel says at once: no descriptor is left, no such network.
    pub fn connect_now(to: SocketAddr) -> io::Result<Self> {
        let handle = TcpStream::connect(to)?;
        let mut made = Self {
            number: number_of(&SockRef::from(&handle)),
            handle,
            serial: next_serial(),
            state: State::Created,
            local: None,
            peer: Some(to),
            sent: 0,
            received: 0,
            relayed: None,
        };
        made.local = made.handle.local_addr().ok();
        Ok(made)
    }

    /// Whether the connect that was begun at this time has come to its end.
    ///
    /// # Errors
    /// Why there is no connection: getsockopt(2), `SO_ERROR`.
    pub fn connected(&mut self, begun_ns: u64) -> io::Result<bool> {
        let told = match self.handle.take_error() {
            Ok(None) => self.handle.peer_addr().map(drop),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        if let Err(error) = &told
            && matches!(
                error.raw_os_error(),
                Some(errno::ENOTCONN | errno::EINPROGRESS)
            )
        {
            return Ok(false);
        }
        let before = self.state;
        if told.is_ok() {
            self.advance(Action::Connect);
            self.local = self.handle.local_addr().ok();
        }
        if trace::active() {
            let done = Done {
                before: Some(before),
                error: told.as_ref().err(),
                ..Done::default()
            };
            self.record("connect", "connect", begun_ns, &done);
        }
        told.map(|()| true)
    }

    /// Its reads and writes are a relay's: a trace calls both "relay".
    pub fn is_relayed(&mut self) {
        self.relayed = Some(Box::default());
    }

    /// What the event of the next call tells more; `None`: nothing.
    pub fn note(&self, note: Option<Note>) {
        if let Some(relayed) = &self.relayed {
            relayed.note.replace(note);
        }
    }

    /// The number of its last event.
    #[must_use]
    pub fn last_event(&self) -> u64 {
        self.relayed.as_ref().map_or(0, |it| it.last.get())
    }

    /// How many bytes were written so far.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// How many bytes were read so far.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    pub(super) const fn step(&self, step: &'static str) -> &'static str {
        if self.relayed.is_some() {
            "relay"
        } else {
            step
        }
    }

    /// Its close will reset the connection, whatever is under way: `SO_LINGER` with no time.
    pub fn cut(&self) {
        // A connection that is gone already needs no reset.
        let _ = SockRef::from(&self.handle).set_linger(Some(Duration::ZERO));
    }

    /// How many bytes were written that the peer's kernel has not acknowledged; `None` where the system does not tell.
    #[must_use]
    pub fn unacknowledged(&self) -> Option<u64> {
        sys::kernel::buffers(&SockRef::from(&self.handle), true)?.unacknowledged
    }
}
