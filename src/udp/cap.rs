//! How many replies a source gets in a second: what ends two servers that answer each other.
//!
//! The address of a datagram may be forged. One that seems to come from another echo server makes the two answer each other without
//! end, each as fast as it can (RFC 862 and its like, "UDP packet storm", CERT CA-1996-01). Nothing in a datagram tells the two
//! servers apart from two clients, but their pace does.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use crate::address::Endpoint;

/// For so long the replies to a source are counted, from the first of them on.
const SECOND: Duration = Duration::from_secs(1);
/// So many sources have a count of their own: about half a megabyte. Whoever forges addresses can name any number of them.
const SOURCES: usize = 4096;
/// All sources beyond these share as much as so many of them would have.
const SHARED: u32 = 64;

/// The replies since then.
#[derive(Clone, Copy, Debug)]
struct Count {
    since: Instant,
    replies: u32,
}

impl Count {
    /// Counts one more, if it is within the limit.
    fn allow(&mut self, limit: u32, now: Instant) -> bool {
        if self.over(now) {
            *self = Self {
                since: now,
                replies: 0,
            };
        }
        let allowed = self.replies < limit;
        self.replies += u32::from(allowed);
        allowed
    }

    fn over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= SECOND
    }
}

/// The replies of the last second, by source.
#[derive(Debug)]
pub struct Cap {
    limit: u32,
    sources: HashMap<Endpoint, Count>,
    shared: Count,
    /// When the counts that are over were last thrown away.
    cleared: Instant,
}

impl Cap {
    /// So many replies for each source in a second.
    #[must_use]
    pub fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit,
            sources: HashMap::new(),
            shared: Count {
                since: now,
                replies: 0,
            },
            cleared: now,
        }
    }

    /// Whether this source gets one more reply now; it is counted.
    pub fn allow(&mut self, source: Endpoint, now: Instant) -> bool {
        if self.sources.len() >= SOURCES && now.saturating_duration_since(self.cleared) >= SECOND {
            self.sources.retain(|_, count| !count.over(now));
            self.cleared = now;
        }
        let full = self.sources.len() >= SOURCES;
        match self.sources.entry(source) {
            Entry::Occupied(mut own) => own.get_mut().allow(self.limit, now),
            Entry::Vacant(_) if full => self.shared.allow(self.limit.saturating_mul(SHARED), now),
            Entry::Vacant(free) => free
                .insert(Count {
                    since: now,
                    replies: 0,
                })
                .allow(self.limit, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: u16) -> Endpoint {
        Endpoint::new([192, 0, 2, 1].into(), number)
    }

    #[test]
    fn each_source_has_its_own_second() {
        let now = Instant::now();
        let mut cap = Cap::new(2, now);
        assert!(cap.allow(source(1), now) && cap.allow(source(1), now));
        assert!(!cap.allow(source(1), now));
        assert!(cap.allow(source(2), now));
        let almost = now + Duration::from_millis(999);
        assert!(!cap.allow(source(1), almost) && cap.allow(source(2), almost));
        assert!(cap.allow(source(1), now + SECOND));
        assert!(!cap.allow(source(2), almost));
    }

    #[test]
    fn nobody_can_make_it_grow_and_what_is_over_makes_room() {
        let now = Instant::now();
        let mut cap = Cap::new(1, now);
        let allowed = |cap: &mut Cap, now| {
            (0..20_000)
                .filter(|number| cap.allow(source(*number), now))
                .count()
        };
        assert_eq!(allowed(&mut cap, now), SOURCES + SHARED as usize);
        assert_eq!(allowed(&mut cap, now), 0);
        assert_eq!(cap.sources.len(), SOURCES);
        assert_eq!(allowed(&mut cap, now + SECOND), SOURCES + SHARED as usize);
        assert_eq!(cap.sources.len(), SOURCES);
    }

    #[test]
    fn a_cap_of_nothing_lets_nothing_through() {
        let now = Instant::now();
        assert!(!Cap::new(0, now).allow(source(1), now));
    }
}
