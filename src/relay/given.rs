//! Rules as a user gives them: in seconds and bytes, for either kind of relay.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use super::rules::{self, Behind, Burst, seconds};
use super::stream;
use crate::error::{Code, Error, Result};

/// What a user may ask of one way. What is not given is not asked.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    missing_docs,
    reason = "they are the rules of `rules::Rules` and `stream::Rules`"
)]
pub struct Given {
    pub loss: Option<f64>,
    pub burst: Option<Burst>,
    pub delay: Option<f64>,
    pub jitter: Option<f64>,
    pub reorder: Option<f64>,
    pub reorder_by: Option<Behind>,
    pub duplicate: Option<f64>,
    pub corrupt: Option<f64>,
    pub rate: Option<f64>,
    pub queue: Option<i64>,
    pub mtu: Option<i64>,
    pub chunk: Option<i64>,
    pub glue: Option<f64>,
    pub stall_after: Option<i64>,
    pub reset_after: Option<i64>,
    pub reset_after_seconds: Option<f64>,
    pub half_close_after: Option<i64>,
    pub refuse: Option<bool>,
    pub silent: Option<bool>,
    pub slow_close: Option<f64>,
}

/// Does something for each rule of these, by its name and its field.
macro_rules! each {
    ($do:ident: $($rule:ident)*) => { $( $do!($rule); )* };
}

impl Given {
    /// These, and those for both ways where these say nothing.
    ///
    /// # Errors
    /// `BadArgument` for a rule that both give.
    pub fn with(&self, both: &Self) -> Result<Self> {
        let mut all = self.clone();
        macro_rules! join {
            ($rule:ident) => {
                if both.$rule.is_some() {
                    if self.$rule.is_some() {
                        return Err(twice(stringify!($rule)));
                    }
                    all.$rule = both.$rule;
                }
            };
        }
        each!(join: loss burst delay jitter reorder reorder_by duplicate corrupt rate queue mtu chunk glue stall_after
            reset_after reset_after_seconds half_close_after refuse silent slow_close);
        Ok(all)
    }

    /// Rules for datagrams.
    ///
    /// # Errors
    /// `BadArgument` for a rule of streams, and for values that cannot be meant.
    pub fn packets(&self) -> Result<rules::Rules> {
        macro_rules! refuse {
            ($rule:ident) => {
                if self.$rule.is_some() {
                    return Err(only_streams(stringify!($rule)));
                }
            };
        }
        each!(refuse: chunk glue stall_after reset_after reset_after_seconds half_close_after refuse silent slow_close);
        if self.reorder_by.is_some() && self.reorder.is_none() {
            return Err(bad(
                "reorder_by= says how far a packet is put behind, and nothing how often",
                "reorder= too, a probability",
            ));
        }
        let rules = rules::Rules {
            loss: self.loss.unwrap_or(0.0),
            burst: self.burst,
            delay: time("delay", self.delay)?,
            jitter: time("jitter", self.jitter)?,
            reorder: self.reorder.unwrap_or(0.0),
            reorder_by: self.reorder_by.unwrap_or_default(),
            duplicate: self.duplicate.unwrap_or(0.0),
            corrupt: self.corrupt.unwrap_or(0.0),
            rate: self.rate,
            queue: size("queue", self.queue, 0)?,
            mtu: size("mtu", self.mtu, 0)?,
        };
        rules.check()?;
        Ok(rules)
    }

    /// Rules for a stream.
    ///
    /// # Errors
    /// `BadArgument` for a rule of datagrams, and for values that cannot be meant.
    pub fn stream(&self) -> Result<stream::Rules> {
        macro_rules! refuse {
            ($rule:ident) => {
                if self.$rule.is_some() {
                    return Err(only_datagrams(stringify!($rule)));
                }
            };
        }
        each!(refuse: loss burst reorder reorder_by duplicate corrupt queue mtu);
        if self.refuse == Some(true) && self.silent == Some(true) {
            return Err(bad(
                "refuse= and silent= cannot both be: what is refused is not taken",
                "one of them",
            ));
        }
        // What is the same for both kinds is checked in one place.
        rules::Rules {
            rate: self.rate,
            ..rules::Rules::default()
        }
        .check()?;
        let bytes = |name, value| -> Result<Option<u64>> {
            Ok(size(name, value, 0)?.map(|size| size as u64))
        };
        let optional =
            |name: &str, value: Option<f64>| value.map(|value| seconds(name, value)).transpose();
        Ok(stream::Rules {
            delay: time("delay", self.delay)?,
            jitter: time("jitter", self.jitter)?,
            rate: self.rate,
            chunk: size("chunk", self.chunk, 1)?,
            glue: optional("glue", self.glue)?,
            stall_after: bytes("stall_after", self.stall_after)?,
            reset_after: bytes("reset_after", self.reset_after)?,
            reset_after_time: optional("reset_after_seconds", self.reset_after_seconds)?,
            half_close_after: bytes("half_close_after", self.half_close_after)?,
            refuse: self.refuse.unwrap_or(false),
            silent: self.silent.unwrap_or(false),
            slow_close: optional("slow_close", self.slow_close)?,
        })
    }
}

impl Display for Given {
    /// "loss=0.2, delay=0.05": what a user would write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        macro_rules! show {
            ($rule:ident) => {
                if let Some(value) = &self.$rule {
                    let comma = if text.is_empty() { "" } else { ", " };
                    write!(text, "{comma}{}={}", stringify!($rule), Shown::shown(value))?;
                }
            };
        }
        each!(show: loss burst delay jitter reorder reorder_by duplicate corrupt rate queue mtu chunk glue stall_after
            reset_after reset_after_seconds half_close_after refuse silent slow_close);
        f.write_str(&text)
    }
}

/// How a value is written.
trait Shown {
    fn shown(&self) -> String;
}

impl Shown for f64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for i64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for bool {
    fn shown(&self) -> String {
        if *self { "True" } else { "False" }.to_owned()
    }
}

impl Shown for Burst {
    fn shown(&self) -> String {
        let text = self.to_string();
        text.replacen("burst", "Burst", 1)
    }
}

impl Shown for Behind {
    fn shown(&self) -> String {
        match self {
            Self::Packets(count) => count.to_string(),
            Self::Time(time) => format!("{:?}", time.as_secs_f64()),
        }
    }
}

fn time(name: &str, value: Option<f64>) -> Result<Duration> {
    value.map_or(Ok(Duration::ZERO), |value| seconds(name, value))
}

fn size(name: &str, value: Option<i64>, least: i64) -> Result<Option<usize>> {
    let Some(value) = value else { return Ok(None) };
    match usize::try_from(value) {
        Ok(size) if value >= least => Ok(Some(size)),
        _ => Err(bad(
            format!("{name}={value} cannot be meant"),
            format!("a number of bytes from {least} on"),
        )),
    }
}

fn only_streams(rule: &str) -> Error {
    bad(
        format!(
            "{rule}= is for kind=\"tcp\": a datagram goes on whole or not at all, and there is no connection to end"
        ),
        "kind=\"tcp\"; or loss=, delay=, duplicate= and the others for datagrams",
    )
}

fn only_datagrams(rule: &str) -> Error {
    bad(
        format!(
            "{rule}= is for kind=\"udp\": a stream arrives whole and in order, because TCP sends again what is lost on the way"
        ),
        "kind=\"udp\"; or delay=, rate=, stall_after=, reset_after= and the others for a stream",
    )
}

fn twice(rule: &str) -> Error {
    bad(
        format!("{rule}= is given for both directions and again for one of them"),
        format!("{rule}= in to_target= and to_client= alone, where they differ"),
    )
}

fn bad(cause: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(Code::BadArgument, "relay", cause, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given::default()
    }

    #[test]
    fn what_is_given_becomes_the_rules_of_its_kind() {
        let asked = Given {
            loss: Some(0.2),
            delay: Some(0.05),
            mtu: Some(576),
            ..given()
        };
        let rules = asked.packets().unwrap();
        assert_eq!(
            (rules.delay, rules.mtu),
            (Duration::from_millis(50), Some(576))
        );
        assert!((rules.loss - 0.2).abs() < 1e-12);
        assert_eq!(asked.to_string(), "loss=0.2, delay=0.05, mtu=576");
        let asked = Given {
            chunk: Some(3),
            silent: Some(true),
            delay: Some(1.0),
            ..given()
        };
        let rules = asked.stream().unwrap();
        assert_eq!(
            (rules.chunk, rules.silent, rules.delay.as_secs()),
            (Some(3), true, 1)
        );
        assert_eq!(asked.to_string(), "delay=1, chunk=3, silent=True");
        assert!(given().packets().unwrap().is_none() && given().stream().unwrap().is_none());
    }

    #[test]
    fn a_rule_of_the_other_kind_is_refused_and_says_why() {
        let told = Given {
            loss: Some(0.2),
            ..given()
        }
        .stream()
        .unwrap_err()
        .to_string();
        assert!(
            told.contains("loss= is for kind=\"udp\"") && told.contains("sends again"),
            "{told}"
        );
        let told = Given {
            chunk: Some(2),
            ..given()
        }
        .packets()
        .unwrap_err()
        .to_string();
        assert!(told.contains("chunk= is for kind=\"tcp\""), "{told}");
    }

    #[test]
    fn values_that_cannot_be_meant_are_refused_by_name() {
        for (name, asked) in [
            (
                "delay=-1",
                Given {
                    delay: Some(-1.0),
                    ..given()
                },
            ),
            (
                "jitter=NaN",
                Given {
                    jitter: Some(f64::NAN),
                    ..given()
                },
            ),
            (
                "chunk=0",
                Given {
                    chunk: Some(0),
                    ..given()
                },
            ),
            (
                "reset_after=-1",
                Given {
                    reset_after: Some(-1),
                    ..given()
                },
            ),
            (
                "rate=0",
                Given {
                    rate: Some(0.0),
                    ..given()
                },
            ),
            (
                "slow_close=inf",
                Given {
                    slow_close: Some(f64::INFINITY),
                    ..given()
                },
            ),
        ] {
            let told = asked.stream().unwrap_err().to_string();
            assert!(told.contains(name), "{told}");
        }
        let asked = Given {
            reorder_by: Some(Behind::Packets(2)),
            ..given()
        };
        assert!(
            asked
                .packets()
                .unwrap_err()
                .to_string()
                .contains("reorder= too")
        );
    }

    #[test]
    fn a_rule_is_given_once_for_each_way() {
        let both = Given {
            delay: Some(0.1),
            ..given()
        };
        let one = Given {
            loss: Some(0.3),
            ..given()
        };
        let all = one.with(&both).unwrap();
        assert_eq!((all.delay, all.loss), (Some(0.1), Some(0.3)));
        let told = both.with(&both).unwrap_err().to_string();
        assert!(
            told.contains("delay= is given for both directions"),
            "{told}"
        );
    }
}
