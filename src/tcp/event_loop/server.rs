//! The server that others hold: where it listens, how many it serves, and its end.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Interest, Poll, Registry, Token, Waker};

use super::door::{Door, Doorkeeper, WAKER};
use super::hub::Hub;
use super::places::locked;
use super::rounds::Rounds;
use super::{Settings, Work};
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::socket::Socket;
use crate::sys::forks;
use crate::tcp::listener;
use crate::wait::Pause;

/// How many errors of the loop are kept, and how often one is.
const TROUBLES: usize = 100;
const BETWEEN_TROUBLES: Duration = Duration::from_secs(1);
/// The longest time that can be added to a moment without a second thought: some ninety years.
const LONGEST: Duration = Duration::from_mins(50_000_000);
/// Between two looks at the signals while `stop` waits.
const LOOK: Duration = Duration::from_millis(50);

/// A listening socket, and the threads that serve its clients.
pub struct Server {
    shared: Arc<Shared>,
    /// Closes the connections that a forked child has from its parent.
    close_all: Vec<Box<dyn Fn() + Send + Sync>>,
}

/// What the threads and those who hold the server share.
pub(super) struct Shared {
    listener: Socket,
    /// The same, for the poll that is told of it.
    watched: Mutex<Option<TcpListener>>,
    endpoint: Endpoint,
    max_clients: usize,
    hubs: Vec<Arc<Hub>>,
    /// Wakes the thread that accepts for several loops; and whether it is to be woken when a client leaves.
    door: Option<Waker>,
    full: AtomicBool,
    stopping: AtomicBool,
    served: AtomicU64,
    troubles: Mutex<(VecDeque<Error>, Option<Instant>)>,
    end: Mutex<End>,
    changed: Condvar,
    /// A forked child has the descriptors but not the threads.
    forks: u64,
}

struct End {
    /// Until then clients may come to their end by themselves.
    deadline: Option<Instant>,
    /// How many threads there are.
    running: usize,
}

impl Shared {
    pub(super) const fn listener(&self) -> &Socket {
        &self.listener
    }

    /// Has a poll tell when somebody waits.
    pub(super) fn watch(&self, registry: &Registry, token: Token) -> io::Result<()> {
        let mut listener = self.listener.to_watch()?;
        registry.register(&mut listener, token, Interest::READABLE)?;
        *locked(&self.watched) = Some(listener);
        Ok(())
    }

    /// Nobody comes in any more, and the port is free: at once, also while a loop is held up by its work.
    pub(super) fn shut(&self) {
        self.listener.close();
        // In a forked child, a thread that is not there may have had the lock.
        if let Ok(mut watched) = self.watched.try_lock() {
            *watched = None;
        }
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn client_count(&self) -> usize {
        self.hubs.iter().map(|hub| hub.client_count()).sum()
    }

    /// One more client may come in.
    pub(super) fn has_room(&self) -> bool {
        !self.stopping() && self.client_count() < self.max_clients
    }

    /// The loop with the fewest clients.
    pub(super) fn emptiest(&self) -> Option<&Arc<Hub>> {
        self.hubs.iter().min_by_key(|hub| hub.client_count())
    }

    /// Whoever accepts waits for a client to leave.
    pub(super) fn wait_for_room(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// A client has left.
    pub(super) fn left(&self) {
        if let Some(door) = &self.door
            && self.full.swap(false, Ordering::SeqCst)
        {
            let _ = door.wake();
        }
    }

    fn wake_all(&self) {
        for hub in &self.hubs {
            hub.wake();
        }
        if let Some(door) = &self.door {
            let _ = door.wake();
        }
    }

    pub(super) fn count_served(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        if !self.stopping() {
            return None;
        }
        locked(&self.end).deadline
    }

    pub(super) fn is_over(&self, clients: usize, now: Instant) -> bool {
        self.stopping() && (clients == 0 || self.deadline().is_none_or(|deadline| deadline <= now))
    }

    /// One of the threads has ended.
    pub(super) fn ended(&self) {
        let mut end = locked(&self.end);
        end.running = end.running.saturating_sub(1);
        drop(end);
        self.changed.notify_all();
    }

    /// Keeps what went wrong, once a second at most.
    pub(super) fn keep(&self, error: Error) {
        let mut troubles = locked(&self.troubles);
        let (errors, last) = &mut *troubles;
        if last.is_some_and(|last| last.elapsed() < BETWEEN_TROUBLES) {
            return;
        }
        *last = Some(Instant::now());
        if errors.len() == TROUBLES {
            errors.pop_front();
        }
        errors.push_back(error);
    }
}

impl Server {
    /// Binds, listens, and runs the rounds in threads of Rust. `work` makes the work of each loop.
    ///
    /// # Errors
    /// Those of `bind` and `listen`; `System` when the system has no descriptor or thread left.
    pub fn start<W: Work>(settings: Settings, work: impl FnMut() -> W) -> Result<Self> {
        let (server, loops) = Self::new(settings, work)?;
        for mut rounds in loops {
            thread("netsteps loop", move || while rounds.round() {})?;
        }
        Ok(server)
    }

    /// Binds and listens. Somebody has to go through the rounds of each loop.
    ///
    /// # Errors
    /// Those of `bind` and `listen`; `System` when the system has no descriptor or thread left.
    pub fn new<W: Work>(
        settings: Settings,
        mut work: impl FnMut() -> W,
    ) -> Result<(Self, Vec<Rounds<W>>)> {
        let several = settings.loops > 1;
        let idle = settings.idle.map(|idle| idle.min(LONGEST));
        let listener = listener(settings.endpoint, settings.backlog)?;
        let mut polls = Vec::new();
        for _ in 0..settings.loops.max(1) + usize::from(several) {
            let poll = Poll::new().map_err(failed)?;
            let waker = Waker::new(poll.registry(), WAKER).map_err(failed)?;
            polls.push((poll, waker));
        }
        let (door_poll, door_waker) = if several { polls.pop() } else { None }.unzip();
        let (polls, wakers): (Vec<_>, Vec<_>) = polls.into_iter().unzip();
        let hubs: Vec<_> = wakers
            .into_iter()
            .map(|waker| Arc::new(Hub::new(waker)))
            .collect();
        let shared = Arc::new(Shared {
            endpoint: listener.local().unwrap_or(settings.endpoint),
            listener,
            watched: Mutex::default(),
            max_clients: settings.max_clients,
            end: Mutex::new(End {
                deadline: None,
                running: hubs.len() + usize::from(several),
            }),
            hubs,
            door: door_waker,
            full: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            served: AtomicU64::new(0),
            troubles: Mutex::default(),
            changed: Condvar::new(),
            forks: forks(),
        });
        let mut server = Self {
            shared: Arc::clone(&shared),
            close_all: Vec::new(),
        };
        let mut loops = Vec::new();
        for (poll, hub) in polls.into_iter().zip(&shared.hubs) {
            let door = if several {
                None
            } else {
                let door = Door::new(Arc::clone(&shared), poll.registry());
                Some(door.map_err(failed)?)
            };
            let (shared, hub) = (Arc::clone(&shared), Arc::clone(hub));
            let rounds = Rounds::new(shared, hub, poll, work(), idle, door);
            server.close_all.push(rounds.to_close());
            loops.push(rounds);
        }
        if let Some(poll) = door_poll {
            let door = Door::new(Arc::clone(&shared), poll.registry()).map_err(failed)?;
            let keeper = Doorkeeper::new(door, poll, shared);
            thread("netsteps door", move || keeper.run())?;
        }
        Ok((server, loops))
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        self.shared.endpoint
    }

    /// How many clients it serves now.
    #[must_use]
    pub fn client_count(&self) -> usize {
        self.shared.client_count()
    }

    /// How many clients it has accepted so far.
    #[must_use]
    pub fn served(&self) -> u64 {
        self.shared.served.load(Ordering::Relaxed)
    }

    /// Whether `stop` was called.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.shared.stopping()
    }

    /// Whether this process was forked from the server's.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.shared.forks != forks()
    }

    /// What kept the server from accepting clients (no descriptor left, for example): the newest errors.
    #[must_use]
    pub fn troubles(&self) -> Vec<Error> {
        if self.elsewhere() {
            return Vec::new();
        }
        locked(&self.shared.troubles).0.iter().cloned().collect()
    }

    /// Takes no new client at once, gives those that it has `grace` to end, then closes their connections, and waits `last` for the
    /// thread; called by the work of a loop, it does not wait. In a forked child it only closes what the child inherited.
    pub fn stop(&self, grace: Duration, last: Duration, pause: &dyn Pause) {
        let shared = &self.shared;
        if self.elsewhere() {
            shared.stopping.store(true, Ordering::Release);
            shared.shut();
            for close in &self.close_all {
                close();
            }
            return;
        }
        let now = Instant::now();
        let grace = grace.min(LONGEST);
        locked(&shared.end).deadline = Some(now + grace);
        shared.stopping.store(true, Ordering::Release);
        shared.shut();
        shared.wake_all();
        if shared.hubs.iter().any(|hub| hub.is_here()) {
            // The work itself stops the server: to wait here for its own end would only hold up its last answers.
            return;
        }
        let until = now + grace + last;
        loop {
            let mut over = false;
            let waited = pause.pause(&mut || {
                let end = locked(&shared.end);
                over = end.running == 0;
                let time = until.saturating_duration_since(Instant::now()).min(LOOK);
                if !over && !time.is_zero() {
                    over = match shared.changed.wait_timeout(end, time) {
                        Ok((end, _)) => end.running == 0,
                        Err(poisoned) => poisoned.into_inner().0.running == 0,
                    };
                }
            });
            if waited.is_err() {
                // Who interrupts the wait does not want the grace.
                locked(&shared.end).deadline = Some(Instant::now());
                shared.wake_all();
                return;
            }
            if over || Instant::now() >= until {
                return;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.stopping() && !self.elsewhere() {
            self.stop(Duration::ZERO, Duration::ZERO, &crate::wait::Plain);
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("endpoint", &self.endpoint())
            .field("clients", &self.client_count())
            .finish_non_exhaustive()
    }
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let builder = std::thread::Builder::new().name(name.into());
    builder.spawn(body).map(drop).map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn failed(error: io::Error) -> Error {
    let cause = format!("the loop of the server could not begin ({error})");
    let told = Error::new(
        Code::System,
        "server",
        cause,
        "fewer open files and threads",
    );
    match error.raw_os_error() {
        Some(number) => told.with_errno(number),
        None => told,
    }
}
