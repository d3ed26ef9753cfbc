//! What every socket has, whatever may be done with it: the descriptor, who waits on it, where it stands, what was done to it.
//!
//! It knows no order of steps. `Socket` adds the table, and `plain` leaves the order to the kernel.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::{Duration, Instant};

use socket2::Socket as Handle;

use super::live::Held;
use super::locked;
use super::patience::Patience;
use crate::address::{Endpoint, Family};
use crate::ports::Transport;
use crate::state::{self, Action, State};
use crate::sys::{children, errno, forks, plain};
use crate::trace::{self, Line, Steps};
use crate::wait::Waiters;

/// What every socket has.
pub struct Base {
    /// A number that no other socket of this process ever has; the descriptor is given again after a close.
    pub(super) serial: u64,
    pub(super) transport: Transport,
    /// IPv4 or IPv6; none for the others, of which nothing is recorded: an event tells Internet addresses.
    pub(super) internet: Option<Family>,
    pub(super) number: i64,
    pub(super) handle: Arc<Held>,
    pub(super) state: AtomicU8,
    /// Calls under way that the kernel may tell of a reset.
    telling: AtomicU32,
    pub(super) ends: Mutex<Ends>,
    pub(super) steps: Mutex<Steps>,
    pub(super) waiters: Waiters,
    /// How many bytes of a stream went and came, as far as the kernel told.
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
    /// Keeps the counts in the order of the calls: of what goes, of what comes.
    orders: [Mutex<()>; 2],
    pub(super) patience: Patience,
    pub(super) lingers: AtomicBool,
    /// The process that made it, counted in forks.
    pub(super) forks: u64,
    /// How often that process had forked before.
    pub(super) children: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends {
    pub(super) local: Option<Endpoint>,
    pub(super) peer: Option<Endpoint>,
}

/// The next number for a socket.
pub(super) fn next_serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Base {
    pub(super) fn new(
        handle: Handle,
        transport: Transport,
        internet: Option<Family>,
        state: State,
    ) -> Self {
        let serial = next_serial();
        Self {
            serial,
            transport,
            internet,
            number: number_of(&handle),
            handle: Held::new(serial, transport, handle, internet.is_some()),
            state: AtomicU8::new(state.index()),
            telling: AtomicU32::new(0),
            ends: Mutex::default(),
            steps: Mutex::default(),
            waiters: Waiters::new(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            orders: Default::default(),
            patience: Patience::default(),
            lingers: AtomicBool::new(false),
            forks: forks(),
            children: children(),
        }
    }

    /// Whether somebody records what is done to it.
    pub(super) fn recorded(&self) -> bool {
        trace::active() && self.internet.is_some()
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

    /// Whether `close` may wait, for `SO_LINGER`.
    #[must_use]
    pub fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed)
    }

    /// In a forked child, a lock of the parent's socket may be held by a thread that does not exist here: then the descriptor
    /// stays open until this process ends. Nothing is recorded, and nobody can be waiting.
    pub(super) fn close_inherited(&self) {
        self.state.store(State::Closed.index(), Ordering::Release);
        // Held by a call of such a thread, it would never be closed: the connection is let go of, and the number stays taken.
        if let Some(Err(shared)) = self.handle.take_if_free().map(Arc::try_unwrap) {
            plain::let_go(&shared);
        }
    }

    /// Sets the state as the table says; the only place that does. A closed socket stays closed.
    pub(super) fn advance(&self, action: Action) -> State {
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
    pub(super) fn moving(
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

    /// Does a call in which the kernel waits and moves the bytes of a stream piece by piece (`MSG_WAITALL`, sendfile(2)), and
    /// counts them.
    ///
    /// No other call has to wait for its end. When there is one, its bytes are in between, and nobody knows where.
    pub(super) fn moving_by_and_by(
        &self,
        action: Action,
        call: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<(usize, Option<u64>)> {
        let told = call();
        self.hear(&told);
        let size = told?;
        let count = match action {
            Action::Write => &self.sent,
            _ => &self.received,
        };
        let offset = (self.transport == Transport::Tcp)
            .then(|| count.fetch_add(size as u64, Ordering::Relaxed));
        Ok((size, offset))
    }

    /// Does a call that the kernel may tell of a reset: the state knows of it before anybody can take it for an end.
    pub(super) fn telling<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.telling.fetch_add(1, Ordering::AcqRel);
        let told = call();
        self.hear(&told);
        self.telling.fetch_sub(1, Ordering::AcqRel);
        told
    }

    /// Takes note of a reset that a call was told of.
    fn hear<T>(&self, told: &io::Result<T>) {
        let number = told.as_ref().err().and_then(io::Error::raw_os_error);
        if matches!(number, Some(errno::ECONNRESET | errno::ECONNABORTED)) {
            self.advance(Action::PeerResets);
        }
    }

    /// Whether a read of 0 bytes is the peer's end. The kernel tells of a reset once, and after it every read has 0 bytes:
    /// another thread's call may have been told, and be about to say so.
    pub(super) fn is_end(&self) -> bool {
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

    pub(super) fn set_ends(&self, local: Option<SocketAddr>, peer: Option<SocketAddr>) {
        let mut ends = locked(&self.ends);
        ends.local = local.map(Endpoint::from);
        if peer.is_some() {
            ends.peer = peer.map(Endpoint::from);
        }
    }
}

#[cfg(unix)]
pub(super) fn number_of(handle: &Handle) -> i64 {
    use std::os::fd::AsRawFd;
    handle.as_raw_fd().into()
}

#[cfg(windows)]
pub(super) fn number_of(handle: &Handle) -> i64 {
    use std::os::windows::io::AsRawSocket;
    handle.as_raw_socket().cast_signed()
}
