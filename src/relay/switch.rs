//! The partition: a switch that others turn while a relay runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

/// On or off. The loop that asks is woken by each change.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    on: Arc<AtomicBool>,
    waker: Option<Arc<Waker>>,
}

impl Switch {
    /// Off; each change wakes this loop.
    #[must_use]
    pub fn new(waker: Arc<Waker>) -> Self {
        Self {
            on: Arc::default(),
            waker: Some(waker),
        }
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Turns it.
    pub fn set(&self, on: bool) {
        let changed = self.on.swap(on, Ordering::AcqRel) != on;
        if changed && let Some(waker) = &self.waker {
            // A loop that cannot be woken looks at the switch when it next has something to do.
            let _ = waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::{Events, Poll, Token};

    use super::*;

    #[test]
    fn a_change_wakes_the_loop_and_no_change_does_not() {
        let mut poll = Poll::new().unwrap();
        let switch = Switch::new(Arc::new(Waker::new(poll.registry(), Token(0)).unwrap()));
        let mut woken = |time: u64| {
            let mut events = Events::with_capacity(4);
            poll.poll(&mut events, Some(Duration::from_millis(time)))
                .unwrap();
            !events.is_empty()
        };
        let other = switch.clone();
        other.set(true);
        assert!(switch.is_on() && woken(1000));
        other.set(true);
        assert!(switch.is_on() && !woken(0));
        switch.set(false);
        assert!(!other.is_on() && woken(1000));
    }
}
