//! A packet in one line, and in a word.

use super::fields::{byte, ipv4, mac, number};
use super::numbers::{ether, ether_name, icmp_name, icmpv6_name, ip, ip_name};
use super::{Header, Kind, Packet, Protocol, dns};

/// The flags of TCP, from the highest bit down.
pub(super) const FLAGS: [&str; 8] = ["CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"];

/// The flags that are set, as they are usually listed: SYN before ACK.
pub(super) fn flags(bits: u8) -> Vec<&'static str> {
    const ORDER: [usize; 8] = [6, 7, 5, 4, 3, 2, 1, 0];
    ORDER
        .into_iter()
        .filter(|at| bits & (0x80 >> at) != 0)
        .filter_map(|at| FLAGS.get(at).copied())
        .collect()
}

/// The protocol in a word, as `Packet(protocol=...)` takes it: the innermost that its headers name.
pub(super) fn protocol(packet: &Packet) -> String {
    match packet.protocol {
        Protocol::Ip(ip::TCP) => "tcp".into(),
        Protocol::Ip(ip::UDP) => "udp".into(),
        Protocol::Ip(ip::ICMP) => "icmp".into(),
        Protocol::Ip(ip::ICMPV6) => "icmpv6".into(),
        Protocol::Ip(number) => ip_name(number.into())
            .map_or_else(|| format!("protocol {number}"), str::to_ascii_lowercase),
        Protocol::Ether(length) if length <= ether::LONGEST => "802.3".into(),
        Protocol::Ether(number) => ether_name(number.into()).map_or_else(
            || format!("ethertype {number:#06x}"),
            str::to_ascii_lowercase,
        ),
        Protocol::Unknown => "unknown".into(),
    }
}

/// "IPv4 TCP 192.168.1.7:50000 > 93.184.216.34:80 [SYN] seq=1 win=64240 len=0"
pub(super) fn summary(packet: &Packet) -> String {
    let mut line = match packet.network() {
        Some(network) => over_ip(packet, network),
        None => match packet.header(Kind::Arp) {
            Some(header) => arp(packet, header),
            None => link(packet),
        },
    };
    if !packet.faults().is_empty() {
        line.push_str(" (broken)");
    } else if packet.is_cut() {
        line.push_str(" (cut)");
    }
    line
}

fn over_ip(packet: &Packet, network: Header) -> String {
    let data = packet.data();
    let version = network.kind.name();
    let name = match packet.protocol {
        Protocol::Ip(number) => {
            ip_name(number.into()).map_or_else(|| format!("protocol {number}"), str::to_owned)
        }
        _ => String::new(),
    };
    let way = match (packet.source(), packet.destination()) {
        (Some(source), Some(destination)) if packet.ports().is_some() => {
            format!("{source} > {destination}")
        }
        (Some(source), Some(destination)) => {
            format!("{} > {}", source.ip_text(), destination.ip_text())
        }
        _ => String::new(),
    };
    let length = packet.payload().len();
    let what = match packet.headers().next_back() {
        _ if packet.is_fragment() => {
            let (offset, more) = packet.fragment_place().unwrap_or_default();
            let more = if more { ", more follow" } else { ", the last" };
            format!("fragment at {offset}{more}, len={length}")
        }
        Some(Header { start, end, .. }) if packet.ports().is_some() && end - start < 8 => {
            "header cut".into()
        }
        Some(Header {
            kind: Kind::Tcp,
            start,
            end,
        }) if end - start < 20 => "header cut".into(),
        Some(Header {
            kind: Kind::Tcp,
            start,
            ..
        }) => {
            let flags = flags(byte(data, start + 13)).join(", ");
            let (seq, ack) = (
                number(data, (start + 4) * 8, 32),
                number(data, (start + 8) * 8, 32),
            );
            let ack = if byte(data, start + 13) & 0x10 != 0 {
                format!(" ack={ack}")
            } else {
                String::new()
            };
            let window = number(data, (start + 14) * 8, 16);
            format!("[{flags}] seq={seq}{ack} win={window} len={length}")
        }
        Some(Header {
            kind: Kind::Icmp,
            start,
            ..
        }) => {
            let kind = byte(data, start);
            let told = icmp_name(kind.into());
            message(data, start, told, kind, matches!(kind, 0 | 8), length)
        }
        Some(Header {
            kind: Kind::Icmpv6,
            start,
            ..
        }) => {
            let kind = byte(data, start);
            let told = icmpv6_name(kind.into());
            message(data, start, told, kind, matches!(kind, 128 | 129), length)
        }
        _ => format!("len={length}"),
    };
    let dns = dns::summary(packet).map_or_else(String::new, |dns| format!(" {dns}"));
    format!("{version} {name} {way} {what}{dns}")
}

fn message(
    data: &[u8],
    start: usize,
    name: Option<&str>,
    kind: u8,
    echo: bool,
    length: usize,
) -> String {
    let name = name.map_or_else(|| format!("type {kind}"), str::to_owned);
    if echo {
        let part = |at: usize| number(data, (start + at) * 8, 16);
        format!("{name} id={} seq={} len={length}", part(4), part(6))
    } else {
        format!("{name}, len={length}")
    }
}

fn arp(packet: &Packet, header: Header) -> String {
    let data = packet.header_bytes(header);
    let part = |start: usize, end: usize| data.get(start..end).unwrap_or_default();
    match data.get(4..8) {
        Some([6, 4, 0, 1]) => format!(
            "ARP who has {}? tell {}",
            ipv4(part(24, 28)),
            ipv4(part(14, 18))
        ),
        Some([6, 4, 0, 2]) => {
            format!("ARP {} is at {}", ipv4(part(14, 18)), mac(part(8, 14)))
        }
        _ => "ARP".into(),
    }
}

fn link(packet: &Packet) -> String {
    let length = packet.payload().len();
    let name = packet
        .headers()
        .next()
        .map_or("bytes", |header| header.kind.name());
    match packet
        .header(Kind::Ethernet)
        .map(|h| packet.header_bytes(h))
    {
        Some(header) if header.len() == 14 => format!(
            "{name} {} > {} {} len={length}",
            mac(&header[6..12]),
            mac(&header[..6]),
            protocol(packet)
        ),
        _ => format!("{name} len={length}"),
    }
}
