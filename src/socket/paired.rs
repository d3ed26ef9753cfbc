//! What a `Stream` can do that is half of a relay's pair: be connected without waiting, and be cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::SockRef;

use super::stream::{Done, STEPS, Stream};
use super::{next_serial, number_of};
use crate::state::{Action, State};
use crate::sys::{self, errno};
use crate::trace;

impl Stream {
    /// Begins to connect: connect(2), without waiting for its end. The poll tells of it; then [`Stream::connected`] does.
    ///
    /// # Errors
    /// What the kernel says at once: no descriptor is left, no such network.
    pub fn connect_now(to: SocketAddr) -> io::Result<Self> {
        let handle = TcpStream::connect(to)?;
        let mut made = Self {
            number: number_of(&SockRef::from(&handle)),
            handle,
            serial: next_serial(),
            state: State::Created,
            local: None,
            peer: Some(to),
            sent: 0,
            received: 0,
            steps: STEPS,
        };
        made.local = made.handle.local_addr().ok();
        Ok(made)
    }

    /// Whether the connect that was begun at this time has come to its end.
    ///
    /// # Errors
    /// Why there is no connection: getsockopt(2), `SO_ERROR`.
    pub fn connected(&mut self, begun_ns: u64) -> io::Result<bool> {
        let told = match self.handle.take_error() {
            Ok(None) => self.handle.peer_addr().map(drop),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        if let Err(error) = &told
            && matches!(
                error.raw_os_error(),
                Some(errno::ENOTCONN | errno::EINPROGRESS)
            )
        {
            return Ok(false);
        }
        let before = self.state;
        if told.is_ok() {
            self.advance(Action::Connect);
            self.local = self.handle.local_addr().ok();
        }
        if trace::active() {
            let done = Done {
                before: Some(before),
                error: told.as_ref().err(),
                ..Done::default()
            };
            self.record("connect", "connect", begun_ns, &done);
        }
        told.map(|()| true)
    }

    /// Its reads and writes are a relay's: a trace calls both "relay".
    pub const fn is_relayed(&mut self) {
        self.steps = ["relay"; 2];
    }

    /// Its close will reset the connection, whatever is under way: `SO_LINGER` with no time.
    pub fn cut(&self) {
        // A connection that is gone already needs no reset.
        let _ = SockRef::from(&self.handle).set_linger(Some(Duration::ZERO));
    }

    /// How many bytes were written that the peer's kernel has not acknowledged; `None` where the system does not tell.
    #[must_use]
    pub fn unacknowledged(&self) -> Option<u64> {
        sys::kernel::buffers(&SockRef::from(&self.handle), true)?.unacknowledged
    }
}
