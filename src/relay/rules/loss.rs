//! Losses that come in bursts.

use std::fmt;

use crate::relay::Draws;

/// A path that is good or bad for a while (Gilbert 1960, Elliott 1963). Before each packet it may change, then it loses the packet with
/// the probability of its state. It begins good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// The probability that a good path becomes bad, before each packet.
    pub enter: f64,
    /// The probability that a bad path becomes good: a burst is 1 / leave packets long on average.
    pub leave: f64,
    /// The probability of loss while it is good.
    pub loss_good: f64,
    /// The probability of loss while it is bad.
    pub loss_bad: f64,
}

impl Burst {
    /// The share of packets that it loses in the long run.
    #[must_use]
    pub fn average(&self) -> f64 {
        let changes = self.enter + self.leave;
        if changes == 0.0 {
            return self.loss_good;
        }
        let bad = self.enter / changes;
        bad * self.loss_bad + (1.0 - bad) * self.loss_good
    }
}

impl fmt::Display for Burst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "burst(enter={}, leave={}", self.enter, self.leave)?;
        if self.loss_good != 0.0 {
            write!(f, ", loss_good={}", self.loss_good)?;
        }
        if (self.loss_bad - 1.0).abs() > f64::EPSILON {
            write!(f, ", loss_bad={}", self.loss_bad)?;
        }
        write!(f, ")")
    }
}

/// Where such a path stands.
#[derive(Clone, Debug)]
pub struct Chain {
    burst: Burst,
    bad: bool,
    draws: Draws,
}

impl Chain {
    /// A good path.
    #[must_use]
    pub const fn new(burst: Burst, draws: Draws) -> Self {
        Self {
            burst,
            bad: false,
            draws,
        }
    }

    /// Whether the next packet is lost. Two draws.
    pub fn loses(&mut self) -> bool {
        let change = if self.bad {
            self.burst.leave
        } else {
            self.burst.enter
        };
        self.bad ^= self.draws.chance(change);
        self.draws.chance(if self.bad {
            self.burst.loss_bad
        } else {
            self.burst.loss_good
        })
    }
}
