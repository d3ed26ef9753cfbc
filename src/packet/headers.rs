//! Which headers a packet has, and where each begins and ends.

/// A header, by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Ethernet II (IEEE 802.3, RFC 894).
    Ethernet,
    /// A tag of a virtual network (IEEE 802.1Q).
    Vlan,
    /// What Linux gives in the place of a link header, for captures on all interfaces.
    LinuxSll,
    /// The second version of it.
    LinuxSll2,
    /// BSD's loopback: four bytes that tell the family.
    Loopback,
    /// The Address Resolution Protocol (RFC 826).
    Arp,
    /// The Internet Protocol, version 4 (RFC 791).
    Ipv4,
    /// The Internet Protocol, version 6 (RFC 8200).
    Ipv6,
    /// An extension header of IPv6: for every router on the way (RFC 8200, 4.3).
    HopByHop,
    /// An extension header of IPv6: stations on the way (RFC 8200, 4.4).
    Routing,
    /// An extension header of IPv6: a piece of a larger packet (RFC 8200, 4.5).
    Fragment,
    /// An extension header of IPv6: for the receiver (RFC 8200, 4.6).
    DestinationOptions,
    /// The Authentication Header, of IPv4 and IPv6 (RFC 4302).
    Authentication,
    /// Another extension header of IPv6 (RFC 6564: its first two bytes are as in all).
    Extension,
    /// The Internet Control Message Protocol (RFC 792).
    Icmp,
    /// The same for IPv6 (RFC 4443).
    Icmpv6,
    /// The Transmission Control Protocol (RFC 9293).
    Tcp,
    /// The User Datagram Protocol (RFC 768).
    Udp,
}

impl Kind {
    /// The name of its layer.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet II",
            Self::Vlan => "802.1Q",
            Self::LinuxSll => "Linux SLL",
            Self::LinuxSll2 => "Linux SLL2",
            Self::Loopback => "Loopback",
            Self::Arp => "ARP",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::HopByHop => "IPv6 Hop-by-Hop Options",
            Self::Routing => "IPv6 Routing",
            Self::Fragment => "IPv6 Fragment",
            Self::DestinationOptions => "IPv6 Destination Options",
            Self::Authentication => "Authentication Header",
            Self::Extension => "IPv6 Extension",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// The number of its layer in the OSI model.
    #[must_use]
    pub const fn osi(self) -> u8 {
        match self {
            Self::Ethernet
            | Self::Vlan
            | Self::LinuxSll
            | Self::LinuxSll2
            | Self::Loopback
            | Self::Arp => 2,
            Self::Tcp | Self::Udp => 4,
            _ => 3,
        }
    }
}

/// A header and its place: bytes `start` to `end` of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
}

/// The headers of a packet, one behind the other from its first byte on.
///
/// They stand in the packet itself: a million of them are read in a second because nothing is allocated for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Headers {
    kinds: [Kind; Self::MOST],
    ends: [u16; Self::MOST],
    count: u8,
}

impl Headers {
    /// More headers than this are not looked at; what follows is payload. An ordinary packet has three.
    pub(super) const MOST: usize = 12;

    pub(super) const fn new() -> Self {
        Self {
            kinds: [Kind::Ethernet; Self::MOST],
            ends: [0; Self::MOST],
            count: 0,
        }
    }

    /// Adds the next header, which begins where the last one ended; `false` when there is no room for it.
    pub(super) fn push(&mut self, kind: Kind, end: usize) -> bool {
        let at = usize::from(self.count);
        match (
            self.kinds.get_mut(at),
            self.ends.get_mut(at),
            u16::try_from(end),
        ) {
            (Some(place), Some(place_of_end), Ok(end)) => {
                *place = kind;
                *place_of_end = end;
                self.count += 1;
                true
            }
            _ => false,
        }
    }

    /// Where the last one ends.
    pub(super) fn end(&self) -> usize {
        usize::from(self.count)
            .checked_sub(1)
            .and_then(|last| self.ends.get(last))
            .map_or(0, |end| usize::from(*end))
    }

    /// Each of them, from the outside in.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = Header> + '_ {
        (0..usize::from(self.count)).filter_map(|at| {
            let start = match at {
                0 => 0,
                _ => usize::from(*self.ends.get(at - 1)?),
            };
            Some(Header {
                kind: *self.kinds.get(at)?,
                start,
                end: usize::from(*self.ends.get(at)?),
            })
        })
    }
}
