//! The server that others hold: where it listens, how many it serves, and its end.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mio::{Interest, Poll, Waker};

use super::clients::Key;
use super::places::{Clients, locked};
use super::rounds::{LISTENER, Rounds, WAKER};
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
/// Between two looks at the signals while `stop` waits.
const LOOK: Duration = Duration::from_millis(50);

/// A listening socket, and the thread that serves all its clients.
pub struct Server {
    shared: Arc<Shared>,
    /// Closes the connections that a forked child has from its parent.
    close_all: Box<dyn Fn() + Send + Sync>,
}

/// What the thread and those who hold the server share.
pub(super) struct Shared {
    listener: Socket,
    endpoint: Endpoint,
    waker: Waker,
    stopping: AtomicBool,
    clients: AtomicUsize,
    served: AtomicU64,
    troubles: Mutex<(VecDeque<Error>, Option<Instant>)>,
    /// What is asked for from outside of the loop.
    requests: Mutex<Vec<(Key, Request)>>,
    polling: AtomicBool,
    end: Mutex<End>,
    changed: Condvar,
    /// A forked child has the descriptors but not the thread.
    forks: u64,
}

/// What can be asked for from any thread.
pub(super) enum Request {
    Write(Vec<u8>),
    Finish,
    Close,
}

#[derive(Default)]
struct End {
    /// Until then clients may come to their end by themselves.
    deadline: Option<Instant>,
    /// The thread has ended.
    over: bool,
}

impl Shared {
    pub(super) const fn listener(&self) -> &Socket {
        &self.listener
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(super) fn client_count(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    pub(super) fn set_clients(&self, count: usize) {
        self.clients.store(count, Ordering::Relaxed);
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

    /// Asks for something to be done with a client, from any thread.
    pub(super) fn post(&self, key: Key, request: Request) {
        locked(&self.requests).push((key, request));
        if self.polling.load(Ordering::SeqCst) {
            let _ = self.waker.wake();
        }
    }

    /// The loop is about to wait: from now on it has to be woken, and what was asked for before is in `requests`. Or it waits no more.
    pub(super) fn set_polling(&self, polling: bool) {
        self.polling.store(polling, Ordering::SeqCst);
    }

    pub(super) fn requests(&self) -> Vec<(Key, Request)> {
        let mut requests = locked(&self.requests);
        if requests.is_empty() {
            return Vec::new();
        }
        std::mem::take(&mut *requests)
    }

    /// The loop has ended.
    pub(super) fn ended(&self) {
        self.set_clients(0);
        locked(&self.end).over = true;
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
    /// Binds, listens, and runs the rounds in a thread of Rust.
    ///
    /// # Errors
    /// Those of `bind` and `listen`; `System` when the system has no descriptor or thread left.
    pub fn start<W: Work>(settings: Settings, work: W) -> Result<Self> {
        let (server, mut rounds) = Self::new(settings, work)?;
        std::thread::Builder::new()
            .name("netsteps loop".into())
            .spawn(move || while rounds.round() {})
            .map_err(|error| failed(&error))?;
        Ok(server)
    }

    /// Binds and listens. Somebody has to go through the rounds.
    ///
    /// # Errors
    /// Those of `bind` and `listen`; `System` when the system has no descriptor left.
    pub fn new<W: Work>(settings: Settings, work: W) -> Result<(Self, Rounds<W>)> {
        let listener = listener(settings.endpoint, settings.backlog)?;
        let failed = |error: io::Error| failed(&error);
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(failed)?;
        let mut watched = listener.to_watch().map_err(failed)?;
        poll.registry()
            .register(&mut watched, LISTENER, Interest::READABLE)
            .map_err(failed)?;
        let shared = Arc::new(Shared {
            endpoint: listener.local().unwrap_or(settings.endpoint),
            listener,
            waker,
            stopping: AtomicBool::new(false),
            clients: AtomicUsize::new(0),
            served: AtomicU64::new(0),
            troubles: Mutex::default(),
            requests: Mutex::default(),
            polling: AtomicBool::new(false),
            end: Mutex::default(),
            changed: Condvar::new(),
            forks: forks(),
        });
        let clients: Arc<Mutex<Clients<W::Client>>> = Arc::new(Mutex::new(Clients::default()));
        let all = Arc::clone(&clients);
        let rounds = Rounds::new(Arc::clone(&shared), clients, poll, work, settings, watched);
        let server = Self {
            shared,
            close_all: Box::new(move || {
                // The lock may have been held by a thread that a forked child does not have.
                if let Ok(mut clients) = all.try_lock() {
                    clients.clear();
                }
            }),
        };
        Ok((server, rounds))
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
    /// thread. In a forked child it only closes what the child inherited.
    pub fn stop(&self, grace: Duration, last: Duration, pause: &dyn Pause) {
        let shared = &self.shared;
        if self.elsewhere() {
            shared.stopping.store(true, Ordering::Release);
            shared.listener.close();
            (self.close_all)();
            return;
        }
        let now = Instant::now();
        locked(&shared.end).deadline = Some(now + grace);
        shared.stopping.store(true, Ordering::Release);
        shared.listener.close();
        let _ = shared.waker.wake();
        let until = now + grace + last;
        loop {
            let mut over = false;
            let waited = pause.pause(&mut || {
                let end = locked(&shared.end);
                over = end.over;
                let time = until.saturating_duration_since(Instant::now()).min(LOOK);
                if !over && !time.is_zero() {
                    over = match shared.changed.wait_timeout(end, time) {
                        Ok((end, _)) => end.over,
                        Err(poisoned) => poisoned.into_inner().0.over,
                    };
                }
            });
            if waited.is_err() {
                // Who interrupts the wait does not want the grace.
                locked(&shared.end).deadline = Some(Instant::now());
                let _ = shared.waker.wake();
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

fn failed(error: &io::Error) -> Error {
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
