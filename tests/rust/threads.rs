//! Threads that cannot hang a test, the moment at which one of them waits, and how long something took.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netsteps::wait::{Deadline, Pause, Stop, Wait};

use crate::ends::LONG;

/// Work in a thread of its own.
pub(crate) struct Running<T> {
    result: Receiver<T>,
    thread: JoinHandle<()>,
}

pub(crate) fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Running<T> {
    let (sender, result) = mpsc::channel();
    let thread = thread::spawn(move || {
        // The test that would take it may have failed already.
        let _ = sender.send(work());
    });
    Running { result, thread }
}

impl<T> Running<T> {
    /// What it gave. A thread that does not end fails the test and is left behind.
    pub(crate) fn end(self) -> T {
        match self.result.recv_timeout(LONG) {
            Ok(value) => value,
            Err(RecvTimeoutError::Timeout) => panic!("a thread still runs after {LONG:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                std::panic::resume_unwind(self.thread.join().expect_err("a panic"))
            }
        }
    }
}

/// A `Pause` that knows whether somebody waits by it.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<AtomicUsize>);

impl Pause for Watch {
    fn pause(&self, block: &mut (dyn FnMut() + Send)) -> Result<(), Stop> {
        self.0.fetch_add(1, Ordering::Release);
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

impl Watch {
    pub(crate) fn wait(&self) -> Wait<'_> {
        Wait {
            deadline: Deadline::after(LONG),
            pause: self,
        }
    }

    /// Until a thread that has `wait` is about to wait in the kernel.
    pub(crate) fn until_waiting(&self) {
        until("a thread waits", || self.0.load(Ordering::Acquire) > 0);
    }
}

/// Until it is so, for at most `LONG`.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < LONG, "not so after {LONG:?}: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// How long it took.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    (work(), begun.elapsed())
}

/// It takes no longer than `most`, at least once in ten times: a busy machine is late now and then, bad code always.
pub(crate) fn quick(most: Duration, mut work: impl FnMut() -> Duration) {
    let mut times = Vec::new();
    for _ in 0..10 {
        times.push(work());
        if times.last().is_some_and(|time| *time <= most) {
            return;
        }
    }
    panic!("each time took longer than {most:?}: {times:?}");
}
