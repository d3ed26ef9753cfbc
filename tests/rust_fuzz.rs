//! The fuzz targets, for a few seconds: seeds that make sense, mutated by a generator with a seed of its own, so that every run is the same.
//!
//! `make fuzz` runs the same targets under libFuzzer, for as long as one likes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]
#![allow(unreachable_pub, reason = "the targets are of libFuzzer's package too")]

#[path = "fuzz/targets/decode.rs"]
mod decode;
#[path = "fuzz/targets/fragments.rs"]
mod fragments;
#[path = "fuzz/targets/join.rs"]
mod join;
#[path = "fuzz/targets/pcapng.rs"]
mod pcapng;
#[path = "fuzz/targets/trace.rs"]
mod trace;

#[path = "fuzz/seeds.rs"]
mod seeds;

use std::panic::catch_unwind;

const RUNS: u32 = 20_000;
/// No input of these is longer, however often it grows.
const LONGEST: usize = 4096;
/// How much more memory the process may have after all runs of a target than after the first tenth of them, in bytes.
const GROWTH: usize = 32 << 20;

/// Numbers that follow from a seed (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(0) % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        const OFTEN: [u8; 8] = [0, 1, 4, 6, 0x7f, 0x80, 0xfe, 0xff];
        match self.below(2) {
            0 => OFTEN[self.below(OFTEN.len())],
            _ => self.next().to_le_bytes()[0],
        }
    }

    /// Changes the bytes at one to eight places.
    fn mutate(&mut self, data: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        for _ in 0..=self.below(8) {
            let at = self.below(data.len() + 1);
            let length = self.below((data.len() - at + 1).min(64));
            match self.below(8) {
                0 if at < data.len() => data[at] ^= 1 << self.below(8),
                1 | 2 if at < data.len() => data[at] = self.byte(),
                3 => data.truncate(at),
                4 => {
                    data.drain(at..at + length);
                }
                5 => {
                    let again = data[at..at + length].to_vec();
                    let to = self.below(data.len() + 1);
                    data.splice(to..to, again);
                }
                6 => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len());
                    data.truncate(at);
                    data.extend_from_slice(&other[from..]);
                }
                _ => data.insert(at, self.byte()),
            }
        }
        data.truncate(LONGEST);
    }
}

/// The memory of this process, in bytes; 0 where the system does not tell it in this way.
fn memory() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4096
}

fn run(target: fn(&[u8]), seeds: &[Vec<u8>]) {
    for seed in seeds {
        target(seed);
    }
    let mut numbers = Numbers(0x6e65_7473_7465_7073);
    let mut before = 0;
    for round in 0..RUNS {
        let mut data = seeds[numbers.below(seeds.len())].clone();
        numbers.mutate(&mut data, seeds);
        let done = catch_unwind(|| target(&data));
        assert!(done.is_ok(), "run {round} fails with {data:02x?}");
        if round == RUNS / 10 {
            before = memory();
        }
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < GROWTH, "memory grew by {grown} bytes");
}

#[test]
fn any_bytes_are_decoded() {
    run(decode::check, &seeds::packets());
}

#[test]
fn any_fragments_are_put_together() {
    run(fragments::check, &seeds::fragments());
}

#[test]
fn any_datagrams_are_joined() {
    run(join::check, &seeds::datagrams());
}

#[test]
fn any_capture_is_read() {
    run(pcapng::check, &seeds::captures());
}

#[test]
fn any_trace_is_loaded() {
    run(trace::check, &seeds::traces());
}

/// The seeds as files, for libFuzzer: `make fuzz` runs it.
#[test]
#[ignore = "writes files"]
fn seeds_are_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus");
    for (target, seeds) in [
        ("decode", seeds::packets()),
        ("fragments", seeds::fragments()),
        ("join", seeds::datagrams()),
        ("pcapng", seeds::captures()),
        ("trace", seeds::traces()),
    ] {
        let folder = std::path::Path::new(folder).join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed).unwrap();
        }
    }
}
