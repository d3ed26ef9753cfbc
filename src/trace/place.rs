//! The line of the user's program that takes a step, for those recorders that ask for it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many recorders that are on ask for it.
static WANTED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static LINE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Whether anybody asks for lines. To find one costs more than to record a step, so nobody looks for it otherwise.
#[must_use]
pub fn lines_wanted() -> bool {
    WANTED.load(Ordering::Relaxed) > 0
}

pub(super) fn set_wanted(recorders: usize) {
    WANTED.store(recorders, Ordering::Relaxed);
}

/// Does a step that this line of the program takes; a step inside a step (of a callback) has its own.
pub fn taken_at<T>(line: Arc<str>, step: impl FnOnce() -> T) -> T {
    /// Puts back what was there, also when the step panics.
    struct Outer(Option<Arc<str>>);
    impl Drop for Outer {
        fn drop(&mut self) {
            let outer = self.0.take();
            let _ = LINE.try_with(|here| *here.borrow_mut() = outer);
        }
    }
    let _outer = Outer(LINE.with(|here| here.borrow_mut().replace(line)));
    step()
}

/// The line that takes the step of this thread.
#[must_use]
pub fn line() -> Option<Arc<str>> {
    if !lines_wanted() {
        return None;
    }
    LINE.try_with(|here| here.borrow().clone()).ok().flatten()
}
