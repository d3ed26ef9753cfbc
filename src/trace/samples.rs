//! What the kernel held for the sockets over time: samples, in bounded memory.
//!
//! A socket that does not change is not written down again and again: kept are the readings that differ from the one before, and the
//! last equal one before each of them, so that a step in a value stays a step when the points are joined.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::sys::forks;

/// What the kernel held for one socket at one moment. Sizes in bytes; what the system does not tell, or what this kind of socket does
/// not have, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// The process.
    pub process: u32,
    /// The socket: a number that no other socket of its process ever has.
    pub socket: u64,
    /// When, in nanoseconds of the system's monotonic clock.
    pub time_ns: u64,
    /// TCP: came and waits to be read.
    pub unread: Option<u64>,
    /// TCP: written and not acknowledged by the peer's kernel.
    pub unacknowledged: Option<u64>,
    /// TCP: the part of it that was not even sent.
    pub unsent: Option<u64>,
    /// The limit of the memory for what comes.
    pub receive_capacity: Option<u64>,
    /// The limit of the memory for what goes.
    pub send_capacity: Option<u64>,
    /// The memory that is taken by what came, bookkeeping included.
    pub receive_memory: Option<u64>,
    /// Packets that were thrown away because there was no room for them.
    pub drops: Option<u64>,
    /// The congestion window.
    pub window: Option<u64>,
    /// The room that the peer told us.
    pub peer_window: Option<u64>,
    /// The smoothed round trip time.
    pub rtt_us: Option<u32>,
    /// Segments that were sent again, in all.
    pub retransmissions: Option<u32>,
    /// A listener's connections that wait to be accepted.
    pub queue: Option<u32>,
    /// The most that may wait.
    pub queue_limit: Option<u32>,
}

impl Sample {
    /// Whether it says the same as another, at another time.
    fn says_as(&self, other: &Self) -> bool {
        *self
            == Self {
                time_ns: self.time_ns,
                ..*other
            }
    }
}

/// Keeps the newest samples, up to its capacity, and counts those that it had to let go.
#[derive(Debug)]
pub struct Samples {
    capacity: usize,
    /// The process that made it, counted in forks.
    forks: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    samples: VecDeque<Sample>,
    /// The newest of each socket, and whether it is among the samples already.
    newest: BTreeMap<(u32, u64), (Sample, bool)>,
    dropped: u64,
}

impl Kept {
    fn keep(&mut self, sample: Sample, capacity: usize) {
        if self.samples.len() == capacity {
            self.samples.pop_front();
            self.dropped += 1;
        }
        self.samples.push_back(sample);
    }
}

impl Samples {
    /// Room for this many, from 1 on.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            forks: forks(),
            kept: Mutex::default(),
        }
    }

    /// What is kept; `None` in a forked child when a thread of the parent had it locked.
    fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        if self.forks == forks() {
            return Some(self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.kept.try_lock().ok()
    }

    /// Takes the next sample of a socket.
    pub fn push(&self, sample: Sample) {
        let Some(mut kept) = self.kept() else { return };
        let of = (sample.process, sample.socket);
        if let Some((before, was_kept)) = kept.newest.insert(of, (sample, false)) {
            if before.says_as(&sample) {
                return;
            }
            if !was_kept {
                kept.keep(before, self.capacity);
            }
        }
        kept.keep(sample, self.capacity);
        kept.newest.insert(of, (sample, true));
    }

    /// Nothing more comes of this socket: its last sample is kept.
    pub fn ended(&self, process: u32, socket: u64) {
        let Some(mut kept) = self.kept() else { return };
        if let Some((last, false)) = kept.newest.remove(&(process, socket)) {
            kept.keep(last, self.capacity);
        }
    }

    /// The samples, in the order of time; the newest of each socket is among them, changed or not.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        let Some(kept) = self.kept() else {
            return Vec::new();
        };
        let unchanged = kept
            .newest
            .values()
            .filter(|(_, was_kept)| !was_kept)
            .map(|(sample, _)| *sample);
        let mut samples: Vec<Sample> = kept.samples.iter().copied().chain(unchanged).collect();
        drop(kept);
        samples.sort_by_key(|sample| (sample.time_ns, sample.process, sample.socket));
        samples
    }

    /// How many samples were let go to stay within the capacity.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.kept().map_or(0, |kept| kept.dropped)
    }

    /// The most samples that it keeps.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(socket: u64, time_ns: u64, unread: u64) -> Sample {
        Sample {
            process: 1,
            socket,
            time_ns,
            unread: Some(unread),
            ..Sample::default()
        }
    }

    fn told(samples: &Samples) -> Vec<(u64, u64, u64)> {
        let tell = |s: &Sample| (s.socket, s.time_ns, s.unread.unwrap_or(0));
        samples.samples().iter().map(tell).collect()
    }

    #[test]
    fn a_step_stays_a_step() {
        let samples = Samples::new(100);
        for (time, unread) in [(1, 0), (2, 0), (3, 0), (4, 9), (5, 9), (6, 9), (7, 9)] {
            samples.push(sample(3, time, unread));
        }
        let before = [(3, 1, 0), (3, 3, 0), (3, 4, 9), (3, 7, 9)];
        assert_eq!(told(&samples), before);
        samples.ended(1, 3);
        assert_eq!(told(&samples), before);
        samples.push(sample(3, 8, 9));
        assert_eq!(told(&samples).len(), 5);
    }

    #[test]
    fn sockets_are_told_apart_and_sorted_by_time() {
        let samples = Samples::new(100);
        for time in 1..4 {
            samples.push(sample(1, time * 10, time));
            samples.push(sample(2, time * 10 + 1, 0));
        }
        let wanted = [(1, 10, 1), (2, 11, 0), (1, 20, 2), (1, 30, 3), (2, 31, 0)];
        assert_eq!(told(&samples), wanted);
    }

    #[test]
    fn keeps_the_newest_and_counts_the_rest() {
        let samples = Samples::new(10);
        for time in 0..25 {
            samples.push(sample(1, time, time));
        }
        assert_eq!(samples.dropped(), 15);
        let times: Vec<u64> = samples.samples().iter().map(|s| s.time_ns).collect();
        assert_eq!(times, (15..25).collect::<Vec<_>>());
    }
}
