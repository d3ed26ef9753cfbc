//! bind, connect, listen, accept, open: how a socket comes to its addresses.

use std::io;
use std::net::SocketAddr;

use socket2::{SockAddr, Socket as Handle};

use super::call::Call;
use super::{Socket, explain, locked};
use crate::address::{Endpoint, Family};
use crate::error::{Code, Error, Result};
use crate::ports::Transport;
use crate::resolve::{Port, other_family, resolve, resolve_for};
use crate::state::{Action, State};
use crate::sys::{self, Interest, errno};
use crate::wait::{TurnTaken, Wait};

impl Socket {
    /// The endpoint of a host and a port for this socket: the first of its family.
    ///
    /// # Errors
    /// Those of [`resolve`].
    pub fn endpoint_of(
        &self,
        host: &str,
        port: &Port,
        step: &'static str,
        wait: &Wait<'_>,
    ) -> Result<Endpoint> {
        let family = Some(self.family);
        let found = resolve_for(
            &self.waiters,
            host,
            port,
            self.transport,
            family,
            step,
            wait,
        )?;
        found.first().copied().ok_or_else(|| {
            Error::new(
                Code::NameNotFound,
                step,
                "the lookup gave no address",
                "the address in digits",
            )
            .at(Some(host))
        })
    }

    /// Takes an address: bind(2).
    ///
    /// # Errors
    /// `AddressInUse` (naming the holder), `AddressNotLocal`, `NoPermission`, `OutOfOrder`.
    pub fn bind(&self, endpoint: Endpoint) -> Result<()> {
        let (mut call, handle) = self.begin("bind", "bind", Action::Bind)?;
        self.same_family(endpoint, "bind")?;
        call.about = Some(endpoint);
        handle
            .bind(&SockAddr::from(endpoint.socket_addr()))
            .map_err(|error| call.failed(explain::system(&error, &call)))?;
        self.set_ends(local_of(&handle), None);
        call.about = self.local().or(call.about);
        call.done(None, &[]);
        Ok(())
    }

    /// Finds the peer: connect(2). For UDP it only sets the one peer.
    ///
    /// # Errors
    /// `Refused`, `TimedOut`, `Unreachable`, `Closed`, `OutOfOrder`, …; after each but `Closed` the socket is as it was.
    pub fn connect(&self, endpoint: Endpoint, wait: &Wait<'_>) -> Result<()> {
        let (mut call, handle) = self.begin("connect", "connect", Action::Connect)?;
        self.same_family(endpoint, "connect")?;
        call.about = Some(endpoint);
        let connected = call.connect(&handle, endpoint, wait).and_then(|()| {
            // Not what we asked for, which may have been "any", but whom the kernel has found.
            let (local, peer) = (local_of(&handle), peer_of(&handle));
            // A client that retries a dead port of its own range meets itself sooner or later (simultaneous open).
            if self.transport == Transport::Tcp && local.is_some() && local == peer {
                return Err(explain::connected_to_itself(&call));
            }
            self.set_ends(local, peer.or(Some(endpoint.socket_addr())));
            Ok(())
        });
        match connected {
            Ok(()) => {
                call.done(None, &[]);
                Ok(())
            }
            Err(error) => {
                if error.details().errno == Some(errno::EALREADY) {
                    // Another thread's connect is under way, and goes on.
                    return Err(call.failed(error));
                }
                // Neither connected nor half-way: the next connect of this socket starts afresh.
                if self.transport == Transport::Tcp && !self.as_before(&handle) {
                    self.advance(Action::Close);
                }
                self.bound_after_all(&handle);
                Err(call.failed(error))
            }
        }
    }

    /// Takes a failed connect back. The kernel then also takes back the port of a bind to port 0, as if the connect had
    /// picked it (and getsockname(2) does not say so); but that one was told to the caller, and stays ours.
    fn as_before(&self, handle: &Handle) -> bool {
        if !sys::abandon_connect(handle) {
            return false;
        }
        let local = locked(&self.ends)
            .local
            .filter(|_| self.state() == State::Bound);
        local.is_none_or(
            |local| match handle.bind(&SockAddr::from(local.socket_addr())) {
                Ok(()) => true,
                // "It has an address already": the kernel has left it.
                Err(error) => error.raw_os_error() == Some(errno::EINVAL),
            },
        )
    }

    /// An address of the other family cannot be meant; the kernel would refuse most of them, in other words each time.
    pub(super) fn same_family(&self, endpoint: Endpoint, step: &'static str) -> Result<()> {
        if endpoint.family() == self.family {
            return Ok(());
        }
        Err(other_family(&endpoint.ip_text(), endpoint, step))
    }

    /// Collects connections: listen(2). The kernel completes up to `backlog` of them before they are accepted.
    /// Without an address the step is out of order, unless `any_port` asks for the random one that the kernel picks.
    ///
    /// # Errors
    /// `OutOfOrder`, `AddressInUse`.
    pub fn listen(&self, backlog: i32, any_port: bool) -> Result<()> {
        if any_port && self.state() == State::Created {
            let loopback = match self.family {
                Family::Ipv4 => "127.0.0.1",
                Family::Ipv6 => "::1",
            };
            // On loopback, as everything here that is not told otherwise; the kernel alone would open every address.
            if let Some(endpoint) = Endpoint::from_digits(loopback, 0) {
                self.bind(endpoint)?;
            }
        }
        let (mut call, handle) = self.begin("listen", "listen", Action::Listen)?;
        call.about = self.local();
        handle
            .listen(backlog)
            .map_err(|error| call.failed(explain::system(&error, &call)))?;
        self.set_ends(local_of(&handle), None);
        call.done(None, &[]);
        Ok(())
    }

    /// Takes the next connection: accept4(2). The listening socket goes on listening.
    ///
    /// # Errors
    /// `TimedOut`, `Closed`, `TooManyFiles`, `OutOfOrder`.
    pub fn accept(&self, wait: &Wait<'_>) -> Result<Self> {
        let (call, handle) = self.begin("accept", "accept4", Action::Accept)?;
        let accepted = call.attempt(&handle, Interest::Readable, wait, |handle| {
            sys::accept(handle).map_err(|error| {
                // Its client was gone before we came: the next one, within the time and the signals of this wait.
                let died = sys::died_in_queue(&error);
                if died {
                    io::ErrorKind::WouldBlock.into()
                } else {
                    error
                }
            })
        });
        let (handle, peer) = accepted.map_err(|error| call.failed(error))?;
        let connection = Self::from_handle(handle, self.transport, self.family, State::Connected);
        connection.set_ends(None, peer);
        call.done(None, &[]);
        connection.begun(call.start_ns, "accepted");
        Ok(connection)
    }

    /// One thread at a time, for those who accept and have to look again after it.
    ///
    /// # Errors
    /// `OutOfOrder`, `Closed`, `TimedOut`, `Interrupted`.
    pub fn accepting(&self, wait: &Wait<'_>) -> Result<TurnTaken<'_>> {
        self.allowed("accept", Action::Accept)?;
        let call = Call::unchecked(self, "accept", "accept4", Action::Accept);
        self.reading
            .take(&self.waiters, wait)
            .map_err(|ended| call.ended(ended, wait))
    }

    /// The lecture's `open`: getaddrinfo, socket, connect. Every address is tried in its order, all within one deadline.
    ///
    /// # Errors
    /// The error of the last address, naming all that were tried; `NameNotFound`.
    pub fn open(host: &str, port: &Port, transport: Transport, wait: &Wait<'_>) -> Result<Self> {
        let endpoints = resolve(host, port, transport, None, "open", wait)?;
        let mut tried = Vec::new();
        let mut last = None;
        for (index, endpoint) in endpoints.iter().enumerate() {
            let attempt = Self::new(transport, endpoint.family()).and_then(|socket| {
                // A silent address must not eat the time of those after it.
                let share = wait
                    .deadline
                    .left()
                    .map(|left| left / u32::try_from(endpoints.len() - index).unwrap_or(1));
                let mine = Wait {
                    deadline: share.map_or(wait.deadline, crate::wait::Deadline::after),
                    pause: wait.pause,
                };
                socket.connect(*endpoint, &mine).map(|()| socket)
            });
            match attempt {
                Ok(socket) => return Ok(socket),
                Err(error) if error.code() == Code::Interrupted => return Err(error),
                Err(error) => {
                    tried.push(format!("{endpoint} {}", error.code().name()));
                    last = Some(error);
                }
            }
        }
        let error = last.unwrap_or_else(|| {
            Error::new(
                Code::NameNotFound,
                "open",
                "the lookup gave no address",
                "the address in digits",
            )
            .at(Some(host))
        });
        let error = error.in_step("open");
        if tried.len() < 2 {
            return Err(error);
        }
        let all = format!(
            "; of {host:?} every address was tried: {}",
            tried.join(", ")
        );
        Err(error.adding(&all))
    }
}

impl Call<'_> {
    fn connect(&self, handle: &Handle, endpoint: Endpoint, wait: &Wait<'_>) -> Result<()> {
        match handle.connect(&SockAddr::from(endpoint.socket_addr())) {
            Ok(()) => return Ok(()),
            Err(error) if self.socket.transport == Transport::Tcp && sys::in_progress(&error) => {}
            Err(error) => {
                let error = self.socket.without_port(handle, error);
                return Err(explain::system(&error, self));
            }
        }
        loop {
            self.wait(handle, Interest::Writable, wait)?;
            if let Some(error) = pending_error(handle) {
                return Err(explain::system(&error, self));
            }
            // Ready without an error and without a peer was a false alarm.
            if handle.peer_addr().is_ok() {
                return Ok(());
            }
        }
    }
}

/// `SO_ERROR`: how the connect ended.
fn pending_error(handle: &Handle) -> Option<io::Error> {
    handle.take_error().unwrap_or_else(Some)
}

pub(super) fn local_of(handle: &Handle) -> Option<SocketAddr> {
    handle.local_addr().ok()?.as_socket()
}

fn peer_of(handle: &Handle) -> Option<SocketAddr> {
    handle.peer_addr().ok()?.as_socket()
}
