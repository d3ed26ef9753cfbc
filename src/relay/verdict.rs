//! What became of a packet, or of a chunk of a stream.

use std::fmt;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// It goes on as it came.
    Passed,
    /// Its bytes go on in pieces (a stream).
    Split,
    /// It goes on together with others (a stream).
    Glued,
    /// It goes on later than it came.
    Late,
    /// It goes on behind some that came after it.
    Reordered,
    /// It goes on twice.
    Doubled,
    /// One bit of it is flipped.
    Corrupted,
    /// It is kept, and does not go on for now (a stream).
    Stalled,
    /// It does not go on.
    Lost,
    /// It is larger than the path carries, and does not go on.
    TooBig,
    /// The stream ends here, though its sender has more.
    Cut,
    /// The connection is reset here.
    Reset,
    /// Nobody takes it: the target's machine says so, or a rule does.
    Refused,
    /// Nobody answers, by a rule.
    Silent,
    /// The relay could not pass it on: the rule names the error.
    Failed,
}

impl Verdict {
    /// Every verdict, from the mildest to the worst.
    pub const ALL: [Self; 15] = [
        Self::Passed,
        Self::Split,
        Self::Glued,
        Self::Late,
        Self::Reordered,
        Self::Doubled,
        Self::Corrupted,
        Self::Stalled,
        Self::Lost,
        Self::TooBig,
        Self::Cut,
        Self::Reset,
        Self::Refused,
        Self::Silent,
        Self::Failed,
    ];

    /// The verdict in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Split => "split",
            Self::Glued => "glued",
            Self::Late => "late",
            Self::Reordered => "reordered",
            Self::Doubled => "doubled",
            Self::Corrupted => "corrupted",
            Self::Stalled => "stalled",
            Self::Lost => "lost",
            Self::TooBig => "too big",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::Failed => "failed",
        }
    }

    /// Where it stands in [`Verdict::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Several verdicts: a packet may be doubled and late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Verdicts(u16);

impl Verdicts {
    /// None.
    pub const NONE: Self = Self(0);

    /// Only this one.
    #[must_use]
    pub const fn only(verdict: Verdict) -> Self {
        Self(1 << verdict.index())
    }

    /// These and this one.
    #[must_use]
    pub const fn with(self, verdict: Verdict) -> Self {
        Self(self.0 | Self::only(verdict).0)
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, verdict: Verdict) -> bool {
        self.0 & Self::only(verdict).0 != 0
    }

    /// They, from the mildest to the worst.
    pub fn iter(self) -> impl Iterator<Item = Verdict> {
        Verdict::ALL
            .into_iter()
            .filter(move |verdict| self.has(*verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_and_a_place_of_its_own() {
        let mut names: Vec<_> = Verdict::ALL.iter().map(|verdict| verdict.name()).collect();
        for (at, verdict) in Verdict::ALL.into_iter().enumerate() {
            assert_eq!(verdict.index(), at);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Verdict::ALL.len());
    }

    #[test]
    fn several_are_kept_together() {
        let both = Verdicts::only(Verdict::Doubled).with(Verdict::Late);
        assert_eq!(
            both.iter().collect::<Vec<_>>(),
            [Verdict::Late, Verdict::Doubled]
        );
        assert!(!both.has(Verdict::Passed) && Verdicts::NONE.iter().next().is_none());
    }
}
