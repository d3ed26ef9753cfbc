//! Where a stream stalls, is reset, or ends before its end.

use super::Rules;
use crate::relay::Verdict;

/// What happens when so many bytes have gone on. Of several at one byte, the first of these is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Both ends are reset.
    Reset,
    /// The receiver reads the end.
    HalfClose,
    /// Nothing goes on any more.
    Stall,
}

impl Limit {
    /// What becomes of the bytes behind it.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Reset => Verdict::Reset,
            Self::HalfClose => Verdict::Cut,
            Self::Stall => Verdict::Stalled,
        }
    }
}

/// The limits of one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The nearest, which is the only one that is ever reached.
    nearest: Option<(u64, Limit)>,
}

impl Limits {
    /// Those of these rules.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        let all = [
            rules.reset_after.map(|bytes| (bytes, Limit::Reset)),
            rules
                .half_close_after
                .map(|bytes| (bytes, Limit::HalfClose)),
            rules.stall_after.map(|bytes| (bytes, Limit::Stall)),
        ];
        Self {
            nearest: all.into_iter().flatten().min(),
        }
    }

    /// How many more bytes may go on when so many have.
    #[must_use]
    pub fn left(&self, delivered: u64) -> u64 {
        self.nearest
            .map_or(u64::MAX, |(bytes, _)| bytes.saturating_sub(delivered))
    }

    /// The limit that is reached when so many have gone on.
    #[must_use]
    pub fn reached(&self, delivered: u64) -> Option<Limit> {
        let (bytes, limit) = self.nearest?;
        (delivered >= bytes).then_some(limit)
    }

    /// The rule, as a log names it: "reset_after=1000".
    #[must_use]
    pub fn name(&self) -> String {
        match self.nearest {
            Some((bytes, Limit::Reset)) => format!("reset_after={bytes}"),
            Some((bytes, Limit::HalfClose)) => format!("half_close_after={bytes}"),
            Some((bytes, Limit::Stall)) => format!("stall_after={bytes}"),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_limit_is_the_one_that_is_reached() {
        let rules = Rules {
            stall_after: Some(10),
            reset_after: Some(20),
            half_close_after: Some(10),
            ..Rules::default()
        };
        let limits = Limits::new(&rules);
        assert_eq!(
            (limits.left(0), limits.left(4), limits.left(99)),
            (10, 6, 0)
        );
        assert_eq!(limits.reached(9), None);
        assert_eq!(limits.reached(10), Some(Limit::HalfClose));
        assert_eq!(limits.name(), "half_close_after=10");
        let none = Limits::new(&Rules::default());
        assert_eq!((none.left(7), none.reached(u64::MAX)), (u64::MAX, None));
    }
}
