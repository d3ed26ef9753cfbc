//! Python code that a step calls: a progress function, an iterator of messages, the making of an exception or a table.
//!
//! At its end CPython (before 3.14) unwinds the stack of a daemon thread that wants the interpreter back, and a frame of Rust below
//! it turns that into an abort of the process. So no callback begins any more once the end has come, and the end waits a moment for
//! those that are under way.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::sys::thread_id;

static RUNNING: AtomicUsize = AtomicUsize::new(0);
/// The thread that ends the interpreter, once it does; 0 before. It goes on alone, with what atexit and `__del__` still run.
static ENDING: AtomicU64 = AtomicU64::new(0);

/// Between two looks at the callbacks under way.
const LOOK: Duration = Duration::from_millis(1);

struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs Python code from inside a step.
pub(super) fn call_back<T>(py: Python<'_>, work: impl FnOnce() -> T) -> T {
    // First counted, then looked: the end either sees this one or is seen by it.
    RUNNING.fetch_add(1, Ordering::SeqCst);
    let running = Running;
    let ending = ENDING.load(Ordering::SeqCst);
    if ending != 0 && ending != thread_id() {
        drop(running);
        py.detach(|| {
            loop {
                std::thread::park();
            }
        });
    }
    work()
}

/// Lets no callback of another thread begin any more, and waits until `end` for those under way.
pub(super) fn end(py: Python<'_>, end: Instant) {
    ENDING.store(thread_id(), Ordering::SeqCst);
    while RUNNING.load(Ordering::SeqCst) > 0 && Instant::now() < end {
        py.detach(|| std::thread::sleep(LOOK));
    }
}
