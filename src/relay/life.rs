//! The life of a relay's thread, as those who hold the relay know it: it is told to stop, waited for, and not there in a forked child.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::Waker;

use crate::error::{Code, Error};
use crate::sys::forks;
use crate::wait::Pause;

/// Between two looks at the signals while the thread is waited for.
const LOOK: Duration = Duration::from_millis(50);

pub(super) struct Life {
    stopping: AtomicBool,
    runs: Mutex<bool>,
    changed: Condvar,
    waker: Arc<Waker>,
    /// A forked child has the descriptors but not the thread.
    forks: u64,
}

impl Life {
    /// Of a thread that begins now, and is woken so.
    pub(super) fn new(waker: Arc<Waker>) -> Self {
        Self {
            stopping: AtomicBool::new(false),
            runs: Mutex::new(true),
            changed: Condvar::new(),
            waker,
            forks: forks(),
        }
    }

    fn runs(&self) -> MutexGuard<'_, bool> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was told to stop.
    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether this process was forked from the one that has the thread.
    pub(super) fn elsewhere(&self) -> bool {
        self.forks != forks()
    }

    /// Tells the thread to stop; it is not woken yet.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// The thread has ended.
    pub(super) fn over(&self) {
        *self.runs() = false;
        self.changed.notify_all();
    }

    /// Wakes the thread, and waits until it has ended, for `last` at most.
    pub(super) fn wait(&self, last: Duration, pause: &dyn Pause) {
        // Without its waker the loop ends with the next thing that it has to do.
        let _ = self.waker.wake();
        let until = Instant::now() + last;
        loop {
            let mut over = false;
            let waited = pause.pause(&mut || {
                let runs = self.runs();
                let time = until.saturating_duration_since(Instant::now()).min(LOOK);
                over = !*runs;
                if !over && !time.is_zero() {
                    over = match self.changed.wait_timeout(runs, time) {
                        Ok((runs, _)) => !*runs,
                        Err(poisoned) => !*poisoned.into_inner().0,
                    };
                }
            });
            if over || waited.is_err() || Instant::now() >= until {
                return;
            }
        }
    }
}

/// The thread could not begin, and why.
pub(super) fn failed(error: &io::Error) -> Error {
    let cause = format!("the thread of the relay could not begin ({error})");
    let told = Error::new(Code::System, "relay", cause, "fewer open files and threads");
    match error.raw_os_error() {
        Some(number) => told.with_errno(number),
        None => told,
    }
}
