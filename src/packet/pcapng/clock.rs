//! How the times of an interface are read.

/// The resolution (if_tsresol) and the offset (if_tsoffset) of an interface's times.
///
/// A file that is read without them has times that are wrong by a factor of 1000 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::packet) struct Clock {
    /// The low seven bits are the exponent of a negative power of 10, or of 2 when the highest bit is set.
    pub(super) resolution: u8,
    /// Seconds to add.
    pub(super) offset: i64,
}

impl Clock {
    /// What an interface has that tells nothing.
    pub(in crate::packet) const MICROSECONDS: Self = Self {
        resolution: 6,
        offset: 0,
    };

    /// A time as nanoseconds since 1970, and whether it fits (from 1677 to 2262); one that does not is the nearest that does.
    pub(super) fn nanoseconds(self, units: u64) -> (i64, bool) {
        let since = match self.resolution {
            6 => i128::from(units) * 1000,
            9 => i128::from(units),
            other => scaled(units, other),
        };
        let time = since + i128::from(self.offset) * 1_000_000_000;
        match i64::try_from(time) {
            // The smallest number stands for "no time".
            Ok(time) if time != i64::MIN => (time, true),
            _ if time < 0 => (i64::MIN + 1, false),
            _ => (i64::MAX, false),
        }
    }
}

fn scaled(units: u64, resolution: u8) -> i128 {
    let exponent = u32::from(resolution & 0x7f);
    let units = i128::from(units);
    if resolution & 0x80 != 0 {
        // 2^64 times 10^9 is below 2^94.
        return (units * 1_000_000_000) >> exponent.min(127);
    }
    match exponent.checked_sub(9) {
        None => units * 10_i128.pow(9 - exponent),
        // 10^20 is more than any u64.
        Some(finer) => units / 10_i128.pow(finer.min(20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(resolution: u8, units: u64) -> i64 {
        Clock {
            resolution,
            offset: 0,
        }
        .nanoseconds(units)
        .0
    }

    #[test]
    fn reads_powers_of_ten_and_of_two() {
        assert_eq!(read(0, 7), 7_000_000_000);
        assert_eq!(read(3, 7), 7_000_000);
        assert_eq!(read(6, 15_000), 15_000_000);
        assert_eq!(read(9, 15_000), 15_000);
        assert_eq!(read(12, 15_000), 15);
        assert_eq!(read(127, u64::MAX), 0);
        assert_eq!(read(0x80, 7), 7_000_000_000);
        assert_eq!(read(0x8a, 1024 * 3 + 512), 3_500_000_000);
        assert_eq!(read(0xff, u64::MAX), 0);
    }

    #[test]
    fn adds_the_offset_and_stays_within_bounds() {
        let clock = |resolution, offset| Clock { resolution, offset };
        assert_eq!(clock(6, -3).nanoseconds(1), (-2_999_999_000, true));
        assert_eq!(clock(6, i64::MAX).nanoseconds(1), (i64::MAX, false));
        assert_eq!(clock(6, i64::MIN).nanoseconds(1), (i64::MIN + 1, false));
        assert_eq!(clock(0, 0).nanoseconds(u64::MAX), (i64::MAX, false));
    }
}
