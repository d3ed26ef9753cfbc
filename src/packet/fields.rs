//! A layer and its fields, as plain data, and how they are read by a table.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::tables::{Row, Show};
use crate::ports;

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// An address or a name, as text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A field of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, as the RFC has it.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// The value as people read it.
    pub text: String,
    /// Its first bit in the packet's data; bit 0 is the highest of byte 0.
    pub start: usize,
    /// How many bits it has.
    pub bits: usize,
    /// What it says, in a short sentence, or nothing.
    pub meaning: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Field {
    /// A field of whole bytes: `start` to `end` of the data, with what it says.
    pub(super) fn of_bytes(
        name: &'static str,
        start: usize,
        end: usize,
        value: Value,
        text: String,
    ) -> Self {
        Self {
            name,
            value,
            text,
            start: start * 8,
            bits: (end - start) * 8,
            meaning: String::new(),
            problem: None,
        }
    }

    /// A field of bytes that are shown as they are.
    pub(super) fn raw(name: &'static str, data: &[u8], start: usize, end: usize) -> Self {
        let bytes = data.get(start..end).unwrap_or_default();
        Self::of_bytes(
            name,
            start,
            start + bytes.len(),
            Value::Bytes(bytes.to_vec()),
            hex(bytes),
        )
    }

    pub(super) fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = meaning.into();
        self
    }

    pub(super) fn problem(mut self, problem: impl Into<String>) -> Self {
        self.problem = Some(problem.into());
        self
    }
}

/// A layer: a header, or the payload, with its bytes' place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: &'static str,
    /// The number of its layer in the OSI model.
    pub osi: u8,
    /// Its first byte in the packet's data.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
    /// Its fields: every bit of the layer belongs to exactly one of them.
    pub fields: Vec<Field>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Reads fields one behind the other, to the end of a layer and never beyond it.
pub(super) struct Reader<'a> {
    data: &'a [u8],
    /// The next bit.
    at: usize,
    /// The first bit behind the layer.
    end: usize,
    pub(super) fields: Vec<Field>,
}

impl<'a> Reader<'a> {
    /// Of bytes `start` to `end` of the data.
    pub(super) fn new(data: &'a [u8], start: usize, end: usize) -> Self {
        Self {
            data,
            at: start * 8,
            end: end.min(data.len()) * 8,
            fields: Vec::new(),
        }
    }

    /// Reads these rows; `false` when the layer ends before them: what is left of it is one more field.
    pub(super) fn rows(&mut self, rows: &[Row]) -> bool {
        rows.iter().all(|row| self.row(row))
    }

    fn row(&mut self, row: &Row) -> bool {
        if self.at + row.bits > self.end {
            self.unread();
            return false;
        }
        let (value, text) = shown(self.data, self.at, row);
        let set = matches!(row.show, Show::Flag) && value == Value::Number(0);
        self.fields.push(Field {
            name: row.name,
            value,
            text,
            start: self.at,
            bits: row.bits,
            meaning: if set {
                format!("not set ({})", row.meaning)
            } else {
                row.meaning.to_owned()
            },
            problem: None,
        });
        self.at += row.bits;
        true
    }

    /// What is left of a layer that ends too soon. It can begin within a byte.
    fn unread(&mut self) {
        let bits = self.end.saturating_sub(self.at);
        if bits == 0 {
            return;
        }
        let bytes = self.data.get(self.at / 8..self.end / 8).unwrap_or_default();
        self.fields.push(Field {
            name: "Unread",
            value: Value::Bytes(bytes.to_vec()),
            text: hex(bytes),
            start: self.at,
            bits,
            meaning: "the rest of this header is not there".into(),
            problem: None,
        });
        self.at = self.end;
    }

    /// The next byte's place.
    pub(super) fn place(&self) -> usize {
        self.at / 8
    }

    /// The layer's end, in bytes.
    pub(super) fn end(&self) -> usize {
        self.end / 8
    }

    /// Takes a field of whole bytes that another made; it begins where the last one ended.
    pub(super) fn take(&mut self, field: Field) {
        self.at = field.start + field.bits;
        self.fields.push(field);
    }

    /// Everything up to the layer's end, if there is something.
    pub(super) fn rest(&mut self, name: &'static str) {
        if self.at < self.end {
            self.take(Field::raw(name, self.data, self.place(), self.end()));
        }
    }
}

/// A number of up to 64 bits, beginning at any bit. Bits behind the data are 0.
pub(super) fn number(data: &[u8], start: usize, bits: usize) -> u64 {
    let last = (start + bits).div_ceil(8);
    let wide = (start / 8..last).fold(0_u128, |wide, at| {
        wide << 8 | u128::from(data.get(at).copied().unwrap_or(0))
    });
    let shifted = wide >> (last * 8 - start - bits);
    let mask = (1_u128 << bits.min(64)) - 1;
    u64::try_from(shifted & mask).unwrap_or(u64::MAX)
}

/// The byte at this place; 0 behind the data.
pub(super) fn byte(data: &[u8], at: usize) -> u8 {
    data.get(at).copied().unwrap_or(0)
}

fn shown(data: &[u8], at: usize, row: &Row) -> (Value, String) {
    let bytes = || {
        data.get(at / 8..(at + row.bits) / 8)
            .unwrap_or_default()
            .to_vec()
    };
    let of = |number: u64, text: String| (Value::Number(number), text);
    let text = |text: String| (Value::Text(text.clone()), text);
    let named = |shown: String, name: Option<&str>| match name {
        Some(name) => format!("{shown} {name}"),
        None => shown,
    };
    let number = || number(data, at, row.bits);
    match row.show {
        Show::Number => of(number(), number().to_string()),
        Show::Unit(unit) => of(number(), format!("{} {unit}", number())),
        Show::Times(unit, more) => of(
            number(),
            format!("{} = {} bytes", number(), (number() + more) * unit),
        ),
        Show::Hex => of(number(), in_hex(number(), row.bits)),
        Show::Name(name) => of(number(), named(number().to_string(), name(number()))),
        Show::HexName(name) => of(number(), named(in_hex(number(), row.bits), name(number()))),
        Show::Port => {
            let service = u16::try_from(number())
                .ok()
                .and_then(|port| ports::by_port(port, None));
            of(
                number(),
                named(number().to_string(), service.map(|service| service.name)),
            )
        }
        Show::Flag => of(
            number(),
            (if number() == 1 { "1 set" } else { "0" }).to_owned(),
        ),
        Show::Mac => text(mac(&bytes())),
        Show::Ipv4 => text(ipv4(&bytes())),
        Show::Ipv6 => text(ipv6(&bytes())),
        Show::Bytes => {
            let bytes = bytes();
            let shown = hex(&bytes);
            (Value::Bytes(bytes), shown)
        }
    }
}

fn in_hex(number: u64, bits: usize) -> String {
    format!("{number:#0width$x}", width = bits.div_ceil(4) + 2)
}

/// The address of a network card.
pub(super) fn mac(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(":")
}

/// An IPv4 address.
pub(super) fn ipv4(bytes: &[u8]) -> String {
    <[u8; 4]>::try_from(bytes).map_or_else(|_| hex(bytes), |ip| Ipv4Addr::from(ip).to_string())
}

/// An IPv6 address.
pub(super) fn ipv6(bytes: &[u8]) -> String {
    <[u8; 16]>::try_from(bytes).map_or_else(|_| hex(bytes), |ip| Ipv6Addr::from(ip).to_string())
}

/// How many bytes a text shows.
const SHOWN: usize = 32;

/// Bytes in base 16, shortened.
pub(super) fn hex(bytes: &[u8]) -> String {
    let shown = bytes
        .iter()
        .take(SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ");
    if bytes.len() > SHOWN {
        format!("{shown} … ({} bytes)", bytes.len())
    } else {
        shown
    }
}

/// Bytes of a payload: as text where they are text, shortened.
pub(super) fn preview(bytes: &[u8]) -> String {
    let readable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    if bytes.is_empty() || !bytes.iter().take(SHOWN).all(readable) {
        return hex(bytes);
    }
    let shown = bytes.iter().take(SHOWN * 2).copied().collect::<Vec<_>>();
    let shown = shown.escape_ascii();
    if bytes.len() > SHOWN * 2 {
        format!("\"{shown}\" … ({} bytes)", bytes.len())
    } else {
        format!("\"{shown}\"")
    }
}
