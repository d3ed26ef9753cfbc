//! The relay that others hold.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mio::{Poll, Token, Waker};

use super::work::Work;
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::relay::life::{Life, failed};
use crate::relay::rules::Rules;
use crate::relay::target::is_another;
use crate::relay::{Log, Report, Switch};
use crate::socket::Socket;
use crate::udp::bound_for_much;
use crate::wait::{Pause, Plain};

/// How long a relay that nobody holds any more is waited for.
const AT_DROP: Duration = Duration::from_millis(100);
/// The longest time that a client may be silent: some ninety years.
const LONGEST: Duration = Duration::from_mins(50_000_000);

pub(super) const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);

/// What a relay is asked to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: Endpoint,
    /// Where it sends to.
    pub target: Endpoint,
    /// The rules of each way, in the order of [`crate::relay::Way::ALL`].
    pub rules: [Rules; 2],
    /// What its draws start from.
    pub seed: u64,
    /// How many passages the log keeps; 0: it only counts.
    pub log: usize,
    /// The most clients at once.
    pub max_clients: usize,
    /// A client that neither sent nor got anything for so long is forgotten.
    pub idle: Duration,
}

/// A relay of datagrams, and the thread that does its work.
pub struct UdpRelay {
    shared: Arc<Shared>,
    settings: Settings,
}

/// What the thread and those who hold the relay share.
pub(super) struct Shared {
    pub(super) listener: Socket,
    pub(super) log: Log,
    pub(super) partition: Switch,
    pub(super) clients: AtomicUsize,
    pub(super) life: Life,
}

impl UdpRelay {
    /// Binds, and runs the relay in a thread of its own.
    ///
    /// # Errors
    /// `BadArgument` for rules and targets that cannot be meant; those of `bind`; `System` when the system has no descriptor or
    /// thread left.
    pub fn start(settings: Settings) -> Result<Self> {
        for rules in &settings.rules {
            rules.check()?;
        }
        let target = settings.target;
        if target.port() == 0 || target.ip().is_unspecified() {
            let cause = format!("{target} is no place to send to");
            let remedy = "the address and the port where the target receives";
            return Err(Error::new(Code::BadArgument, "relay", cause, remedy));
        }
        let listener = bound_for_much(settings.listen)?;
        is_another(target, listener.local())?;
        let poll = Poll::new().map_err(|error| failed(&error))?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(|error| failed(&error))?;
        let waker = Arc::new(waker);
        let watched = listener
            .watch_datagrams(poll.registry(), LISTENER)
            .map_err(|error| failed(&error))?;
        listener.coalesce(true);
        let shared = Arc::new(Shared {
            listener,
            log: Log::new(settings.log),
            partition: Switch::new(Arc::clone(&waker)),
            clients: AtomicUsize::new(0),
            life: Life::new(waker),
        });
        let settings = Settings {
            idle: settings.idle.min(LONGEST),
            ..settings
        };
        let mut work = Work::new(Arc::clone(&shared), &settings, poll, watched);
        let own = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("netsteps relay".into())
            .spawn(move || {
                // Also when the work panics: a `stop` must not wait for it.
                let _ended = Ended(&own);
                work.run();
                drop(work);
            })
            .map_err(|error| failed(&error))?;
        Ok(Self { shared, settings })
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        let local = self.shared.listener.local();
        local.unwrap_or(self.settings.listen)
    }

    /// What it was asked to be.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it did with each datagram.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.shared.log
    }

    /// The counts at this moment.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.log.report()
    }

    /// Parts the path, or heals it: what comes while it is parted is lost. What is on its way already arrives.
    pub fn partition(&self, on: bool) {
        self.shared.partition.set(on);
    }

    /// Whether the path is parted.
    #[must_use]
    pub fn partitioned(&self) -> bool {
        self.shared.partition.is_on()
    }

    /// How many clients it has at this moment.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.shared.clients.load(Ordering::Relaxed)
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

    /// Takes nothing any more, forgets what waits, and waits for the thread for `last` at most. Twice is no error. In a forked child
    /// it only closes what the child inherited.
    pub fn stop(&self, last: Duration, pause: &dyn Pause) {
        let shared = &self.shared;
        shared.life.stop();
        if shared.life.elsewhere() {
            shared.listener.close();
            return;
        }
        shared.life.wait(last, pause);
    }
}

impl Drop for UdpRelay {
    fn drop(&mut self) {
        if !self.stopping() && !self.elsewhere() {
            self.stop(AT_DROP, &Plain);
        }
    }
}

impl fmt::Debug for UdpRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpRelay")
            .field("endpoint", &self.endpoint())
            .field("target", &self.settings.target)
            .finish_non_exhaustive()
    }
}

struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.listener.close();
        self.0.life.over();
    }
}
