//! The standard library's socket: every call in any order. The kernel is the table: what it says is told.
//!
//! | file | calls |
//! | --- | --- |
//! | `attempt.rs` | how a call waits: as long as `settimeout` says |
//! | `ends.rs` | bind, connect, listen, accept, shutdown, names |
//! | `connecting.rs` | the end of a connect that nobody waited for |
//! | `receive.rs`, `send.rs` | recv and send in all their forms |
//! | `control.rs` | ancillary data as rows of bytes: cmsg(3) |
//! | `options.rs` | getsockopt, setsockopt |
//!
//! What it shares with the lecture's `Socket` is `Base` and `Call`.

mod attempt;
mod connecting;
mod control;
mod ends;
mod options;
mod receive;
mod send;

pub use control::{Control, controls, packed, room_for};
pub use receive::Message;
pub use send::Outgoing;

use std::fmt;
use std::io;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket as Handle, Type};

use super::call::{BIG, Call};
use super::{Base, explain};
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::state::{Action, State};
use crate::sys::{errno, forks, monotonic_ns, plain};
use crate::wait::Pause;

/// How long a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// As long as it takes; the descriptor is a blocking one.
    Never,
    /// Not at all.
    Now,
    /// So long.
    After(Duration),
}

/// A socket of any family and kind.
///
/// Every method may be called from several threads at once; the descriptor is held over each call on it, as the lecture's is.
pub struct PlainSocket {
    base: Base,
    domain: i32,
    kind: i32,
    protocol: i32,
    /// In nanoseconds; -1 for `Never`.
    timeout: AtomicI64,
    /// Connects that wait while the descriptor of a blocking socket does not.
    toggled: AtomicU32,
    connecting: connecting::Connecting,
}

impl Deref for PlainSocket {
    type Target = Base;

    fn deref(&self) -> &Base {
        &self.base
    }
}

impl PlainSocket {
    /// A new socket, closed on exec: socket(2). Its calls wait as long as it takes.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn open(domain: i32, kind: i32, protocol: i32) -> Result<Self> {
        let start_ns = monotonic_ns();
        let protocol_asked = Some(Protocol::from(protocol));
        let handle = Handle::new(Domain::from(domain), Type::from(kind), protocol_asked)
            .map_err(|error| explain::creation(&error, "socket"))?;
        let socket = Self::of(handle, domain, kind, protocol, State::Created);
        socket.begun(start_ns, "socket");
        Ok(socket)
    }

    /// A socket that is there already, of another maker. What is not given, the kernel is asked for.
    ///
    /// # Errors
    /// `EBADF`, `ENOTSOCK`.
    pub fn adopt(
        number: i32,
        domain: Option<i32>,
        kind: Option<i32>,
        protocol: Option<i32>,
    ) -> Result<Self> {
        let start_ns = monotonic_ns();
        let explained = |error: io::Error| explain::other(&error, "socket", "an open socket");
        let handle = plain::adopt(number).map_err(explained)?;
        let asked = (|| {
            Ok::<_, io::Error>((
                domain.map_or_else(|| handle.domain().map(i32::from), Ok)?,
                kind.map_or_else(|| handle.r#type().map(i32::from), Ok)?,
                protocol.map_or_else(
                    || Ok::<_, io::Error>(handle.protocol()?.map_or(0, i32::from)),
                    Ok,
                )?,
            ))
        })();
        let (domain, kind, protocol) = match asked {
            Ok(asked) => asked,
            Err(error) => {
                // The caller keeps what could not be taken.
                let _ = plain::hand_over(handle);
                return Err(explained(error));
            }
        };
        let socket = Self::of(handle, domain, kind, protocol, State::Created);
        socket.stands();
        socket.begun(start_ns, "socket");
        Ok(socket)
    }

    /// Two sockets that are connected to each other: socketpair(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn pair(domain: i32, kind: i32, protocol: i32) -> Result<(Self, Self)> {
        let start_ns = monotonic_ns();
        let protocol_asked = Some(Protocol::from(protocol));
        let (one, other) = Handle::pair(Domain::from(domain), Type::from(kind), protocol_asked)
            .map_err(|error| explain::creation(&error, "socketpair"))?;
        let of = |handle| {
            let socket = Self::of(handle, domain, kind, protocol, State::Created);
            socket.begun(start_ns, "socket");
            socket
        };
        Ok((of(one), of(other)))
    }

    fn of(handle: Handle, domain: i32, kind: i32, protocol: i32, state: State) -> Self {
        let datagrams = kind == i32::from(Type::DGRAM) || kind == i32::from(Type::RAW);
        let transport = if datagrams {
            Transport::Udp
        } else {
            Transport::Tcp
        };
        let family = match Domain::from(domain) {
            Domain::IPV4 => Some(Family::Ipv4),
            Domain::IPV6 => Some(Family::Ipv6),
            _ => None,
        };
        let known = [0, Protocol::TCP.into(), Protocol::UDP.into()].contains(&protocol)
            && [Type::STREAM, Type::DGRAM].contains(&Type::from(kind));
        Self {
            base: Base::new(handle, transport, family.filter(|_| known), state),
            domain,
            kind,
            protocol,
            timeout: AtomicI64::new(-1),
            toggled: AtomicU32::new(0),
            connecting: connecting::Connecting::default(),
        }
    }

    /// Sets the state of an adopted socket to what the kernel knows of it.
    fn stands(&self) {
        let Some(handle) = self.handle.get().filter(|_| self.internet.is_some()) else {
            return;
        };
        let address = |told: io::Result<socket2::SockAddr>| told.ok()?.as_socket();
        let local = address(handle.local_addr());
        let peer = address(handle.peer_addr());
        self.set_ends(local, peer);
        if peer.is_some() {
            self.advance(Action::Connect);
        } else if local.is_some_and(|local| local.port() != 0) {
            self.advance(Action::Bind);
            if handle.is_listener().unwrap_or(false) {
                self.advance(Action::Listen);
            }
        }
    }

    /// The number of the family.
    #[must_use]
    pub const fn domain(&self) -> i32 {
        self.domain
    }

    /// The number of the type, without flags.
    #[must_use]
    pub const fn kind(&self) -> i32 {
        self.kind
    }

    /// The number of the protocol.
    #[must_use]
    pub const fn protocol(&self) -> i32 {
        self.protocol
    }

    /// How long its calls wait.
    #[must_use]
    pub fn timeout(&self) -> Timeout {
        match self.timeout.load(Ordering::Relaxed) {
            0 => Timeout::Now,
            time => u64::try_from(time).map_or(Timeout::Never, |time| {
                Timeout::After(Duration::from_nanos(time))
            }),
        }
    }

    /// Sets how long its calls wait. The descriptor is a blocking one for `Never` alone. ioctl(2) with `FIONBIO`.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn set_timeout(&self, timeout: Timeout) -> Result<()> {
        let time = match timeout {
            Timeout::Never => -1,
            Timeout::Now => 0,
            Timeout::After(time) => i64::try_from(time.as_nanos()).unwrap_or(i64::MAX).max(1),
        };
        self.timeout.store(time, Ordering::Relaxed);
        let handle = self.held("settimeout")?;
        plain::set_blocking(&handle, timeout == Timeout::Never)
            .map_err(|error| self.refused(&error, "settimeout"))
    }

    /// Whether a send of a stream may take a part only.
    fn is_stream(&self) -> bool {
        self.kind == i32::from(Type::STREAM)
    }

    fn held(&self, step: &'static str) -> Result<Arc<Handle>> {
        self.handle.get().ok_or_else(|| closed(step))
    }

    /// Begins a call: the descriptor is held until it ends.
    fn begin(
        &self,
        step: &'static str,
        name: &'static str,
        action: Action,
    ) -> Result<(Call<'_>, Arc<Handle>)> {
        let handle = self.held(step)?;
        if self.connecting.is_under_way() {
            self.connecting_looked_at(&handle);
        }
        Ok((Call::unchecked(&self.base, step, name, action), handle))
    }

    /// The error of a call that is no event.
    fn refused(&self, error: &io::Error, step: &'static str) -> Error {
        explain::system(
            error,
            &Call::unchecked(&self.base, step, step, Action::Read),
        )
    }

    /// Gives the socket back: close(2). Whoever waits on it is woken.
    ///
    /// # Errors
    /// `EBADF` when somebody else closed the descriptor before.
    pub fn close(&self, pause: &dyn Pause) -> Result<()> {
        if self.state() == State::Closed {
            return Ok(());
        }
        if self.forks != forks() {
            self.close_inherited();
            return Ok(());
        }
        if self.connecting.is_under_way()
            && let Some(handle) = self.handle.get()
        {
            self.connecting_given_up(&handle);
        }
        let call = Call::unchecked(&self.base, "close", "close", Action::Close);
        if self.recorded() {
            let _ = self.local();
        }
        let Some(handle) = self.handle.take() else {
            return Ok(());
        };
        self.advance(Action::Close);
        self.waiters.close();
        // Unless somebody is still in a call: then it is closed at that call's end.
        let mut closed = Ok(());
        if let Ok(handle) = Arc::try_unwrap(handle) {
            if self.lingers() {
                let mut handle = Some(handle);
                pause.release(&mut || {
                    if let Some(handle) = handle.take() {
                        closed = plain::close(handle);
                    }
                });
            } else {
                closed = plain::close(handle);
            }
        }
        match closed {
            // The connection was gone: so is the socket.
            Err(error) if error.raw_os_error() != Some(errno::ECONNRESET) => {
                Err(call.failed(explain::other(
                    &error,
                    "close",
                    "closing a socket by one object alone: another had this descriptor, too",
                )))
            }
            _ => {
                call.done(None, &[]);
                Ok(())
            }
        }
    }

    /// Parts with the descriptor without closing it: its number, or -1 when there is none. An event of the trace.
    pub fn detach(&self) -> i32 {
        let call = Call::unchecked(&self.base, "detach", "detach", Action::Close);
        let Some(handle) = self.handle.take() else {
            return -1;
        };
        self.advance(Action::Close);
        self.waiters.close();
        let number = match Arc::try_unwrap(handle) {
            Ok(handle) => plain::hand_over(handle),
            Err(shared) => {
                let number = shared.as_raw_fd();
                // Who is still in a call must not close it: it is never given back here.
                std::mem::forget(shared);
                number
            }
        };
        // No system call, but the last that the trace sees of it: others go on with the descriptor.
        call.done(None, &[]);
        number
    }
}

/// The error of a socket that is no more.
fn closed(step: &'static str) -> Error {
    Error::new(
        Code::Closed,
        step,
        "this socket is closed",
        "a new socket, or the call before the close",
    )
}

/// The address as an event tells it.
fn endpoint_of(address: &socket2::SockAddr) -> Option<Endpoint> {
    address.as_socket().map(Endpoint::from)
}

impl fmt::Debug for PlainSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainSocket")
            .field("serial", &self.serial())
            .field("number", &self.number())
            .field("domain", &self.domain)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
