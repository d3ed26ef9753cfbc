//! Makes the bytes of a packet: lengths and checksums are worked out, everything else is as it is told.

use std::net::IpAddr;

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, Ethernet2Header, Icmpv4Header, Icmpv4Type,
    Icmpv6Header, Icmpv6Type, IpNumber, Ipv4Header, Ipv6Header, SingleVlanHeader, TcpHeader,
    UdpHeader, VlanId,
};

use super::numbers::{ether, ip};
use super::tcp_options::{self, TcpOption};
use super::{First, Packet, parse_lax};
use crate::address::Endpoint;
use crate::error::{Code, Error, Result};

const STEP: &str = "packet";

/// What a packet is to say: where to, who for, and over what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Who sends it.
    pub source: Endpoint,
    /// Who it is for.
    pub destination: Endpoint,
    /// Over what.
    pub over: Over,
    /// Time to Live, or Hop Limit.
    pub ttl: u8,
    /// IPv4's Identification; IPv6 has none.
    pub identification: u16,
    /// IPv4's DF; routers never fragment IPv6.
    pub dont_fragment: bool,
    /// The network cards, the sender's first; none for a packet that begins with its IP header.
    pub ethernet: Option<([u8; 6], [u8; 6])>,
    /// The number of a virtual network (IEEE 802.1Q), 0 to 4095.
    pub vlan: Option<u16>,
}

/// What the packet carries its payload over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// UDP (RFC 768).
    Udp,
    /// TCP (RFC 9293).
    Tcp(Segment),
    /// ICMP, over IPv6 ICMPv6 (RFC 792, 4443).
    Icmp {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
        /// The four bytes behind the checksum: of an echo, its identifier and sequence number.
        rest: [u8; 4],
    },
    /// Another protocol over IP, by its number.
    Ip(u8),
    /// ARP (RFC 826): 1 asks, 2 answers.
    Arp(u16),
}

/// What a TCP header says beside its ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The flags, as they stand in byte 13: FIN is 1, SYN 2, ACK 16.
    pub flags: u8,
    /// The Sequence Number.
    pub seq: u32,
    /// The Acknowledgment Number.
    pub ack: u32,
    /// The Window.
    pub window: u16,
    /// The Urgent Pointer.
    pub urgent: u16,
    /// The options, in this order; filled up to whole 32-bit words.
    pub options: Vec<TcpOption>,
}

fn bad(cause: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(Code::BadArgument, STEP, cause, remedy)
}

impl Draft {
    /// The packet with this payload.
    ///
    /// # Errors
    /// `BadArgument` for ends of two families, a payload that the length fields cannot tell, options that are too long, and what
    /// the protocol does not have.
    pub fn packet(&self, payload: &[u8]) -> Result<Packet> {
        let (bytes, first) = self.bytes(payload)?;
        Ok(parse_lax(&bytes, first))
    }

    fn bytes(&self, payload: &[u8]) -> Result<(Vec<u8>, First)> {
        let (inner, ether_type) = match &self.over {
            Over::Arp(operation) => (self.arp(*operation, payload)?, ether::ARP),
            _ => self.over_ip(payload)?,
        };
        let Some((source, destination)) = self.ethernet else {
            if self.vlan.is_some() {
                return Err(bad(
                    "a VLAN's tag stands in an Ethernet header, and there is none",
                    "ethernet=(source, destination), the addresses of two network cards",
                ));
            }
            return Ok((inner, First::Ip));
        };
        let outer = Ethernet2Header {
            source,
            destination,
            ether_type: EtherType(self.vlan.map_or(ether_type, |_| ether::VLAN)),
        };
        let mut bytes = outer.to_bytes().to_vec();
        if let Some(number) = self.vlan {
            let vlan_id = VlanId::try_new(number)
                .map_err(|_| bad(format!("{number} is no VLAN"), "a number from 0 to 4095"))?;
            let tag = SingleVlanHeader {
                vlan_id,
                ether_type: EtherType(ether_type),
                ..SingleVlanHeader::default()
            };
            bytes.extend(tag.to_bytes());
        }
        bytes.extend(inner);
        Ok((bytes, First::Ethernet))
    }

    fn arp(&self, operation: u16, payload: &[u8]) -> Result<Vec<u8>> {
        let (IpAddr::V4(source), IpAddr::V4(destination)) =
            (self.source.ip(), self.destination.ip())
        else {
            return Err(bad(
                "ARP looks for IPv4 addresses",
                "two IPv4 addresses; IPv6 has ICMPv6's neighbor solicitation for it",
            ));
        };
        let Some((sender, target)) = self.ethernet else {
            return Err(bad(
                "ARP is about the addresses of network cards, and there are none",
                "ethernet=(source, destination); a request goes to \"ff:ff:ff:ff:ff:ff\"",
            ));
        };
        if !payload.is_empty() {
            return Err(bad("ARP carries no payload", "payload=b\"\""));
        }
        // A request does not know yet whose the address is.
        let target = if operation == 1 { [0; 6] } else { target };
        let packet = ArpPacket::new(
            ArpHardwareId::ETHERNET,
            EtherType::IPV4,
            ArpOperation(operation),
            &sender,
            &source.octets(),
            &target,
            &destination.octets(),
        )
        .map_err(|error| bad(format!("ARP cannot say it ({error})"), "other addresses"))?;
        Ok(packet.to_bytes().to_vec())
    }

    fn over_ip(&self, payload: &[u8]) -> Result<(Vec<u8>, u16)> {
        match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (source, destination) = (source.octets(), destination.octets());
                let (number, header) = self.carried_v4(source, destination, payload)?;
                let mut ip = Ipv4Header {
                    identification: self.identification,
                    dont_fragment: self.dont_fragment,
                    time_to_live: self.ttl,
                    protocol: IpNumber(number),
                    source,
                    destination,
                    ..Ipv4Header::default()
                };
                ip.set_payload_len(header.len() + payload.len())
                    .map_err(|_| too_long(payload.len(), 65_535 - 20 - header.len()))?;
                ip.header_checksum = ip.calc_header_checksum();
                let bytes = [ip.to_bytes().as_slice(), &header, payload].concat();
                Ok((bytes, ether::IPV4))
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (source, destination) = (source.octets(), destination.octets());
                let (number, header) = self.carried_v6(source, destination, payload)?;
                let mut ip = Ipv6Header {
                    next_header: IpNumber(number),
                    hop_limit: self.ttl,
                    source,
                    destination,
                    ..Ipv6Header::default()
                };
                ip.set_payload_length(header.len() + payload.len())
                    .map_err(|_| too_long(payload.len(), 65_535 - header.len()))?;
                let bytes = [ip.to_bytes().as_slice(), &header, payload].concat();
                Ok((bytes, ether::IPV6))
            }
            _ => Err(bad(
                format!(
                    "{} and {} are of two families, and a packet is of one",
                    self.source.ip_text(),
                    self.destination.ip_text()
                ),
                "two IPv4 addresses, or two IPv6 addresses",
            )),
        }
    }

    fn carried_v4(&self, source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Result<Carried> {
        Ok(match &self.over {
            Over::Udp => {
                let (from, to) = (self.source.port(), self.destination.port());
                let most = 65_535 - 20 - 8;
                if payload.len() > most {
                    return Err(too_long(payload.len(), most));
                }
                let ip = Ipv4Header {
                    source,
                    destination,
                    ..Ipv4Header::default()
                };
                let header = UdpHeader::with_ipv4_checksum(from, to, &ip, payload)
                    .map_err(|_| too_long(payload.len(), most))?;
                (ip::UDP, header.to_bytes().to_vec())
            }
            Over::Tcp(segment) => {
                let mut header = self.tcp(segment)?;
                header.checksum = header
                    .calc_checksum_ipv4_raw(source, destination, payload)
                    .map_err(|_| too_long(payload.len(), 65_535 - 20 - header.header_len()))?;
                (ip::TCP, header.to_bytes().to_vec())
            }
            Over::Icmp { kind, code, rest } => {
                let what = Icmpv4Type::Unknown {
                    type_u8: *kind,
                    code_u8: *code,
                    bytes5to8: *rest,
                };
                let header = Icmpv4Header::with_checksum(what, payload);
                (ip::ICMP, header.to_bytes().to_vec())
            }
            Over::Ip(number) => (*number, Vec::new()),
            Over::Arp(_) => (0, Vec::new()),
        })
    }

    fn carried_v6(
        &self,
        source: [u8; 16],
        destination: [u8; 16],
        payload: &[u8],
    ) -> Result<Carried> {
        Ok(match &self.over {
            Over::Udp => {
                let (from, to) = (self.source.port(), self.destination.port());
                let most = 65_535 - 8;
                if payload.len() > most {
                    return Err(too_long(payload.len(), most));
                }
                let ip = Ipv6Header {
                    source,
                    destination,
                    ..Ipv6Header::default()
                };
                let header = UdpHeader::with_ipv6_checksum(from, to, &ip, payload)
                    .map_err(|_| too_long(payload.len(), most))?;
                (ip::UDP, header.to_bytes().to_vec())
            }
            Over::Tcp(segment) => {
                let mut header = self.tcp(segment)?;
                header.checksum = header
                    .calc_checksum_ipv6_raw(source, destination, payload)
                    .map_err(|_| too_long(payload.len(), 65_535 - header.header_len()))?;
                (ip::TCP, header.to_bytes().to_vec())
            }
            Over::Icmp { kind, code, rest } => {
                let what = Icmpv6Type::Unknown {
                    type_u8: *kind,
                    code_u8: *code,
                    bytes5to8: *rest,
                };
                let header = Icmpv6Header::with_checksum(what, source, destination, payload)
                    .map_err(|_| too_long(payload.len(), 65_535 - 8))?;
                (ip::ICMPV6, header.to_bytes().to_vec())
            }
            Over::Ip(number) => (*number, Vec::new()),
            Over::Arp(_) => (0, Vec::new()),
        })
    }

    fn tcp(&self, segment: &Segment) -> Result<TcpHeader> {
        let set = |bit: u8| segment.flags & bit != 0;
        let mut header = TcpHeader::new(
            self.source.port(),
            self.destination.port(),
            segment.seq,
            segment.window,
        );
        header.acknowledgment_number = segment.ack;
        header.urgent_pointer = segment.urgent;
        header.fin = set(1);
        header.syn = set(2);
        header.rst = set(4);
        header.psh = set(8);
        header.ack = set(16);
        header.urg = set(32);
        header.ece = set(64);
        header.cwr = set(128);
        let options = tcp_options::bytes(&segment.options)?;
        header.set_options_raw(&options).map_err(|_| {
            bad(
                format!(
                    "the options have {} bytes, and a TCP header has room for 40",
                    options.len()
                ),
                "fewer of them",
            )
        })?;
        Ok(header)
    }
}

/// The number of the protocol, and its header.
type Carried = (u8, Vec<u8>);

fn too_long(length: usize, most: usize) -> Error {
    bad(
        format!(
            "{length} bytes are more than one packet can carry here, {most}: its length is told in 16 bits"
        ),
        "split(message, size), which makes packets of it",
    )
}

/// The address of a network card: "02:00:00:00:00:01", or with hyphens.
///
/// # Errors
/// `BadArgument` for another text.
pub fn mac(text: &str) -> Result<[u8; 6]> {
    let parts: Vec<_> = text
        .split([':', '-'])
        .map_while(|part| {
            let digits = part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            u8::from_str_radix(part, 16).ok().filter(|_| digits)
        })
        .collect();
    let whole = parts.len() == text.split([':', '-']).count();
    <[u8; 6]>::try_from(parts)
        .ok()
        .filter(|_| whole)
        .ok_or_else(|| {
            bad(
                format!("{text:?} is no address of a network card"),
                "six numbers in base 16: \"02:00:00:00:00:01\"",
            )
        })
}
