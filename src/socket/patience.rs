//! A read that waits inside recv(2): one system call, where a try, a poll and a read are three.
//!
//! A read is tried first, with the interpreter held. On a connection whose reads had to wait each time (question and answer) that
//! try finds nothing, and poll(2) costs as much as the read. So after a few of them the read lets go of the interpreter at once and
//! waits in the call itself. Such a call is told of neither `close` nor a deadline, so the kernel ends it after a slice of time
//! (`SO_RCVTIMEO`), and what is left is waited for as everywhere else; reads that find their bytes ready are tried first again.
//!
//! For this the descriptor is blocking, and every other call says `MSG_DONTWAIT`. Who asks for the descriptor, to use it otherwise,
//! has it non-blocking, from then on for ever.

use std::io;
use std::mem::MaybeUninit;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use socket2::Socket as Handle;

use super::{Base, Call, locked};
use crate::error::Result;
use crate::faults;
use crate::state::Action;
use crate::sys::{self, errno};
use crate::trace;
use crate::wait::Wait;

/// The longest wait inside the call: `close` from another thread and Ctrl-C are seen after it.
const SLICE: Duration = Duration::from_millis(50);
/// So many reads in a row had to wait before one waits in the call.
const WAITED: u8 = 4;
/// A call that took less found its bytes ready: nobody goes to sleep and wakes in that time.
const AT_ONCE_NS: u64 = 2500;

/// So many threads that wait in their reads are a crowd.
const CROWD: usize = 8;

/// The threads that wait in a read.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// How the reads of a connection wait.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// How many reads in a row had to wait, up to `WAITED`.
    waits: AtomicU8,
    mode: Mutex<Mode>,
    handed_out: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mode {
    #[default]
    NonBlocking,
    Blocking,
    /// Non-blocking, and so it stays.
    ForGood,
}

impl Base {
    /// Whether the next read lets the kernel wait.
    pub(super) fn is_patient(&self, wait: &Wait<'_>) -> bool {
        cfg!(target_os = "linux")
            && self.patience.waits.load(Ordering::Relaxed) >= WAITED
            // Who records wants to see that a call has started and waits.
            && !trace::active()
            && wait.deadline.left().is_none_or(|left| left > SLICE)
    }

    /// Whether this is one of many connections of that kind, each with its thread. A thread that is put aside in the middle of a
    /// call while it holds the interpreter has all the others wake up only to wait for it: then every call lets go of it.
    pub(super) fn in_crowd(&self) -> bool {
        self.patience.waits.load(Ordering::Relaxed) >= WAITED
            && WAITING.load(Ordering::Relaxed) >= CROWD
    }

    /// Learns whether a read had to wait.
    pub(super) fn learn(&self, handle: &Handle, waited: bool) {
        if !waited {
            self.patience.waits.store(0, Ordering::Relaxed);
            return;
        }
        let waits = self.patience.waits.load(Ordering::Relaxed);
        if waits + 1 < WAITED {
            self.patience.waits.store(waits + 1, Ordering::Relaxed);
        } else if waits < WAITED && cfg!(target_os = "linux") && self.let_block(handle) {
            self.patience.waits.store(WAITED, Ordering::Relaxed);
        }
    }

    fn let_block(&self, handle: &Handle) -> bool {
        if self.forks != crate::sys::forks() {
            return false;
        }
        let mut mode = locked(&self.patience.mode);
        if *mode == Mode::NonBlocking
            && handle.set_read_timeout(Some(SLICE)).is_ok()
            && handle.set_nonblocking(false).is_ok()
        {
            *mode = Mode::Blocking;
        }
        *mode == Mode::Blocking
    }

    /// Whether somebody may use the descriptor beside us.
    pub(super) fn is_handed_out(&self) -> bool {
        self.patience.handed_out.load(Ordering::Relaxed)
    }

    /// Somebody may use the descriptor beside us from now on.
    pub fn hand_out(&self) {
        self.patience.handed_out.store(true, Ordering::Relaxed);
        self.never_block();
    }

    /// Makes the descriptor non-blocking for good: for those who use it beside us, and for a call that knows no `MSG_DONTWAIT`.
    pub(super) fn never_block(&self) {
        let mode = if self.forks == crate::sys::forks() {
            Some(locked(&self.patience.mode))
        } else {
            self.patience.mode.try_lock().ok()
        };
        let Some(mut mode) = mode else { return };
        let was = std::mem::replace(&mut *mode, Mode::ForGood);
        if was == Mode::Blocking
            && let Some(handle) = self.handle.get()
        {
            // It fails only for a descriptor that is none.
            let _ = handle.set_nonblocking(true);
            let _ = handle.set_read_timeout(None);
        }
        self.patience.waits.store(0, Ordering::Relaxed);
    }

    /// Reads, and waits for a slice of time inside the call. `None`: nothing came, or a signal did.
    pub(super) fn read_patiently(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        buffer: &mut [MaybeUninit<u8>],
        wait: &Wait<'_>,
    ) -> Option<Result<(usize, Option<u64>)>> {
        let most = faults::read(buffer.len())?;
        let mut told: io::Result<_> = Err(io::ErrorKind::WouldBlock.into());
        let (mut at_once, begun) = (false, call.start_ns);
        wait.pause.release(&mut || {
            WAITING.fetch_add(1, Ordering::Relaxed);
            told = self.moving(Action::Read, || {
                self.telling(|| handle.recv_with_flags(&mut buffer[..most], 0))
            });
            WAITING.fetch_sub(1, Ordering::Relaxed);
            at_once = told.is_ok() && sys::monotonic_ns() - begun < AT_ONCE_NS;
        });
        if at_once {
            self.learn(handle, false);
        }
        match told {
            Ok(moved) => Some(Ok(moved)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => {
                let stop = wait.breathe().err()?;
                Some(Err(call.ended(stop.into(), wait)))
            }
            Err(error) => Some(Err(super::explain::system(&error, call))),
        }
    }
}
