//! What a relay did with each packet or chunk: the newest are kept, all are counted.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Counts, Report, Verdict, Verdicts, Way};

/// How many passages are kept unless one asks for another number.
pub const LOG_LIMIT: usize = 10_000;

/// One packet, or one chunk of a stream, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it came, in nanoseconds since the relay's start.
    pub at_ns: u64,
    /// Which way it goes.
    pub way: Way,
    /// Whose it is: the number of the client, in the order of their arrival, from 0.
    pub flow: u32,
    /// The client.
    pub client: SocketAddr,
    /// Which one of its flow and way, from 0.
    pub number: u64,
    /// Its bytes.
    pub size: usize,
    /// What became of it: the worst, where several rules met it.
    pub verdict: Verdict,
    /// All that befell it; the verdict is one of them.
    pub all: Verdicts,
    /// The rule that gave the verdict ("loss=0.2"); empty where none did.
    pub rule: Cow<'static, str>,
    /// How long the relay holds it back, in nanoseconds.
    pub delay_ns: u64,
    /// Behind how many later ones of its flow it is put then.
    pub behind: u32,
}

impl Passage {
    /// One that passes.
    #[must_use]
    pub const fn new(
        at_ns: u64,
        way: Way,
        flow: u32,
        client: SocketAddr,
        number: u64,
        size: usize,
    ) -> Self {
        Self {
            at_ns,
            way,
            flow,
            client,
            number,
            size,
            verdict: Verdict::Passed,
            all: Verdicts::only(Verdict::Passed),
            rule: Cow::Borrowed(""),
            delay_ns: 0,
            behind: 0,
        }
    }

    /// The same with this verdict, which a rule gave.
    #[must_use]
    pub fn judged(mut self, verdict: Verdict, rule: impl Into<Cow<'static, str>>) -> Self {
        self.verdict = verdict;
        self.all = Verdicts::only(verdict);
        self.rule = rule.into();
        self
    }

    /// The same, held back for so long.
    #[must_use]
    pub const fn delayed(mut self, delay_ns: u64) -> Self {
        self.delay_ns = delay_ns;
        self
    }
}

/// Keeps the newest passages up to a limit, counts those that it had to let go, and counts every one.
#[derive(Debug)]
pub struct Log {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    passages: VecDeque<Passage>,
    dropped: u64,
    counts: [Counts; 2],
    clients: u64,
}

impl Kept {
    fn keep(&mut self, passage: Passage, limit: usize) {
        if limit == 0 {
            return;
        }
        if self.passages.len() >= limit {
            self.passages.pop_front();
            self.dropped += 1;
        }
        self.passages.push_back(passage);
    }
}

impl Log {
    /// One that keeps so many; with 0 it only counts.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: Mutex::default(),
        }
    }

    /// The most passages that it keeps.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a passage, and keeps it.
    pub fn add(&self, passage: Passage) {
        self.add_all([passage]);
    }

    /// Counts passages, and keeps them: the lock is taken once.
    pub fn add_all(&self, passages: impl IntoIterator<Item = Passage>) {
        let mut kept = self.kept();
        for passage in passages {
            kept.counts[passage.way.index()].came(passage.size, passage.all);
            kept.keep(passage, self.limit);
        }
    }

    /// Counts so many that passed untouched and are not kept: for a path without rules, where nobody wants a log.
    pub fn passed(&self, way: Way, count: u64, bytes: u64) {
        self.kept().counts[way.index()].passed(count, bytes);
    }

    /// Counts what is sent on. To be called before it is: whoever receives it finds it counted.
    pub fn delivered(&self, way: Way, count: u64, bytes: u64) {
        let mut kept = self.kept();
        let counts = &mut kept.counts[way.index()];
        counts.delivered += count;
        counts.delivered_bytes += bytes;
    }

    /// What was counted as delivered could not be sent on: it is counted, and kept, with this verdict too.
    pub fn undelivered(&self, passage: Passage) {
        let mut kept = self.kept();
        let counts = &mut kept.counts[passage.way.index()];
        counts.delivered = counts.delivered.saturating_sub(1);
        counts.delivered_bytes = counts.delivered_bytes.saturating_sub(passage.size as u64);
        counts.told(passage.all);
        kept.keep(passage, self.limit);
    }

    /// Counts, and keeps, what is no packet that came: an answer of the network to an earlier one.
    pub fn note(&self, passage: Passage) {
        let mut kept = self.kept();
        kept.counts[passage.way.index()].told(passage.all);
        kept.keep(passage, self.limit);
    }

    /// Counts a client that came.
    pub fn client_came(&self) {
        self.kept().clients += 1;
    }

    /// The passages that are kept, in the order in which they came.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Passage> {
        self.kept().passages.iter().cloned().collect()
    }

    /// How many had to be let go, because there were more than the limit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.kept().dropped
    }

    /// The counts at this moment.
    #[must_use]
    pub fn report(&self) -> Report {
        let kept = self.kept();
        Report {
            to_target: kept.counts[Way::ToTarget.index()],
            to_client: kept.counts[Way::ToClient.index()],
            clients: kept.clients,
            kept: kept.passages.len() as u64,
            dropped: kept.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(number: u64) -> Passage {
        let client = SocketAddr::from(([127, 0, 0, 1], 7));
        Passage::new(number, Way::ToTarget, 0, client, number, 10)
    }

    #[test]
    fn the_newest_are_kept_and_all_are_counted() {
        let log = Log::new(3);
        log.add_all((0..9).map(passage));
        log.add(passage(9).judged(Verdict::Lost, "loss=0.2"));
        log.delivered(Way::ToTarget, 9, 90);
        let numbers: Vec<_> = log.snapshot().iter().map(|it| it.number).collect();
        assert_eq!(numbers, [7, 8, 9]);
        assert_eq!(log.dropped(), 7);
        let report = log.report();
        let counts = report.to_target;
        assert_eq!((counts.came, counts.came_bytes), (10, 100));
        assert_eq!(
            (counts.of(Verdict::Passed), counts.of(Verdict::Lost)),
            (9, 1)
        );
        assert_eq!((counts.delivered, counts.delivered_bytes), (9, 90));
        assert_eq!(report.to_client, Counts::default());
        assert_eq!((report.kept, report.dropped), (3, 7));
    }

    #[test]
    fn what_could_not_be_sent_is_not_delivered() {
        let log = Log::new(9);
        log.add(passage(0));
        log.delivered(Way::ToTarget, 1, 10);
        log.undelivered(passage(0).judged(Verdict::Failed, "too large"));
        log.note(passage(0).judged(Verdict::Refused, "target"));
        let counts = log.report().to_target;
        assert_eq!((counts.came, counts.delivered), (1, 0));
        assert_eq!(
            (counts.of(Verdict::Failed), counts.of(Verdict::Refused)),
            (1, 1)
        );
        assert_eq!(log.snapshot().len(), 3);
    }

    #[test]
    fn without_room_it_only_counts() {
        let log = Log::new(0);
        log.add(passage(0));
        log.passed(Way::ToClient, 5, 50);
        let report = log.report();
        assert!(log.snapshot().is_empty());
        assert_eq!((log.dropped(), report.dropped), (0, 0));
        assert_eq!(report.to_target.came, 1);
        assert_eq!(report.to_client.of(Verdict::Passed), 5);
        assert_eq!(report.to_client.came_bytes, 50);
    }

    #[test]
    fn each_that_befell_one_packet_is_counted() {
        let log = Log::new(1);
        let mut both = passage(0).judged(Verdict::Doubled, "duplicate=0.5");
        both.all = both.all.with(Verdict::Late);
        log.add(both.delayed(5));
        let counts = log.report().to_target;
        assert_eq!(
            (counts.of(Verdict::Doubled), counts.of(Verdict::Late)),
            (1, 1)
        );
        assert_eq!((counts.came, counts.of(Verdict::Passed)), (1, 0));
    }
}
