//! A link of a rate: a token bucket of one packet, with a bounded queue before it.

/// One packet after the other goes over it; each takes the time of its bytes. It has no clock.
#[derive(Clone, Debug)]
pub struct Link {
    ns_per_byte: f64,
    /// The longest time that what waits may take.
    longest_ns: f64,
    /// Until then it is busy. A fraction, or the rate would be wrong by the rounding of each packet.
    busy_until_ns: f64,
}

/// What waits at least, in bytes: two packets of an Ethernet.
const LEAST: f64 = 3000.0;

impl Link {
    /// A link of so many bytes per second, before which `queue` bytes can wait.
    #[must_use]
    pub fn new(rate: f64, queue: Option<usize>) -> Self {
        let ns_per_byte = 1e9 / rate;
        #[expect(clippy::cast_precision_loss, reason = "a size in bytes")]
        let queue = queue.map_or_else(|| (rate / 4.0).max(LEAST), |queue| queue as f64);
        Self {
            ns_per_byte,
            longest_ns: queue * ns_per_byte,
            busy_until_ns: 0.0,
        }
    }

    /// When a packet that comes now has left it; `None` when the queue has no room for it. An empty queue has room for any.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "nanoseconds of a relay's life, which 53 bits count for 104 days"
    )]
    pub fn pass(&mut self, now_ns: u64, size: usize) -> Option<u64> {
        let now = now_ns as f64;
        let own = size as f64 * self.ns_per_byte;
        let waiting = (self.busy_until_ns - now).max(0.0);
        if waiting > 0.0 && waiting + own > self.longest_ns {
            return None;
        }
        self.busy_until_ns = now + waiting + own;
        Some(self.busy_until_ns as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_takes_its_time_and_the_queue_is_bounded() {
        // 1000 bytes take 1 ms.
        let mut link = Link::new(1e6, Some(3000));
        assert_eq!(link.pass(0, 1000), Some(1_000_000));
        assert_eq!(link.pass(0, 1000), Some(2_000_000));
        assert_eq!(link.pass(500_000, 1000), Some(3_000_000));
        assert_eq!(link.pass(500_000, 1000), None);
        assert_eq!(link.pass(1_000_000, 1000), Some(4_000_000));
        assert_eq!(link.pass(9_000_000, 500), Some(9_500_000));
    }

    #[test]
    fn an_empty_queue_takes_any_packet_and_an_empty_packet_no_time() {
        let mut link = Link::new(10.0, None);
        assert_eq!(link.pass(0, 65_000), Some(6_500_000_000_000));
        assert_eq!(link.pass(1, 1), None);
        let mut link = Link::new(1e3, Some(0));
        assert_eq!(link.pass(7, 0), Some(7));
        assert_eq!(link.pass(7, 1), Some(1_000_007));
        assert_eq!(link.pass(7, 1), None);
    }
}
