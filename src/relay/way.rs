//! The two directions of a path.

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// From a client to the target.
    ToTarget,
    /// From the target back to a client.
    ToClient,
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ToTarget, Self::ToClient];

    /// "to target" or "to client".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToTarget => "to target",
            Self::ToClient => "to client",
        }
    }

    /// 0 or 1, for what is kept for each way.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ToTarget => 0,
            Self::ToClient => 1,
        }
    }
}
