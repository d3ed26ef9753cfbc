//! The counts of a relay.

use super::{Verdict, Verdicts, Way};

/// What came one way, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many packets or chunks came.
    pub came: u64,
    /// Their bytes.
    pub came_bytes: u64,
    /// How many the kernel took to be sent on, copies among them.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    verdicts: [u64; Verdict::ALL.len()],
}

impl Counts {
    /// How many of them had this verdict. One that is doubled and late counts for both.
    #[must_use]
    pub const fn of(&self, verdict: Verdict) -> u64 {
        self.verdicts[verdict.index()]
    }

    /// One came.
    pub(super) fn came(&mut self, bytes: usize, all: Verdicts) {
        self.came += 1;
        self.came_bytes += bytes as u64;
        self.told(all);
    }

    /// This befell one.
    pub(super) fn told(&mut self, all: Verdicts) {
        for verdict in all.iter() {
            self.verdicts[verdict.index()] += 1;
        }
    }

    /// Several came, and pass.
    pub(super) const fn passed(&mut self, count: u64, bytes: u64) {
        self.came += count;
        self.came_bytes += bytes;
        self.verdicts[Verdict::Passed.index()] += count;
    }
}

/// The counts of both ways at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// From the clients to the target.
    pub to_target: Counts,
    /// From the target to the clients.
    pub to_client: Counts,
    /// How many clients came.
    pub clients: u64,
    /// How many passages the log holds.
    pub kept: u64,
    /// How many it had to let go.
    pub dropped: u64,
}

impl Report {
    /// The counts of one way.
    #[must_use]
    pub const fn way(&self, way: Way) -> &Counts {
        match way {
            Way::ToTarget => &self.to_target,
            Way::ToClient => &self.to_client,
        }
    }
}
