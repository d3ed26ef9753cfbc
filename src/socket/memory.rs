//! Memory that the kernel fills. Beside this, only `sys/sigpipe.rs`, `sys/raw_options.rs` and `sys/linux_batch.rs` need `unsafe` in the
//! core.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use crate::error::{Code, Error, Result};
use crate::sys::errno;

/// Bytes that hold something, as bytes to be filled.
pub(super) fn fillable(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: u8 and MaybeUninit<u8> have one layout, and whoever fills the slice (recv through socket2)
    // writes initialised bytes into it, never the other way round.
    unsafe { &mut *(std::ptr::from_mut(bytes) as *mut [MaybeUninit<u8>]) }
}

/// Lets `fill` write at most `want` bytes behind those of `bytes`; it returns how many it wrote.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    want: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize>,
) -> Result<usize> {
    bytes.try_reserve(want).map_err(|_| no_memory())?;
    let old = bytes.len();
    let written = fill(&mut bytes.spare_capacity_mut()[..want])?;
    assert!(
        written <= want,
        "the kernel wrote no more than it was given room for"
    );
    // SAFETY: the kernel reported that it wrote `written` bytes at the start of the spare capacity, and they fit.
    unsafe { bytes.set_len(old + written) };
    Ok(written)
}

/// What the kernel has written, to be read. Only for the part of a buffer that a call reported as filled.
pub(super) fn filled(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    // SAFETY: the callers pass exactly the bytes that recv reported as written.
    unsafe { &*(std::ptr::from_ref(bytes) as *const [u8]) }
}

fn no_memory() -> Error {
    let cause = "there is no memory for what came";
    Error::new(Code::System, "read", cause, "a limit=, or reading in parts")
        .with_errno(errno::ENOMEM)
}
