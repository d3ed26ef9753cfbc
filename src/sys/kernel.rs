//! What the kernel holds for a socket: its buffers, its view of a TCP connection, the queue of a listener.
//!
//! Linux tells all of it; the other systems are not asked, and give `None`.

#[cfg_attr(target_os = "linux", path = "linux_kernel.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_kernel.rs")]
mod imp;
#[path = "tcp_info.rs"]
mod tcp_info;

pub use imp::{buffers, tcp_info};
pub use tcp_info::{STATES, TcpInfo};

/// The bytes that the kernel holds for a socket, in both directions. Sizes are in bytes; what does not apply is `None`.
///
/// The capacities are the kernel's limit for memory, not for payload: setting `SO_RCVBUF` to n gives 2n, because the kernel
/// counts its own bookkeeping for each packet as well (socket(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// TCP: came, was acknowledged to the peer, and waits to be read (`SIOCINQ`, tcp(7)).
    pub unread: Option<u64>,
    /// UDP: the size of the next datagram that waits; 0 also when none does (`FIONREAD`, udp(7)).
    pub next_datagram: Option<u64>,
    /// TCP: written and not acknowledged by the peer's kernel, sent or not (`SIOCOUTQ`). A FIN under way counts as one.
    pub unacknowledged: Option<u64>,
    /// TCP: the part of it that was not even sent yet (`SIOCOUTQNSD`).
    pub unsent: Option<u64>,
    /// The limit of the memory for what comes (`SO_RCVBUF`).
    pub receive_capacity: u64,
    /// The limit of the memory for what goes (`SO_SNDBUF`).
    pub send_capacity: u64,
    /// The memory that is taken by what came, bookkeeping included (`SO_MEMINFO`).
    pub receive_memory: Option<u64>,
    /// The memory that is taken by what goes, bookkeeping included.
    pub send_memory: Option<u64>,
    /// Packets that were thrown away because there was no room for them.
    pub drops: Option<u64>,
}
