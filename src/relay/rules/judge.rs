//! The fate of each packet of one way of one flow.

use std::sync::Arc;
use std::time::Duration;

use super::{Behind, Chain, Link, Rule, Rules};
use crate::relay::{Draws, Verdict, Verdicts, Way};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The worst of what befalls it.
    pub verdict: Verdict,
    /// All of it.
    pub all: Verdicts,
    /// The rule that gave the verdict.
    pub rule: Rule,
    /// When it goes on, and when its copy does; `None`: never.
    pub due_ns: [Option<u64>; 2],
    /// The bit that is flipped, counted from the first byte's lowest.
    pub flip: Option<u64>,
    /// How many later ones go on before it, and before its copy.
    pub behind: Option<u32>,
}

impl Fate {
    /// It passes.
    #[must_use]
    pub const fn passes(now_ns: u64) -> Self {
        Self {
            verdict: Verdict::Passed,
            all: Verdicts::NONE,
            rule: Rule::None,
            due_ns: [Some(now_ns), None],
            flip: None,
            behind: None,
        }
    }

    /// One more thing befalls it. The worst gives the verdict.
    fn befalls(&mut self, verdict: Verdict, rule: Rule) {
        self.all = self.all.with(verdict);
        if verdict > self.verdict {
            (self.verdict, self.rule) = (verdict, rule);
        }
    }

    /// It goes no further, and whatever else would have befallen it does not.
    #[must_use]
    pub const fn ends(verdict: Verdict, rule: Rule) -> Self {
        Self {
            verdict,
            all: Verdicts::only(verdict),
            rule,
            due_ns: [None, None],
            flip: None,
            behind: None,
        }
    }

    /// It goes on at once, alone and as it came.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

/// What the draws say of one packet, before any rule acts.
struct Drawn {
    /// The rule that loses it.
    lost: Option<Rule>,
    flip: Option<u64>,
    doubled: bool,
    late_ns: [u64; 2],
    reordered: bool,
}

/// Applies the rules of one way to one flow. It has no clock.
#[derive(Debug)]
pub struct Judge {
    rules: Arc<Rules>,
    /// The headers that a packet has beside the datagram, in bytes.
    headers: usize,
    loss: Draws,
    burst: Option<Chain>,
    corrupt: Draws,
    duplicate: Draws,
    jitter: Draws,
    reorder: Draws,
    link: Option<Link>,
}

impl Judge {
    /// One for this flow and way. `headers`: of IP and UDP, in bytes.
    #[must_use]
    pub fn new(rules: &Arc<Rules>, seed: u64, flow: u32, way: Way, headers: usize) -> Self {
        let draws = |rule| Draws::new(seed, flow, way, rule);
        Self {
            headers,
            loss: draws("loss"),
            burst: rules.burst.map(|burst| Chain::new(burst, draws("burst"))),
            corrupt: draws("corrupt"),
            duplicate: draws("duplicate"),
            jitter: draws("jitter"),
            reorder: draws("reorder"),
            link: rules.rate.map(|rate| Link::new(rate, rules.queue)),
            rules: Arc::clone(rules),
        }
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The fate of the next packet, of `size` bytes without headers. `parted`: the path is, at this moment.
    pub fn judge(&mut self, now_ns: u64, size: usize, parted: bool) -> Fate {
        let drawn = self.draw(size);
        let rules = &self.rules;
        if parted {
            return Fate::ends(Verdict::Lost, Rule::Partition);
        }
        if rules.mtu.is_some_and(|mtu| size + self.headers > mtu) {
            return Fate::ends(Verdict::TooBig, Rule::Mtu);
        }
        if let Some(rule) = drawn.lost {
            return Fate::ends(Verdict::Lost, rule);
        }
        let mut left = now_ns;
        let mut copy = None;
        if let Some(link) = &mut self.link {
            match link.pass(now_ns, size) {
                Some(time) => left = time,
                None => return Fate::ends(Verdict::Lost, Rule::Rate),
            }
            if drawn.doubled {
                copy = link.pass(now_ns, size);
            }
        } else if drawn.doubled {
            copy = Some(now_ns);
        }
        let mut fate = Fate::passes(now_ns);
        if left > now_ns {
            fate.befalls(Verdict::Late, Rule::Rate);
        }
        if drawn.late_ns[0] > left - now_ns {
            // Both made it late; the longer names the reason.
            fate.verdict = Verdict::Passed;
        }
        if drawn.late_ns[0] > 0 {
            fate.befalls(Verdict::Late, Rule::Delay);
        }
        fate.due_ns[0] = Some(left + drawn.late_ns[0]);
        if let Some(copy) = copy {
            fate.due_ns[1] = Some(copy + drawn.late_ns[1]);
            fate.befalls(Verdict::Doubled, Rule::Duplicate);
        }
        if drawn.reordered {
            match rules.reorder_by {
                Behind::Packets(behind) => fate.behind = Some(behind),
                Behind::Time(by) => {
                    fate.due_ns = fate.due_ns.map(|due| due.map(|due| due + nanoseconds(by)));
                }
            }
            fate.befalls(Verdict::Reordered, Rule::Reorder);
        }
        if drawn.flip.is_some() {
            fate.flip = drawn.flip;
            fate.befalls(Verdict::Corrupted, Rule::Corrupt);
        }
        if fate.all == Verdicts::NONE {
            fate.all = Verdicts::only(Verdict::Passed);
        }
        fate
    }

    /// A draw of each rule, and as many for every packet.
    fn draw(&mut self, size: usize) -> Drawn {
        let rules = &self.rules;
        let bits = size as u64 * 8;
        let (corrupted, bit) = if rules.corrupt > 0.0 {
            (self.corrupt.chance(rules.corrupt), self.corrupt.below(bits))
        } else {
            (false, 0)
        };
        let lost = rules.loss > 0.0 && self.loss.chance(rules.loss);
        let in_burst = self.burst.as_mut().is_some_and(Chain::loses);
        let mut late = || late_ns(rules, &mut self.jitter);
        Drawn {
            late_ns: [late(), late()],
            lost: match (lost, in_burst) {
                (true, _) => Some(Rule::Loss),
                (false, true) => Some(Rule::Burst),
                (false, false) => None,
            },
            flip: (corrupted && bits > 0).then_some(bit),
            doubled: rules.duplicate > 0.0 && self.duplicate.chance(rules.duplicate),
            reordered: rules.reorder > 0.0 && self.reorder.chance(rules.reorder),
        }
    }
}

/// The delay with its jitter: one draw, if there is any.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "nanoseconds of a day at most; below zero it is zero"
)]
fn late_ns(rules: &Rules, draws: &mut Draws) -> u64 {
    let delay = nanoseconds(rules.delay);
    if rules.jitter.is_zero() {
        return delay;
    }
    let around = draws.unit() * 2.0 - 1.0;
    (delay as f64 + around * nanoseconds(rules.jitter) as f64).max(0.0) as u64
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 4)
}
