//! Short reads and writes, and a kernel that is "not ready", switched on from inside: how the tests reach the rare paths.
//!
//! Off, it costs one load. The same seed gives the same decisions to the same sequence of calls. The idea is curl's
//! (`CURL_DBG_SOCK_RMAX`, `_WPARTIAL`, `_RBLOCK`, `_WBLOCK`).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What goes wrong, and how often. Only streams are cut; a datagram is whole or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// The most bytes that one read takes (0: as many as asked for).
    pub read_max: usize,
    /// The chance that a write takes only a part, 0 to 1.
    pub write_partial: f64,
    /// The chance that a read finds the kernel "not ready".
    pub read_block: f64,
    /// The chance that a write does.
    pub write_block: f64,
    /// Where the decisions start.
    pub seed: u64,
}

static ON: AtomicBool = AtomicBool::new(false);
static STATE: AtomicU64 = AtomicU64::new(0);
static FAULTS: Mutex<Option<Faults>> = Mutex::new(None);

/// Switches the faults of the whole process; `None` switches them off.
pub fn set(faults: Option<Faults>) {
    *FAULTS.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    STATE.store(faults.map_or(0, |faults| faults.seed), Ordering::Relaxed);
    ON.store(faults.is_some(), Ordering::Relaxed);
}

/// What is switched on.
#[must_use]
pub fn get() -> Option<Faults> {
    if ON.load(Ordering::Relaxed) {
        *FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
    } else {
        None
    }
}

/// A number from 0 to 1: splitmix64 (Steele, Lea, Flood, 2014).
fn chance() -> f64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = STATE
        .fetch_add(GOLDEN, Ordering::Relaxed)
        .wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The upper 32 bits are a whole f64 each.
    f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// How many of `asked` bytes this read may take; `None`: the kernel is "not ready".
#[must_use]
pub fn read(asked: usize) -> Option<usize> {
    let Some(faults) = get() else {
        return Some(asked);
    };
    if chance() < faults.read_block {
        return None;
    }
    Some(if faults.read_max == 0 {
        asked
    } else {
        asked.min(faults.read_max)
    })
}

/// How many of `offered` bytes this write may give; `None`: the kernel is "not ready".
#[must_use]
pub fn write(offered: usize) -> Option<usize> {
    let Some(faults) = get() else {
        return Some(offered);
    };
    if chance() < faults.write_block {
        return None;
    }
    Some(if offered > 1 && chance() < faults.write_partial {
        offered.div_ceil(2)
    } else {
        offered
    })
}
