//! A server that answers datagrams until it is stopped: batch by batch, as many as are there.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cap::Cap;
use super::receiver::bound;
use crate::address::{Endpoint, Scope};
use crate::error::{Code, Error, Result};
use crate::socket::{Batch, Outgoing, Received, Socket};
use crate::sys::{forks, local_addresses, thread_id};
use crate::wait::{Deadline, Pause, Plain, Wait};

/// How many datagrams are taken at once. More would make the first of them wait for the last.
pub const MOST: usize = 64;
/// The answers of a batch that cannot leave within this time are given up: the next datagrams wait.
const SENDING: Duration = Duration::from_secs(1);
/// After an error of the socket itself, so that one that stays does not burn the processor.
const RESTING: Duration = Duration::from_millis(10);

/// A bound socket, and what came of it.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
    endpoint: Endpoint,
    cap: Option<Mutex<Cap>>,
    received: AtomicU64,
    answered: AtomicU64,
    held_back: AtomicU64,
    unsent: AtomicU64,
    stopping: AtomicBool,
    local: Mutex<Local>,
    life: Mutex<Life>,
    ended: Condvar,
    forks: u64,
}

/// The addresses of this machine, and when the system told them.
#[derive(Debug, Default)]
struct Local {
    since: Option<Instant>,
    addresses: Vec<IpAddr>,
}

/// What the loop does.
#[derive(Debug, Default)]
struct Life {
    runs: bool,
    /// It waits for datagrams; else it is busy with some, whose answers shall still leave when the server is stopped.
    waits: bool,
    /// Its thread, once it has begun.
    thread: Option<u64>,
}

impl Server {
    /// Binds. `replies`: the most answers that go to one source in a second.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn new(endpoint: Endpoint, replies: Option<u32>) -> Result<Arc<Self>> {
        let socket = bound(endpoint)?;
        Ok(Arc::new(Self {
            endpoint: socket.local().unwrap_or(endpoint),
            socket,
            cap: replies.map(|limit| Mutex::new(Cap::new(limit, Instant::now()))),
            received: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            held_back: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            local: Mutex::default(),
            life: Mutex::default(),
            ended: Condvar::new(),
            forks: forks(),
        }))
    }

    /// Where it receives.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// How many datagrams it has taken.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// How many answers left.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// How many answers were beyond what a source gets in a second.
    #[must_use]
    pub fn held_back(&self) -> u64 {
        self.held_back.load(Ordering::Relaxed)
    }

    /// How many answers the kernel refused, or had no room for in time.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.unsent.load(Ordering::Relaxed)
    }

    /// Whether this process was forked from the server's.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.forks != forks()
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the loop is about to run, so that a `stop` before its first datagram waits for it.
    pub fn begin(&self) {
        self.life().runs = true;
    }

    /// Waits for datagrams and takes all that are there; false when the server stops. Nothing that a client does ends it.
    pub fn next(&self, batch: &mut Batch, pause: &dyn Pause) -> bool {
        let wait = Wait {
            pause,
            ..Wait::forever()
        };
        loop {
            {
                let mut life = self.life();
                if self.stopping() {
                    return false;
                }
                life.thread = Some(thread_id());
                life.waits = true;
            }
            let taken = self.socket.receive_batch(batch, MOST, &wait);
            {
                let mut life = self.life();
                life.waits = false;
                if self.stopping() {
                    return false;
                }
            }
            match taken {
                Ok(taken) => {
                    self.received.fetch_add(taken as u64, Ordering::Relaxed);
                    return true;
                }
                Err(error) if matches!(error.code(), Code::Closed | Code::Interrupted) => {
                    return false;
                }
                Err(_) => {
                    let rest = pause.pause(&mut || std::thread::park_timeout(RESTING));
                    if rest.is_err() {
                        return false;
                    }
                }
            }
        }
    }

    /// Those of a batch that may be answered.
    pub fn asked<'a>(&'a self, batch: &'a Batch) -> impl Iterator<Item = Received<'a>> {
        batch.iter().filter(|datagram| !self.own(datagram.sender))
    }

    /// One with our own address is forged: an answer would go round for ever.
    fn own(&self, sender: Endpoint) -> bool {
        sender.port() == self.endpoint.port()
            && (sender.ip() == self.endpoint.ip()
                || self.endpoint.ip().is_unspecified()
                    && (sender.scope() == Scope::Loopback || self.is_local(sender.ip())))
    }

    /// Whether this machine has the address. The system is asked once in a second, not for each datagram of a flood.
    fn is_local(&self, ip: IpAddr) -> bool {
        let mut known = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        if known
            .since
            .is_none_or(|since| since.elapsed() >= Duration::from_secs(1))
        {
            *known = Local {
                since: Some(Instant::now()),
                addresses: local_addresses().unwrap_or_default(),
            };
        }
        known.addresses.contains(&ip)
    }

    /// Sends the answers to a batch. One that cannot leave is lost, as a datagram may be, and the others go on; what the kernel said
    /// to it is told with where it should have gone.
    pub fn answer<'a>(
        &self,
        answers: impl Iterator<Item = (Endpoint, &'a [u8])>,
        pause: &dyn Pause,
    ) -> Vec<(Endpoint, Error)> {
        let (to, out) = self.allowed(answers);
        let wait = Wait {
            deadline: Deadline::after(SENDING),
            pause,
        };
        let (mut next, mut errors) = (0, Vec::new());
        while let Some(left) = out.get(next..).filter(|left| !left.is_empty()) {
            let (sent, error) = self.socket.send_batch(left, &wait);
            self.answered.fetch_add(sent as u64, Ordering::Relaxed);
            next += sent;
            let Some(error) = error else { break };
            let given_up = matches!(
                error.code(),
                Code::TimedOut | Code::Closed | Code::OutOfOrder | Code::Interrupted
            );
            let lost = if given_up { out.len() - next } else { 1 };
            self.unsent.fetch_add(lost as u64, Ordering::Relaxed);
            if let Some(failed) = to.get(next).filter(|_| !given_up) {
                errors.push((*failed, error));
            }
            next += lost;
        }
        errors
    }

    /// The answers that may leave, with where they go. To port 0, which only a forged sender has, nothing can.
    fn allowed<'a>(
        &self,
        answers: impl Iterator<Item = (Endpoint, &'a [u8])>,
    ) -> (Vec<Endpoint>, Vec<Outgoing<'a>>) {
        let now = Instant::now();
        let mut cap = self
            .cap
            .as_ref()
            .map(|cap| cap.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut held_back, mut unsent) = (0, 0);
        let allowed = answers.filter(|(to, _)| {
            let possible = to.port() != 0;
            let allowed = possible && cap.as_mut().is_none_or(|cap| cap.allow(*to, now));
            unsent += u64::from(!possible);
            held_back += u64::from(possible && !allowed);
            allowed
        });
        let both = allowed
            .map(|(to, data)| (to, Outgoing::new(data).to(to)))
            .unzip();
        self.held_back.fetch_add(held_back, Ordering::Relaxed);
        self.unsent.fetch_add(unsent, Ordering::Relaxed);
        both
    }

    /// Says that the loop has ended; the port is free.
    pub fn end(&self) {
        self.socket.close();
        *self.life() = Life::default();
        self.ended.notify_all();
    }

    /// Whether `stop` was called.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells the loop to take no datagram any more. Whether it is still busy with some, in another thread.
    pub fn tell(&self) -> bool {
        if self.elsewhere() {
            self.stopping.store(true, Ordering::Release);
            self.socket.close();
            return false;
        }
        let life = self.life();
        self.stopping.store(true, Ordering::Release);
        if life.waits || !life.runs {
            drop(life);
            self.socket.close();
            return self.life().runs;
        }
        life.thread != Some(thread_id())
    }

    /// Takes no datagram any more, and waits for the answers under way; false when they did not end within `last`.
    pub fn stop(&self, last: Duration, pause: &dyn Pause) -> bool {
        let mut left = self.tell();
        let deadline = Deadline::after(last);
        while left {
            let time = deadline.left().unwrap_or(RESTING);
            let paused = pause.pause(&mut || {
                let life = self.life();
                left = life.runs;
                if life.runs {
                    drop(self.ended.wait_timeout(life, time.min(RESTING)));
                }
            });
            if paused.is_err() || time.is_zero() {
                // Its port is wanted, though the loop's end is not near.
                self.socket.close();
                break;
            }
        }
        !left
    }
}

/// Runs the server in a thread of Rust.
///
/// # Errors
/// When the thread cannot be started.
pub fn spawn(
    server: &Arc<Server>,
    mut answer: impl for<'a> FnMut(Received<'a>) -> Option<Cow<'a, [u8]>> + Send + 'static,
) -> io::Result<()> {
    server.begin();
    let own = Arc::clone(server);
    let started = std::thread::Builder::new()
        .name("netsteps server".into())
        .spawn(move || {
            // Also when `answer` panics: a `stop` must not wait for it.
            let _ended = Ended(&own);
            let mut batch = Batch::new();
            while own.next(&mut batch, &Plain) {
                let answers: Vec<_> = own
                    .asked(&batch)
                    .filter_map(|asked| Some((asked.sender, answer(asked)?)))
                    .collect();
                let answers = answers.iter().map(|(to, answer)| (*to, answer.as_ref()));
                own.answer(answers, &Plain);
            }
        });
    if let Err(error) = started {
        server.end();
        return Err(error);
    }
    Ok(())
}

struct Ended<'a>(&'a Server);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
