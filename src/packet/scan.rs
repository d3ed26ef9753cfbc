//! Finds the headers of a packet, from the outside in. What is wrong is noted, and what can still be read is read.

use etherparse::err::{ip_auth, ipv4, ipv6, tcp};
use etherparse::{
    ArpPacketSlice, Ethernet2HeaderSlice, IpAuthHeaderSlice, Ipv4HeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, TcpHeaderSlice, UdpHeaderSlice,
};

use super::headers::Headers;
use super::numbers::{ether, ip};
use super::{First, Kind, ParseError, Protocol};

/// What was found.
pub(super) struct Found {
    pub(super) headers: Headers,
    /// Where the payload ends.
    pub(super) end: usize,
    pub(super) protocol: Protocol,
    /// It is a fragment: a part of what its headers speak about.
    pub(super) fragment: bool,
    /// Not all of what the lengths tell is there.
    pub(super) cut: bool,
    pub(super) faults: Vec<ParseError>,
}

/// The headers of these bytes, of a packet that was `wire_length` bytes long on the wire.
pub(super) fn scan(data: &[u8], first: First, wire_length: usize) -> Found {
    let mut scan = Scan {
        data,
        at: 0,
        end: wire_length.max(data.len()),
        version6: false,
        found: Found {
            headers: Headers::new(),
            end: data.len(),
            protocol: Protocol::Unknown,
            fragment: false,
            cut: false,
            faults: Vec::new(),
        },
    };
    let mut next = match first {
        First::Ethernet => scan.ethernet(),
        First::Ip => Some(Next::AnyIp),
        First::LinuxSll => scan.linux_sll(),
        First::LinuxSll2 => scan.linux_sll2(),
        First::Null => scan.loopback(false),
        First::Loop => scan.loopback(true),
    };
    // Every step moves on by a header or ends, and there is room for few headers.
    while let Some(what) = next {
        next = scan.step(what);
    }
    let mut found = scan.found;
    found.end = scan.end.min(data.len());
    found.cut |= scan.end > data.len();
    found
}

/// What a header says about the one behind it.
#[derive(Clone, Copy)]
enum Next {
    Ether(u16),
    Ip(u8),
    AnyIp,
}

struct Scan<'a> {
    data: &'a [u8],
    /// Where the next header begins.
    at: usize,
    /// Where the packet ends by the lengths that it tells; in a cut capture behind the data.
    end: usize,
    version6: bool,
    found: Found,
}

impl<'a> Scan<'a> {
    /// The bytes that are left.
    fn rest(&self) -> &'a [u8] {
        let end = self.end.min(self.data.len());
        self.data.get(self.at..end).unwrap_or_default()
    }

    /// A header of this length was read.
    fn push(&mut self, kind: Kind, length: usize) -> bool {
        let end = self.at + length;
        let room = self.found.headers.push(kind, end);
        if room {
            self.at = end;
        } else {
            self.fault(ParseError::value(
                kind.name(),
                self.at,
                format!(
                    "the {} header at byte {} comes after more headers than are looked at",
                    kind.name(),
                    self.at
                ),
            ));
        }
        room
    }

    /// A header of this length was read, and says what is behind it.
    fn push_then(&mut self, kind: Kind, length: usize, next: Next) -> Option<Next> {
        self.push(kind, length).then_some(next)
    }

    fn fault(&mut self, fault: ParseError) {
        self.found.faults.push(fault);
    }

    /// The header needs more bytes than there are: what is there belongs to it, and nothing is behind it.
    fn short(&mut self, kind: Kind, needed: usize) -> Option<Next> {
        let had = self.rest().len();
        let part = format!("the {} header", kind.name());
        let mut fault = ParseError::short(kind.name(), &part, self.at, needed, had);
        self.name_cut(&mut fault);
        self.fault(fault);
        self.found.cut = true;
        if had > 0 {
            self.push(kind, had);
        }
        None
    }

    fn name_cut(&self, fault: &mut ParseError) {
        if self.end > self.data.len() {
            let cut = format!(" (the capture kept its first {} bytes)", self.data.len());
            fault.cause.push_str(&cut);
        }
    }

    /// A value of the header cannot be meant: what follows its fixed part stays unread.
    fn bad_value(
        &mut self,
        kind: Kind,
        length: usize,
        offset: usize,
        cause: String,
    ) -> Option<Next> {
        self.fault(ParseError::value(kind.name(), self.at + offset, cause));
        self.found.cut = true;
        let length = length.min(self.rest().len());
        if length > 0 {
            self.push(kind, length);
        }
        None
    }

    /// The packet ends here, by a length that its header at `self.at` tells.
    fn ends_after(&mut self, kind: Kind, length: usize) {
        let had = self.end - self.at;
        if length <= had {
            self.end = self.at + length;
            return;
        }
        let part = match kind {
            Kind::Udp => "the UDP datagram",
            Kind::Ipv4 => "the IPv4 packet",
            Kind::Ipv6 => "the IPv6 packet",
            _ => "the Ethernet frame",
        };
        let fault = ParseError::short(kind.name(), part, self.at, length, had);
        self.fault(fault);
        self.found.cut = true;
    }

    fn step(&mut self, next: Next) -> Option<Next> {
        match next {
            Next::AnyIp => match self.rest().first().map(|byte| byte >> 4) {
                Some(6) => self.ipv6(),
                Some(4) => self.ipv4(),
                Some(other) => {
                    self.bad_value(
                        Kind::Ipv4,
                        0,
                        0,
                        format!(
                            "the bytes begin with IP version {other}, and there are 4 and 6 only"
                        ),
                    );
                    None
                }
                None => self.short(Kind::Ipv4, 20),
            },
            Next::Ether(number) => {
                self.found.protocol = Protocol::Ether(number);
                match number {
                    ether::IPV4 => self.ipv4(),
                    ether::IPV6 => self.ipv6(),
                    ether::ARP => self.arp(),
                    ether::VLAN | ether::PROVIDER_VLAN | ether::OLD_VLAN => {
                        let Some(&[_, _, a, b]) = self.rest().first_chunk::<4>() else {
                            return self.short(Kind::Vlan, 4);
                        };
                        self.push_then(Kind::Vlan, 4, Next::Ether(u16::from_be_bytes([a, b])))
                    }
                    // IEEE 802.3: not a type, but the length of what follows.
                    length if length <= ether::LONGEST => {
                        self.ends_after(Kind::Ethernet, usize::from(length));
                        None
                    }
                    _ => None,
                }
            }
            Next::Ip(number) => {
                self.found.protocol = Protocol::Ip(number);
                match number {
                    ip::TCP => self.tcp(),
                    ip::UDP => self.udp(),
                    ip::ICMP => self.icmp(),
                    ip::ICMPV6 => self.icmpv6(),
                    ip::AUTHENTICATION => self.authentication(),
                    ip::HOP_BY_HOP if self.version6 => self.extension(Kind::HopByHop),
                    ip::ROUTING if self.version6 => self.extension(Kind::Routing),
                    ip::FRAGMENT if self.version6 => self.fragment(),
                    ip::DESTINATION_OPTIONS if self.version6 => {
                        self.extension(Kind::DestinationOptions)
                    }
                    ip::MOBILITY | ip::HIP | ip::SHIM6 if self.version6 => {
                        self.extension(Kind::Extension)
                    }
                    _ => None,
                }
            }
        }
    }

    fn ethernet(&mut self) -> Option<Next> {
        match Ethernet2HeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push_then(Kind::Ethernet, 14, Next::Ether(header.ether_type().into()))
            }
            Err(error) => self.short(Kind::Ethernet, error.required_len),
        }
    }

    fn linux_sll(&mut self) -> Option<Next> {
        let Some(header) = self.rest().first_chunk::<16>() else {
            return self.short(Kind::LinuxSll, 16);
        };
        let next = u16::from_be_bytes([header[14], header[15]]);
        self.push_then(Kind::LinuxSll, 16, Next::Ether(next))
            .filter(|_| self.has_ether_type(next))
    }

    fn linux_sll2(&mut self) -> Option<Next> {
        let Some(header) = self.rest().first_chunk::<20>() else {
            return self.short(Kind::LinuxSll2, 20);
        };
        let next = u16::from_be_bytes([header[0], header[1]]);
        self.push_then(Kind::LinuxSll2, 20, Next::Ether(next))
            .filter(|_| self.has_ether_type(next))
    }

    /// In Linux's headers small numbers name other things, not lengths.
    fn has_ether_type(&mut self, number: u16) -> bool {
        self.found.protocol = Protocol::Ether(number);
        number > ether::LONGEST
    }

    fn loopback(&mut self, network_order: bool) -> Option<Next> {
        let Some(&bytes) = self.rest().first_chunk::<4>() else {
            return self.short(Kind::Loopback, 4);
        };
        let family = super::numbers::loopback_family(bytes, network_order);
        match family {
            // IPv6 has another number on each BSD; 10 is Linux's.
            2 => self.push_then(Kind::Loopback, 4, Next::Ether(ether::IPV4)),
            10 | 24 | 28 | 30 => self.push_then(Kind::Loopback, 4, Next::Ether(ether::IPV6)),
            _ => {
                self.push(Kind::Loopback, 4);
                None
            }
        }
    }

    fn arp(&mut self) -> Option<Next> {
        match ArpPacketSlice::from_slice(self.rest()) {
            Ok(packet) => {
                self.push(Kind::Arp, packet.slice().len());
                self.end = self.at;
                None
            }
            Err(error) => self.short(Kind::Arp, error.required_len),
        }
    }

    fn ipv4(&mut self) -> Option<Next> {
        self.version6 = false;
        let header = match Ipv4HeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(ipv4::HeaderSliceError::Len(error)) => {
                return self.short(Kind::Ipv4, error.required_len);
            }
            Err(ipv4::HeaderSliceError::Content(error)) => {
                let (length, cause) = match error {
                    ipv4::HeaderError::UnexpectedVersion { version_number } => (
                        0,
                        format!("IPv4 was announced, and the version is {version_number}"),
                    ),
                    ipv4::HeaderError::HeaderLengthSmallerThanHeader { ihl } => (
                        20,
                        format!("the IHL is {ihl} (32-bit words), and a header has 5 at least"),
                    ),
                };
                return self.bad_value(Kind::Ipv4, length, 0, cause);
            }
        };
        let (length, total) = (header.slice().len(), usize::from(header.total_len()));
        if total >= length {
            self.ends_after(Kind::Ipv4, total);
        } else {
            let cause = if total == 0 {
                "the Total Length is 0: the packet was captured before the network card cut it up \
                 (segmentation offload), or is broken"
                    .into()
            } else {
                format!("the Total Length is {total}, and the header alone has {length} bytes")
            };
            self.fault(ParseError::value("IPv4", self.at + 2, cause));
        }
        let offset = header.fragments_offset().value();
        self.found.fragment |= header.more_fragments() || offset > 0;
        let protocol = header.protocol().0;
        self.found.protocol = Protocol::Ip(protocol);
        self.push_then(Kind::Ipv4, length, Next::Ip(protocol))
            // Only the first fragment has the header of what it carries.
            .filter(|_| offset == 0)
    }

    fn ipv6(&mut self) -> Option<Next> {
        self.version6 = true;
        let header = match Ipv6HeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(ipv6::HeaderSliceError::Len(error)) => {
                return self.short(Kind::Ipv6, error.required_len);
            }
            Err(ipv6::HeaderSliceError::Content(error)) => {
                let ipv6::HeaderError::UnexpectedVersion { version_number } = error;
                let cause = format!("IPv6 was announced, and the version is {version_number}");
                return self.bad_value(Kind::Ipv6, 0, 0, cause);
            }
        };
        let next = header.next_header().0;
        let payload = usize::from(header.payload_length());
        match (payload, next) {
            // RFC 2675: a jumbogram tells its length in the Hop-by-Hop header.
            (0, ip::HOP_BY_HOP) => {}
            (0, _) if next != ip::NONE && self.rest().len() > 40 => {
                let cause = "the Payload Length is 0, and more follows: the packet was captured before \
                             the network card cut it up (segmentation offload), or is broken";
                self.fault(ParseError::value("IPv6", self.at + 4, cause.into()));
            }
            _ => self.ends_after(Kind::Ipv6, 40 + payload),
        }
        self.found.protocol = Protocol::Ip(next);
        self.push_then(Kind::Ipv6, 40, Next::Ip(next))
    }

    fn extension(&mut self, kind: Kind) -> Option<Next> {
        match Ipv6RawExtHeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push_then(kind, header.slice().len(), Next::Ip(header.next_header().0))
            }
            Err(error) => self.short(kind, error.required_len),
        }
    }

    fn fragment(&mut self) -> Option<Next> {
        let Some(&[next, _, a, b, ..]) = self.rest().first_chunk::<8>() else {
            return self.short(Kind::Fragment, 8);
        };
        let bits = u16::from_be_bytes([a, b]);
        // RFC 6946: offset 0 and no more fragments is a whole packet.
        self.found.fragment |= bits & 0xfff9 != 0;
        self.found.protocol = Protocol::Ip(next);
        self.push_then(Kind::Fragment, 8, Next::Ip(next))
            .filter(|_| bits >> 3 == 0)
    }

    fn authentication(&mut self) -> Option<Next> {
        match IpAuthHeaderSlice::from_slice(self.rest()) {
            Ok(header) => self.push_then(
                Kind::Authentication,
                header.slice().len(),
                Next::Ip(header.next_header().0),
            ),
            Err(ip_auth::HeaderSliceError::Len(error)) => {
                self.short(Kind::Authentication, error.required_len)
            }
            Err(ip_auth::HeaderSliceError::Content(_)) => self.bad_value(
                Kind::Authentication,
                12,
                1,
                "the Payload Len of the Authentication Header is 0, and 1 is the least".into(),
            ),
        }
    }

    fn tcp(&mut self) -> Option<Next> {
        match TcpHeaderSlice::from_slice(self.rest()) {
            Ok(header) => {
                self.push(Kind::Tcp, header.slice().len());
                None
            }
            Err(tcp::HeaderSliceError::Len(error)) => self.short(Kind::Tcp, error.required_len),
            Err(tcp::HeaderSliceError::Content(error)) => {
                let tcp::HeaderError::DataOffsetTooSmall { data_offset } = error;
                let cause = format!(
                    "the Data Offset is {data_offset} (32-bit words), and a header has 5 at least"
                );
                self.bad_value(Kind::Tcp, 20, 12, cause)
            }
        }
    }

    fn udp(&mut self) -> Option<Next> {
        let header = match UdpHeaderSlice::from_slice(self.rest()) {
            Ok(header) => header,
            Err(error) => return self.short(Kind::Udp, error.required_len),
        };
        match usize::from(header.length()) {
            // The length of the whole datagram; the other fragments have the rest. 0: RFC 2675, longer than 16 bits tell.
            length if self.found.fragment && length > self.end - self.at => {}
            0 if self.version6 => {}
            length @ 0..8 => {
                let cause = format!("the Length is {length}, and the header alone has 8 bytes");
                self.fault(ParseError::value("UDP", self.at + 4, cause));
                self.found.cut = true;
            }
            length => self.ends_after(Kind::Udp, length),
        }
        self.push(Kind::Udp, 8);
        None
    }

    fn icmp(&mut self) -> Option<Next> {
        let length = match self.rest().first() {
            Some(13 | 14) => 20,
            _ => 8,
        };
        self.message(Kind::Icmp, length)
    }

    fn icmpv6(&mut self) -> Option<Next> {
        let length = match self.rest().first() {
            Some(130..=132 | 135 | 136) => 24,
            Some(134) => 16,
            Some(137) => 40,
            _ => 8,
        };
        self.message(Kind::Icmpv6, length)
    }

    fn message(&mut self, kind: Kind, length: usize) -> Option<Next> {
        if self.rest().len() < length {
            return self.short(kind, length);
        }
        self.push(kind, length);
        None
    }
}
