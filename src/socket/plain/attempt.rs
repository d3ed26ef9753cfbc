//! How a call waits: as long as `settimeout` says.
//!
//! Whatever the descriptor is, each call says `MSG_DONTWAIT` and is tried with the interpreter held; only when the kernel would wait
//! is it let go of, and the wait is one that `close` and Ctrl-C end.

use std::io;
use std::sync::atomic::Ordering;

use socket2::Socket as Handle;

use super::{BIG, Call, PlainSocket, Timeout, explain};
use crate::error::{Code, Error, Result};
use crate::sys::{Interest, errno, plain};
use crate::wait::{Deadline, Pause, Wait};

impl PlainSocket {
    /// How long a call that begins now waits; `None`: not at all.
    pub(super) fn patience_of<'p>(&self, pause: &'p dyn Pause) -> Option<Wait<'p>> {
        let deadline = match self.timeout() {
            Timeout::Now => return None,
            Timeout::Never => Deadline::NEVER,
            Timeout::After(time) => Deadline::after(time),
        };
        Some(Wait { deadline, pause })
    }

    /// Tries the call, and waits if it may. Errors are explained, and not yet recorded.
    pub(super) fn attempt<T: Send>(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        interest: Interest,
        pause: &dyn Pause,
        wait: Option<&Wait<'_>>,
        mut work: impl FnMut(&Handle) -> io::Result<T> + Send,
    ) -> Result<T> {
        let big = call.asked.is_some_and(|asked| asked >= BIG);
        loop {
            let told = repeated(call, handle, big, pause, &mut work);
            let not_now = |error: &Error| error.details().errno == Some(errno::EWOULDBLOCK);
            let (Err(error), Some(wait)) = (&told, wait) else {
                return told;
            };
            // Who made the descriptor non-blocking beside us wants to be told at once.
            if !not_now(error)
                || wait.deadline.left().is_none() && self.is_nonblocking_beside_us(handle)
            {
                return told;
            }
            call.wait(handle, interest, wait)
                .map_err(|error| out_of_time(error, wait))?;
        }
    }

    /// Whether somebody has made the descriptor of a blocking socket non-blocking. A connect under way does so itself, for its time.
    pub(super) fn is_nonblocking_beside_us(&self, handle: &Handle) -> bool {
        self.toggled.load(Ordering::Relaxed) == 0 && plain::is_nonblocking(handle)
    }

    /// The error of a call: recorded, unless the kernel only said "not now".
    pub(super) fn failed(&self, call: &Call<'_>, error: Error) -> Error {
        if error.details().errno == Some(errno::EWOULDBLOCK) {
            return error;
        }
        if self.connecting.is_under_way() {
            self.connecting_told(error.details().errno.unwrap_or(0));
        }
        call.failed(error)
    }
}

/// The caller's time being over is no word of the kernel's.
pub(super) fn out_of_time(error: Error, wait: &Wait<'_>) -> Error {
    if error.code() == Code::TimedOut && wait.deadline.over() {
        return error.without_errno();
    }
    error
}

/// Does the call with the interpreter let go of, however long the kernel takes: only a signal ends it.
pub(super) fn in_the_kernel<T: Send>(
    call: &Call<'_>,
    handle: &Handle,
    pause: &dyn Pause,
    work: impl FnMut(&Handle) -> io::Result<T> + Send,
) -> Result<T> {
    repeated(call, handle, true, pause, work)
}

fn repeated<T: Send>(
    call: &Call<'_>,
    handle: &Handle,
    release: bool,
    pause: &dyn Pause,
    mut work: impl FnMut(&Handle) -> io::Result<T> + Send,
) -> Result<T> {
    loop {
        let mut result = None;
        if release {
            pause.release(&mut || result = Some(work(handle)));
        } else {
            result = Some(work(handle));
        }
        match result.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into())) {
            Ok(value) => return Ok(value),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // So frequent that it has to be cheap.
                return Err(
                    Error::new(Code::System, call.step, "", "").with_errno(errno::EWOULDBLOCK)
                );
            }
            Err(error) if error.raw_os_error() == Some(errno::EINTR) => {
                let wait = Wait {
                    deadline: Deadline::NEVER,
                    pause,
                };
                pause
                    .pause(&mut || {})
                    .map_err(|stop| call.ended(stop.into(), &wait))?;
            }
            Err(error) => return Err(explain::system(&error, call)),
        }
    }
}
