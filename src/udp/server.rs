//! A server that answers datagrams until it is stopped.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::receiver::bound;
use crate::address::{Endpoint, Scope};
use crate::error::{Code, Result};
use crate::socket::{Datagram, MAX_DATAGRAM, Socket};
use crate::sys::{forks, local_addresses};
use crate::wait::{Deadline, Pause, Plain, Wait};

/// An answer that cannot leave within this time is given up: the next datagram waits.
const SENDING: Duration = Duration::from_secs(1);
/// After an error of the socket itself, so that one that stays does not burn the processor.
const RESTING: Duration = Duration::from_millis(10);

/// A bound socket, and what came of it.
#[derive(Debug)]
pub struct Server {
    socket: Socket,
    endpoint: Endpoint,
    received: AtomicU64,
    answered: AtomicU64,
    stopping: AtomicBool,
    looping: Mutex<bool>,
    ended: Condvar,
    forks: u64,
}

impl Server {
    /// Binds.
    ///
    /// # Errors
    /// Those of `bind`.
    pub fn new(endpoint: Endpoint) -> Result<Arc<Self>> {
        let socket = bound(endpoint)?;
        Ok(Arc::new(Self {
            endpoint: socket.local().unwrap_or(endpoint),
            socket,
            received: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            looping: Mutex::new(false),
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

    /// Whether this process was forked from the server's.
    #[must_use]
    pub fn elsewhere(&self) -> bool {
        self.forks != forks()
    }

    /// Says that the loop is about to run, so that a `stop` before its first datagram waits for it.
    pub fn begin(&self) {
        *self.looping.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// The next datagram; `None` when the server stops. Nothing that a client does ends it.
    pub fn next(&self, pause: &dyn Pause) -> Option<Datagram> {
        let wait = Wait {
            pause,
            ..Wait::forever()
        };
        while !self.stopping.load(Ordering::Acquire) {
            match self.socket.receive_from(MAX_DATAGRAM, &wait) {
                Ok(datagram) => {
                    self.received.fetch_add(1, Ordering::Relaxed);
                    if !self.own(datagram.sender) {
                        return Some(datagram);
                    }
                }
                Err(error) if matches!(error.code(), Code::Closed | Code::Interrupted) => {
                    return None;
                }
                Err(_) => pause
                    .pause(&mut || std::thread::park_timeout(RESTING))
                    .ok()?,
            }
        }
        None
    }

    /// One with our own address is forged: an answer would go round for ever.
    fn own(&self, sender: Endpoint) -> bool {
        sender.port() == self.endpoint.port()
            && (sender.ip() == self.endpoint.ip()
                || self.endpoint.ip().is_unspecified()
                    && (sender.scope() == Scope::Loopback
                        || local_addresses().is_some_and(|own| own.contains(&sender.ip()))))
    }

    /// Sends an answer; one that cannot leave is lost, as a datagram may be.
    pub fn answer(&self, to: Endpoint, reply: &[u8], pause: &dyn Pause) {
        let wait = Wait {
            deadline: Deadline::after(SENDING),
            pause,
        };
        if self.socket.send_to(reply, to, &wait).is_ok() {
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Says that the loop has ended.
    pub fn end(&self) {
        *self.looping.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.ended.notify_all();
    }

    /// Whether `stop` was called.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Takes no datagram any more, and waits for the answer under way; false when it did not end within `last`.
    pub fn stop(&self, last: Duration, pause: &dyn Pause) -> bool {
        self.stopping.store(true, Ordering::Release);
        self.socket.close();
        let deadline = Deadline::after(last);
        let mut left = !self.elsewhere();
        while left {
            let time = deadline.left().unwrap_or(RESTING);
            let paused = pause.pause(&mut || {
                let looping = self.looping.lock().unwrap_or_else(PoisonError::into_inner);
                left = *looping;
                if *looping {
                    drop(self.ended.wait_timeout(looping, time.min(RESTING)));
                }
            });
            if paused.is_err() || time.is_zero() {
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
    mut answer: impl FnMut(&Datagram) -> Option<Vec<u8>> + Send + 'static,
) -> io::Result<()> {
    server.begin();
    let own = Arc::clone(server);
    let started = std::thread::Builder::new()
        .name("netsteps server".into())
        .spawn(move || {
            // Also when `answer` panics: a `stop` must not wait for it.
            let _ended = Ended(&own);
            while let Some(datagram) = own.next(&Plain) {
                if let Some(reply) = answer(&datagram) {
                    own.answer(datagram.sender, &reply, &Plain);
                }
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
