//! sendfile(2) has no `MSG_NOSIGNAL`: to a peer that is gone it raises SIGPIPE, which ends the process wherever the signal
//! is not ignored (in C programs, and in Python after `signal(SIGPIPE, SIG_DFL)`). So it is done with the signal held back.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::ptr;

use rustix::process::Signal;

/// `sigset_t` of Linux's C libraries: 1024 bits.
type Set = [u64; 16];
type Time = [u64; 2];

const SIG_BLOCK: c_int = 0;
const SIG_SETMASK: c_int = 2;

unsafe extern "C" {
    fn pthread_sigmask(how: c_int, set: *const Set, old: *mut Set) -> c_int;
    fn sigpending(set: *mut Set) -> c_int;
    fn sigtimedwait(set: *const Set, info: *mut u8, time: *const Time) -> c_int;
}

/// Does what may raise SIGPIPE in this thread, and lets none of it out. Costs four system calls.
pub(super) fn held<T>(work: impl FnOnce() -> T) -> T {
    let mut pipe: Set = [0; 16];
    pipe[0] = 1 << (Signal::PIPE.as_raw() - 1);
    let (mut before, mut old): (Set, Set) = ([0; 16], [0; 16]);
    let no_time: Time = [0, 0];
    // SAFETY: each pointer is to a local of the type that the manual page names, or null where the page allows it;
    // no handler is installed and none runs. The mask is this thread's own, and set back below.
    unsafe {
        sigpending(&raw mut before);
        pthread_sigmask(SIG_BLOCK, &raw const pipe, &raw mut old);
    }
    let done = work();
    // SAFETY: as above. One that was waiting already is somebody else's, and is left.
    unsafe {
        if before[0] & pipe[0] == 0 {
            sigtimedwait(&raw const pipe, ptr::null_mut(), &raw const no_time);
        }
        pthread_sigmask(SIG_SETMASK, &raw const old, ptr::null_mut());
    }
    done
}
