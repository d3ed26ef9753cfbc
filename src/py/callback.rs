//! Python code that a step calls: a progress function, an iterator of messages.
//!
//! At its end CPython (before 3.14) unwinds the stack of a daemon thread that wants the interpreter back, and a frame of Rust below
//! it turns that into an abort of the process. So no callback begins any more once the end has come, and the end waits a moment for
//! those that are under way.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ENDING: AtomicBool = AtomicBool::new(false);

/// Between two looks at the callbacks under way.
const LOOK: Duration = Duration::from_millis(1);

struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Runs Python code from inside a step.
pub(super) fn call_back<T>(py: Python<'_>, work: impl FnOnce() -> T) -> T {
    // Both with the interpreter held, as in `end`: the end either sees this callback or is seen by it.
    if ENDING.load(Ordering::Acquire) {
        py.detach(|| {
            loop {
                std::thread::park();
            }
        });
    }
    RUNNING.fetch_add(1, Ordering::AcqRel);
    let _running = Running;
    work()
}

/// Lets no callback begin any more, and waits until `end` for those under way.
pub(super) fn end(py: Python<'_>, end: Instant) {
    ENDING.store(true, Ordering::Release);
    while RUNNING.load(Ordering::Acquire) > 0 && Instant::now() < end {
        py.detach(|| std::thread::sleep(LOOK));
    }
}
