//! DNS messages, read only (RFC 1035; multicast DNS by RFC 6762).
//!
//! Every length is looked at before it is used. A name's pointers must point backwards, each further than the one before (RFC 1035,
//! 4.1.4: "a prior occurrence"), so that no chain of them is endless.

use super::fields::{Field, Layer, Reader, Value, byte, ipv4, ipv6, number, preview};
use super::tables::Row;
use super::{Kind, Packet, dns_tables};

/// RFC 1035, 3.1: a name has 255 bytes at most.
const LONGEST_NAME: usize = 255;
/// A name has 127 labels at most, so that it never needs more pointers.
const MOST_POINTERS: usize = 127;

/// The DNS message that the packet carries, where a port says that it is one.
pub(super) fn layer(packet: &Packet) -> Option<Layer> {
    let range = packet.payload_range();
    let (start, prefix) = message_place(packet)?;
    let data = packet.data().get(..range.end)?;
    let mut reader = Reader::new(data, range.start, range.end);
    if prefix {
        reader.rows(dns_tables::LENGTH);
    }
    let problem = match message(&mut reader, data, start) {
        Ok(()) => None,
        Err(why) => {
            let at = reader.place();
            reader.rest("Unread");
            if let Some(field) = reader.fields.last_mut() {
                field.problem = Some(why.clone());
            }
            Some(format!("at byte {at}: {why}"))
        }
    };
    reader.rest("Unread");
    Some(Layer {
        name: "DNS",
        osi: 7,
        start: range.start,
        end: range.end,
        fields: reader.fields,
        problem,
    })
}

/// Where the message begins, and whether its length stands in front of it (RFC 1035, 4.2.2).
fn message_place(packet: &Packet) -> Option<(usize, bool)> {
    let range = packet.payload_range();
    if range.is_empty() {
        return None;
    }
    let (source, destination) = packet.ports()?;
    let is = |port| source == port || destination == port;
    if packet.header(Kind::Udp).is_some() {
        return (is(53) || is(5353)).then_some((range.start, false));
    }
    // Over TCP only a message that is whole in one segment can be read.
    let length = number(packet.data(), range.start * 8, 16);
    let whole = range.len() > 2 && length == u64::try_from(range.len() - 2).unwrap_or(0);
    (is(53) && whole).then_some((range.start + 2, true))
}

type Read<T> = Result<T, String>;

fn message(reader: &mut Reader<'_>, data: &[u8], start: usize) -> Read<()> {
    if !reader.rows(dns_tables::HEADER) {
        return Err(format!(
            "a DNS message needs 12 bytes, and there are {}",
            data.len().saturating_sub(start)
        ));
    }
    let count = |at: usize| number(data, (start + at) * 8, 16);
    let (questions, sections) = (
        count(4),
        [
            ("answer", count(6)),
            ("name server", count(8)),
            ("additional record", count(10)),
        ],
    );
    // Each takes bytes, so that the counts are bounded by the message itself.
    for index in 1..=questions {
        let what = format!("question {index} of {questions}");
        take_name(reader, data, start, "QNAME", &what)?;
        fixed(reader, data, dns_tables::QUESTION, &what)?;
    }
    for (section, records) in sections {
        for index in 1..=records {
            let what = format!("{section} {index} of {records}");
            record(reader, data, start, &what)?;
        }
    }
    Ok(())
}

fn fixed(reader: &mut Reader<'_>, data: &[u8], rows: &[Row], what: &str) -> Read<()> {
    let bits: usize = rows.iter().map(|row| row.bits).sum();
    let (at, end) = (reader.place(), reader.end());
    if at + bits / 8 > end.min(data.len()) {
        return Err(format!(
            "{what} needs {} bytes more, and there are {}",
            bits / 8,
            end.saturating_sub(at)
        ));
    }
    let before = reader.fields.len();
    reader.rows(rows);
    for field in reader.fields.iter_mut().skip(before) {
        what.clone_into(&mut field.meaning);
    }
    Ok(())
}

fn take_name(
    reader: &mut Reader<'_>,
    data: &[u8],
    start: usize,
    name: &'static str,
    what: &str,
) -> Read<()> {
    let at = reader.place();
    let (text, end) = read_name(data, start, at)?;
    reader.take(Field::of_bytes(name, at, end, Value::Text(text.clone()), text).meaning(what));
    Ok(())
}

fn record(reader: &mut Reader<'_>, data: &[u8], start: usize, what: &str) -> Read<()> {
    take_name(reader, data, start, "NAME", what)?;
    let at = reader.place();
    let kind = number(data, at * 8, 16);
    // RFC 6891: this record has other fields in the place of class and TTL.
    let rows = if kind == 41 {
        dns_tables::OPT
    } else {
        dns_tables::RECORD
    };
    fixed(reader, data, rows, what)?;
    let length = usize::try_from(number(data, (at + 8) * 8, 16)).unwrap_or(usize::MAX);
    let (place, end) = (reader.place(), reader.end());
    if length > end - place {
        return Err(format!(
            "the data of {what} needs {length} bytes, and there are {}",
            end - place
        ));
    }
    if length > 0 {
        let (value, text) = rdata(data, start, place, place + length, kind)?;
        reader.take(Field::of_bytes("RDATA", place, place + length, value, text).meaning(what));
    }
    Ok(())
}

/// What a record says, by its type.
fn rdata(data: &[u8], start: usize, at: usize, end: usize, kind: u64) -> Read<(Value, String)> {
    let bytes = data.get(at..end).unwrap_or_default();
    let name = |at: usize| -> Read<String> {
        let (name, behind) = read_name(data, start, at)?;
        if behind > end {
            return Err("a name goes on behind its record".into());
        }
        Ok(name)
    };
    let part = |at: usize, bits: usize| number(data, at * 8, bits);
    let text = match (kind, bytes.len()) {
        (1, 4) => ipv4(bytes),
        (28, 16) => ipv6(bytes),
        (2 | 5 | 12, _) => name(at)?,
        (15, 3..) => format!("{} {}", part(at, 16), name(at + 2)?),
        (33, 7..) => format!(
            "{} {} {} {}",
            part(at, 16),
            part(at + 2, 16),
            part(at + 4, 16),
            name(at + 6)?
        ),
        (6, _) => {
            let (primary, behind) = read_name(data, start, at)?;
            let (mailbox, behind) = read_name(data, start, behind)?;
            if behind + 20 > end {
                return Err("a start of authority needs five numbers behind its names".into());
            }
            let numbers = (0..5)
                .map(|index| part(behind + index * 4, 32).to_string())
                .collect::<Vec<_>>();
            format!("{primary} {mailbox} {}", numbers.join(" "))
        }
        (16, _) => texts(bytes)?,
        _ => return Ok((Value::Bytes(bytes.to_vec()), preview(bytes))),
    };
    Ok((Value::Text(text.clone()), text))
}

/// Character strings, each with its length in front (RFC 1035, 3.3).
fn texts(mut bytes: &[u8]) -> Read<String> {
    let mut texts = Vec::new();
    while let Some((&length, rest)) = bytes.split_first() {
        let Some((text, rest)) = rest.split_at_checked(length.into()) else {
            return Err(format!(
                "a text needs {length} bytes, and there are {}",
                rest.len()
            ));
        };
        texts.push(format!("\"{}\"", text.escape_ascii()));
        bytes = rest;
    }
    Ok(texts.join(" "))
}

/// The name at this place of a message that begins at `start`, and where it ends in place.
fn read_name(data: &[u8], start: usize, at: usize) -> Read<(String, usize)> {
    let mut text = String::new();
    let (mut place, mut end, mut length, mut pointers) = (at, None, 1, 0);
    // A pointer must lead to before where it stands; the bound only falls, so that the loop ends.
    let mut bound = at;
    loop {
        let Some(&first) = data.get(place) else {
            return Err(format!("the name at byte {at} goes on behind the message"));
        };
        match first {
            0 => break,
            1..=63 => {
                let next = place + 1 + usize::from(first);
                let Some(label) = data.get(place + 1..next) else {
                    return Err(format!("the name at byte {at} goes on behind the message"));
                };
                length += label.len() + 1;
                if length > LONGEST_NAME {
                    return Err(format!(
                        "the name at byte {at} is longer than {LONGEST_NAME} bytes"
                    ));
                }
                if !text.is_empty() {
                    text.push('.');
                }
                push_label(&mut text, label);
                place = next;
            }
            192.. => {
                if place + 1 >= data.len() {
                    return Err(format!("the pointer at byte {place} is cut off"));
                }
                let target =
                    start + (usize::from(first & 0x3f) << 8 | usize::from(byte(data, place + 1)));
                end = end.or(Some(place + 2));
                if target >= bound {
                    return Err(format!(
                        "the pointer at byte {place} does not lead back: to byte {target}"
                    ));
                }
                pointers += 1;
                if pointers > MOST_POINTERS {
                    return Err(format!("the name at byte {at} has too many pointers"));
                }
                bound = target;
                place = target;
            }
            _ => return Err(format!("byte {place} begins no label of a name")),
        }
    }
    if text.is_empty() {
        text.push('.'); // the root
    }
    Ok((text, end.unwrap_or(place + 1)))
}

/// A label as text: a dot or a backslash in it, and what is not to be seen, is escaped (RFC 1035, 5.1; RFC 4343, 2.1).
fn push_label(text: &mut String, label: &[u8]) {
    for &byte in label {
        match byte {
            b'.' | b'\\' => {
                text.push('\\');
                text.push(byte.into());
            }
            b'!'..=b'~' => text.push(byte.into()),
            other => {
                text.push('\\');
                text.extend(
                    [other / 100, other / 10 % 10, other % 10]
                        .map(|digit| char::from(b'0' + digit)),
                );
            }
        }
    }
}

/// The message in a few words: "query A example.org", "answer A example.org".
pub(super) fn summary(packet: &Packet) -> Option<String> {
    let (start, _) = message_place(packet)?;
    let data = packet.data().get(..packet.payload_range().end)?;
    let answer = byte(data, start + 2) & 0x80 != 0;
    if start + 12 > data.len() || number(data, (start + 4) * 8, 16) == 0 {
        return Some("DNS".into());
    }
    let (name, end) = read_name(data, start, start + 12).ok()?;
    let kind = number(data, end * 8, 16);
    let kind = dns_tables::type_name(kind).map_or_else(|| kind.to_string(), str::to_owned);
    let what = if answer { "answer" } else { "query" };
    Some(format!("DNS {what} {kind} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_through_its_pointers() {
        let data = b"\x03www\x07example\x03org\x00\x04mail\xc0\x04\xc0\x11";
        assert_eq!(read_name(data, 0, 0), Ok(("www.example.org".into(), 17)));
        assert_eq!(read_name(data, 0, 17), Ok(("mail.example.org".into(), 24)));
        assert_eq!(read_name(data, 0, 24), Ok(("mail.example.org".into(), 26)));
        assert_eq!(read_name(b"\x00", 0, 0), Ok((".".into(), 1)));
    }

    #[test]
    fn a_pointer_that_does_not_lead_back_is_refused() {
        for data in [
            &b"\xc0\x00"[..],    // to itself
            b"\xc0\x02\xc0\x00", // there and back
            b"\xc0\x05\x00",     // forward
            b"\x01a\xc0\x00",    // to the beginning of the name itself
            b"\xc0",             // cut off
            b"\x05ab",           // a label cut off
            b"\x80",             // no label
            b"\x01a",            // without an end
        ] {
            assert!(read_name(data, 0, 0).is_err(), "{data:?}");
        }
    }

    #[test]
    fn a_long_chain_of_pointers_is_refused() {
        // Each leads to the one before it.
        let mut data = vec![0, 0];
        for place in 0..200_u16 {
            data.extend((0xc000 | (place * 2)).to_be_bytes());
        }
        assert!(read_name(&data, 0, 100).is_ok());
        assert!(read_name(&data, 0, data.len() - 2).is_err());
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        let mut long = [&[63][..], &[b'a'; 63]].concat().repeat(4);
        long.push(0);
        assert!(read_name(&long, 0, 0).is_err());
        let ends = long.len() - 64;
        long[ends - 64] = 61;
        // 3 labels of 64 and one of 62 bytes, and the end: 255.
        let mut exact = [&[63][..], &[b'a'; 63]].concat().repeat(3);
        exact.push(61);
        exact.extend([b'a'; 61]);
        exact.push(0);
        assert!(read_name(&exact, 0, 0).is_ok());
    }

    #[test]
    fn what_a_label_holds_is_escaped() {
        let data = b"\x05a.b\\\x07\x00";
        assert_eq!(
            read_name(data, 0, 0).map(|read| read.0).as_deref(),
            Ok("a\\.b\\\\\\007")
        );
    }
}
