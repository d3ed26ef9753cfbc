//! sendfile(2) has no `MSG_NOSIGNAL`: to a peer that is gone it raises SIGPIPE, which ends the process wherever the signal
//! is not ignored (in C programs, and in Python after `signal(SIGPIPE, SIG_DFL)`). So it is done with the signal held back.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr;

/// Does what may raise SIGPIPE in this thread, and lets none of it out. Costs four system calls.
pub(super) fn held<T>(work: impl FnOnce() -> T) -> T {
    let mut pipe = MaybeUninit::uninit();
    let mut pending = MaybeUninit::uninit();
    let mut old = MaybeUninit::uninit();
    // SAFETY: each pointer is to a local of the type that the manual page names, written before it is read (sigemptyset,
    // sigpending and pthread_sigmask cannot fail with these arguments). The mask is this thread's own, and set back below.
    let pending_before = unsafe {
        libc::sigemptyset(pipe.as_mut_ptr());
        libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE);
        libc::sigpending(pending.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, pipe.as_ptr(), old.as_mut_ptr());
        libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1
    };
    let done = work();
    let no_time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as above; a null pointer for what is not wanted is allowed. A signal that was waiting before is somebody else's,
    // and is left.
    unsafe {
        if !pending_before {
            libc::sigtimedwait(pipe.as_ptr(), ptr::null_mut(), &raw const no_time);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, old.as_ptr(), ptr::null_mut());
    }
    done
}
