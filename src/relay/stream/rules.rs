//! What is asked of one way of a stream.

use std::time::Duration;

use crate::error::{Code, Error, Result};
use crate::relay::rules::seconds;

/// What is asked of one way of a stream. By default nothing: bytes pass as they come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Each byte goes on so much later.
    pub delay: Duration,
    /// So much sooner or later than that, drawn evenly for each read; never sooner than at once, and never out of order.
    pub jitter: Duration,
    /// The most bytes that go on in a second.
    pub rate: Option<f64>,
    /// Bytes go on in pieces of 1 to so many, drawn evenly.
    pub chunk: Option<usize>,
    /// What comes within this time after a first byte goes on with it, as one write.
    pub glue: Option<Duration>,
    /// After so many bytes nothing goes on any more, and nobody is told.
    pub stall_after: Option<u64>,
    /// After so many bytes both ends are reset.
    pub reset_after: Option<u64>,
    /// So long after the client came both ends are reset.
    pub reset_after_time: Option<Duration>,
    /// After so many bytes the receiver is told that this was the end; it may go on answering.
    pub half_close_after: Option<u64>,
    /// Nobody listens: the kernel refuses each connection.
    pub refuse: bool,
    /// Connections are taken, nothing is read or said, and the target is not told.
    pub silent: bool,
    /// The sender's end goes on so much later.
    pub slow_close: Option<Duration>,
}

impl Rules {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether each way of a connection needs decisions: something beside how it begins and when it is reset.
    #[must_use]
    pub fn decides(&self) -> bool {
        let begins = Self {
            refuse: self.refuse,
            silent: self.silent,
            reset_after_time: self.reset_after_time,
            ..Self::default()
        };
        *self != begins
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// `BadArgument`, naming the rule and why.
    pub fn check(&self) -> Result<()> {
        let times = [
            ("delay", Some(self.delay)),
            ("jitter", Some(self.jitter)),
            ("glue", self.glue),
            ("reset_after_seconds", self.reset_after_time),
            ("slow_close", self.slow_close),
        ];
        for (name, time) in times {
            if let Some(time) = time {
                seconds(name, time.as_secs_f64())?;
            }
        }
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate >= 1.0)
        {
            let cause = format!("rate={rate} is no rate: nothing would ever arrive");
            return bad(cause, "bytes per second, from 1 on");
        }
        if self.chunk == Some(0) {
            return bad("chunk=0 bytes at a time would never arrive", "1 or more");
        }
        Ok(())
    }

    /// Whether bytes are kept for a time.
    #[must_use]
    pub fn keeps(&self) -> bool {
        !self.delay.is_zero() || !self.jitter.is_zero() || self.glue.is_some()
    }

    /// "delay=0.05", "jitter=0.01", or both.
    #[must_use]
    pub fn delay_name(&self) -> String {
        let (delay, jitter) = (self.delay.as_secs_f64(), self.jitter.as_secs_f64());
        match (self.delay.is_zero(), self.jitter.is_zero()) {
            (false, false) => format!("delay={delay}, jitter={jitter}"),
            (true, false) => format!("jitter={jitter}"),
            _ => format!("delay={delay}"),
        }
    }
}

fn bad(cause: impl Into<String>, remedy: &'static str) -> Result<()> {
    Err(Error::new(Code::BadArgument, "relay", cause, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_know_whether_they_decide() {
        let none = Rules::default();
        assert!(none.is_none() && !none.decides() && !none.keeps());
        let begins = Rules {
            silent: true,
            reset_after_time: Some(Duration::from_secs(1)),
            ..Rules::default()
        };
        assert!(!begins.is_none() && !begins.decides());
        let late = Rules {
            delay: Duration::from_millis(50),
            jitter: Duration::from_millis(5),
            ..Rules::default()
        };
        assert!(late.decides() && late.keeps());
        assert_eq!(late.delay_name(), "delay=0.05, jitter=0.005");
    }
}
