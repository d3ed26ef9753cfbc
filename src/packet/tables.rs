//! The layouts of the headers, as data: each row is a field, and the rows follow each other without a gap.

use super::numbers::{ether_name, hardware_name, ip_name};

/// How a value is shown.
#[derive(Clone, Copy)]
pub(super) enum Show {
    /// A number.
    Number,
    /// A number of this unit.
    Unit(&'static str),
    /// A count of units of so many bytes: "5 = 20 bytes". The second number is added to the count.
    Times(u64, u64),
    /// In base 16.
    Hex,
    /// A number and its name.
    Name(fn(u64) -> Option<&'static str>),
    /// A number in base 16 and its name.
    HexName(fn(u64) -> Option<&'static str>),
    /// A port, and its service.
    Port,
    /// One bit: its meaning is told where it is set.
    Flag,
    /// The address of a network card.
    Mac,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Bytes.
    Bytes,
}

/// A field of a header.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) bits: usize,
    pub(super) show: Show,
    pub(super) meaning: &'static str,
}

/// Rows: name, width in bits, how it is shown, what it says.
macro_rules! rows {
    ($($name:expr, $bits:literal, $show:expr, $meaning:literal;)*) => {{
        #[allow(unused_imports, reason = "not every table shows values in every way")]
        use $crate::packet::tables::Show::{
            Bytes, Flag, Hex, HexName, Ipv4, Ipv6, Mac, Name, Number, Port, Times, Unit,
        };
        &[$($crate::packet::tables::Row {
            name: $name,
            bits: $bits,
            show: $show,
            meaning: $meaning,
        }),*]
    }};
}
pub(super) use rows;

pub(super) const CHECKSUM: &str = "Checksum";
pub(super) const HEADER_CHECKSUM: &str = "Header Checksum";

pub(super) const ETHERNET: &[Row] = rows![
    "Destination", 48, Mac, "the network card it is for";
    "Source", 48, Mac, "the network card that sent it";
    "EtherType", 16, HexName(ether_name), "what is inside";
];

/// IEEE 802.1Q. The 0x8100 in front of it is the EtherType of the header before.
pub(super) const VLAN: &[Row] = rows![
    "PCP", 3, Number, "priority";
    "DEI", 1, Flag, "may be dropped first";
    "VID", 12, Number, "the number of the virtual network";
    "EtherType", 16, HexName(ether_name), "what is inside";
];

pub(super) fn sll_type_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "to us",
        1 => "broadcast",
        2 => "multicast",
        3 => "to another host",
        4 => "sent by us",
        _ => return None,
    })
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>
pub(super) const LINUX_SLL: &[Row] = rows![
    "Packet type", 16, Name(sll_type_name), "which way it went";
    "ARPHRD type", 16, Name(hardware_name), "the kind of network card";
    "Link-layer address length", 16, Unit("bytes"), "";
    "Link-layer address", 64, Bytes, "the sender's, filled up with zeros";
    "Protocol type", 16, HexName(ether_name), "what is inside";
];

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>
pub(super) const LINUX_SLL2: &[Row] = rows![
    "Protocol type", 16, HexName(ether_name), "what is inside";
    "Reserved", 16, Number, "must be zero";
    "Interface index", 32, Number, "the number of the network card";
    "ARPHRD type", 16, Name(hardware_name), "the kind of network card";
    "Packet type", 8, Name(sll_type_name), "which way it went";
    "Link-layer address length", 8, Unit("bytes"), "";
    "Link-layer address", 64, Bytes, "the sender's, filled up with zeros";
];

fn arp_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "request: who has this address?",
        2 => "reply: I have it",
        3 => "RARP request",
        4 => "RARP reply",
        _ => return None,
    })
}

/// RFC 826.
pub(super) const ARP: &[Row] = rows![
    "Hardware Type", 16, Name(hardware_name), "the kind of network card";
    "Protocol Type", 16, HexName(ether_name), "whose addresses are looked for";
    "Hardware Address Length", 8, Unit("bytes"), "";
    "Protocol Address Length", 8, Unit("bytes"), "";
    "Opcode", 16, Name(arp_name), "";
];

/// The addresses where a card's has six bytes and the protocol's four.
pub(super) const ARP_ETHERNET_IPV4: &[Row] = rows![
    "Sender Hardware Address", 48, Mac, "the network card of who asks or answers";
    "Sender Protocol Address", 32, Ipv4, "the IP address of who asks or answers";
    "Target Hardware Address", 48, Mac, "in a request not yet known: zeros";
    "Target Protocol Address", 32, Ipv4, "the IP address that is looked for";
];

fn ecn_name(number: u64) -> Option<&'static str> {
    [
        "not supported",
        "ECT(1)",
        "ECT(0)",
        "congestion experienced",
    ]
    .get(usize::try_from(number).ok()?)
    .copied()
}

fn dscp_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "default",
        8 => "CS1",
        46 => "expedited forwarding",
        48 => "CS6",
        _ => return None,
    })
}

/// RFC 791; DSCP by RFC 2474, ECN by RFC 3168.
pub(super) const IPV4: &[Row] = rows![
    "Version", 4, Number, "4: this is IPv4";
    "IHL", 4, Times(4, 0), "the length of this header, in 32-bit words";
    "DSCP", 6, Name(dscp_name), "the class of service that is asked for";
    "ECN", 2, Name(ecn_name), "routers mark congestion here";
    "Total Length", 16, Unit("bytes"), "header and payload together";
    "Identification", 16, Hex, "the same in all fragments of one packet";
    "Reserved", 1, Flag, "must be zero";
    "DF", 1, Flag, "do not fragment";
    "MF", 1, Flag, "more fragments follow";
    "Fragment Offset", 13, Times(8, 0), "where this fragment belongs, in units of 8 bytes";
    "Time to Live", 8, Number, "every router takes 1 off; at 0 it is thrown away";
    "Protocol", 8, Name(ip_name), "what is inside";
    HEADER_CHECKSUM, 16, Hex, "over this header";
    "Source Address", 32, Ipv4, "who sent it";
    "Destination Address", 32, Ipv4, "who it is for";
];

/// RFC 8200.
pub(super) const IPV6: &[Row] = rows![
    "Version", 4, Number, "6: this is IPv6";
    "Traffic Class", 8, Hex, "the class of service (6 bits) and marks of congestion (2 bits)";
    "Flow Label", 20, Hex, "the same for all packets of one conversation";
    "Payload Length", 16, Unit("bytes"), "everything behind this header";
    "Next Header", 8, Name(ip_name), "what is inside";
    "Hop Limit", 8, Number, "every router takes 1 off; at 0 it is thrown away";
    "Source Address", 128, Ipv6, "who sent it";
    "Destination Address", 128, Ipv6, "who it is for";
];

/// RFC 8200, 4.2: what all extension headers begin with.
pub(super) const EXTENSION: &[Row] = rows![
    "Next Header", 8, Name(ip_name), "what is behind this header";
    "Hdr Ext Len", 8, Times(8, 1), "the length of this header, in units of 8 bytes behind the first";
];

/// RFC 8200, 4.4, behind `EXTENSION`.
pub(super) const ROUTING: &[Row] = rows![
    "Routing Type", 8, Number, "";
    "Segments Left", 8, Number, "stations still to visit";
];

/// RFC 8200, 4.5.
pub(super) const FRAGMENT: &[Row] = rows![
    "Next Header", 8, Name(ip_name), "what is inside";
    "Reserved", 8, Number, "must be zero";
    "Fragment Offset", 13, Times(8, 0), "where this fragment belongs, in units of 8 bytes";
    "Res", 2, Number, "must be zero";
    "M", 1, Flag, "more fragments follow";
    "Identification", 32, Hex, "the same in all fragments of one packet";
];

/// RFC 4302.
pub(super) const AUTHENTICATION: &[Row] = rows![
    "Next Header", 8, Name(ip_name), "what is inside";
    "Payload Len", 8, Times(4, 2), "the length of this header, in 32-bit words behind the second";
    "RESERVED", 16, Number, "must be zero";
    "SPI", 32, Hex, "which agreement of the two ends it is made with";
    "Sequence Number", 32, Number, "against replays";
];

/// RFC 768.
pub(super) const UDP: &[Row] = rows![
    "Source Port", 16, Port, "the program that sent it";
    "Destination Port", 16, Port, "the program it is for";
    "Length", 16, Unit("bytes"), "header and data together";
    CHECKSUM, 16, Hex, "over header, data and both IP addresses";
];

/// RFC 9293; CWR and ECE by RFC 3168.
pub(super) const TCP: &[Row] = rows![
    "Source Port", 16, Port, "the program that sent it";
    "Destination Port", 16, Port, "the program it is for";
    "Sequence Number", 32, Number, "the number of the first byte of data in the stream";
    "Acknowledgment Number", 32, Number, "the next byte that is expected from the other side";
    "Data Offset", 4, Times(4, 0), "the length of this header, in 32-bit words";
    "Reserved", 4, Number, "must be zero";
    "CWR", 1, Flag, "the sender has slowed down";
    "ECE", 1, Flag, "a router has marked congestion";
    "URG", 1, Flag, "the Urgent Pointer counts";
    "ACK", 1, Flag, "the Acknowledgment Number counts";
    "PSH", 1, Flag, "give the data to the program at once";
    "RST", 1, Flag, "the connection is cut";
    "SYN", 1, Flag, "the connection is opened, and the numbers begin here";
    "FIN", 1, Flag, "the sender has finished";
    "Window", 16, Number, "how many bytes the sender of this has room for (before scaling)";
    CHECKSUM, 16, Hex, "over header, data and both IP addresses";
    "Urgent Pointer", 16, Number, "where urgent data ends";
];

/// What every ICMP and ICMPv6 message begins with, behind its type and code.
pub(super) const ICMP_CHECKSUM: &[Row] = rows![
    CHECKSUM, 16, Hex, "over the whole message";
];

const REST: &[Row] = rows![
    "Rest of Header", 32, Hex, "by type and code";
];
const ECHO: &[Row] = rows![
    "Identifier", 16, Number, "which ping it belongs to";
    "Sequence Number", 16, Number, "which question of that ping";
];

/// The rest of an ICMP header, by its type and code (RFC 792; the MTU by RFC 1191).
pub(super) const fn icmp_rest(kind: u8, code: u8) -> &'static [Row] {
    match (kind, code) {
        (0 | 8, _) => ECHO,
        (3, 4) => rows![
            "Unused", 16, Number, "must be zero";
            "Next-Hop MTU", 16, Unit("bytes"), "the largest packet that the next link takes";
        ],
        (3 | 4 | 11, _) => rows![
            "Unused", 32, Number, "must be zero";
        ],
        (5, _) => rows![
            "Gateway Internet Address", 32, Ipv4, "the better router";
        ],
        (12, _) => rows![
            "Pointer", 8, Number, "the byte of the packet that is wrong";
            "Unused", 24, Number, "must be zero";
        ],
        (13 | 14, _) => rows![
            "Identifier", 16, Number, "which question it belongs to";
            "Sequence Number", 16, Number, "";
            "Originate Timestamp", 32, Unit("ms since midnight"), "when the question was sent";
            "Receive Timestamp", 32, Unit("ms since midnight"), "when it arrived";
            "Transmit Timestamp", 32, Unit("ms since midnight"), "when the answer was sent";
        ],
        _ => REST,
    }
}

/// The rest of an ICMPv6 header, by its type (RFC 4443, 4861, 2710).
pub(super) const fn icmpv6_rest(kind: u8) -> &'static [Row] {
    match kind {
        1 | 3 => rows![
            "Unused", 32, Number, "must be zero";
        ],
        2 => rows![
            "MTU", 32, Unit("bytes"), "the largest packet that the next link takes";
        ],
        4 => rows![
            "Pointer", 32, Number, "the byte of the packet that is wrong";
        ],
        128 | 129 => ECHO,
        130..=132 => rows![
            "Maximum Response Delay", 16, Unit("ms"), "";
            "Reserved", 16, Number, "must be zero";
            "Multicast Address", 128, Ipv6, "the group";
        ],
        133 => rows![
            "Reserved", 32, Number, "must be zero";
        ],
        134 => rows![
            "Cur Hop Limit", 8, Number, "for packets of the hosts here";
            "M", 1, Flag, "addresses come from DHCPv6";
            "O", 1, Flag, "other settings come from DHCPv6";
            "Reserved", 6, Number, "";
            "Router Lifetime", 16, Unit("s"), "";
            "Reachable Time", 32, Unit("ms"), "";
            "Retrans Timer", 32, Unit("ms"), "";
        ],
        135 => rows![
            "Reserved", 32, Number, "must be zero";
            "Target Address", 128, Ipv6, "the address that it is about";
        ],
        136 => rows![
            "R", 1, Flag, "the sender is a router";
            "S", 1, Flag, "it is an answer";
            "O", 1, Flag, "it overrides what is known";
            "Reserved", 29, Number, "must be zero";
            "Target Address", 128, Ipv6, "the address that it is about";
        ],
        137 => rows![
            "Reserved", 32, Number, "must be zero";
            "Target Address", 128, Ipv6, "the address that it is about";
            "Destination Address", 128, Ipv6, "whose way it is";
        ],
        _ => REST,
    }
}
