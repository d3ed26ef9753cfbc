//! One way of one connection: what may go on when, and as how many bytes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use super::{Limit, Limits, Rules};
use crate::relay::{Draws, Verdict, Verdicts, Way};

/// So much is kept for a receiver that does not read.
const ROOM: usize = 256 * 1024;
/// So much is kept where a rule keeps bytes for a time: what is under way on a long path (the largest window that Linux gives by itself).
const LONG_ROOM: usize = 4 * 1024 * 1024;
/// Between two pieces of `chunk`: a receiver that waits for the first has read it when the second comes.
pub const GAP_NS: u64 = 200_000;
/// A rate gives out what goes through in this time at most, at once; keeps what goes through in that, so that a thread that is woken
/// late still has something to give; and makes up for so long a time in which the receiver did not read.
const SLICE: f64 = 0.01;
const STOCK: f64 = 0.05;
const MADE_UP_NS: u64 = 50_000_000;
const SECOND: f64 = 1e9;

/// How a sender ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has finished sending.
    Finished,
    /// It has cut the connection.
    Reset,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The first so many of the bytes that are kept may go on, as one write.
    Send(usize),
    /// Nothing before this time.
    At(u64),
    /// Nothing until more comes.
    Idle,
    /// The sender has ended like this, and it is to go on now.
    End(End),
    /// This limit is reached.
    Limit(Limit),
}

/// What has gone on as one, and what befell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When its first byte came.
    pub at_ns: u64,
    /// Its bytes.
    pub size: usize,
    /// How long the rules held it back.
    pub delay_ns: u64,
    /// The worst that befell it.
    pub verdict: Verdict,
    /// All that befell it.
    pub all: Verdicts,
    /// The rule that gave the verdict.
    pub rule: Cow<'static, str>,
}

/// What came at once.
#[derive(Debug)]
struct Chunk {
    size: usize,
    came_ns: u64,
    due_ns: u64,
}

/// One way of one connection. It holds no byte, only how many there are.
#[derive(Debug)]
pub struct Flow {
    rules: Rules,
    limits: Limits,
    jitter: Draws,
    cuts: Draws,
    held: VecDeque<Chunk>,
    bytes: usize,
    delivered: u64,
    /// Nothing overtakes: what comes next is due no sooner.
    last_due: u64,
    /// Until then all that comes goes on with the first that did.
    glued_until: Option<u64>,
    /// Where the stream is cut next, and before when nothing goes on.
    cut: u64,
    gap_until: u64,
    /// When the path of `rate` has carried what has gone on.
    free_ns: u64,
    end: Option<(End, u64)>,
}

impl Flow {
    /// That of the `flow`-th connection.
    #[must_use]
    pub fn new(rules: &Rules, seed: u64, flow: u32, way: Way) -> Self {
        let mut made = Self {
            limits: Limits::new(rules),
            jitter: Draws::new(seed, flow, way, "jitter"),
            cuts: Draws::new(seed, flow, way, "chunk"),
            rules: rules.clone(),
            held: VecDeque::new(),
            bytes: 0,
            delivered: 0,
            last_due: 0,
            glued_until: None,
            cut: u64::MAX,
            gap_until: 0,
            free_ns: 0,
            end: None,
        };
        made.cut = made.next_cut();
        made
    }

    /// How many bytes may come now. A limit that is reached takes none; what comes behind a half-close is thrown away by the caller.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.limits.reached(self.delivered).is_some() || self.end.is_some() {
            return 0;
        }
        let most = match self.rules.rate {
            _ if self.rules.keeps() => LONG_ROOM,
            Some(rate) => within(rate, STOCK).clamp(ROOM, LONG_ROOM),
            None => ROOM,
        };
        // What is noted of a chunk is more than a chunk of one byte.
        let notes = self.held.len().saturating_sub(1) * size_of::<Chunk>();
        most.saturating_sub(self.bytes + notes)
    }

    /// How many bytes are kept.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.bytes
    }

    /// The limits, for their names.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Bytes have come.
    pub fn came(&mut self, now_ns: u64, size: usize) {
        if size == 0 {
            return;
        }
        let mut due_ns = now_ns.saturating_add(self.drawn_delay()).max(self.last_due);
        if let Some(glue) = self.rules.glue {
            due_ns = match self.glued_until {
                Some(until) if due_ns <= until => until,
                _ => due_ns.saturating_add(nanoseconds(glue)),
            };
            self.glued_until = Some(due_ns);
        }
        self.last_due = due_ns;
        self.bytes += size;
        self.held.push_back(Chunk {
            size,
            came_ns: now_ns,
            due_ns,
        });
    }

    /// The sender has ended. What it sent before goes on before.
    pub fn ended(&mut self, now_ns: u64, end: End) {
        let mut due = now_ns
            .saturating_add(nanoseconds(self.rules.delay))
            .max(self.last_due);
        if let (End::Finished, Some(slow)) = (end, self.rules.slow_close) {
            due = due.saturating_add(nanoseconds(slow));
        }
        self.end = Some((end, due));
    }

    /// What is to be done at this time.
    #[must_use]
    pub fn next(&self, now_ns: u64) -> Next {
        if let Some(limit) = self.limits.reached(self.delivered) {
            return Next::Limit(limit);
        }
        let Some(first) = self.held.front() else {
            return match self.end {
                Some((end, due)) if due <= now_ns => Next::End(end),
                Some((_, due)) => Next::At(due),
                None => Next::Idle,
            };
        };
        let size = self.size(first);
        let due = match self.rules.rate {
            Some(rate) => carried(self.free_ns.max(first.due_ns), size, rate),
            None => first.due_ns,
        };
        let due = due.max(self.gap_until);
        if due <= now_ns {
            Next::Send(size)
        } else {
            Next::At(due)
        }
    }

    /// How many bytes go on next, at once.
    fn size(&self, first: &Chunk) -> usize {
        let mut size = if self.rules.glue.is_some() {
            let together = self.held.iter().take_while(|it| it.due_ns == first.due_ns);
            together.map(|chunk| chunk.size).sum()
        } else {
            first.size
        };
        for most in [
            self.limits.left(self.delivered),
            self.cut.saturating_sub(self.delivered),
        ] {
            size = size.min(usize::try_from(most).unwrap_or(usize::MAX));
        }
        match self.rules.rate {
            Some(rate) => size.min(within(rate, SLICE).max(1)),
            None => size,
        }
    }

    /// What will befall the bytes that come now, as far as it is known before they go on.
    #[must_use]
    pub fn intends(&self) -> (Verdict, Cow<'static, str>) {
        let rules = &self.rules;
        if let Some(rate) = rules.rate {
            (Verdict::Late, format!("rate={rate}").into())
        } else if let Some(glue) = rules.glue {
            let rule = format!("glue={}", glue.as_secs_f64());
            (Verdict::Glued, rule.into())
        } else if rules.keeps() {
            (Verdict::Late, rules.delay_name().into())
        } else if let Some(most) = rules.chunk {
            (Verdict::Split, format!("chunk={most}").into())
        } else {
            (Verdict::Passed, Cow::Borrowed(""))
        }
    }

    /// So many of the bytes that may go do go, at this time: how many calls the kernel needs for them decides nothing.
    pub fn release(&mut self, now_ns: u64, size: usize) -> Piece {
        let first = self.held.front();
        let (at_ns, due_ns) = first.map_or((now_ns, now_ns), |it| (it.came_ns, it.due_ns));
        let mut piece = Piece {
            at_ns,
            size,
            delay_ns: due_ns - at_ns,
            verdict: Verdict::Passed,
            all: Verdicts::NONE,
            rule: Cow::Borrowed(""),
        };
        let glued = first.is_some_and(|first| size > first.size);
        let late = due_ns > at_ns;
        self.take(size);
        self.delivered += size as u64;
        if let Some(most) = self.rules.chunk {
            piece.judge(Verdict::Split, || format!("chunk={most}"));
            self.gap_until = now_ns.saturating_add(GAP_NS);
            if self.delivered >= self.cut {
                self.cut = self.next_cut();
            }
        }
        if let Some(glue) = self.rules.glue {
            let verdict = if glued { Verdict::Glued } else { Verdict::Late };
            piece.judge(verdict, || format!("glue={}", glue.as_secs_f64()));
        } else if late {
            piece.judge(Verdict::Late, || self.rules.delay_name());
        }
        if let Some(rate) = self.rules.rate {
            self.free_ns = carried(self.free_ns.max(due_ns), size, rate);
            piece.delay_ns = piece.delay_ns.max(self.free_ns.saturating_sub(at_ns));
            piece.judge(Verdict::Late, || format!("rate={rate}"));
        }
        if piece.all == Verdicts::NONE {
            piece.all = Verdicts::only(Verdict::Passed);
        }
        piece
    }

    fn take(&mut self, size: usize) {
        let mut left = size.min(self.bytes);
        self.bytes -= left;
        while let Some(first) = self.held.front_mut() {
            if left < first.size {
                first.size -= left;
                return;
            }
            left -= first.size;
            self.held.pop_front();
        }
    }

    /// Nothing could go on until now: the receiver did not read, or the path was cut. A rate makes up for little of it.
    pub fn was_held_up(&mut self, now_ns: u64) {
        self.free_ns = self.free_ns.max(now_ns.saturating_sub(MADE_UP_NS));
    }

    /// Throws away what is kept; how many bytes it was.
    pub fn discard(&mut self) -> usize {
        self.held = VecDeque::new();
        std::mem::take(&mut self.bytes)
    }

    fn drawn_delay(&mut self) -> u64 {
        let delay = nanoseconds(self.rules.delay);
        let jitter = nanoseconds(self.rules.jitter);
        // Drawn also where nothing is asked: one rule more changes no draw of another.
        let drawn = self
            .jitter
            .below(jitter.saturating_mul(2).saturating_add(1));
        delay.saturating_add(drawn).saturating_sub(jitter)
    }

    fn next_cut(&mut self) -> u64 {
        match self.rules.chunk {
            Some(most) => self.delivered + 1 + self.cuts.below(most as u64),
            None => u64::MAX,
        }
    }
}

impl Piece {
    /// Something befell it. The worst, and of equals the last, is the verdict.
    fn judge(&mut self, verdict: Verdict, rule: impl FnOnce() -> String) {
        self.all = self.all.with(verdict);
        if verdict >= self.verdict {
            self.verdict = verdict;
            self.rule = rule().into();
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// When so many bytes that begin at this time are through.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float too large or negative becomes the nearest number; sizes are far below 2^53"
)]
fn carried(start_ns: u64, size: usize, rate: f64) -> u64 {
    start_ns.saturating_add((size as f64 / rate * SECOND).round() as u64)
}

/// How many bytes go through in so many seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float too large or negative becomes the nearest number"
)]
fn within(rate: f64, seconds: f64) -> usize {
    (rate * seconds) as usize
}
