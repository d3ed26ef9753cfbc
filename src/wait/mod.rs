//! Deadline and interruption: how every step waits.
//!
//! A step first tries its call without waiting. Only when the kernel says that it would wait does it come here:
//! the caller lets go of what it holds (in Python: the interpreter), the kernel waits, and one of four things ends it:
//! the socket is ready, the time is over, a signal handler raised, or another thread closed the socket.
//!
//! One step waits elsewhere: a read of a connection whose reads always wait does so inside recv(2) for a slice of time, and comes here
//! afterwards (`socket/patience.rs`). Event loops wait in mio, and take no step that could wait.
//!
//! `close` wakes through a descriptor of the waiting thread's own, never by shutdown(2):
//! that acts on the connection itself, which a forked child shares.

use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::sys::{self, Interest, Ready, Waker, errno, forks};

mod turn;

pub use turn::{Turn, TurnTaken};

/// Without a waker (no descriptor was left), a wait looks for `close` this often.
const WITHOUT_WAKER: Duration = Duration::from_millis(50);

/// When a step has to be over.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Option<Instant>,
    given: Option<Duration>,
}

impl Deadline {
    /// No limit.
    pub const NEVER: Self = Self {
        end: None,
        given: None,
    };

    /// This long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(time),
            given: Some(time),
        }
    }

    /// What was given, in seconds, to the millisecond: what is left of a step's time comes with dust on it.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.given
            .map_or(0.0, |given| (given.as_secs_f64() * 1e3).round() / 1e3)
    }

    /// What is left; `None` without a limit, zero when it is over.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.end
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Whether it is over.
    #[must_use]
    pub fn over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }
}

/// A signal handler raised: the step ends, and the handler's exception goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// What the caller does around a wait.
pub trait Pause {
    /// Lets go of what is held, runs `block`, takes it back, and sees to the signals that came meanwhile.
    ///
    /// # Errors
    /// `Stop` when a signal handler raised.
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> Result<(), Stop>;

    /// Lets go of what is held, runs `work`, and takes it back. Signals wait: what the work did must not be lost to one.
    fn release(&self, work: &mut (dyn FnMut() + Send));

    /// The longest time between two looks at the signals; `None` where no signal can come.
    fn slice(&self) -> Option<Duration>;
}

/// Nothing is held, and nobody handles signals: Rust threads and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Pause for Plain {
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        block();
        Ok(())
    }

    fn release(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    fn slice(&self) -> Option<Duration> {
        None
    }
}

/// How a step waits: how long, and with whose leave.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    /// The end of the whole step, over all its calls.
    pub deadline: Deadline,
    /// The caller's side of it.
    pub pause: &'a dyn Pause,
}

impl Wait<'static> {
    /// Without a limit, in a thread that holds nothing.
    #[must_use]
    pub const fn forever() -> Self {
        Self {
            deadline: Deadline::NEVER,
            pause: &Plain,
        }
    }

    /// At most this long, in a thread that holds nothing.
    #[must_use]
    pub fn at_most(time: Duration) -> Self {
        Self {
            deadline: Deadline::after(time),
            pause: &Plain,
        }
    }
}

impl Wait<'_> {
    /// For long work that never waits: lets others in, and looks at the signals.
    ///
    /// # Errors
    /// `Stop` when a signal handler raised.
    pub fn breathe(&self) -> Result<(), Stop> {
        self.pause.pause(&mut || {})
    }
}

/// Why a wait ended without the socket being ready.
#[derive(Debug)]
pub enum Ended {
    /// The deadline.
    TimedOut,
    /// A signal handler raised.
    Stopped,
    /// Another thread closed the socket.
    Closed,
    /// The same thread is in this direction of this socket already.
    Inside,
    /// Another thread was in this direction of this socket all the time.
    Occupied,
    /// The wait itself failed.
    Failed(io::Error),
}

impl From<Stop> for Ended {
    fn from(_: Stop) -> Self {
        Self::Stopped
    }
}

thread_local! {
    static WAKER: RefCell<Option<(u64, Arc<Waker>)>> = const { RefCell::new(None) };
}

/// This thread's waker, made when it first waits; `None` when no descriptor is left for it.
fn own_waker() -> Option<Arc<Waker>> {
    WAKER.with_borrow_mut(|own| {
        if let Some((forked, waker)) = own
            && *forked == forks()
        {
            return Some(Arc::clone(waker));
        }
        let waker = Arc::new(Waker::new().ok()?);
        *own = Some((forks(), Arc::clone(&waker)));
        Some(waker)
    })
}

/// The threads that wait on one socket.
#[derive(Debug, Default)]
pub struct Waiters {
    closed: AtomicBool,
    wakers: Mutex<Vec<(u64, Arc<Waker>)>>,
}

impl Waiters {
    /// Nobody waits; the socket is open.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The socket was closed.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Ends every wait on the socket, now and later.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for (_, waker) in self.here().iter() {
            waker.wake();
        }
    }

    /// The list, without the threads of a parent that this process was forked from.
    fn here(&self) -> MutexGuard<'_, Vec<(u64, Arc<Waker>)>> {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        let now = forks();
        wakers.retain(|(forked, _)| *forked == now);
        wakers
    }

    fn enter(&self, waker: Option<&Arc<Waker>>) -> Waiting<'_> {
        if let Some(waker) = waker {
            self.here().push((forks(), Arc::clone(waker)));
        }
        Waiting {
            waiters: self,
            waker: waker.cloned(),
        }
    }
}

/// A thread's entry in the list, for as long as it waits.
struct Waiting<'a> {
    waiters: &'a Waiters,
    waker: Option<Arc<Waker>>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(own) = &self.waker else { return };
        let mut wakers = self.waiters.here();
        if let Some(index) = wakers.iter().position(|(_, waker)| Arc::ptr_eq(waker, own)) {
            wakers.swap_remove(index);
        }
    }
}

/// Waits until the socket is ready.
///
/// # Errors
/// How it ended instead.
pub fn until_ready(
    socket: &Socket,
    interest: Interest,
    waiters: &Waiters,
    wait: &Wait<'_>,
) -> Result<(), Ended> {
    let ready = wait_for(
        Some((socket, interest)),
        own_waker().as_ref(),
        waiters,
        wait,
    )?;
    debug_assert!(ready.socket);
    Ok(())
}

/// Waits until `waker` is woken by another thread, for a socket that may be closed meanwhile.
///
/// # Errors
/// How it ended instead.
pub fn until_woken(waker: &Arc<Waker>, waiters: &Waiters, wait: &Wait<'_>) -> Result<(), Ended> {
    wait_for(None, Some(waker), waiters, wait).map(drop)
}

/// Waits for nothing but the end of the time: how it ended.
pub fn rest(waiters: &Waiters, wait: &Wait<'_>) -> Ended {
    loop {
        if let Err(ended) = wait_for(None, own_waker().as_ref(), waiters, wait) {
            return ended;
        }
    }
}

fn wait_for(
    socket: Option<(&Socket, Interest)>,
    waker: Option<&Arc<Waker>>,
    waiters: &Waiters,
    wait: &Wait<'_>,
) -> Result<Ready, Ended> {
    let _waiting = waiters.enter(waker);
    loop {
        // After entering the list: a close before that is seen here, a later one wakes us.
        if waiters.closed() {
            return Err(Ended::Closed);
        }
        let left = wait.deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Ended::TimedOut);
        }
        let patience = waker.is_none().then_some(WITHOUT_WAKER);
        let time = [left, wait.pause.slice(), patience]
            .into_iter()
            .flatten()
            .min();
        let mut ended = Ok(Ready::default());
        wait.pause
            .pause(&mut || ended = sys::wait(socket, waker.map(AsRef::as_ref), time))?;
        match ended {
            Ok(ready) => {
                if let Some(waker) = waker.filter(|_| ready.woken) {
                    waker.clear();
                    if socket.is_none() && !waiters.closed() {
                        return Ok(ready);
                    }
                }
                if ready.socket && !waiters.closed() {
                    return Ok(ready);
                }
            }
            // The signal was seen to in `pause`; what is left of the time goes on (PEP 475).
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => {}
            Err(error) => return Err(Ended::Failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::thread;

    fn silent() -> Socket {
        UdpSocket::bind("127.0.0.1:0").expect("a socket").into()
    }

    #[test]
    fn the_time_ends_a_wait() {
        let begun = Instant::now();
        let wait = Wait::at_most(Duration::from_millis(30));
        let ended = until_ready(&silent(), Interest::Readable, &Waiters::new(), &wait);
        assert!(matches!(ended, Err(Ended::TimedOut)));
        assert!(begun.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn close_ends_every_wait_now_and_later() {
        let (socket, waiters) = (silent(), Waiters::new());
        thread::scope(|scope| {
            let waiting: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        until_ready(&socket, Interest::Readable, &waiters, &Wait::forever())
                    })
                })
                .collect();
            while waiters.here().len() < 3 {
                thread::yield_now();
            }
            waiters.close();
            for thread in waiting {
                assert!(matches!(
                    thread.join().expect("a thread"),
                    Err(Ended::Closed)
                ));
            }
        });
        assert!(waiters.here().is_empty());
        let again = until_ready(&socket, Interest::Readable, &waiters, &Wait::forever());
        assert!(matches!(again, Err(Ended::Closed)));
    }
}
