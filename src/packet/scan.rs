//! Finds the headers of a packet, from the outside in. What is wrong is noted, and what can still be read is read.

mod internet;
mod link;
mod transport;

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
}
