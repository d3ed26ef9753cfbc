//! `Socket`: check the step, do the call, record it, set the state.
//!
//! | file | steps |
//! | --- | --- |
//! | `address_steps.rs` | bind, connect, listen, accept, open: how a socket comes to its addresses |
//! | `read.rs` | read in all its forms |
//! | `write.rs` | write in all its forms, finish |
//! | `datagram.rs` | `send_to`, `receive_from` |
//! | `batch` | many datagrams by few calls: `send_batch`, `receive_batch` |
//! | `options.rs` | what can be set, by name |
//! | `explain.rs` | what the kernel said, in words: cause and remedy |
//! | `kernel.rs` | what the kernel holds for it: buffers, `TCP_INFO`, the accept queue |
//! | `sampler.rs` | the same over time, of every live socket (`live.rs`) |
//! | `patience.rs` | a read that waits inside its call |
//! | `kept.rs` | bytes that a read took and did not give yet |
//! | `base.rs` | what every socket has, whatever may be done with it: the descriptor, its waiters, what was done to it |
//! | `plain` | the standard library's socket: any call in any order, the kernel is the table |
//! | `watched.rs` | a socket of datagrams in an event loop |
//! | `stream.rs`, `paired.rs` | a connection of an event loop; what one has more that is half of a relay's pair |
//! | `call.rs` | one system call of one step: check, try, wait, record |

mod address_steps;
mod base;
mod batch;
mod call;
mod datagram;
mod explain;
mod kept;
mod kernel;
mod live;
mod memory;
mod options;
mod paired;
mod patience;
#[cfg(unix)]
pub mod plain;
mod read;
pub mod sampler;
mod stream;
mod watched;
mod write;

pub use base::Base;
pub use batch::{Batch, Outgoing, Received};
pub use datagram::{Datagram, MAX_DATAGRAM};
pub use kernel::AcceptQueue;
pub use options::{OPTIONS, OptionKind, OptionName, Value};
pub use paired::Note;
pub use read::{CHUNK, LINE_LIMIT, MESSAGE_LIMIT};
pub use stream::{Moved, Stream};
pub use watched::Watched;

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket as Handle, Type};

use crate::address::Family;
use crate::error::Result;
use crate::ports::Transport;
use crate::state::{Action, State};
use crate::sys::{children, forks};
use crate::wait::Turn;

use base::{next_serial, number_of};
use batch::Batches;
use call::Call;
use kept::Kept;

/// A socket, in the steps of the lecture.
///
/// Every method may be called from several threads at once. The descriptor is held over each call on it, so a closed and
/// reused number is never read by mistake; it is closed when the last call on it has ended.
pub struct Socket {
    base: Base,
    family: Family,
    /// Steps of several calls keep their direction to themselves.
    reading: Turn,
    writing: Turn,
    /// What an interrupted `read_exactly` (or the like) had read, or `read_message` beyond its message: the next read begins with it.
    kept: Mutex<Kept>,
    has_kept: AtomicBool,
    batches: Batches,
}

/// The table, and what only the steps need, are added to it here.
impl Deref for Socket {
    type Target = Base;

    fn deref(&self) -> &Base {
        &self.base
    }
}

/// A lock that a panic elsewhere does not turn into a second panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Socket {
    /// A new socket: socket(2). It is non-blocking underneath and closed on exec; waiting is `wait`'s.
    ///
    /// # Errors
    /// `TooManyFiles`, `NoPermission`, or what else the system says.
    pub fn new(transport: Transport, family: Family) -> Result<Self> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let (kind, protocol) = match transport {
            Transport::Tcp => (Type::STREAM, Protocol::TCP),
            Transport::Udp => (Type::DGRAM, Protocol::UDP),
        };
        let start_ns = crate::sys::monotonic_ns();
        let handle = Handle::new(domain, kind, Some(protocol))
            .and_then(|handle| handle.set_nonblocking(true).map(|()| handle))
            .map_err(|error| explain::creation(&error, "socket"))?;
        let socket = Self::from_handle(handle, transport, family, State::Created);
        socket.begun(start_ns, "socket");
        Ok(socket)
    }

    fn from_handle(handle: Handle, transport: Transport, family: Family, state: State) -> Self {
        Self {
            base: Base::new(handle, transport, Some(family), state),
            family,
            reading: Turn::default(),
            writing: Turn::default(),
            kept: Mutex::default(),
            has_kept: AtomicBool::new(false),
            batches: Batches::default(),
        }
    }

    /// IPv4 or IPv6.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Gives the socket back: close(2). Whoever waits on it is woken. Twice is no error.
    ///
    /// What was written and not yet sent, the kernel still sends; the peer reads the end (`b""`) after it. When bytes that
    /// came were never read, the peer is sent a reset instead (RFC 2525, 2.17).
    pub fn close(&self) {
        if self.state() == State::Closed {
            return;
        }
        if self.forks != forks() {
            self.close_inherited();
            return;
        }
        let call = Call::unchecked(self, "close", "close", Action::Close);
        let _ = self.local();
        let handle = self.handle.take();
        if let Some(handle) = &handle
            && self.has_kept.load(Ordering::Acquire)
            && !self.is_handed_out()
            && self.children == children()
        {
            // The kernel does not know that nobody read these bytes, and would tell the peer of an orderly end. A copy of the
            // descriptor that others have must not be cut with it.
            let _ = handle.set_linger(Some(Duration::ZERO));
        }
        if handle.is_some() {
            self.advance(Action::Close);
            self.waiters.close();
            // The call itself, unless somebody is still in a step: then it is that step's end.
            drop(handle);
            call.done(None, &[]);
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("serial", &self.serial)
            .field("number", &self.number())
            .field("state", &self.state())
            .field("ends", &*locked(&self.ends))
            .finish_non_exhaustive()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.close();
    }
}
