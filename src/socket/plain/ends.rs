//! bind, connect, listen, accept, shutdown, and the names of both ends.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::Ordering;

use socket2::{SockAddr, Socket as Handle};

use super::attempt::{in_the_kernel, out_of_time};
use super::{Call, PlainSocket, Timeout, endpoint_of, explain};
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error, Result};
use crate::resolve::{Port, resolve_for};
use crate::socket::address_steps::local_of;
use crate::state::{Action, State};
use crate::sys::{Interest, errno, plain};
use crate::wait::{Deadline, Pause, Wait};

impl PlainSocket {
    /// The address of a host's name, within the time of this socket: getaddrinfo(3).
    ///
    /// # Errors
    /// `NameNotFound`, `BadHost`, `TimedOut`.
    pub fn look_up(
        &self,
        host: &str,
        family: Family,
        step: &'static str,
        pause: &dyn Pause,
    ) -> Result<SocketAddr> {
        // A call that does not wait waits for a name all the same, as the standard library's does.
        let wait = self.patience_of(pause).unwrap_or(Wait {
            deadline: Deadline::NEVER,
            pause,
        });
        let family = Some(family);
        let port = Port::Number(0);
        resolve_for(
            &self.waiters,
            host,
            &port,
            self.transport,
            family,
            step,
            &wait,
        )
        .map_err(|error| out_of_time(error, &wait))?
        .first()
        .map(Endpoint::socket_addr)
        .ok_or_else(|| {
            let cause = "the lookup gave no address";
            Error::new(Code::NameNotFound, step, cause, "the address in digits")
        })
    }

    /// Takes an address: bind(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn bind(&self, address: &SockAddr) -> Result<()> {
        let (mut call, handle) = self.begin("bind", "bind", Action::Bind)?;
        call.about = endpoint_of(address);
        handle
            .bind(address)
            .map_err(|error| call.failed(explain::system(&error, &call)))?;
        if self.recorded() {
            self.set_ends(local_of(&handle), None);
            call.about = self.local().or(call.about);
        }
        call.done(None, &[]);
        Ok(())
    }

    /// Collects connections: listen(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        let (mut call, handle) = self.begin("listen", "listen", Action::Listen)?;
        handle
            .listen(backlog)
            .map_err(|error| call.failed(explain::system(&error, &call)))?;
        if self.state() == State::Created {
            // The kernel picked a port.
            self.advance(Action::Bind);
        }
        if self.recorded() {
            self.set_ends(local_of(&handle), None);
            call.about = self.local();
        }
        call.done(None, &[]);
        Ok(())
    }

    /// Finds the peer: connect(2).
    ///
    /// # Errors
    /// What the kernel says; `EINPROGRESS` from a socket that does not wait.
    pub fn connect(&self, address: &SockAddr, pause: &dyn Pause) -> Result<()> {
        let again = self.connecting.is_under_way();
        let (mut call, handle) = self.begin("connect", "connect", Action::Connect)?;
        call.about = endpoint_of(address);
        let told = self.connect_handle(&call, &handle, address, pause);
        if again {
            // A question about the first one, which is the event.
            if self.connecting.is_under_way() {
                self.connecting_looked_at(&handle);
                if let Err(error) = &told {
                    self.connecting_told(error.details().errno.unwrap_or(0));
                }
            }
            return told;
        }
        match told {
            Ok(()) => {
                self.connected(&handle);
                call.done(None, &[]);
                Ok(())
            }
            Err(error) if error.details().errno == Some(errno::EINPROGRESS) => {
                self.connecting_began(&call);
                Err(error)
            }
            Err(error) => Err(self.failed(&call, error)),
        }
    }

    fn connected(&self, handle: &Handle) {
        if self.internet.is_none() {
            return;
        }
        let peer = handle.peer_addr().ok().and_then(|peer| peer.as_socket());
        self.set_ends(local_of(handle), peer);
    }

    fn connect_handle(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        address: &SockAddr,
        pause: &dyn Pause,
    ) -> Result<()> {
        let timeout = self.timeout();
        // connect(2) knows no MSG_DONTWAIT: for the time of the call a stream of the Internet does not block.
        let toggled = timeout == Timeout::Never
            && self.is_stream()
            && self.internet.is_some()
            && !self.is_nonblocking_beside_us(handle);
        if timeout == Timeout::Never && !toggled {
            return in_the_kernel(call, handle, pause, |handle| handle.connect(address));
        }
        if toggled {
            self.toggled.fetch_add(1, Ordering::Relaxed);
            plain::set_blocking(handle, false).map_err(|error| explain::system(&error, call))?;
        }
        let connected = self.connect_waiting(call, handle, address, pause);
        if toggled {
            if self.timeout() == Timeout::Never {
                let _ = plain::set_blocking(handle, true);
            }
            self.toggled.fetch_sub(1, Ordering::Relaxed);
        }
        connected
    }

    fn connect_waiting(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        address: &SockAddr,
        pause: &dyn Pause,
    ) -> Result<()> {
        let explained = |error: io::Error| Err(explain::system(&error, call));
        let wait = self.patience_of(pause);
        let told = handle.connect(address);
        let number = told.as_ref().err().and_then(io::Error::raw_os_error);
        let begun = matches!(number, Some(errno::EINPROGRESS | errno::EINTR));
        let Some(wait) = wait.filter(|_| begun) else {
            return told.or_else(explained);
        };
        call.wait(handle, Interest::Writable, &wait)
            .map_err(|error| out_of_time(error, &wait))?;
        if self.timeout() != Timeout::Never {
            return match handle.take_error() {
                Ok(None) => Ok(()),
                Ok(Some(error)) | Err(error) => explained(error),
            };
        }
        // A connect that blocks leaves a socket that may try again after a refusal, and one that knows that it is connected. So
        // does the second connect(2) that asks how the first has ended, and SO_ERROR does not.
        match handle.connect(address) {
            Err(error) if error.raw_os_error() != Some(errno::EISCONN) => explained(error),
            _ => Ok(()),
        }
    }

    /// Takes the next connection, which blocks: accept4(2).
    ///
    /// # Errors
    /// What the kernel says, `TimedOut`, `Closed`.
    pub fn accept(&self, pause: &dyn Pause) -> Result<(Self, SockAddr)> {
        let (call, handle) = self.begin("accept", "accept4", Action::Accept)?;
        let (accepted, peer) = self
            .accept_handle(&call, &handle, pause)
            .map_err(|error| self.failed(&call, error))?;
        let connection = Self::of(
            accepted,
            self.domain,
            self.kind,
            self.protocol,
            State::Created,
        );
        connection.advance(Action::Connect);
        connection.set_ends(None, peer.as_socket());
        call.done(None, &[]);
        connection.begun(call.start_ns, "accepted");
        Ok((connection, peer))
    }

    fn accept_handle(
        &self,
        call: &Call<'_>,
        handle: &Handle,
        pause: &dyn Pause,
    ) -> Result<(Handle, SockAddr)> {
        let wait = self.patience_of(pause);
        if self.timeout() != Timeout::Never || self.is_nonblocking_beside_us(handle) {
            let interest = Interest::Readable;
            return self.attempt(call, handle, interest, pause, wait.as_ref(), Handle::accept);
        }
        // accept4(2) knows no MSG_DONTWAIT. Somebody else may take the connection between these two calls: then the kernel waits,
        // as it does for the standard library.
        if let Some(wait) = &wait {
            call.wait(handle, Interest::Readable, wait)?;
        }
        in_the_kernel(call, handle, pause, Handle::accept)
    }

    /// Closes one half of the connection, or both: shutdown(2). how: 0, 1 or 2 (`SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn shutdown(&self, how: i32) -> Result<()> {
        let (call, handle) = self.begin("shutdown", "shutdown", Action::Finish)?;
        let done = match how {
            0 => handle.shutdown(Shutdown::Read),
            1 => handle.shutdown(Shutdown::Write),
            2 => handle.shutdown(Shutdown::Both),
            _ => Err(io::Error::from_raw_os_error(errno::EINVAL)),
        };
        done.map_err(|error| call.failed(explain::system(&error, &call)))?;
        if how != 0 {
            call.done(None, &[]);
        }
        Ok(())
    }

    /// Our address: getsockname(2).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn own_name(&self) -> Result<SockAddr> {
        let handle = self.held("getsockname")?;
        let told = handle.local_addr();
        told.map_err(|error| self.refused(&error, "getsockname"))
    }

    /// The peer's address: getpeername(2).
    ///
    /// # Errors
    /// `ENOTCONN`, for example.
    pub fn peer_name(&self) -> Result<SockAddr> {
        let handle = self.held("getpeername")?;
        let told = handle.peer_addr();
        told.map_err(|error| self.refused(&error, "getpeername"))
    }
}
