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
//! | `watched.rs` | a socket of datagrams in an event loop |
//! | `stream.rs`, `paired.rs` | a connection of an event loop; what one has more that is half of a relay's pair |
//! | `call.rs` | one system call of one step: check, try, wait, record |

mod address_steps;
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
mod read;
pub mod sampler;
mod stream;
mod watched;
mod write;

pub use batch::{Batch, Outgoing, Received};
pub use datagram::{Datagram, MAX_DATAGRAM};
pub use kernel::AcceptQueue;
pub use options::{OPTIONS, OptionKind, OptionName, Value};
pub use paired::Note;
pub use read::{CHUNK, LINE_LIMIT, MESSAGE_LIMIT};
pub use stream::{Moved, Stream};
pub use watched::Watched;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket as Handle, Type};

use crate::address::{Endpoint, Family};
use crate::error::Result;
use crate::ports::Transport;
use crate::state::{self, Action, State};
use crate::sys::errno;
use crate::sys::{children, forks};
use crate::trace::{Line, Steps};
use crate::wait::{Turn, Waiters};

use batch::Batches;
use call::Call;
use kept::Kept;
use live::Held;

/// A socket, in the steps of the lecture.
///
/// Every method may be called from several threads at once. The descriptor is held over each call on it, so a closed and
/// reused number is never read by mistake; it is closed when the last call on it has ended.
pub struct Socket {
    /// A number that no other socket of this process ever has; the descriptor is given again after a close.
    serial: u64,
    transport: Transport,
    family: Family,
    number: i64,
    handle: Arc<Held>,
    state: AtomicU8,
    /// Calls under way that the kernel may tell of a reset.
    telling: AtomicU32,
    ends: Mutex<Ends>,
    steps: Mutex<Steps>,
    waiters: Waiters,
    /// How many bytes of a stream went and came, as far as the kernel told.
    sent: AtomicU64,
    received: AtomicU64,
    /// Keeps the counts in the order of the calls: of what goes, of what comes.
    orders: [Mutex<()>; 2],
    /// Steps of several calls keep their direction to themselves.
    reading: Turn,
    writing: Turn,
    /// What an interrupted `read_exactly` (or the like) had read, or `read_message` beyond its message: the next read begins with it.
    kept: Mutex<Kept>,
    has_kept: AtomicBool,
    patience: patience::Patience,
    lingers: AtomicBool,
    batches: Batches,
    /// The process that made it, counted in forks.
    forks: u64,
    /// How often that process had forked before.
    children: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    local: Option<Endpoint>,
    peer: Option<Endpoint>,
}

/// The next number for a socket.
fn next_serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
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
        let serial = next_serial();
        Self {
            serial,
            transport,
            family,
            number: number_of(&handle),
            handle: Held::new(serial, transport, handle),
            state: AtomicU8::new(state.index()),
            telling: AtomicU32::new(0),
            ends: Mutex::default(),
            steps: Mutex::default(),
            waiters: Waiters::new(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            orders: Default::default(),
            reading: Turn::default(),
            writing: Turn::default(),
            kept: Mutex::default(),
            has_kept: AtomicBool::new(false),
            patience: patience::Patience::default(),
            lingers: AtomicBool::new(false),
            batches: Batches::default(),
            forks: forks(),
            children: children(),
        }
    }

    /// A number that no other socket of this process ever has.
    #[must_use]
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// TCP or UDP.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// IPv4 or IPv6.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// The descriptor, or -1 from `close` on.
    #[must_use]
    pub fn number(&self) -> i64 {
        if self.state() == State::Closed {
            -1
        } else {
            self.number
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::from_index(self.state.load(Ordering::Acquire))
    }

    /// Our address, once there is one: getsockname(2).
    #[must_use]
    pub fn local(&self) -> Option<Endpoint> {
        let known = locked(&self.ends).local;
        if known.is_some() || matches!(self.state(), State::Created) {
            return known;
        }
        let asked = self.handle.get()?.local_addr().ok()?.as_socket()?;
        let endpoint = Endpoint::from(asked);
        locked(&self.ends).local = Some(endpoint);
        Some(endpoint)
    }

    /// The peer's address, once there is one.
    #[must_use]
    pub fn peer(&self) -> Option<Endpoint> {
        locked(&self.ends).peer
    }

    /// What was done to it so far, and how many lines of that were left out.
    #[must_use]
    pub fn steps(&self) -> (Vec<Line>, u64) {
        locked(&self.steps).lines()
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

    /// Whether `close` may wait, for `SO_LINGER`.
    #[must_use]
    pub fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed)
    }

    /// In a forked child, a lock of the parent's socket may be held by a thread that does not exist here: then the descriptor
    /// stays open until this process ends. Nothing is recorded, and nobody can be waiting.
    fn close_inherited(&self) {
        self.state.store(State::Closed.index(), Ordering::Release);
        self.handle.take_if_free();
    }

    /// Sets the state as the table says; the only place that does. A closed socket stays closed.
    fn advance(&self, action: Action) -> State {
        let mut now = self.state.load(Ordering::Acquire);
        loop {
            let here = State::from_index(now);
            let Some(there) = state::next(self.transport, here, action) else {
                return here;
            };
            if there == here {
                return here;
            }
            match self.state.compare_exchange(
                now,
                there.index(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return there,
                Err(other) => now = other,
            }
        }
    }

    /// Does a call that moves bytes, and counts them: how many, and where in the stream of its direction they begin (TCP).
    ///
    /// Threads that move bytes at once are counted in the kernel's order, or the bytes of one would be taken for those of another.
    fn moving(
        &self,
        action: Action,
        call: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<(usize, Option<u64>)> {
        let (count, order) = match (self.transport, action) {
            (Transport::Tcp, Action::Write) => (&self.sent, &self.orders[0]),
            (Transport::Tcp, Action::Read) => (&self.received, &self.orders[1]),
            _ => return call().map(|size| (size, None)),
        };
        // In a forked child, a thread that is not there may have had it.
        let _order = match order.try_lock() {
            Ok(order) => Some(order),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if self.forks != forks() => None,
            // Another thread's read may be waiting in its call: then this one waits outside, and tries again.
            Err(TryLockError::WouldBlock) if action == Action::Read => {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Err(TryLockError::WouldBlock) => Some(locked(order)),
        };
        let size = call()?;
        let offset = count.fetch_add(size as u64, Ordering::Relaxed);
        Ok((size, Some(offset)))
    }

    /// Does a call that the kernel may tell of a reset: the state knows of it before anybody can take it for an end.
    fn telling<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.telling.fetch_add(1, Ordering::AcqRel);
        let told = call();
        let number = told.as_ref().err().and_then(io::Error::raw_os_error);
        if matches!(number, Some(errno::ECONNRESET | errno::ECONNABORTED)) {
            self.advance(Action::PeerResets);
        }
        self.telling.fetch_sub(1, Ordering::AcqRel);
        told
    }

    /// Whether a read of 0 bytes is the peer's end. The kernel tells of a reset once, and after it every read has 0 bytes:
    /// another thread's call may have been told, and be about to say so.
    fn is_end(&self) -> bool {
        // A call takes microseconds, but its thread may have to wait for the processor before it says how it ended.
        // A forked child may count one of its parent that ends in no thread of the child.
        let own = self.forks == forks();
        let patience = Instant::now() + Duration::from_millis(if own { 1000 } else { 10 });
        while self.telling.load(Ordering::Acquire) > 0
            && self.state() != State::Reset
            && Instant::now() < patience
        {
            std::thread::yield_now();
        }
        self.state() != State::Reset
    }

    fn set_ends(&self, local: Option<SocketAddr>, peer: Option<SocketAddr>) {
        let mut ends = locked(&self.ends);
        ends.local = local.map(Endpoint::from);
        if peer.is_some() {
            ends.peer = peer.map(Endpoint::from);
        }
    }
}

#[cfg(unix)]
fn number_of(handle: &Handle) -> i64 {
    use std::os::fd::AsRawFd;
    handle.as_raw_fd().into()
}

#[cfg(windows)]
fn number_of(handle: &Handle) -> i64 {
    use std::os::windows::io::AsRawSocket;
    handle.as_raw_socket().cast_signed()
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
