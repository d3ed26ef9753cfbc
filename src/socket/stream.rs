//! `Stream`: a connection of an event loop. No step waits on it and no list of its steps is kept, so that ten thousand of them are
//! cheap; what it does is recorded as every other step is, when somebody records.

use std::io;
use std::net::{Shutdown, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::memory::fillable;
use super::paired::{Note, Relayed};
use super::{Socket, explain, number_of};
use crate::error::Result;
use crate::faults;
use crate::ports::Transport;
use crate::state::{self, Action, State};
use crate::sys::{self, errno};
use crate::trace::{self, Event, Phase, Preview};

/// A connection that is read and written when it is ready, and never waited for.
#[derive(Debug)]
pub struct Stream {
    pub(super) handle: TcpStream,
    pub(super) number: i64,
    pub(super) serial: u64,
    pub(super) state: State,
    pub(super) local: Option<SocketAddr>,
    pub(super) peer: Option<SocketAddr>,
    pub(super) sent: u64,
    pub(super) received: u64,
    /// What the events of a relay tell more; `None` for a connection of no relay.
    pub(super) relayed: Option<Box<Relayed>>,
}

/// What a call that does not wait has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// So many bytes. `more`: the kernel may have more of them, or more room.
    Some {
        /// How many.
        size: usize,
        /// Whether to try again at once.
        more: bool,
    },
    /// None: the kernel would have made the caller wait.
    Nothing,
    /// None, though the kernel was not asked: an injected fault. To be tried again without being told.
    Later,
}

impl Socket {
    /// The same listener, for a poll that tells when somebody waits.
    ///
    /// # Errors
    /// When no descriptor is left, and for a socket that is closed.
    pub fn to_watch(&self) -> io::Result<TcpListener> {
        let handle = self.handle.get().ok_or(io::ErrorKind::NotConnected)?;
        Ok(TcpListener::from_std(handle.try_clone()?.into()))
    }

    /// The next connection, if one is there: accept4(2).
    ///
    /// # Errors
    /// `TooManyFiles`, `Closed`, `OutOfOrder`.
    pub fn accept_now(&self) -> Result<Option<Stream>> {
        let (call, handle) = self.begin("accept", "accept4", Action::Accept)?;
        let (handle, peer) = loop {
            match sys::accept(&handle) {
                Ok(accepted) => break accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.raw_os_error() == Some(errno::EINTR) => {}
                // Its client was gone before we came: perhaps there is another.
                Err(error) if sys::died_in_queue(&error) => {}
                Err(error) => return Err(call.failed(explain::system(&error, &call))),
            }
        };
        call.done(None, &[]);
        let stream = Stream {
            number: number_of(&handle),
            handle: TcpStream::from_std(handle.into()),
            serial: super::next_serial(),
            state: State::Connected,
            local: self.local().map(|local| local.socket_addr()),
            peer,
            sent: 0,
            received: 0,
            relayed: None,
        };
        if trace::active() {
            stream.record("accepted", "accepted", call.start_ns, &Done::default());
        }
        Ok(Some(stream))
    }
}

/// How a call ended, for its event.
#[derive(Default)]
pub(super) struct Done<'a> {
    pub(super) asked: Option<usize>,
    pub(super) size: Option<usize>,
    pub(super) offset: Option<u64>,
    pub(super) data: &'a [u8],
    pub(super) before: Option<State>,
    pub(super) error: Option<&'a io::Error>,
}

impl Stream {
    /// A number that no other socket of this process ever has.
    #[must_use]
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Our address.
    #[must_use]
    pub const fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// The peer's address.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Has the poll tell when it becomes ready, until it is dropped.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn watch(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(
            &mut self.handle,
            token,
            Interest::READABLE | Interest::WRITABLE,
        )
    }

    /// Sends small pieces at once: `TCP_NODELAY`.
    pub fn no_delay(&self) {
        // A connection that is gone already tells so at the next read.
        let _ = self.handle.set_nodelay(true);
    }

    /// What has come: recv(2). A size of 0 is the peer's end.
    ///
    /// # Errors
    /// What the kernel says; `EAGAIN` is `Moved::Nothing`.
    pub fn read(&mut self, room: &mut [u8]) -> io::Result<Moved> {
        let begun = trace::active().then(sys::monotonic_ns);
        let Some(most) = faults::read(room.len()) else {
            return Ok(Moved::Later);
        };
        let told = repeated(|| {
            SockRef::from(&self.handle).recv_with_flags(fillable(&mut room[..most]), sys::RECEIVE)
        });
        let before = self.state;
        if let Ok(Some(0)) = told {
            self.advance(Action::PeerFinishes);
        }
        let offset = self.received;
        let size = self.ended(
            begun,
            self.step("read"),
            "recv",
            before,
            room.len(),
            offset,
            told,
            room,
        )?;
        self.received += size.unwrap_or(0) as u64;
        Ok(size.map_or(Moved::Nothing, |size| Moved::Some {
            size,
            // Fewer than asked for: the kernel has no more (epoll(7), question 9).
            more: size == most,
        }))
    }

    /// As much of it as the kernel takes: send(2).
    ///
    /// # Errors
    /// What the kernel says; `EAGAIN` is `Moved::Nothing`.
    pub fn write(&mut self, data: &[u8]) -> io::Result<Moved> {
        let begun = trace::active().then(sys::monotonic_ns);
        let Some(most) = faults::write(data.len()) else {
            return Ok(Moved::Later);
        };
        let told =
            repeated(|| SockRef::from(&self.handle).send_with_flags(&data[..most], sys::SEND));
        let (before, offset) = (self.state, self.sent);
        let size = self.ended(
            begun,
            self.step("write"),
            "send",
            before,
            data.len(),
            offset,
            told,
            data,
        )?;
        self.sent += size.unwrap_or(0) as u64;
        Ok(size.map_or(Moved::Nothing, |size| Moved::Some {
            size,
            more: size == most,
        }))
    }

    /// Closes our sending half: shutdown(2).
    pub fn finish(&mut self) {
        let begun = trace::active().then(sys::monotonic_ns);
        // The connection may be gone, and with it our half.
        let _ = self.handle.shutdown(Shutdown::Write);
        let before = self.state;
        self.advance(Action::Finish);
        if let Some(begun) = begun {
            let done = Done {
                before: Some(before),
                ..Done::default()
            };
            self.record("finish", "shutdown", begun, &done);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what an event is made of")]
    fn ended(
        &mut self,
        begun: Option<u64>,
        step: &'static str,
        call: &'static str,
        before: State,
        asked: usize,
        offset: u64,
        told: io::Result<Option<usize>>,
        data: &[u8],
    ) -> io::Result<Option<usize>> {
        if let Err(error) = &told
            && matches!(
                error.raw_os_error(),
                Some(errno::ECONNRESET | errno::ECONNABORTED)
            )
        {
            self.advance(Action::PeerResets);
        }
        if let Some(begun) = begun
            && !matches!(told, Ok(None))
        {
            let size = told.as_ref().ok().copied().flatten();
            self.record(
                step,
                call,
                begun,
                &Done {
                    asked: Some(asked),
                    size,
                    offset: size.map(|_| offset),
                    data: &data[..size.unwrap_or(0)],
                    before: Some(before),
                    error: told.as_ref().err(),
                },
            );
        }
        told
    }

    pub(super) fn advance(&mut self, action: Action) {
        if let Some(next) = state::next(Transport::Tcp, self.state, action) {
            self.state = next;
        }
    }

    pub(super) fn record(
        &self,
        step: &'static str,
        call: &'static str,
        start_ns: u64,
        done: &Done<'_>,
    ) {
        let phase = if done.error.is_some() {
            Phase::Failed
        } else {
            Phase::Completed
        };
        let id = trace::next_id();
        let note = self.relayed.as_ref().and_then(|it| it.recorded(id));
        let (verdict, rule, origin) = note.map_or((None, None, None), Note::parts);
        trace::record(&Event {
            id,
            process: sys::process_id(),
            phase,
            socket: self.serial,
            number: self.number,
            transport: Transport::Tcp,
            step: step.into(),
            call: call.into(),
            local: self.local,
            peer: self.peer,
            asked: done.asked,
            size: done.size,
            offset: done.offset,
            preview: Preview::of(&[done.data], trace::longest_preview()),
            error: done.error.map(ToString::to_string),
            errno: done.error.and_then(io::Error::raw_os_error),
            before: done.before.unwrap_or(self.state),
            after: self.state,
            start_ns,
            end_ns: Some(sys::monotonic_ns()),
            thread: sys::thread_id(),
            line: None,
            verdict,
            rule,
            origin,
        });
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if trace::active() {
            let before = self.state;
            self.state = State::Closed;
            // The descriptor goes right after this: its time is the record's.
            let done = Done {
                before: Some(before),
                ..Done::default()
            };
            self.record("close", "close", sys::monotonic_ns(), &done);
        }
    }
}

/// Does a call again when a signal came between; `None` when it would wait.
fn repeated(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Ok(size) => return Ok(Some(size)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}
