//! The relay that others hold.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mio::net::TcpListener;
use mio::{Interest, Poll, Token, Waker};

use super::Settings;
use super::places::Pairs;
use super::rounds::Rounds;
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::relay::life::{Life, failed};
use crate::relay::target::is_another;
use crate::relay::{Log, Report, Switch};
use crate::socket::{OptionName, Socket, Value};
use crate::tcp::listener;
use crate::wait::{Pause, Plain};

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);
/// How many connections wait in the kernel to be accepted: all that it lets.
const BACKLOG: i32 = 4096;
/// How long a relay that is dropped waits for its thread.
const LAST: Duration = Duration::from_secs(1);

/// A relay of connections: a listening socket, and a thread that pairs each client with a connection to the target.
pub struct TcpRelay {
    shared: Arc<Shared>,
    settings: Settings,
}

/// What the thread and those who hold the relay share.
pub(super) struct Shared {
    pub(super) listener: Socket,
    /// The same, for the poll that is told of it.
    watched: Mutex<Option<TcpListener>>,
    pub(super) pairs: Arc<Mutex<Pairs>>,
    pub(super) log: Log,
    pub(super) switch: Switch,
    clients: AtomicUsize,
    pub(super) life: Life,
}

impl Shared {
    pub(super) fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    pub(super) fn set_clients(&self, count: usize) {
        self.clients.store(count, Ordering::Relaxed);
    }

    /// Nobody comes in any more, and the port is free.
    pub(super) fn shut(&self) {
        self.listener.close();
        // In a forked child, a thread that is not there may have had the lock.
        if let Ok(mut watched) = self.watched.try_lock() {
            *watched = None;
        }
    }
}

impl TcpRelay {
    /// Binds, listens, and relays in a thread of its own.
    ///
    /// # Errors
    /// Those of `bind` and `listen`; `System` when the system has no descriptor or thread left.
    pub fn start(settings: Settings) -> Result<Self> {
        for rules in &settings.rules {
            rules.check()?;
        }
        let target = settings.target;
        if target.port() == 0 || target.ip().is_unspecified() {
            let cause = format!("{target} is no place to connect to");
            let remedy = "the address and the port where the target listens";
            return Err(Error::new(Code::BadArgument, "relay", cause, remedy));
        }
        let refuses = settings.either(|rules| rules.refuse);
        let listener = if refuses {
            // A port that somebody has and nobody listens on: the kernel refuses, and gives it to no other program.
            let socket = Socket::new(Transport::Tcp, settings.listen.family())?;
            if cfg!(unix) {
                socket.set_option(OptionName::ReuseAddress, Value::Switch(true))?;
            }
            socket.bind(settings.listen)?;
            socket
        } else {
            listener(settings.listen, BACKLOG)?
        };
        is_another(target, listener.local())?;
        let poll = Poll::new().map_err(|error| failed(&error))?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(|error| failed(&error))?);
        let mut watched = None;
        if !refuses {
            let mut listening = listener.to_watch().map_err(|error| failed(&error))?;
            poll.registry()
                .register(&mut listening, LISTENER, Interest::READABLE)
                .map_err(|error| failed(&error))?;
            watched = Some(listening);
        }
        let shared = Arc::new(Shared {
            listener,
            watched: Mutex::new(watched),
            pairs: Arc::default(),
            log: Log::new(settings.log),
            switch: Switch::new(Arc::clone(&waker)),
            clients: AtomicUsize::new(0),
            life: Life::new(waker),
        });
        let relay = Self {
            shared: Arc::clone(&shared),
            settings: Settings {
                listen: shared.listener.local().unwrap_or(settings.listen),
                ..settings
            },
        };
        let rounds = Rounds::new(shared, relay.settings.clone(), poll);
        std::thread::Builder::new()
            .name("netsteps relay".into())
            .spawn(move || rounds.run())
            .map_err(|error| failed(&error))?;
        Ok(relay)
    }

    /// Where it listens.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.settings.listen
    }

    /// What it was asked to be.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it did with each chunk.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.shared.log
    }

    /// The counts at this moment.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.log.report()
    }

    /// Cuts the path, or heals it.
    pub fn partition(&self, on: bool) {
        self.shared.switch.set(on);
    }

    /// Whether the path is cut.
    #[must_use]
    pub fn partitioned(&self) -> bool {
        self.shared.switch.is_on()
    }

    /// How many clients it has now.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.shared.clients()
    }

    /// Whether `stop` was called.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.shared.life.stopping()
    }

    /// Whether this process was forked from the relay's.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.shared.life.elsewhere()
    }

    /// Closes the port and every connection, and waits for the thread for `last` at most. Twice is no error. In a forked child it only
    /// closes what the child inherited.
    pub fn stop(&self, last: Duration, pause: &dyn Pause) {
        let shared = &self.shared;
        shared.life.stop();
        shared.shut();
        if shared.life.elsewhere() {
            // The lock may have been held by a thread that a forked child does not have.
            if let Ok(mut pairs) = shared.pairs.try_lock() {
                pairs.clear();
            }
            return;
        }
        shared.life.wait(last, pause);
    }
}

impl Drop for TcpRelay {
    fn drop(&mut self) {
        if !self.stopping() && !self.elsewhere() {
            self.stop(LAST, &Plain);
        }
    }
}

impl fmt::Debug for TcpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpRelay")
            .field("settings", &self.settings)
            .field("clients", &self.clients())
            .finish_non_exhaustive()
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
