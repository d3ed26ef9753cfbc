//! One thread at a time in one direction of one socket.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::{Ended, Wait, Waiters};
use crate::sys::forks;

/// One thread at a time, in one direction of one socket: so that a `write` of several calls stays whole.
#[derive(Debug, Default)]
pub struct Turn {
    queue: Mutex<Queue>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    /// Whose turn it is, and in which process: one that was forked away from its threads owes them nothing.
    owner: Option<(ThreadId, u64)>,
    /// Waking nobody costs a system call all the same, so it is known whether somebody waits.
    waiting: usize,
}

impl Queue {
    fn owner(&self) -> Option<ThreadId> {
        self.owner
            .filter(|(_, forked)| *forked == forks())
            .map(|(thread, _)| thread)
    }
}

impl Turn {
    /// Waits for the turn, which lasts until the returned value is dropped.
    ///
    /// # Errors
    /// How the wait ended instead.
    pub fn take(&self, waiters: &Waiters, wait: &Wait<'_>) -> Result<TurnTaken<'_>, Ended> {
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            if waiters.closed() {
                return Err(Ended::Closed);
            }
            let mut queue = self.lock();
            match queue.owner() {
                None => {
                    queue.owner = Some((thread::current().id(), forks()));
                    return Ok(TurnTaken(self));
                }
                // A callback or a signal handler inside the step: it would wait for itself.
                Some(thread) if thread == thread::current().id() => return Err(Ended::Inside),
                Some(_) => {}
            }
            drop(queue);
            let left = wait.deadline.left();
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Ended::Occupied);
            }
            let time = left.map_or(LOOK, |left| left.min(LOOK));
            wait.pause.pause(&mut || {
                let mut queue = self.lock();
                if queue.owner().is_some() {
                    queue.waiting += 1;
                    let waited = self.free.wait_timeout(queue, time);
                    waited.unwrap_or_else(PoisonError::into_inner).0.waiting -= 1;
                }
            })?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn, until it is dropped.
#[derive(Debug)]
pub struct TurnTaken<'a>(&'a Turn);

impl Drop for TurnTaken<'_> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.owner = None;
        if queue.waiting > 0 {
            self.0.free.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_turn_at_a_time() {
        let (turn, waiters) = (Turn::default(), Waiters::new());
        let first = turn.take(&waiters, &Wait::forever()).expect("the turn");
        let inside = turn.take(&waiters, &Wait::forever());
        assert!(
            matches!(inside, Err(Ended::Inside)),
            "a thread does not wait for itself"
        );
        thread::scope(|scope| {
            let late = scope.spawn(|| {
                let wait = Wait::at_most(Duration::from_millis(10));
                matches!(turn.take(&waiters, &wait), Err(Ended::Occupied))
            });
            assert!(late.join().expect("a thread"));
        });
        drop(first);
        assert!(turn.take(&waiters, &Wait::forever()).is_ok());
    }
}
