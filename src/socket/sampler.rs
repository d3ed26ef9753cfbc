//! A thread that reads what the kernel holds for every open socket of this process, at a steady pace.
//!
//! It never touches Python, never holds a descriptor past a close, and looks at no socket while the process forks: a child
//! would find the locks of that moment held for ever.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use socket2::Socket as Handle;

use super::kernel::AcceptQueue;
use super::live::{self, Held, Look};
use super::{explain, locked};
use crate::error::Result;
use crate::ports::Transport;
use crate::sys::{self, forks, kernel};
use crate::trace::{Sample, Samples};

/// The least time between two rounds that can be asked for.
const LEAST: Duration = Duration::from_micros(50);
/// For each part of its time that a round takes, so many parts are rest: thousands of sockets cost a fifth of one processor.
const REST: u32 = 4;

/// Rounds that are under way, and those who want none to be: each side first tells, then looks.
static READING: AtomicUsize = AtomicUsize::new(0);
static HOLDS: AtomicUsize = AtomicUsize::new(0);
static SAMPLERS: Mutex<Vec<Weak<Sampler>>> = Mutex::new(Vec::new());

/// To be called before this process forks: waits for the look under way, and lets none begin.
pub fn hold() {
    HOLDS.fetch_add(1, Ordering::SeqCst);
    while READING.load(Ordering::SeqCst) > 0 {
        std::thread::yield_now();
    }
}

/// To be called in the parent after the fork.
pub fn go_on() {
    HOLDS.fetch_sub(1, Ordering::SeqCst);
}

/// To be called in the child: no sampler runs there.
pub fn forked() {
    HOLDS.store(0, Ordering::SeqCst);
    READING.store(0, Ordering::SeqCst);
}

/// Ends every sampler of this process, and waits for it: for the interpreter's end.
pub fn stop_all() {
    let samplers = match SAMPLERS.try_lock() {
        Ok(mut samplers) => std::mem::take(&mut *samplers),
        // Only in a forked child, whose parent was starting one.
        Err(_) => return,
    };
    for sampler in samplers.iter().filter_map(Weak::upgrade) {
        sampler.stop();
    }
}

/// A look at one socket, or at the list of them, that a fork waits for.
struct Reading;

impl Reading {
    fn begin() -> Option<Self> {
        READING.fetch_add(1, Ordering::SeqCst);
        let reading = Self;
        (HOLDS.load(Ordering::SeqCst) == 0).then_some(reading)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Samples every open socket of this process, until it is stopped or dropped.
#[derive(Debug)]
pub struct Sampler {
    stopping: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
    wakes: Thread,
    /// A forked child has no such thread.
    forks: u64,
}

impl Sampler {
    /// Starts the thread. It reads once in a period, or less often when there are so many sockets that reading them takes
    /// longer than a fifth of it.
    ///
    /// # Errors
    /// `System` when the system has no thread left.
    pub fn start(period: Duration, sink: Arc<Samples>) -> Result<Arc<Self>> {
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let period = period.max(LEAST);
        let thread = std::thread::Builder::new()
            .name("netsteps sampler".into())
            .spawn(move || run(period, &sink, &stop))
            .map_err(|error| {
                explain::other(&error, "trace", "a trace without sample=, or fewer threads")
            })?;
        let sampler = Arc::new(Self {
            stopping,
            wakes: thread.thread().clone(),
            thread: Mutex::new(Some(thread)),
            forks: forks(),
        });
        let mut samplers = SAMPLERS.lock().unwrap_or_else(PoisonError::into_inner);
        samplers.retain(|other| other.strong_count() > 0);
        samplers.push(Arc::downgrade(&sampler));
        Ok(sampler)
    }

    /// Reads no more: the thread has ended when this returns. Twice is no error.
    pub fn stop(&self) {
        if self.forks != forks() {
            // The handle of a thread of the parent's: there is nothing to wait for here, nor to be given back.
            if let Ok(mut thread) = self.thread.try_lock() {
                std::mem::forget(thread.take());
            }
            return;
        }
        self.stopping.store(true, Ordering::Release);
        self.wakes.unpark();
        // Held while it waits, so that a second caller does not come back earlier.
        let mut thread = locked(&self.thread);
        if let Some(thread) = thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(period: Duration, sink: &Samples, stopping: &AtomicBool) {
    let process = std::process::id();
    let mut known = BTreeSet::new();
    while !stopping.load(Ordering::Acquire) {
        let begun = Instant::now();
        round(process, sink, &mut known);
        let took = begun.elapsed();
        let until = begun + (took + took * REST).max(period);
        // Unparking may come from elsewhere, too.
        while !stopping.load(Ordering::Acquire) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::park_timeout(left);
        }
    }
    // The last word on every socket: how it was when the sampling ended.
    round(process, sink, &mut known);
    for serial in known {
        sink.ended(process, serial);
    }
}

/// Looks at every socket once.
fn round(process: u32, sink: &Samples, known: &mut BTreeSet<u64>) {
    let Some(reading) = Reading::begin() else {
        return;
    };
    let sockets = live::live();
    drop(reading);
    let mut open = BTreeSet::new();
    for held in &sockets {
        let Some(_reading) = Reading::begin() else {
            open.extend(sockets.iter().map(|held| held.serial));
            break;
        };
        let before = known.contains(&held.serial);
        match held.look(|handle| sample(process, held, handle, before)) {
            Look::Seen(Some(sample)) => {
                sink.push(sample);
                known.insert(held.serial);
            }
            Look::Seen(None) | Look::Busy => {}
            Look::Closed => continue,
        }
        open.insert(held.serial);
    }
    known.retain(|serial| {
        let stays = open.contains(serial);
        if !stays {
            sink.ended(process, *serial);
        }
        stays
    });
}

/// Reads one socket; `None` for a TCP socket that is neither connected nor listening and was not before, and where the system
/// does not tell.
fn sample(process: u32, held: &Held, handle: &Handle, before: bool) -> Option<Sample> {
    let time_ns = sys::monotonic_ns();
    let stream = held.transport == Transport::Tcp;
    let sample = Sample {
        process,
        socket: held.serial,
        time_ns,
        ..Sample::default()
    };
    let info = if stream {
        Some(kernel::tcp_info(handle)?)
    } else {
        None
    };
    if let Some(queue) = info.as_ref().and_then(AcceptQueue::of) {
        return Some(Sample {
            queue: Some(queue.length),
            queue_limit: Some(queue.limit),
            ..sample
        });
    }
    if info.is_some_and(|info| info.state == "CLOSE") && !before {
        return None;
    }
    let buffers = kernel::buffers(handle, stream)?;
    Some(Sample {
        unread: buffers.unread,
        unacknowledged: buffers.unacknowledged,
        unsent: buffers.unsent,
        receive_capacity: Some(buffers.receive_capacity),
        send_capacity: Some(buffers.send_capacity),
        receive_memory: buffers.receive_memory,
        drops: buffers.drops,
        window: info.map(|info| info.cwnd_bytes),
        peer_window: info.and_then(|info| info.peer_window).map(u64::from),
        rtt_us: info.and_then(|info| info.rtt_us),
        retransmissions: info.map(|info| info.retransmissions),
        ..sample
    })
}
