//! `TCP_INFO`: the kernel's struct, read byte by byte. It has grown over the years; what an older kernel does not tell is `None`.

/// The states of TCP as netstat writes them, by the kernel's number (net/tcp_states.h, RFC 9293 section 3.3.2).
pub const STATES: [&str; 13] = [
    "",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
];

/// The states of congestion control, by the kernel's number (linux/tcp.h, `tcp_ca_state`).
const CONGESTION: [&str; 5] = ["open", "disorder", "reduced", "recovery", "loss"];

/// The bits of `tcpi_options`.
const TIMESTAMPS: u8 = 1;
const SACK: u8 = 2;
const WINDOW_SCALE: u8 = 4;
const ECN: u8 = 8;

/// The least that is an answer: up to `tcpi_total_retrans`, which Linux 2.6 had.
const LEAST: usize = 104;
/// `TCP_INFINITE_SSTHRESH`: slow start has met no limit yet.
const NO_THRESHOLD: u32 = 0x7fff_ffff;

/// What the kernel knows of a TCP connection. Times are in the unit of their name, sizes in bytes unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpInfo {
    /// The state of RFC 9293, as netstat writes it.
    pub state: &'static str,
    /// The state of congestion control: "open", "disorder", "reduced", "recovery" or "loss".
    pub congestion: &'static str,
    /// The smoothed round trip time (RFC 6298); `None` before the first was measured.
    pub rtt_us: Option<u32>,
    /// How much it varies.
    pub rttvar_us: Option<u32>,
    /// The least that was seen lately.
    pub min_rtt_us: Option<u32>,
    /// When a segment without an answer is sent again.
    pub rto_us: u32,
    /// The congestion window, in segments.
    pub cwnd: u32,
    /// The congestion window, in bytes.
    pub cwnd_bytes: u64,
    /// Where slow start ends, in segments; `None` while it has met no limit.
    pub ssthresh: Option<u32>,
    /// The most payload of a segment that we send.
    pub mss: u32,
    /// The most payload of the segments that come, as far as seen.
    pub receive_mss: u32,
    /// The largest packet of the path.
    pub path_mtu: u32,
    /// Segments on the way, not acknowledged; of a listener, how many wait to be accepted.
    pub in_flight: u32,
    /// Segments that the peer has with a hole before them; of a listener, how many may wait.
    pub sacked: u32,
    /// Segments taken for lost.
    pub lost: u32,
    /// How often the oldest one was sent again by the timer, without an answer.
    pub retransmits_now: u8,
    /// Segments that were sent again, in all.
    pub retransmissions: u32,
    /// Questions to a peer without room (window probes), or without a sign of life (keepalive), that were not answered.
    pub probes: u8,
    /// Payload that was sent, retransmissions included.
    pub bytes_sent: Option<u64>,
    /// What the peer's kernel acknowledged; SYN and FIN count as one each.
    pub bytes_acked: Option<u64>,
    /// What came, in order; a FIN counts as one.
    pub bytes_received: Option<u64>,
    /// Payload that was sent again.
    pub bytes_retransmitted: Option<u64>,
    /// Segments that were sent.
    pub segments_sent: Option<u32>,
    /// Segments that came.
    pub segments_received: Option<u32>,
    /// Segments that came before one that was sent earlier.
    pub out_of_order: Option<u32>,
    /// The room that we told the peer.
    pub receive_window: Option<u32>,
    /// The room that the peer told us.
    pub peer_window: Option<u32>,
    /// The rate at which the kernel would space segments out, in bytes a second; `None` without a limit.
    pub pacing_rate: Option<u64>,
    /// The rate at which the peer acknowledged lately, in bytes a second; `None` before it was measured.
    pub delivery_rate: Option<u64>,
    /// The time with something to send.
    pub busy_us: Option<u64>,
    /// The part of it in which the peer had no room.
    pub rwnd_limited_us: Option<u64>,
    /// The part of it in which our own send buffer was too small.
    pub sndbuf_limited_us: Option<u64>,
    /// The time since we last sent data; `None` when we never did.
    pub last_data_sent_ms: Option<u32>,
    /// The time since data last came; `None` when none ever did.
    pub last_data_received_ms: Option<u32>,
    /// The time since an acknowledgement last came.
    pub last_ack_received_ms: u32,
    /// Whether segments carry times (RFC 7323).
    pub timestamps: bool,
    /// Whether holes are told (RFC 2018).
    pub sack: bool,
    /// Whether routers may mark instead of drop (RFC 3168).
    pub ecn: bool,
    /// By how many bits the windows are shifted: the peer's and ours (RFC 7323); `None` when that was not agreed.
    pub window_scale: Option<(u8, u8)>,
}

impl TcpInfo {
    /// Reads what the kernel wrote; `None` when it is less than any kernel writes. Never more than the bytes that are there.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < LEAST {
            return None;
        }
        let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
        let maybe = |place: usize| Some(u32::from_ne_bytes(taken(bytes, place)?));
        let long = |place: usize| Some(u64::from_ne_bytes(taken(bytes, place)?));
        let number = |place: usize| maybe(place).unwrap_or(0);
        let measured = |value: u32| (value != 0).then_some(value);
        let options = at(5);
        // Two bit fields of four bits in one byte; the compiler puts the first into the low bits on little-endian machines.
        let (low, high) = (at(6) & 15, at(6) >> 4);
        let scales = if cfg!(target_endian = "little") {
            (low, high)
        } else {
            (high, low)
        };
        let (sent, received) = (long(200), long(128));
        let (mss, cwnd) = (number(16), number(80));
        let rtt_us = measured(number(68));
        Some(Self {
            state: STATES.get(usize::from(at(0))).copied().unwrap_or(""),
            congestion: CONGESTION.get(usize::from(at(1))).copied().unwrap_or(""),
            rtt_us,
            rttvar_us: rtt_us.map(|_| number(72)),
            min_rtt_us: maybe(148).filter(|rtt| *rtt != u32::MAX && *rtt != 0),
            rto_us: number(8),
            cwnd,
            cwnd_bytes: u64::from(cwnd) * u64::from(mss),
            ssthresh: Some(number(76)).filter(|threshold| *threshold < NO_THRESHOLD),
            mss,
            receive_mss: number(20),
            path_mtu: number(60),
            in_flight: number(24),
            sacked: number(28),
            lost: number(32),
            retransmits_now: at(2),
            retransmissions: number(100),
            probes: at(3),
            bytes_sent: sent,
            bytes_acked: long(120),
            bytes_received: received,
            bytes_retransmitted: long(208),
            segments_sent: maybe(136),
            segments_received: maybe(140),
            out_of_order: maybe(224),
            receive_window: maybe(232),
            peer_window: maybe(228),
            pacing_rate: long(104).filter(|rate| *rate != u64::MAX),
            delivery_rate: long(160).filter(|rate| *rate != 0),
            busy_us: long(168),
            rwnd_limited_us: long(176),
            sndbuf_limited_us: long(184),
            // The kernel counts from the beginning of the connection when there was nothing.
            last_data_sent_ms: Some(number(44)).filter(|_| sent != Some(0)),
            last_data_received_ms: Some(number(52)).filter(|_| received != Some(0)),
            last_ack_received_ms: number(56),
            timestamps: options & TIMESTAMPS != 0,
            sack: options & SACK != 0,
            ecn: options & ECN != 0,
            window_scale: (options & WINDOW_SCALE != 0).then_some(scales),
        })
    }
}

fn taken<const SIZE: usize>(bytes: &[u8], place: usize) -> Option<[u8; SIZE]> {
    bytes.get(place..place.checked_add(SIZE)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A struct in which each byte is different from its neighbours.
    fn whole() -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..=247).collect();
        (bytes[0], bytes[1], bytes[5], bytes[6]) = (1, 4, 7, 0xa7);
        bytes
    }

    #[test]
    fn fields_are_read_at_their_places() {
        let info = TcpInfo::parse(&whole()).expect("an answer");
        assert_eq!((info.state, info.congestion), ("ESTABLISHED", "loss"));
        assert_eq!(info.rtt_us, Some(u32::from_ne_bytes([68, 69, 70, 71])));
        assert_eq!(
            info.rwnd_limited_us,
            Some(u64::from_ne_bytes([176, 177, 178, 179, 180, 181, 182, 183]))
        );
        assert_eq!(
            info.receive_window,
            Some(u32::from_ne_bytes([232, 233, 234, 235]))
        );
        assert!(info.timestamps && info.sack && !info.ecn);
        if cfg!(target_endian = "little") {
            assert_eq!(info.window_scale, Some((7, 10)));
        }
    }

    #[test]
    fn a_shorter_struct_of_an_older_kernel_has_none_for_the_rest() {
        for length in 0..=248 {
            let info = TcpInfo::parse(&whole()[..length]);
            assert_eq!(info.is_some(), length >= LEAST, "{length}");
            let Some(info) = info else { continue };
            assert_eq!(info.bytes_acked.is_some(), length >= 128, "{length}");
            assert_eq!(info.delivery_rate.is_some(), length >= 168, "{length}");
            assert_eq!(info.bytes_sent.is_some(), length >= 208, "{length}");
            assert_eq!(info.peer_window.is_some(), length >= 232, "{length}");
            assert_eq!(info.receive_window.is_some(), length >= 236, "{length}");
        }
    }

    #[test]
    fn any_bytes_are_an_answer_or_none() {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let info = TcpInfo::parse(&[byte; 600]).expect("an answer");
            assert_eq!(info.pacing_rate.is_none(), byte == 0xff);
        }
    }
}
