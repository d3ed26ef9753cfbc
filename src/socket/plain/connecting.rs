//! A connection that is on its way: connect(2) of a socket that does not wait says `EINPROGRESS`, and the kernel tells later how it
//! ended: by `SO_ERROR`, by another connect, or by the first call that needs the connection.
//!
//! So its event starts at the first connect and ends where the program is told. Nothing is asked that the program would be told
//! only once: whether there is a peer is no such thing.

use std::cell::Cell;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::Socket as Handle;

use super::{Call, PlainSocket, explain};
use crate::address::Endpoint;
use crate::error::{Code, Error};
use crate::socket::address_steps::local_of;
use crate::state::{Action, State};
use crate::sys::errno;

/// The connect that has begun and has not ended.
#[derive(Debug, Default)]
pub(super) struct Connecting {
    under_way: AtomicBool,
    begun: Mutex<Option<Begun>>,
}

#[derive(Debug)]
struct Begun {
    about: Option<Endpoint>,
    before: State,
    start_ns: u64,
    id: u64,
}

/// How a connection can fail to come about.
const ENDS: [i32; 7] = [
    errno::ECONNREFUSED,
    errno::ECONNRESET,
    errno::ETIMEDOUT,
    errno::EHOSTUNREACH,
    errno::ENETUNREACH,
    errno::ECONNABORTED,
    errno::EADDRNOTAVAIL,
];

impl Connecting {
    /// Whether a connect has not ended yet. So cheap that every call may ask.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed)
    }

    fn begin(&self, begun: Begun) {
        // In a forked child a thread that is not there may have it: then the end is not told.
        if let Ok(mut place) = self.begun.try_lock() {
            *place = Some(begun);
            self.under_way.store(true, Ordering::Relaxed);
        }
    }

    /// For the one that tells the end.
    fn take(&self) -> Option<Begun> {
        let begun = self.begun.try_lock().ok()?.take();
        self.under_way.store(false, Ordering::Relaxed);
        begun
    }
}

impl PlainSocket {
    /// The kernel has said `EINPROGRESS` to this call.
    pub(super) fn connecting_began(&self, call: &Call<'_>) {
        call.started();
        self.connecting.begin(Begun {
            about: call.about,
            before: call.before,
            start_ns: call.start_ns,
            id: call.id.get(),
        });
    }

    /// Looks whether there is a peer by now, and if so the connect has ended.
    pub(super) fn connecting_looked_at(&self, handle: &Handle) {
        if let Ok(peer) = handle.peer_addr() {
            self.set_ends(local_of(handle), peer.as_socket());
            if let Some(call) = self.connecting_ended() {
                call.done(None, &[]);
            }
        }
    }

    /// The kernel has told this error: if it is one that ends a connect, that one has failed.
    pub(super) fn connecting_told(&self, number: i32) {
        if !ENDS.contains(&number) {
            return;
        }
        let Some(call) = self.connecting_ended() else {
            return;
        };
        if number == errno::ECONNRESET {
            // Only what was connected is reset: it had come about, and nobody had looked.
            call.done(None, &[]);
            self.advance(Action::PeerResets);
        } else {
            let error = io::Error::from_raw_os_error(number);
            call.failed(explain::system(&error, &call));
        }
    }

    /// The socket is about to be closed: whatever the kernel knows now is told.
    pub(super) fn connecting_given_up(&self, handle: &Handle) {
        self.connecting_looked_at(handle);
        if let Ok(Some(error)) = handle.take_error() {
            self.connecting_told(error.raw_os_error().unwrap_or(0));
        }
        if let Some(call) = self.connecting_ended() {
            call.failed(Error::new(
                Code::Closed,
                call.step,
                "this socket was closed before the connection had come about",
                "waiting until it can be written to, and asking for SO_ERROR",
            ));
        }
    }

    fn connecting_ended(&self) -> Option<Call<'_>> {
        let begun = self.connecting.take()?;
        Some(Call {
            about: begun.about,
            before: begun.before,
            start_ns: begun.start_ns,
            id: Cell::new(begun.id),
            ..Call::unchecked(&self.base, "connect", "connect", Action::Connect)
        })
    }
}
