//! One system call of one step: check the state, try, wait, record.

use std::cell::Cell;
use std::io;
use std::sync::Arc;

use socket2::Socket as Handle;

use super::{Base, Socket, explain, locked};
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};
use crate::state::{Action, State, out_of_order, standing};
use crate::sys::{self, Interest, errno};
use crate::trace::{self, Event, Line, Phase, Preview};
use crate::wait::{self, Ended, Wait};

/// From this size on a copy in the kernel takes long enough to let go of the interpreter for it.
pub(super) const BIG: usize = 256 * 1024;

/// What a call moved, in datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: usize,
    pub(super) bytes: usize,
    /// Where all of them went, or who sent all of them.
    pub(super) whose: Option<Endpoint>,
}

/// One of the datagrams that a call moved together.
pub(super) struct Moved<'a> {
    /// Where it went, or who sent it.
    pub(super) about: Option<Endpoint>,
    pub(super) asked: usize,
    pub(super) size: usize,
    pub(super) data: [&'a [u8]; 2],
}

/// A call that has begun. It ends with `done` or `failed`, which record it.
pub(super) struct Call<'a> {
    pub(super) socket: &'a Base,
    pub(super) step: &'static str,
    /// The system call.
    pub(super) name: &'static str,
    pub(super) action: Action,
    /// The address that the step was given.
    pub(super) about: Option<Endpoint>,
    pub(super) asked: Option<usize>,
    pub(super) before: State,
    pub(super) start_ns: u64,
    /// The number of its event, given when a recorder needs it.
    pub(super) id: Cell<u64>,
    pub(super) waited: Cell<bool>,
}

impl Socket {
    /// Begins a call, if the table allows the step: the descriptor is held until the call ends.
    pub(super) fn begin<'a>(
        &'a self,
        step: &'static str,
        name: &'static str,
        action: Action,
    ) -> Result<(Call<'a>, Arc<Handle>)> {
        let before = self.state();
        let handle = self.handle.get();
        match (handle, crate::state::next(self.transport, before, action)) {
            (Some(handle), Some(_)) => Ok((Call::unchecked(self, step, name, action), handle)),
            (None, _) => Err(self.out_of_order(State::Closed, action, step)),
            (Some(_), None) => Err(self.out_of_order(before, action, step)),
        }
    }

    /// Whether the table allows the step now; for steps of several calls, before they wait for their turn.
    pub(super) fn allowed(&self, step: &'static str, action: Action) -> Result<()> {
        let state = self.state();
        match crate::state::next(self.transport, state, action) {
            Some(_) => Ok(()),
            None => Err(self.out_of_order(state, action, step)),
        }
    }

    pub(super) fn out_of_order(&self, state: State, action: Action, step: &'static str) -> Error {
        let ends = *locked(&self.ends);
        out_of_order(self.transport, state, action, step).at(ends.peer.or(ends.local))
    }
}

impl Base {
    /// Records the call that made this socket.
    pub(super) fn begun(&self, start_ns: u64, step: &'static str) {
        let call = Call {
            start_ns,
            ..Call::unchecked(self, step, step, Action::Bind)
        };
        call.record(Phase::Completed, None, None, &[], None, self.state());
    }
}

impl<'a> Call<'a> {
    /// A call that needs no leave of the table.
    pub(super) fn unchecked(
        socket: &'a Base,
        step: &'static str,
        name: &'static str,
        action: Action,
    ) -> Self {
        Self {
            socket,
            step,
            name,
            action,
            about: None,
            asked: None,
            before: socket.state(),
            start_ns: sys::monotonic_ns(),
            id: Cell::new(0),
            waited: Cell::new(false),
        }
    }

    /// Tries the call, and waits whenever the kernel says that it would. Errors are explained, and not yet recorded.
    pub(super) fn attempt<T: Send>(
        &self,
        handle: &Handle,
        interest: Interest,
        wait: &Wait<'_>,
        call: impl FnMut(&Handle) -> io::Result<T> + Send,
    ) -> Result<T> {
        let big = self.asked.is_some_and(|asked| asked >= BIG) || self.socket.in_crowd();
        self.attempt_releasing(big, handle, interest, wait, call)
    }

    /// The same, letting go of the interpreter for the call itself where it takes long.
    pub(super) fn attempt_releasing<T: Send>(
        &self,
        big: bool,
        handle: &Handle,
        interest: Interest,
        wait: &Wait<'_>,
        mut call: impl FnMut(&Handle) -> io::Result<T> + Send,
    ) -> Result<T> {
        loop {
            let mut result = None;
            if big {
                wait.pause.release(&mut || result = Some(call(handle)));
            } else {
                result = Some(call(handle));
            }
            match result.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into())) {
                Ok(value) => return Ok(value),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(handle, interest, wait)?;
                }
                Err(error) if error.raw_os_error() == Some(errno::EINTR) => {
                    wait.breathe()
                        .map_err(|stop| self.ended(stop.into(), wait))?;
                }
                Err(error) => return Err(explain::system(&error, self)),
            }
        }
    }

    /// Waits for the socket; a recorder sees that the call has started.
    pub(super) fn wait(&self, handle: &Handle, interest: Interest, wait: &Wait<'_>) -> Result<()> {
        self.started();
        self.waited.set(true);
        wait::until_ready(handle, interest, &self.socket.waiters, wait)
            .map_err(|ended| self.ended(ended, wait))
    }

    /// A recorder sees that it has started, and has not ended.
    pub(super) fn started(&self) {
        if self.socket.recorded() && self.id.get() == 0 {
            trace::record(&self.event(Phase::Started, None, None, &[], None, self.before));
        }
    }

    /// Whether the kernel had to be waited for.
    pub(super) fn waited(&self) -> bool {
        self.waited.get()
    }

    /// The error of a wait that ended without the socket being ready.
    pub(super) fn ended(&self, ended: Ended, wait: &Wait<'_>) -> Error {
        match ended {
            Ended::TimedOut => explain::timed_out(self, &wait.deadline),
            Ended::Stopped => {
                Error::new(Code::Interrupted, self.step, "a signal handler raised", "")
            }
            Ended::Closed => Error::new(
                Code::Closed,
                self.step,
                "another thread closed this socket while this step was waiting",
                "ending the thread that waits before closing, if that was not meant",
            )
            .standing(standing(self.socket.transport, State::Closed, self.action))
            .at(self.endpoint()),
            Ended::Inside => Error::new(
                Code::OutOfOrder,
                self.step,
                "this thread is in the middle of such a step of this very socket, and would wait for itself",
                "it after that step, not inside a callback or a signal handler of it",
            )
            .standing(standing(self.socket.transport, self.before, self.action))
            .at(self.endpoint()),
            Ended::Occupied => Error::new(
                Code::TimedOut,
                self.step,
                "another thread was in the middle of such a step of this socket all the time",
                "a longer timeout, or one thread for each direction of a socket",
            )
            .at(self.endpoint()),
            Ended::Failed(error) => explain::system(&error, self),
        }
    }

    /// Between two calls of one step: the time is the whole step's, and a signal handler may raise.
    pub(super) fn between(&self, look: bool, wait: &Wait<'_>) -> Result<()> {
        if wait.deadline.over() {
            return Err(self.ended(Ended::TimedOut, wait));
        }
        if look {
            wait.breathe()
                .map_err(|stop| self.ended(stop.into(), wait))?;
        }
        Ok(())
    }

    /// The address that an error of this call is about.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        self.about
            .or_else(|| self.socket.peer())
            .or_else(|| self.socket.local())
    }

    /// Records that it did what it should, and sets the state. `data`: what it moved, in parts.
    pub(super) fn done(&self, size: Option<usize>, data: &[&[u8]]) {
        self.done_at(size, None, data);
    }

    /// The same for a call whose bytes have a place in a stream.
    pub(super) fn done_at(&self, size: Option<usize>, offset: Option<u64>, data: &[&[u8]]) {
        let after = self.socket.advance(self.action);
        self.record(Phase::Completed, size, offset, data, None, after);
    }

    /// Records that it moved several datagrams: an event for each where somebody records, one line of `.steps` for all, and the
    /// state. span: when the call began and ended, in nanoseconds, where that was not just now.
    pub(super) fn done_many<'d>(
        &self,
        span: Option<(u64, u64)>,
        sum: &Sum,
        datagrams: impl Iterator<Item = Moved<'d>>,
    ) {
        let after = self.socket.advance(self.action);
        let (start_ns, end_ns) = span.unwrap_or_else(|| (self.start_ns, sys::monotonic_ns()));
        if self.socket.recorded() {
            for moved in datagrams {
                let own = Call {
                    about: moved.about,
                    asked: Some(moved.asked),
                    start_ns,
                    id: Cell::new(self.id.take()),
                    waited: Cell::new(self.waited.get()),
                    ..*self
                };
                let size = Some(moved.size);
                let mut event = own.event(Phase::Completed, size, None, &moved.data, None, after);
                event.end_ns = Some(end_ns);
                trace::record(&event);
            }
        }
        locked(&self.socket.steps).add(Line {
            step: self.step,
            call: self.name,
            action: Some(self.action),
            count: sum.count as u64,
            bytes: sum.bytes as u64,
            note: sum.whose.map(|whose| whose.to_string()),
            failed: false,
            start_ns,
            end_ns,
            after,
        });
    }

    /// Records a look at bytes that stay where they are: the trace has every system call, `.steps` what was done.
    pub(super) fn looked(&self, data: &[u8]) {
        if self.socket.recorded() {
            let state = self.socket.state();
            let mut event = self.event(Phase::Completed, None, None, &[data], None, state);
            event.end_ns = Some(sys::monotonic_ns());
            trace::record(&event);
        }
    }

    /// Records that it failed; the state is as it is.
    pub(super) fn failed(&self, error: Error) -> Error {
        self.record(
            Phase::Failed,
            None,
            None,
            &[],
            Some(&error),
            self.socket.state(),
        );
        error
    }

    fn record(
        &self,
        phase: Phase,
        size: Option<usize>,
        offset: Option<u64>,
        data: &[&[u8]],
        error: Option<&Error>,
        after: State,
    ) {
        let end_ns = sys::monotonic_ns();
        if self.socket.recorded() {
            let mut event = self.event(phase, size, offset, data, error, after);
            event.end_ns = Some(end_ns);
            trace::record(&event);
        }
        let about = self.about.map(|about| about.to_string());
        let note = match (error, about) {
            (Some(error), Some(about)) => Some(format!("{} ({about})", error.code().name())),
            (Some(error), None) => Some(error.code().name().to_owned()),
            (None, about) => about,
        };
        locked(&self.socket.steps).add(Line {
            step: self.step,
            call: self.name,
            // What made the socket is no action of the table.
            action: (!matches!(self.name, "socket" | "accepted")).then_some(self.action),
            count: 1,
            bytes: size.unwrap_or(0) as u64,
            note,
            failed: phase == Phase::Failed,
            start_ns: self.start_ns,
            end_ns,
            after,
        });
    }

    fn event(
        &self,
        phase: Phase,
        size: Option<usize>,
        offset: Option<u64>,
        data: &[&[u8]],
        error: Option<&Error>,
        after: State,
    ) -> Event {
        if self.id.get() == 0 {
            self.id.set(trace::next_id());
        }
        Event {
            id: self.id.get(),
            process: sys::process_id(),
            phase,
            socket: self.socket.serial,
            number: self.socket.number,
            transport: self.socket.transport,
            step: self.step.into(),
            call: self.name.into(),
            local: self.socket.local().map(|endpoint| endpoint.socket_addr()),
            // What bind and listen are about is our own address.
            peer: self
                .about
                .filter(|_| !matches!(self.action, Action::Bind | Action::Listen))
                .or_else(|| self.socket.peer())
                .map(|endpoint| endpoint.socket_addr()),
            asked: self.asked,
            size,
            offset,
            preview: Preview::of(
                data,
                trace::longest_preview().min(size.unwrap_or(usize::MAX)),
            ),
            error: error.map(ToString::to_string),
            errno: error.and_then(Error::number),
            before: self.before,
            after,
            start_ns: self.start_ns,
            end_ns: None,
            thread: sys::thread_id(),
            line: trace::line(),
            verdict: None,
            rule: None,
            origin: None,
        }
    }
}
