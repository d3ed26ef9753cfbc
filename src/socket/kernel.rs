//! What the kernel holds for a socket: its buffers, its view of the connection, the queue of a listener.

use super::Socket;
use crate::error::Result;
use crate::ports::Transport;
use crate::state::{Action, State};
use crate::sys::kernel::{self, Buffers, TcpInfo};

/// The connections of a listener that the kernel has completed, and nobody has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptQueue {
    /// How many there are.
    pub length: u32,
    /// The backlog of `listen`, or the system's limit where that is less. Linux takes one connection more than this.
    pub limit: u32,
}

impl AcceptQueue {
    /// What `TCP_INFO` of a listener says; `None` for every other state.
    pub(super) fn of(info: &TcpInfo) -> Option<Self> {
        (info.state == "LISTEN").then_some(Self {
            length: info.in_flight,
            limit: info.sacked,
        })
    }
}

impl Socket {
    /// The bytes that the kernel holds for this socket, read at this moment. `None` for a TCP socket that is not connected, and
    /// where the system does not tell.
    ///
    /// # Errors
    /// `Closed`.
    pub fn buffers(&self) -> Result<Option<Buffers>> {
        let stream = self.transport == Transport::Tcp;
        let Some(handle) = self.handle.get() else {
            return Err(self.out_of_order(State::Closed, Action::Read, "buffers"));
        };
        if stream
            && matches!(
                self.state(),
                State::Created | State::Bound | State::Listening
            )
        {
            return Ok(None);
        }
        Ok(kernel::buffers(&handle, stream))
    }

    /// What the kernel knows of this connection, read at this moment; while `connect` waits it says so (`SYN_SENT`). `None` for
    /// UDP, for a socket that is not connected, and where the system does not tell.
    ///
    /// # Errors
    /// `Closed`.
    pub fn tcp(&self) -> Result<Option<TcpInfo>> {
        let Some(info) = self.tcp_info("tcp")? else {
            return Ok(None);
        };
        let unconnected = match self.state() {
            // A reset connection is CLOSE, too, and has a past.
            State::Created | State::Bound | State::Listening => {
                matches!(info.state, "CLOSE" | "LISTEN")
            }
            _ => false,
        };
        Ok(Some(info).filter(|_| !unconnected))
    }

    /// How many connections wait to be accepted, and how many may. `None` for a socket that does not listen, and where the
    /// system does not tell.
    ///
    /// # Errors
    /// `Closed`.
    pub fn queue(&self) -> Result<Option<AcceptQueue>> {
        Ok(self
            .tcp_info("queue")?
            .and_then(|info| AcceptQueue::of(&info)))
    }

    fn tcp_info(&self, step: &'static str) -> Result<Option<TcpInfo>> {
        match self.handle.get() {
            None => Err(self.out_of_order(State::Closed, Action::Read, step)),
            Some(_) if self.transport == Transport::Udp => Ok(None),
            Some(handle) => Ok(kernel::tcp_info(&handle)),
        }
    }
}
