//! The recorder: it keeps the newest events, in bounded memory, and counts what it lets go.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::event::{Event, PREVIEW, Phase};
use super::place;
use super::recording::Recording;
use super::samples::{Sample, Samples};
use crate::sys::forks;

/// What a recorder keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events.
    pub capacity: usize,
    /// The most bytes of memory for them, about.
    pub memory: usize,
    /// The most bytes of what one call moved.
    pub preview: usize,
    /// Whether the line of the user's program is looked up for each step.
    pub lines: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            capacity: 100_000,
            memory: 256 * 1024 * 1024,
            preview: PREVIEW,
            lines: false,
        }
    }
}

/// Keeps the newest events, up to its limits, and counts those that it had to let go.
#[derive(Debug)]
pub struct Recorder {
    limits: Limits,
    start_ns: AtomicU64,
    /// The process that made it, counted in forks.
    forks: u64,
    kept: Mutex<Kept>,
    /// What the kernel held over time, for those who have it looked at.
    samples: Arc<Samples>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// What they take.
    memory: usize,
    /// Calls that wait at this moment: at most one for each thread.
    waiting: HashMap<u64, Event>,
    dropped: u64,
}

/// The recorders that are on. Each process of a line of forks has a list of its own: a lock of the parent's may be held by a thread
/// that does not exist in the child.
static RECORDERS: [RwLock<Vec<Arc<Recorder>>>; 16] = [const { RwLock::new(Vec::new()) }; 16];
static ACTIVE: AtomicUsize = AtomicUsize::new(0);
/// The longest preview that any of them keeps.
static LONGEST: AtomicUsize = AtomicUsize::new(PREVIEW);

fn recorders() -> &'static RwLock<Vec<Arc<Recorder>>> {
    &RECORDERS[usize::try_from(forks() % 16).unwrap_or(0)]
}

/// Whether anybody records. One load: what recording costs when it is off.
#[must_use]
pub fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed) != 0
}

/// How many bytes of what a call moved an event needs, for those who record.
#[must_use]
pub fn longest_preview() -> usize {
    LONGEST.load(Ordering::Relaxed)
}

/// To be called in a forked child: nobody records there until somebody starts to.
pub fn forked() {
    told(&[]);
}

/// What the steps have to know of the recorders.
fn told(recorders: &[Arc<Recorder>]) {
    let longest = recorders.iter().map(|recorder| recorder.limits.preview);
    LONGEST.store(longest.max().unwrap_or(PREVIEW), Ordering::Relaxed);
    place::set_wanted(recorders.iter().filter(|r| r.limits.lines).count());
    ACTIVE.store(recorders.len(), Ordering::Relaxed);
}

/// Gives an event to every recorder that is on.
pub fn record(event: &Event) {
    for recorder in recorders()
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        recorder.keep(event);
    }
}

impl Recorder {
    /// A recorder within these limits; it records from [`Recorder::start`] on.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits: Limits {
                capacity: limits.capacity.max(1),
                ..limits
            },
            start_ns: AtomicU64::new(0),
            forks: forks(),
            kept: Mutex::default(),
            samples: Arc::new(Samples::new(
                limits.capacity.min(limits.memory / size_of::<Sample>()),
            )),
        })
    }

    /// Records every socket of the process from now on. Twice is once.
    pub fn start(self: &Arc<Self>) {
        let now = crate::sys::monotonic_ns();
        let _ = self
            .start_ns
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        let mut recorders = recorders().write().unwrap_or_else(PoisonError::into_inner);
        if !recorders.iter().any(|other| Arc::ptr_eq(other, self)) {
            recorders.push(Arc::clone(self));
        }
        told(&recorders);
    }

    /// Records no more; what it holds stays.
    pub fn stop(self: &Arc<Self>) {
        let mut recorders = recorders().write().unwrap_or_else(PoisonError::into_inner);
        let before = recorders.len();
        recorders.retain(|other| !Arc::ptr_eq(other, self));
        let stopped = recorders.len() < before;
        told(&recorders);
        drop(recorders);
        if !stopped {
            return;
        }
        // Calls that still wait are not seen to end: they stay as what they were, started.
        if let Some(mut kept) = self.kept() {
            let mut waiting: Vec<Event> = kept.waiting.drain().map(|(_, event)| event).collect();
            waiting.sort_by_key(|event| (event.start_ns, event.id));
            for event in waiting {
                self.push(&mut kept, event);
            }
        }
    }

    fn push(&self, kept: &mut Kept, event: Event) {
        let memory = event.memory();
        while kept.events.len() >= self.limits.capacity
            || (kept.memory + memory > self.limits.memory && !kept.events.is_empty())
        {
            if let Some(oldest) = kept.events.pop_front() {
                kept.memory -= oldest.memory();
            }
            kept.dropped += 1;
        }
        kept.memory += memory;
        kept.events.push_back(event);
    }

    /// What is kept; `None` in a forked child when a thread of the parent had it locked.
    fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        if self.forks == forks() {
            return Some(self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.kept.try_lock().ok()
    }

    fn keep(&self, event: &Event) {
        let Some(mut kept) = self.kept() else { return };
        let event = Event {
            preview: event.preview.at_most(self.limits.preview),
            line: event.line.clone().filter(|_| self.limits.lines),
            ..event.clone()
        };
        if event.phase == Phase::Started {
            kept.waiting.insert(event.id, event);
            return;
        }
        kept.waiting.remove(&event.id);
        self.push(&mut kept, event);
    }

    /// What happened, in the order of beginning; calls that still wait have the phase `Started`.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let Some(kept) = self.kept() else {
            return Vec::new();
        };
        let mut events: Vec<Event> = kept
            .events
            .iter()
            .chain(kept.waiting.values())
            .cloned()
            .collect();
        drop(kept);
        events.sort_by_key(|event| (event.start_ns, event.id));
        events
    }

    /// All that it holds, as it is now.
    #[must_use]
    pub fn recording(&self) -> Recording {
        Recording {
            events: self.events(),
            samples: self.samples.samples(),
            dropped: self.dropped(),
            dropped_samples: self.samples.dropped(),
            start_ns: self.start_ns(),
            ..Recording::of_here()
        }
    }

    /// When it was first started, in nanoseconds of the system's monotonic clock; 0 before that.
    #[must_use]
    pub fn start_ns(&self) -> u64 {
        self.start_ns.load(Ordering::Relaxed)
    }

    /// How many events were let go to stay within the limits.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.kept().map_or(0, |kept| kept.dropped)
    }

    /// Where samples of what the kernel holds go to; as many are kept as events, in as much memory again.
    #[must_use]
    pub const fn samples(&self) -> &Arc<Samples> {
        &self.samples
    }

    /// What it keeps.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::tests::event;

    fn small(capacity: usize) -> Arc<Recorder> {
        Recorder::new(Limits {
            capacity,
            ..Limits::default()
        })
    }

    #[test]
    fn keeps_the_newest_and_counts_the_rest() {
        let recorder = small(10);
        for id in 0..25 {
            recorder.keep(&event(id));
        }
        assert_eq!(recorder.dropped(), 15);
        assert_eq!(
            recorder.events().iter().map(|e| e.id).collect::<Vec<_>>(),
            (15..25).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_million_events_stay_inside_the_bound_on_memory() {
        let recorder = Recorder::new(Limits {
            capacity: usize::MAX,
            memory: 1_000_000,
            preview: 10_000,
            ..Limits::default()
        });
        let mut event = event(1);
        event.preview = super::super::Preview::of(&[&[7; 5000]], 10_000);
        event.error = Some("x".repeat(1000));
        for _ in 0..1_000_000 {
            recorder.keep(&event);
        }
        let events = recorder.events();
        let memory: usize = events.iter().map(Event::memory).sum();
        assert!((900_000..=1_000_000).contains(&memory), "{memory}");
        assert_eq!(recorder.dropped() + events.len() as u64, 1_000_000);
    }

    #[test]
    fn one_event_that_is_larger_than_the_bound_is_kept_alone() {
        let recorder = Recorder::new(Limits {
            memory: 1,
            ..Limits::default()
        });
        recorder.keep(&event(1));
        recorder.keep(&event(2));
        assert_eq!(recorder.events().len(), 1);
        assert_eq!(recorder.dropped(), 1);
    }

    #[test]
    fn a_call_that_waits_is_seen_until_it_ends() {
        let recorder = small(10);
        let of = |id, phase| Event { phase, ..event(id) };
        recorder.keep(&of(1, Phase::Started));
        recorder.keep(&of(2, Phase::Completed));
        assert_eq!(recorder.events()[0].phase, Phase::Started);
        recorder.keep(&of(1, Phase::Failed));
        let phases: Vec<_> = recorder.events().iter().map(|e| e.phase).collect();
        assert_eq!(phases, [Phase::Failed, Phase::Completed]);
    }
}
