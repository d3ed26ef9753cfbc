//! The layers of a packet, made when they are asked for.

use super::checksum::{self, Verdict};
use super::fields::{Field, Layer, Reader, Value, byte, preview};
use super::numbers::{
    ether, family_name, icmp_code_name, icmp_name, icmpv6_code_name, icmpv6_name, loopback_family,
};
use super::{First, Header, Kind, Packet, dns, options, tables};

/// All layers: the headers, DNS where the port says it, the payload and the padding.
pub(super) fn of(packet: &Packet) -> Vec<Layer> {
    let data = packet.data();
    let mut layers: Vec<_> = packet
        .headers()
        .map(|header| of_header(packet, header))
        .collect();
    let payload = packet.payload_range();
    if !payload.is_empty() {
        let carried = dns::layer(packet).unwrap_or_else(|| {
            let bytes = packet.payload();
            let mut layer = whole("Payload", 7, payload.start, payload.end, "Data", bytes);
            if let Some(field) = layer.fields.first_mut() {
                carried_meaning(packet).clone_into(&mut field.meaning);
            }
            layer
        });
        layers.push(carried);
    }
    if payload.end < data.len() {
        let bytes = data.get(payload.end..).unwrap_or_default();
        layers.push(whole(
            "Padding",
            2,
            payload.end,
            data.len(),
            "Padding",
            bytes,
        ));
    }
    place_faults(packet, &mut layers);
    layers
}

/// What the payload is.
fn carried_meaning(packet: &Packet) -> &'static str {
    if packet.is_fragment() {
        return "a part of what the whole packet carries";
    }
    match packet.headers().next_back() {
        Some(Header {
            kind: Kind::Tcp | Kind::Udp,
            ..
        }) => "the message, as the program gave it",
        Some(Header {
            kind: kind @ (Kind::Icmp | Kind::Icmpv6),
            start,
            ..
        }) => match (kind, byte(packet.data(), start)) {
            (Kind::Icmp, 3..=5 | 11 | 12) | (Kind::Icmpv6, 1..=4) => {
                "the beginning of the packet that it is about"
            }
            _ => "what the message carries",
        },
        Some(_) => "what the header before it carries",
        None => "bytes that were not read",
    }
}

/// A layer that is one field.
fn whole(
    name: &'static str,
    osi: u8,
    start: usize,
    end: usize,
    field: &'static str,
    bytes: &[u8],
) -> Layer {
    let meaning = "behind the end that the lengths tell: fills up the frame";
    let value = Value::Bytes(bytes.to_vec());
    let field = Field::of_bytes(field, start, end, value, preview(bytes)).meaning(meaning);
    Layer {
        name,
        osi,
        start,
        end,
        fields: vec![field],
        problem: None,
    }
}

fn of_header(packet: &Packet, header: Header) -> Layer {
    let Header { kind, start, end } = header;
    let data = packet.data();
    let mut reader = Reader::new(data, start, end);
    match kind {
        Kind::Ethernet => {
            reader.rows(tables::ETHERNET);
        }
        Kind::Vlan => {
            reader.rows(tables::VLAN);
        }
        Kind::LinuxSll => {
            reader.rows(tables::LINUX_SLL);
        }
        Kind::LinuxSll2 => {
            reader.rows(tables::LINUX_SLL2);
        }
        Kind::Loopback => loopback(&mut reader, packet),
        Kind::Arp => arp(&mut reader, data, start),
        Kind::Ipv4 => {
            if reader.rows(tables::IPV4) {
                options::ipv4(&mut reader, data);
            }
        }
        Kind::Ipv6 => {
            reader.rows(tables::IPV6);
        }
        Kind::HopByHop | Kind::DestinationOptions => {
            if reader.rows(tables::EXTENSION) {
                options::ipv6(&mut reader, data);
            }
        }
        Kind::Routing => {
            if reader.rows(tables::EXTENSION) && reader.rows(tables::ROUTING) {
                reader.rest("type-specific data");
            }
        }
        Kind::Extension => {
            if reader.rows(tables::EXTENSION) {
                reader.rest("Data");
            }
        }
        Kind::Fragment => {
            reader.rows(tables::FRAGMENT);
        }
        Kind::Authentication => {
            if reader.rows(tables::AUTHENTICATION) {
                reader.rest("ICV");
            }
        }
        Kind::Icmp | Kind::Icmpv6 => icmp(&mut reader, data, start, kind),
        Kind::Tcp => {
            if reader.rows(tables::TCP) {
                options::tcp(&mut reader, data);
            }
        }
        Kind::Udp => {
            reader.rows(tables::UDP);
        }
    }
    // Whatever a table does not know is still a field.
    reader.rest("Unread");
    let mut fields = reader.fields;
    if kind == Kind::Ethernet {
        length_not_type(&mut fields);
    }
    tell_checksum(packet, header, &mut fields);
    let problem = fields.iter().find_map(|field| {
        let problem = field.problem.as_ref()?;
        Some(format!("{} {problem}", field.name))
    });
    Layer {
        name: kind.name(),
        osi: kind.osi(),
        start,
        end,
        fields,
        problem,
    }
}

/// IEEE 802.3: the last field of the Ethernet header is a length.
fn length_not_type(fields: &mut [Field]) {
    if let Some(field) = fields.iter_mut().find(|field| field.name == "EtherType")
        && let Value::Number(length) = field.value
        && length <= u64::from(ether::LONGEST)
    {
        field.name = "Length";
        field.text = format!("{length} bytes");
        field.meaning = "how much follows (IEEE 802.3); from 1536 on it would be a type".into();
    }
}

fn loopback(reader: &mut Reader<'_>, packet: &Packet) {
    let data = packet.data();
    match data.first_chunk::<4>() {
        Some(&bytes) => {
            let family = u64::from(loopback_family(bytes, packet.first() == First::Loop));
            let name = family_name(family).map_or_else(String::new, |name| format!(" {name}"));
            let text = format!("{family}{name}");
            let field = Field::of_bytes("Family", 0, 4, Value::Number(family), text);
            reader.take(field.meaning("what is inside, by the system's own number"));
        }
        None => reader.rest("Family"),
    }
}

fn arp(reader: &mut Reader<'_>, data: &[u8], start: usize) {
    if !reader.rows(tables::ARP) {
        return;
    }
    let (hardware, protocol) = (byte(data, start + 4), byte(data, start + 5));
    if (hardware, protocol) == (6, 4) {
        reader.rows(tables::ARP_ETHERNET_IPV4);
        return;
    }
    for (name, length) in [
        ("Sender Hardware Address", hardware),
        ("Sender Protocol Address", protocol),
        ("Target Hardware Address", hardware),
        ("Target Protocol Address", protocol),
    ] {
        let at = reader.place();
        let end = (at + usize::from(length)).min(reader.end());
        if at < end {
            reader.take(Field::raw(name, data, at, end));
        }
    }
}

fn icmp(reader: &mut Reader<'_>, data: &[u8], start: usize, kind: Kind) {
    let (number, code) = (byte(data, start), byte(data, start + 1));
    let (name, code_name) = if kind == Kind::Icmp {
        (
            icmp_name(number.into()),
            icmp_code_name(number, code.into()),
        )
    } else {
        (
            icmpv6_name(number.into()),
            icmpv6_code_name(number, code.into()),
        )
    };
    for (field, value, name) in [("Type", number, name), ("Code", code, code_name)] {
        let at = reader.place();
        if at < reader.end() {
            let text = name.map_or_else(|| value.to_string(), |name| format!("{value} {name}"));
            let value = Value::Number(value.into());
            reader.take(Field::of_bytes(field, at, at + 1, value, text));
        }
    }
    let rest = if kind == Kind::Icmp {
        tables::icmp_rest(number, code)
    } else {
        tables::icmpv6_rest(number)
    };
    if reader.rows(tables::ICMP_CHECKSUM) && reader.rows(rest) && kind == Kind::Icmpv6 {
        options::neighbor(reader, data, number);
    }
}

fn tell_checksum(packet: &Packet, header: Header, fields: &mut [Field]) {
    let Some(verdict) = checksum::verify(packet, header) else {
        return;
    };
    let Some(field) = fields
        .iter_mut()
        .find(|field| [tables::CHECKSUM, tables::HEADER_CHECKSUM].contains(&field.name))
    else {
        return;
    };
    match verdict {
        Verdict::Right => field.meaning.push_str(": right"),
        Verdict::Unknown(why) => field.meaning = why,
        Verdict::Wrong(words) => field.problem = Some(words),
    }
}

/// Puts each fault of the structure at the layer that it is about, or the last one before its place.
fn place_faults(packet: &Packet, layers: &mut [Layer]) {
    for fault in packet.faults() {
        let own = layers.iter().position(|layer| {
            layer.name == fault.layer && (layer.start..layer.end).contains(&fault.offset)
        });
        let before = layers.iter().rposition(|layer| layer.start <= fault.offset);
        if let Some(layer) = own.or(before).and_then(|at| layers.get_mut(at)) {
            layer.problem = Some(fault.cause.clone());
        }
    }
}

/// What is wrong, in words: the structure, what the capture left out, and the fields.
pub(super) fn problems(packet: &Packet) -> Vec<String> {
    let mut problems: Vec<_> = packet
        .faults()
        .iter()
        .map(|fault| format!("{}: {}", fault.layer, fault.cause))
        .collect();
    if packet.wire_length() > packet.data().len() {
        problems.push(format!(
            "the capture kept {} of {} bytes",
            packet.data().len(),
            packet.wire_length()
        ));
    }
    for layer in of(packet) {
        for field in layer.fields {
            if let Some(problem) = field.problem {
                problems.push(format!("{} {}: {problem}", layer.name, field.name));
            }
        }
    }
    problems
}
