//! What is asked of one way of a path for datagrams.

use std::borrow::Cow;
use std::time::Duration;

use super::Burst;
use crate::error::{Code, Error, Result};

const STEP: &str = "relay";
/// The longest time that a packet can be asked to be late.
const LONGEST: Duration = Duration::from_hours(24);
/// RFC 791: every link of the Internet carries packets of this size.
const SMALLEST_MTU: usize = 68;
/// The most packets that one can be put behind.
const MOST_BEHIND: u32 = 1000;

/// A rule, as the log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// None: the packet passes.
    None,
    /// The path is parted.
    Partition,
    /// It carries no packets of this size.
    Mtu,
    /// It loses packets, each by itself.
    Loss,
    /// It loses packets in bursts.
    Burst,
    /// It flips bits.
    Corrupt,
    /// It brings packets twice.
    Duplicate,
    /// It carries so many bytes in a second.
    Rate,
    /// It takes time.
    Delay,
    /// It puts packets behind later ones.
    Reorder,
}

/// How far a packet is put behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behind {
    /// So many packets that came after it go on before it.
    Packets(u32),
    /// It is so much later.
    Time(Duration),
}

impl Default for Behind {
    fn default() -> Self {
        Self::Packets(1)
    }
}

/// What is asked of one way. By default nothing: packets pass as they come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// The probability that a packet is lost.
    pub loss: f64,
    /// Losses that come in bursts.
    pub burst: Option<Burst>,
    /// Each packet is so much later.
    pub delay: Duration,
    /// Sooner or later than that by up to so much, drawn evenly for each packet; never sooner than at once.
    pub jitter: Duration,
    /// The probability that a packet is put behind later ones.
    pub reorder: f64,
    /// How far.
    pub reorder_by: Behind,
    /// The probability that a packet comes twice.
    pub duplicate: f64,
    /// The probability that one bit of a packet is flipped.
    pub corrupt: f64,
    /// The most bytes (of datagrams, without their headers) in a second.
    pub rate: Option<f64>,
    /// The most bytes that wait for the link of that rate; by default a quarter of a second's worth, at least 3,000.
    pub queue: Option<usize>,
    /// The largest packet, with its IP and UDP headers, in bytes.
    pub mtu: Option<usize>,
}

impl Rules {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_none(&self) -> bool {
        let asked = Self {
            // How far nothing is put behind.
            reorder_by: Behind::default(),
            ..self.clone()
        };
        asked == Self::default()
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `BadArgument`, naming the rule and why.
    pub fn check(&self) -> Result<()> {
        probability("loss", self.loss)?;
        probability("reorder", self.reorder)?;
        probability("duplicate", self.duplicate)?;
        probability("corrupt", self.corrupt)?;
        if let Some(burst) = &self.burst {
            probability("burst enter", burst.enter)?;
            probability("burst leave", burst.leave)?;
            probability("burst loss_good", burst.loss_good)?;
            probability("burst loss_bad", burst.loss_bad)?;
        }
        time("delay", self.delay)?;
        time("jitter", self.jitter)?;
        match self.reorder_by {
            Behind::Packets(1..=MOST_BEHIND) => {}
            Behind::Packets(other) => {
                let cause = format!("reorder_by={other} packets cannot be meant");
                return bad(cause, format!("1 to {MOST_BEHIND} packets, or seconds"));
            }
            Behind::Time(by) => time("reorder_by", by)?,
        }
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate >= 1.0)
        {
            let cause = format!("rate={rate} is no rate: nothing would ever arrive");
            return bad(cause, "bytes per second, from 1 on");
        }
        if self.queue.is_some() && self.rate.is_none() {
            return bad("queue= is the room before a link of a rate", "rate= too");
        }
        if let Some(mtu) = self.mtu.filter(|mtu| *mtu < SMALLEST_MTU) {
            let cause = format!("mtu={mtu} is smaller than any link may have it (RFC 791: 68)");
            return bad(cause, "bytes, with the headers of IP and UDP");
        }
        Ok(())
    }

    /// The rule as a log names it: "loss=0.2".
    #[must_use]
    pub fn name(&self, rule: Rule) -> Cow<'static, str> {
        let text = match rule {
            Rule::None => return Cow::Borrowed(""),
            Rule::Partition => return Cow::Borrowed("partition"),
            Rule::Mtu => format!("mtu={}", self.mtu.unwrap_or(0)),
            Rule::Loss => format!("loss={}", self.loss),
            Rule::Burst => self
                .burst
                .map_or_else(String::new, |burst| burst.to_string()),
            Rule::Corrupt => format!("corrupt={}", self.corrupt),
            Rule::Duplicate => format!("duplicate={}", self.duplicate),
            Rule::Rate => format!("rate={}", self.rate.unwrap_or(0.0)),
            Rule::Delay => {
                let (delay, jitter) = (self.delay.as_secs_f64(), self.jitter.as_secs_f64());
                match (self.delay.is_zero(), self.jitter.is_zero()) {
                    (false, false) => format!("delay={delay}, jitter={jitter}"),
                    (true, false) => format!("jitter={jitter}"),
                    _ => format!("delay={delay}"),
                }
            }
            Rule::Reorder => format!("reorder={}", self.reorder),
        };
        Cow::Owned(text)
    }
}

/// Seconds as a time.
///
/// # Errors
/// `BadArgument`, naming the rule, for what is no time.
pub fn seconds(name: &str, value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| no_time(name, &value.to_string()))
        .and_then(|found| time(name, found).map(|()| found))
}

fn no_time(name: &str, value: &str) -> Error {
    Error::new(
        Code::BadArgument,
        STEP,
        format!("{name}={value} is no time that a relay keeps"),
        "seconds, from 0 to 86400 (a day)",
    )
}

fn time(name: &str, value: Duration) -> Result<()> {
    if value <= LONGEST {
        return Ok(());
    }
    Err(no_time(name, &value.as_secs_f64().to_string()))
}

fn probability(name: &str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    let cause = format!("{name}={value} is no probability");
    bad(cause, "from 0 (never) to 1 (always): 0.2 is one in five")
}

fn bad(cause: impl Into<String>, remedy: impl Into<String>) -> Result<()> {
    Err(Error::new(Code::BadArgument, STEP, cause, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        let none = Rules::default;
        let bad: [(&str, Rules); 7] = [
            (
                "loss=1.5",
                Rules {
                    loss: 1.5,
                    ..none()
                },
            ),
            (
                "duplicate=NaN",
                Rules {
                    duplicate: f64::NAN,
                    ..none()
                },
            ),
            (
                "rate=0",
                Rules {
                    rate: Some(0.0),
                    ..none()
                },
            ),
            (
                "mtu=20",
                Rules {
                    mtu: Some(20),
                    ..none()
                },
            ),
            (
                "queue=",
                Rules {
                    queue: Some(5),
                    ..none()
                },
            ),
            (
                "reorder_by=0",
                Rules {
                    reorder_by: Behind::Packets(0),
                    ..none()
                },
            ),
            (
                "delay=",
                Rules {
                    delay: Duration::MAX,
                    ..none()
                },
            ),
        ];
        for (name, rules) in bad {
            let told = rules.check().unwrap_err().to_string();
            assert!(told.contains(name), "{told}");
        }
    }

    #[test]
    fn each_rule_has_a_name_that_says_its_value() {
        let asked = Rules {
            loss: 0.1,
            burst: Some(Burst {
                enter: 0.01,
                leave: 0.2,
                loss_good: 0.0,
                loss_bad: 0.9,
            }),
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(5),
            ..Rules::default()
        };
        assert_eq!(asked.name(Rule::Loss), "loss=0.1");
        assert_eq!(asked.name(Rule::Delay), "delay=0.02, jitter=0.005");
        assert_eq!(
            asked.name(Rule::Burst),
            "burst(enter=0.01, leave=0.2, loss_bad=0.9)"
        );
        assert_eq!(asked.name(Rule::None), "");
    }
}
