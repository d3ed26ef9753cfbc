//! The numbers of protocols and their names (IANA registries), and what else is told by number.

/// EtherTypes (IEEE 802).
pub(super) mod ether {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(crate) const OLD_VLAN: u16 = 0x9100;
    /// Up to here the field is a length (IEEE 802.3).
    pub(crate) const LONGEST: u16 = 1500;
}

/// Protocols over IP.
pub(super) mod ip {
    pub(crate) const HOP_BY_HOP: u8 = 0;
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const ROUTING: u8 = 43;
    pub(crate) const FRAGMENT: u8 = 44;
    pub(crate) const AUTHENTICATION: u8 = 51;
    pub(crate) const ICMPV6: u8 = 58;
    pub(crate) const NONE: u8 = 59;
    pub(crate) const DESTINATION_OPTIONS: u8 = 60;
    pub(crate) const MOBILITY: u8 = 135;
    pub(crate) const HIP: u8 = 139;
    pub(crate) const SHIM6: u8 = 140;
}

/// The name of an EtherType.
pub(super) fn ether_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x0842 => "Wake-on-LAN",
        0x8035 => "RARP",
        0x8100 => "802.1Q VLAN",
        0x86dd => "IPv6",
        0x8847 => "MPLS",
        0x8863 => "PPPoE discovery",
        0x8864 => "PPPoE session",
        0x888e => "802.1X",
        0x88a8 => "802.1ad VLAN",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        0x9000 => "loopback test",
        0x9100 => "old VLAN",
        0..=1500 => "length (802.3)",
        _ => return None,
    })
}

/// The name of a protocol over IP, as it is written.
pub(super) fn ip_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "IPv6 Hop-by-Hop Options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4 in IP",
        6 => "TCP",
        17 => "UDP",
        33 => "DCCP",
        41 => "IPv6 in IP",
        43 => "IPv6 Routing",
        44 => "IPv6 Fragment",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "Authentication Header",
        58 => "ICMPv6",
        59 => "no next header",
        60 => "IPv6 Destination Options",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        115 => "L2TP",
        132 => "SCTP",
        135 => "Mobility Header",
        136 => "UDP-Lite",
        139 => "HIP",
        140 => "Shim6",
        _ => return None,
    })
}

/// The kinds of hardware of ARP and Linux (ARPHRD_…).
pub(super) fn hardware_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Ethernet",
        6 => "IEEE 802",
        15 => "Frame Relay",
        24 => "FireWire",
        32 => "InfiniBand",
        512 => "PPP",
        768 => "IPv4 tunnel",
        769 => "IPv6 tunnel",
        772 => "loopback",
        776 => "IPv6 in IPv4 tunnel",
        778 => "GRE",
        801..=803 => "Wi-Fi",
        824 => "netlink",
        65534 => "none",
        _ => return None,
    })
}

/// The family of BSD's loopback header: in network order, or in that of the machine that captured, which its small value gives away.
pub(super) fn loopback_family(bytes: [u8; 4], network_order: bool) -> u32 {
    let little = u32::from_le_bytes(bytes);
    if network_order || little > 0xffff {
        u32::from_be_bytes(bytes)
    } else {
        little
    }
}

/// The name of a family in BSD's loopback header.
pub(super) fn family_name(number: u64) -> Option<&'static str> {
    Some(match number {
        2 => "IPv4",
        10 | 24 | 28 | 30 => "IPv6",
        _ => return None,
    })
}

/// Types of ICMP (RFC 792 and the IANA registry).
pub(super) fn icmp_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "echo reply",
        3 => "destination unreachable",
        4 => "source quench",
        5 => "redirect",
        8 => "echo request",
        9 => "router advertisement",
        10 => "router solicitation",
        11 => "time exceeded",
        12 => "parameter problem",
        13 => "timestamp request",
        14 => "timestamp reply",
        42 => "extended echo request",
        43 => "extended echo reply",
        _ => return None,
    })
}

/// Codes of an ICMP type.
pub(super) fn icmp_code_name(kind: u8, code: u64) -> Option<&'static str> {
    Some(match (kind, code) {
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable: nobody has it",
        (3, 4) => "too big for the next link, and it may not be fragmented",
        (3, 5) => "source route failed",
        (3, 6) => "network unknown",
        (3, 7) => "host unknown",
        (3, 9 | 10 | 13) => "forbidden by a firewall",
        (5, 0) => "for the network",
        (5, 1) => "for the host",
        (11, 0) => "the TTL ran out on the way",
        (11, 1) => "a fragment was missing for too long",
        (12, 0) => "the pointer shows the error",
        (12, 1) => "a required option is missing",
        (12, 2) => "bad length",
        _ => return None,
    })
}

/// Types of ICMPv6 (RFC 4443, 4861, 2710, 3810).
pub(super) fn icmpv6_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        130 => "multicast listener query",
        131 => "multicast listener report",
        132 => "multicast listener done",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation: who has this address?",
        136 => "neighbor advertisement",
        137 => "redirect",
        143 => "multicast listener report, version 2",
        _ => return None,
    })
}

/// Codes of an ICMPv6 type.
pub(super) fn icmpv6_code_name(kind: u8, code: u64) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no route",
        (1, 1) => "forbidden by a firewall",
        (1, 3) => "address unreachable",
        (1, 4) => "port unreachable: nobody has it",
        (3, 0) => "the Hop Limit ran out on the way",
        (3, 1) => "a fragment was missing for too long",
        (4, 0) => "a field is wrong",
        (4, 1) => "an unknown Next Header",
        (4, 2) => "an unknown option",
        _ => return None,
    })
}
