//! Draws that a seed repeats.
//!
//! Each rule draws for itself, apart for each flow and each way. So the n-th packet of a flow has the same fate whatever the other
//! flows do, and one more rule does not change what another decides. The generator is PCG64 (XSL-RR 128/64), whose sequence its
//! authors fix and its crate tests against theirs; what it starts from is made here, by steps of SplitMix64.

use std::hash::{BuildHasher, RandomState};

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

use super::Way;

/// 2^-53: a draw has 53 bits, as many as an `f64` has.
const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;

/// The draws of one rule for one way of one flow.
#[derive(Clone, Debug)]
pub struct Draws(Pcg64);

impl Draws {
    /// Those of this seed, flow, way and rule: always the same.
    #[must_use]
    pub fn new(seed: u64, flow: u32, way: Way, rule: &str) -> Self {
        let mut state = mix(seed);
        for word in [u64::from(flow), way.index() as u64] {
            state = mix(state ^ word);
        }
        for byte in rule.bytes() {
            state = mix(state ^ u64::from(byte));
        }
        let mut next = || {
            state = mix(state);
            u128::from(state)
        };
        let start = next() << 64 | next();
        let stream = next() << 64 | next();
        Self(Pcg64::new(start, stream))
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to 1, which it never reaches. One draw.
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let bits = (self.bits() >> 11) as f64;
        bits * UNIT
    }

    /// True with this probability. One draw.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number below `end` (0 for `end` 0). One draw.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high half of the product (Lemire 2019), without his second draw: the error is below end / 2^64.
        let product = u128::from(self.bits()) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

/// A seed for somebody who gave none: short, because it is read and typed again.
#[must_use]
pub fn fresh_seed() -> u64 {
    RandomState::new().hash_one(std::process::id()) >> 32
}

/// One step of SplitMix64 (Steele, Lea, Flood 2014): each bit of the input changes half of those of the output.
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, flow: u32, way: Way, rule: &str) -> Vec<u64> {
        let mut draws = Draws::new(seed, flow, way, rule);
        (0..4).map(|_| draws.bits()).collect()
    }

    #[test]
    fn the_same_seed_flow_way_and_rule_draw_the_same() {
        let one = first(7, 0, Way::ToTarget, "loss");
        assert_eq!(one, first(7, 0, Way::ToTarget, "loss"));
        for other in [
            first(8, 0, Way::ToTarget, "loss"),
            first(7, 1, Way::ToTarget, "loss"),
            first(7, 0, Way::ToClient, "loss"),
            first(7, 0, Way::ToTarget, "delay"),
        ] {
            assert!(one.iter().all(|bits| !other.contains(bits)));
        }
    }

    #[test]
    fn the_sequence_is_fixed() {
        // What a seed gives today it gives in every version: a failure that was seen once can be repeated.
        assert_eq!(
            first(7, 0, Way::ToTarget, "loss")[..2],
            [2_122_207_824_643_131_489, 10_285_646_664_785_387_556]
        );
    }

    #[test]
    fn draws_are_spread_evenly() {
        let mut draws = Draws::new(1, 2, Way::ToClient, "jitter");
        let (mut sum, mut hits, mut sides) = (0.0, 0, [0; 6]);
        for _ in 0..100_000 {
            sum += draws.unit();
            hits += u32::from(draws.chance(0.25));
            sides[usize::try_from(draws.below(6)).unwrap()] += 1;
        }
        // 4 standard deviations: 4 * sqrt(1 / 12 / n), 4 * sqrt(n * p * (1 - p)).
        assert!((sum / 100_000.0 - 0.5_f64).abs() < 0.003_7, "{sum}");
        assert!(hits.abs_diff(25_000) < 548, "{hits}");
        assert!(
            sides.iter().all(|side: &i32| side.abs_diff(16_667) < 472),
            "{sides:?}"
        );
    }

    #[test]
    fn what_is_certain_is_certain() {
        let mut draws = Draws::new(0, 0, Way::ToTarget, "");
        for _ in 0..1000 {
            assert!(draws.chance(1.0) && !draws.chance(0.0));
            assert_eq!((draws.below(1), draws.below(0)), (0, 0));
        }
    }
}
