//! The options of IPv4, TCP and IPv6's extension headers: a kind, a length, and what it says.

use super::fields::{Field, Reader, Value, byte, hex, mac, number};
use super::{Kind, ParseError};

/// One option, or what is left where they cannot be told apart any more.
struct Item {
    start: usize,
    end: usize,
    kind: u8,
    /// The length cannot be meant: what it needs, and why.
    broken: Option<(Option<usize>, String)>,
}

/// Which kinds are one byte long, and whether the length counts kind and length too.
#[derive(Clone, Copy)]
enum Form {
    /// IPv4 and TCP: 0 ends the list, 1 is one byte, the length counts everything.
    Counted,
    /// IPv6 (RFC 8200, 4.2): 0 is one byte, the length counts what follows it.
    Following,
    /// Neighbor discovery (RFC 4861, 4.6): the length counts everything, in units of 8 bytes.
    Eights,
}

/// The option at this place; none at the end.
fn next(data: &[u8], start: usize, end: usize, form: Form) -> Option<Item> {
    let left = data.get(start..end)?;
    let (&kind, rest) = left.split_first()?;
    let item = |length: usize, broken| Item {
        start,
        end: start + length,
        kind,
        broken,
    };
    let single = match form {
        Form::Counted => kind <= 1,
        Form::Following => kind == 0,
        Form::Eights => false,
    };
    if single {
        return Some(item(1, None));
    }
    let Some(&length) = rest.first() else {
        return Some(item(
            1,
            Some((Some(2), format!("option {kind} has no length"))),
        ));
    };
    let length = match form {
        Form::Counted => usize::from(length),
        Form::Following => usize::from(length) + 2,
        Form::Eights => usize::from(length) * 8,
    };
    if length < 2 {
        let why = format!("option {kind} has length {length}, and 2 is the least");
        return Some(item(left.len(), Some((None, why))));
    }
    if length > left.len() {
        let why = format!(
            "option {kind} needs {length} bytes, and there are {}",
            left.len()
        );
        return Some(item(left.len(), Some((Some(length), why))));
    }
    Some(item(length, None))
}

/// The first fault of the options of a header.
pub(super) fn check(data: &[u8], kind: Kind, start: usize, end: usize) -> Option<ParseError> {
    let (fixed, form) = match kind {
        Kind::Ipv4 | Kind::Tcp => (20, Form::Counted),
        Kind::HopByHop | Kind::DestinationOptions => (2, Form::Following),
        Kind::Icmpv6 => (neighbor_fixed(byte(data, start))?, Form::Eights),
        _ => return None,
    };
    let mut at = start + fixed;
    while let Some(item) = next(data, at, end, form) {
        if let Some((needed, cause)) = item.broken {
            return Some(ParseError {
                layer: kind.name(),
                offset: at,
                needed,
                had: needed.map(|_| end - at),
                cause: format!("{} at byte {at}: {cause}", kind.name()),
            });
        }
        if item.kind == 0 && matches!(form, Form::Counted) {
            return None;
        }
        at = item.end;
    }
    None
}

/// Reads options to the end of the layer.
fn fields(reader: &mut Reader<'_>, data: &[u8], form: Form, show: fn(&[u8], u8) -> Shown) {
    while let Some(item) = next(data, reader.place(), reader.end(), form) {
        let bytes = data.get(item.start..item.end).unwrap_or_default();
        if let Some((_, why)) = item.broken {
            let field = Field::raw("Options", data, item.start, item.end);
            reader.take(field.problem(why));
            continue;
        }
        let (name, value, text, meaning) = show(bytes, item.kind);
        reader.take(Field::of_bytes(name, item.start, item.end, value, text).meaning(meaning));
        if item.kind == 0 && matches!(form, Form::Counted) {
            reader.rest("Padding");
        }
    }
}

pub(super) fn tcp(reader: &mut Reader<'_>, data: &[u8]) {
    fields(reader, data, Form::Counted, tcp_option);
}

pub(super) fn ipv4(reader: &mut Reader<'_>, data: &[u8]) {
    fields(reader, data, Form::Counted, ipv4_option);
}

pub(super) fn ipv6(reader: &mut Reader<'_>, data: &[u8]) {
    fields(reader, data, Form::Following, ipv6_option);
}

pub(super) fn neighbor(reader: &mut Reader<'_>, data: &[u8], kind: u8) {
    if neighbor_fixed(kind).is_some() {
        fields(reader, data, Form::Eights, neighbor_option);
    }
}

/// How long a message of neighbor discovery is before its options (RFC 4861, 4).
const fn neighbor_fixed(kind: u8) -> Option<usize> {
    match kind {
        133 => Some(8),
        134 => Some(16),
        135 | 136 => Some(24),
        137 => Some(40),
        _ => None,
    }
}

/// Name, value, text and meaning.
type Shown = (&'static str, Value, String, &'static str);

fn of_number(name: &'static str, value: u64, unit: &str, meaning: &'static str) -> Shown {
    let text = if unit.is_empty() {
        value.to_string()
    } else {
        format!("{value} {unit}")
    };
    (name, Value::Number(value), text, meaning)
}

fn of_bytes(name: &'static str, bytes: &[u8], meaning: &'static str) -> Shown {
    (name, Value::Bytes(bytes.to_vec()), hex(bytes), meaning)
}

fn of_text(name: &'static str, text: String, meaning: &'static str) -> Shown {
    (name, Value::Text(text.clone()), text, meaning)
}

/// RFC 9293, 3.2, and RFC 7323 (scale, timestamps), RFC 2018 (SACK).
fn tcp_option(bytes: &[u8], kind: u8) -> Shown {
    match (kind, bytes.len()) {
        (0, _) => of_bytes("End of Option List", bytes, "no more options"),
        (1, _) => of_bytes("No-Operation", bytes, "fills up"),
        (2, 4) => of_number(
            "Maximum Segment Size",
            number(bytes, 16, 16),
            "bytes",
            "the largest piece of data that its sender takes",
        ),
        (3, 3) => {
            let shift = u64::from(byte(bytes, 2));
            // RFC 7323, 2.3: more than 14 counts as 14.
            let (name, value, _, meaning) = of_number(
                "Window Scale",
                shift,
                "",
                "the Window counts in these units",
            );
            (
                name,
                value,
                format!("{shift} = times {}", 1_u64 << shift.min(14)),
                meaning,
            )
        }
        (4, 2) => of_bytes(
            "SACK-Permitted",
            bytes,
            "pieces may be acknowledged one by one",
        ),
        (5, length) if length > 2 && length % 8 == 2 => {
            let blocks = (0..(length - 2) / 8)
                .map(|block| {
                    let edge = |at| number(bytes, 16 + block * 64 + at, 32);
                    format!("{}-{}", edge(0), edge(32))
                })
                .collect::<Vec<_>>();
            of_text(
                "SACK",
                blocks.join(" "),
                "pieces behind a hole that have arrived",
            )
        }
        (8, 10) => of_text(
            "Timestamps",
            format!(
                "TSval {}, TSecr {}",
                number(bytes, 16, 32),
                number(bytes, 48, 32)
            ),
            "the sender's clock, and the last that came from the other side",
        ),
        (28, 4) => of_bytes("User Timeout", bytes, "RFC 5482"),
        (30, _) => of_bytes("Multipath TCP", bytes, "RFC 8684"),
        (34, _) => of_bytes("Fast Open", bytes, "RFC 7413"),
        (2..=5 | 8, _) => of_bytes(
            "Option",
            bytes,
            "its length is not the one that its kind has",
        ),
        _ => of_bytes("Option", bytes, "a kind that is not known here"),
    }
}

/// RFC 791, 3.1.
fn ipv4_option(bytes: &[u8], kind: u8) -> Shown {
    match kind {
        0 => of_bytes("End of Option List", bytes, "no more options"),
        1 => of_bytes("No-Operation", bytes, "fills up"),
        7 => of_bytes("Record Route", bytes, "routers write their addresses in"),
        68 => of_bytes("Internet Timestamp", bytes, "routers write the time in"),
        131 => of_bytes("Loose Source Route", bytes, "stations that it must pass"),
        137 => of_bytes("Strict Source Route", bytes, "the whole way"),
        148 => of_bytes("Router Alert", bytes, "every router looks at it (RFC 2113)"),
        _ => of_bytes("Option", bytes, "a kind that is not known here"),
    }
}

/// RFC 8200, 4.2.
fn ipv6_option(bytes: &[u8], kind: u8) -> Shown {
    match (kind, bytes.len()) {
        (0, _) => of_bytes("Pad1", bytes, "fills up"),
        (1, _) => of_bytes("PadN", bytes, "fills up"),
        (5, 4) => of_bytes("Router Alert", bytes, "every router looks at it (RFC 2711)"),
        (0xc2, 6) => of_number(
            "Jumbo Payload Length",
            number(bytes, 16, 32),
            "bytes",
            "RFC 2675",
        ),
        _ => of_bytes("Option", bytes, "a kind that is not known here"),
    }
}

/// RFC 4861, 4.6.
fn neighbor_option(bytes: &[u8], kind: u8) -> Shown {
    let card = || mac(bytes.get(2..8).unwrap_or_default());
    match (kind, bytes.len()) {
        (1, 8) => of_text(
            "Source Link-Layer Address",
            card(),
            "the sender's network card",
        ),
        (2, 8) => of_text(
            "Target Link-Layer Address",
            card(),
            "the network card that has the address",
        ),
        (3, 32) => of_bytes("Prefix Information", bytes, "the addresses of this network"),
        (4, _) => of_bytes("Redirected Header", bytes, "the packet that it is about"),
        (5, 8) => of_number(
            "MTU",
            number(bytes, 32, 32),
            "bytes",
            "the largest packet of this network",
        ),
        (25, _) => of_bytes("Recursive DNS Server", bytes, "RFC 8106"),
        _ => of_bytes("Option", bytes, "a kind that is not known here"),
    }
}
