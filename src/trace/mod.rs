//! Events and their recorder: what happened, once, on one clock, in bounded memory.
//!
//! An event is one system call of one step. A step of several calls (`write` to a slow peer) gives several events of the same name.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::ports::Transport;
use crate::state::State;
use crate::sys::forks;

mod samples;
mod steps;

pub use samples::{Sample, Samples};
pub use steps::{Line, Steps};

/// How much of the bytes an event keeps.
pub const PREVIEW: usize = 32;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The kernel makes it wait; it has not ended.
    Started,
    /// It did what it should.
    Completed,
    /// It ended with an error.
    Failed,
}

impl Phase {
    /// "started", "completed" or "failed".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// The first bytes of what was sent or received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    bytes: [u8; PREVIEW],
    length: u8,
}

impl Preview {
    /// The first [`PREVIEW`] bytes of these.
    #[must_use]
    pub fn of(data: &[u8]) -> Self {
        let mut preview = Self::default();
        let length = data.len().min(PREVIEW);
        preview.bytes[..length].copy_from_slice(&data[..length]);
        preview.length = u8::try_from(length).unwrap_or(0);
        preview
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// One system call of one step.
#[derive(Clone, Debug)]
pub struct Event {
    /// A number that no other event of this process has.
    pub id: u64,
    /// Started, completed or failed.
    pub phase: Phase,
    /// The socket: a number that no other socket of this process ever has.
    pub socket: u64,
    /// Its descriptor, which the kernel gives again after a close.
    pub number: i64,
    /// TCP or UDP.
    pub transport: Transport,
    /// The step, in the words of the API.
    pub step: &'static str,
    /// The system call.
    pub call: &'static str,
    /// Our address, where it is known.
    pub local: Option<SocketAddr>,
    /// The peer's address, where there is one.
    pub peer: Option<SocketAddr>,
    /// How many bytes were asked for or offered.
    pub asked: Option<usize>,
    /// How many went or came.
    pub size: Option<usize>,
    /// The first of them.
    pub preview: Preview,
    /// The error, in words.
    pub error: Option<String>,
    /// Its number.
    pub errno: Option<i32>,
    /// The state before the call.
    pub before: State,
    /// The state after it.
    pub after: State,
    /// When it began, in nanoseconds of the system's monotonic clock.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: Option<u64>,
    /// The thread that called.
    pub thread: u64,
}

/// The next number for an event.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Keeps the newest events, up to its capacity, and counts those that it had to let go.
#[derive(Debug)]
pub struct Recorder {
    capacity: usize,
    start_ns: AtomicU64,
    /// The process that made it, counted in forks.
    forks: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// Calls that wait at this moment: at most one for each thread.
    waiting: HashMap<u64, Event>,
    dropped: u64,
}

/// The recorders that are on. Each process of a line of forks has a list of its own: a lock of the parent's may be held by a thread
/// that does not exist in the child.
static RECORDERS: [RwLock<Vec<Arc<Recorder>>>; 16] = [const { RwLock::new(Vec::new()) }; 16];
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

fn recorders() -> &'static RwLock<Vec<Arc<Recorder>>> {
    &RECORDERS[usize::try_from(forks() % 16).unwrap_or(0)]
}

/// Whether anybody records. One load: what recording costs when it is off.
#[must_use]
pub fn active() -> bool {
    ACTIVE.load(Ordering::Relaxed) != 0
}

/// To be called in a forked child: nobody records there until somebody starts to.
pub fn forked() {
    ACTIVE.store(0, Ordering::Relaxed);
}

/// Gives an event to every recorder that is on.
pub fn record(event: &Event) {
    for recorder in recorders()
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
    {
        recorder.keep(event.clone());
    }
}

impl Recorder {
    /// A recorder of at most this many events; it records from [`Recorder::start`] on.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity: capacity.max(1),
            start_ns: AtomicU64::new(0),
            forks: forks(),
            kept: Mutex::default(),
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
        ACTIVE.store(recorders.len(), Ordering::Relaxed);
    }

    /// Records no more; what it holds stays.
    pub fn stop(self: &Arc<Self>) {
        let mut recorders = recorders().write().unwrap_or_else(PoisonError::into_inner);
        let before = recorders.len();
        recorders.retain(|other| !Arc::ptr_eq(other, self));
        let stopped = recorders.len() < before;
        ACTIVE.store(recorders.len(), Ordering::Relaxed);
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
        if kept.events.len() == self.capacity {
            kept.events.pop_front();
            kept.dropped += 1;
        }
        kept.events.push_back(event);
    }

    /// What is kept; `None` in a forked child when a thread of the parent had it locked.
    fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        if self.forks == forks() {
            return Some(self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.kept.try_lock().ok()
    }

    fn keep(&self, event: Event) {
        let Some(mut kept) = self.kept() else { return };
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

    /// When it was first started, in nanoseconds of the system's monotonic clock; 0 before that.
    #[must_use]
    pub fn start_ns(&self) -> u64 {
        self.start_ns.load(Ordering::Relaxed)
    }

    /// How many events were let go to stay within the capacity.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.kept().map_or(0, |kept| kept.dropped)
    }

    /// The most events that it keeps.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u64, phase: Phase) -> Event {
        Event {
            id,
            phase,
            socket: 1,
            number: 3,
            transport: Transport::Tcp,
            step: "read",
            call: "recv",
            local: None,
            peer: None,
            asked: None,
            size: Some(1),
            preview: Preview::of(b"x"),
            error: None,
            errno: None,
            before: State::Connected,
            after: State::Connected,
            start_ns: id,
            end_ns: None,
            thread: 1,
        }
    }

    #[test]
    fn keeps_the_newest_and_counts_the_rest() {
        let recorder = Recorder::new(10);
        for id in 0..25 {
            recorder.keep(event(id, Phase::Completed));
        }
        assert_eq!(recorder.dropped(), 15);
        assert_eq!(
            recorder.events().iter().map(|e| e.id).collect::<Vec<_>>(),
            (15..25).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_call_that_waits_is_seen_until_it_ends() {
        let recorder = Recorder::new(10);
        recorder.keep(event(1, Phase::Started));
        recorder.keep(event(2, Phase::Completed));
        assert_eq!(recorder.events()[0].phase, Phase::Started);
        recorder.keep(event(1, Phase::Failed));
        let phases: Vec<_> = recorder.events().iter().map(|e| e.phase).collect();
        assert_eq!(phases, [Phase::Failed, Phase::Completed]);
    }
}
