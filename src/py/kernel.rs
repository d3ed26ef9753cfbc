//! `Buffers`, `TcpInfo`, `AcceptQueue` and `Sample`: what the kernel holds, as plain data.

use pyo3::prelude::*;

use super::show::{bundle, drawn};
use crate::socket::AcceptQueue;
use crate::sys::kernel::{Buffers, TcpInfo};
use crate::trace::Sample;

/// The bytes that the kernel holds for a socket, at the moment of asking. In a notebook it is a picture, print() writes it as text.
///
/// Sizes are in bytes; what this kind of socket does not have, or this system does not tell, is None. The capacities are limits of
/// memory: setting socket.options.receive_buffer to n gives 2n, because the kernel counts its bookkeeping for each packet as well
/// (socket(7)), and a buffer is full before it holds as many bytes of payload. What an interrupted read_exactly keeps for the next
/// read has left the kernel, and is not counted.
/// System calls: ioctl(2) with SIOCINQ and SIOCOUTQ (tcp(7)), getsockopt(2) with SO_MEMINFO. Source: lecture 4, "input buffer" and
/// "output buffer".
#[pyclass(frozen, eq, get_all, name = "Buffers", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PyBuffers {
    /// TCP: bytes that came, were acknowledged to the peer, and wait to be read. None for UDP.
    unread: Option<u64>,
    /// UDP: the size of the next datagram that waits, all that the kernel tells; 0 also when none does. None for TCP.
    next_datagram: Option<u64>,
    /// TCP: bytes written and not acknowledged by the peer's kernel, sent or not. A FIN under way counts as one. None for UDP.
    unacknowledged: Option<u64>,
    /// TCP: the part of the unacknowledged that was not even sent yet. None for UDP.
    unsent: Option<u64>,
    /// The limit of the memory for what comes (SO_RCVBUF as the kernel holds it).
    receive_capacity: u64,
    /// The limit of the memory for what goes (SO_SNDBUF as the kernel holds it).
    send_capacity: u64,
    /// The memory that is taken by what came, bookkeeping included.
    receive_memory: Option<u64>,
    /// The memory that is taken by what goes, bookkeeping included.
    send_memory: Option<u64>,
    /// Packets that were thrown away because there was no room for them.
    drops: Option<u64>,
}

/// What the kernel knows of a TCP connection, at the moment of asking. In a notebook it is a picture, print() writes it as text.
///
/// Times are in the unit of their name, sizes in bytes unless said otherwise; what this kernel does not tell is None. Linux alone
/// tells. System call: getsockopt(2) with TCP_INFO (tcp(7)). Source: RFC 9293, RFC 5681 (windows), RFC 6298 (times).
#[pyclass(frozen, eq, get_all, name = "TcpInfo", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PyTcpInfo {
    /// The state as netstat writes it: "ESTABLISHED", "FIN_WAIT1", "CLOSE_WAIT", ... (RFC 9293 section 3.3.2).
    state: &'static str,
    /// Congestion control: "open", "disorder" (segments came out of order), "reduced" (a router asked), "recovery" or "loss".
    congestion: &'static str,
    /// The smoothed round trip time, in microseconds; None before the first was measured.
    rtt_us: Option<u32>,
    /// How much it varies, in microseconds.
    rttvar_us: Option<u32>,
    /// The least round trip time seen lately, in microseconds.
    min_rtt_us: Option<u32>,
    /// After how many microseconds a segment without an answer is sent again.
    rto_us: u32,
    /// The congestion window: how many segments may be on the way.
    cwnd: u32,
    /// The congestion window in bytes: cwnd times mss.
    cwnd_bytes: u64,
    /// The congestion window at which slow start ends, in segments; None while it has met no limit.
    ssthresh: Option<u32>,
    /// The most payload of a segment that we send.
    mss: u32,
    /// The most payload of the segments that come, as far as seen.
    receive_mss: u32,
    /// The largest packet that the path carries.
    path_mtu: u32,
    /// Segments on the way: sent, and not acknowledged.
    in_flight: u32,
    /// Segments that the peer told it has, with a hole before them.
    sacked: u32,
    /// Segments taken for lost.
    lost: u32,
    /// How often the oldest segment was sent again by the timer, without an answer so far.
    retransmits_now: u8,
    /// Segments that were sent again, in all.
    retransmissions: u32,
    /// Questions that were not answered: to a peer without room (window probes), or without a sign of life (keepalive).
    probes: u8,
    /// Payload that was sent, retransmissions included.
    bytes_sent: Option<u64>,
    /// What the peer's kernel acknowledged; our SYN and FIN count as one each.
    bytes_acked: Option<u64>,
    /// What came; the peer's FIN counts as one.
    bytes_received: Option<u64>,
    /// Payload that was sent again.
    bytes_retransmitted: Option<u64>,
    /// Segments that were sent.
    segments_sent: Option<u32>,
    /// Segments that came.
    segments_received: Option<u32>,
    /// Segments that came after one that was sent later.
    out_of_order: Option<u32>,
    /// The room that we told the peer.
    receive_window: Option<u32>,
    /// The room that the peer told us: 0 stops us.
    peer_window: Option<u32>,
    /// The rate at which the kernel would space segments out, in bytes a second; None without a limit.
    pacing_rate: Option<u64>,
    /// The rate at which the peer acknowledged lately, in bytes a second; None before it was measured.
    delivery_rate: Option<u64>,
    /// Microseconds with something to send.
    busy_us: Option<u64>,
    /// The part of them in which the peer had no room (its receive window).
    rwnd_limited_us: Option<u64>,
    /// The part of them in which our own send buffer was too small.
    sndbuf_limited_us: Option<u64>,
    /// Milliseconds since we last sent data; None when we never did.
    last_data_sent_ms: Option<u32>,
    /// Milliseconds since data last came; None when none ever did.
    last_data_received_ms: Option<u32>,
    /// Milliseconds since an acknowledgement last came.
    last_ack_received_ms: u32,
    /// Whether segments carry times (RFC 7323).
    timestamps: bool,
    /// Whether the peer tells which segments it has beyond a hole (RFC 2018).
    sack: bool,
    /// Whether routers may mark instead of drop (RFC 3168).
    ecn: bool,
    /// By how many bits the windows are shifted, (the peer's, ours) (RFC 7323); None when that was not agreed.
    window_scale: Option<(u8, u8)>,
}

/// The queue of a listener: connections that the kernel has completed, and that nobody has accepted.
///
/// length: how many there are. limit: the backlog of listen, or the system's limit (net.core.somaxconn) where that is less; Linux
/// takes one more than it. System call: getsockopt(2) with TCP_INFO. Source: listen(2), lecture 4.
#[pyclass(frozen, eq, get_all, name = "AcceptQueue", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PyAcceptQueue {
    /// How many connections wait to be accepted.
    length: u32,
    /// How many may wait.
    limit: u32,
}

/// What the kernel held for one socket at one moment of a trace.
///
/// Sizes are in bytes; what this kind of socket does not have, or this system does not tell, is None.
#[pyclass(frozen, eq, name = "Sample", module = "netsteps")]
#[derive(Clone, Copy, PartialEq)]
pub(super) struct PySample(pub(super) Sample);

macro_rules! told {
    ($self:ident: $($name:ident)*) => {
        [$((stringify!($name), $self.$name.map(|value| value.to_string()))),*]
    };
}

/// `<Class a=1, b=2>`, without what is not told.
fn told(class: &str, first: &str, fields: &[(&str, Option<String>)]) -> String {
    let known: Vec<String> = fields
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={value}")))
        .collect();
    format!("<{class} {first}{}>", known.join(", "))
}

macro_rules! shown {
    ($class:ident, $room:expr, $function:expr, $repr:expr) => {
        #[pymethods]
        impl $class {
            /// The picture, as a Drawing: print() it, or save(path) as .svg, .html or .txt. theme: "light" or "dark".
            #[pyo3(signature = (*, theme="light"))]
            fn drawing<'py>(&self, py: Python<'py>, theme: &str) -> PyResult<Bound<'py, PyAny>> {
                drawn(py, $room, $function, *self, theme)
            }

            fn __repr__(&self) -> String {
                $repr(self)
            }

            fn __str__(&self, py: Python<'_>) -> PyResult<String> {
                drawn(py, $room, $function, *self, "light")?
                    .str()?
                    .extract()
            }

            #[pyo3(signature = (include: "object" = None, exclude: "object" = None))]
            fn _repr_mimebundle_<'py>(
                &self,
                py: Python<'py>,
                include: Option<&Bound<'py, PyAny>>,
                exclude: Option<&Bound<'py, PyAny>>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let drawing = drawn(py, $room, $function, *self, "light")?;
                bundle(&drawing, include, exclude)
            }
        }
    };
}

shown!(PyBuffers, "buffers", "buffers", buffers_in_words);
shown!(PyTcpInfo, "tcp", "tcp", tcp_in_words);
shown!(PyAcceptQueue, "buffers", "queue", queue_in_words);

fn buffers_in_words(this: &PyBuffers) -> String {
    let capacities = [
        ("receive_capacity", Some(this.receive_capacity.to_string())),
        ("send_capacity", Some(this.send_capacity.to_string())),
    ];
    let first = told!(this: unread next_datagram unacknowledged unsent);
    let last = told!(this: receive_memory send_memory drops);
    told("Buffers", "", &[&first[..], &capacities, &last].concat())
}

fn tcp_in_words(this: &PyTcpInfo) -> String {
    let rest = told!(this: rtt_us peer_window bytes_sent bytes_received);
    let windows = [
        ("cwnd", Some(this.cwnd.to_string())),
        ("mss", Some(this.mss.to_string())),
        ("in_flight", Some(this.in_flight.to_string())),
        ("retransmissions", Some(this.retransmissions.to_string())),
    ];
    let first = format!("{} ", this.state);
    told(
        "TcpInfo",
        &first,
        &[&rest[..1], &windows, &rest[1..]].concat(),
    )
}

fn queue_in_words(this: &PyAcceptQueue) -> String {
    format!("<AcceptQueue length={}, limit={}>", this.length, this.limit)
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        #[pymethods]
        impl PySample {
            $($(#[$doc])*
            #[getter]
            fn $name(&self) -> $type {
                self.0.$name
            })*

            fn __repr__(&self) -> String {
                let this = &self.0;
                let known = told!(this: unread unacknowledged unsent receive_capacity send_capacity receive_memory drops window
                    peer_window rtt_us retransmissions queue queue_limit);
                let first = format!("of socket #{} at {} ns: ", this.socket, this.time_ns);
                told("Sample", &first, &known)
            }
        }
    };
}

fields! {
    /// The process (os.getpid).
    process: u32,
    /// The socket: a number that no other socket of its process ever has.
    socket: u64,
    /// When, in nanoseconds of the system's monotonic clock (time.monotonic_ns).
    time_ns: u64,
    /// TCP: bytes that came and wait to be read.
    unread: Option<u64>,
    /// TCP: bytes written and not acknowledged by the peer's kernel.
    unacknowledged: Option<u64>,
    /// TCP: the part of them that was not even sent.
    unsent: Option<u64>,
    /// The limit of the memory for what comes.
    receive_capacity: Option<u64>,
    /// The limit of the memory for what goes.
    send_capacity: Option<u64>,
    /// The memory that is taken by what came, bookkeeping included.
    receive_memory: Option<u64>,
    /// Packets that were thrown away because there was no room for them.
    drops: Option<u64>,
    /// The congestion window in bytes.
    window: Option<u64>,
    /// The room that the peer told us.
    peer_window: Option<u64>,
    /// The smoothed round trip time in microseconds.
    rtt_us: Option<u32>,
    /// Segments that were sent again, in all.
    retransmissions: Option<u32>,
    /// A listener's connections that wait to be accepted.
    queue: Option<u32>,
    /// The most that may wait.
    queue_limit: Option<u32>,
}

macro_rules! copied {
    ($from:ident, $to:ident: $($name:ident)*) => {
        impl From<$from> for $to {
            fn from(core: $from) -> Self {
                Self { $($name: core.$name),* }
            }
        }
    };
}

copied!(Buffers, PyBuffers: unread next_datagram unacknowledged unsent receive_capacity send_capacity receive_memory send_memory
    drops);
copied!(AcceptQueue, PyAcceptQueue: length limit);
copied!(TcpInfo, PyTcpInfo: state congestion rtt_us rttvar_us min_rtt_us rto_us cwnd cwnd_bytes ssthresh mss receive_mss path_mtu
    in_flight sacked lost retransmits_now retransmissions probes bytes_sent bytes_acked bytes_received bytes_retransmitted
    segments_sent segments_received out_of_order receive_window peer_window pacing_rate delivery_rate busy_us rwnd_limited_us
    sndbuf_limited_us last_data_sent_ms last_data_received_ms last_ack_received_ms timestamps sack ecn window_scale);
