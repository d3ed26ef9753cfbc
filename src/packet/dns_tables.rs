//! The layouts of a DNS message and its records, as data.

use super::tables::{Row, rows};

/// RFC 1035, 4.1.1; AD and CD by RFC 4035.
pub(super) const HEADER: &[Row] = rows![
    "ID", 16, Hex, "the same in question and answer";
    "QR", 1, Flag, "it is an answer";
    "OPCODE", 4, Name(opcode_name), "";
    "AA", 1, Flag, "by the name's own server";
    "TC", 1, Flag, "cut off: ask again over TCP";
    "RD", 1, Flag, "ask others for me";
    "RA", 1, Flag, "the server asks others";
    "Z", 1, Number, "must be zero";
    "AD", 1, Flag, "the server has checked the signatures";
    "CD", 1, Flag, "do not check the signatures";
    "RCODE", 4, Name(rcode_name), "";
    "QDCOUNT", 16, Number, "questions";
    "ANCOUNT", 16, Number, "answers";
    "NSCOUNT", 16, Number, "servers that know more";
    "ARCOUNT", 16, Number, "additional records";
];

fn opcode_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "query",
        1 => "inverse query",
        2 => "status",
        4 => "notify",
        5 => "update",
        _ => return None,
    })
}

fn rcode_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "no error",
        1 => "format error",
        2 => "server failure",
        3 => "the name does not exist",
        4 => "not implemented",
        5 => "refused",
        _ => return None,
    })
}

pub(super) fn type_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        35 => "NAPTR",
        41 => "OPT",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        52 => "TLSA",
        64 => "SVCB",
        65 => "HTTPS",
        255 => "ANY",
        257 => "CAA",
        _ => return None,
    })
}

fn class_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Internet",
        3 => "Chaos",
        0x8001 => "Internet, by unicast or in place of what is known (RFC 6762)",
        255 => "any",
        _ => return None,
    })
}

/// RFC 1035, 4.2.2: over TCP the length of the message stands in front of it.
pub(super) const LENGTH: &[Row] = rows![
    "Length", 16, Unit("bytes"), "of the message, over TCP";
];

pub(super) const QUESTION: &[Row] = rows![
    "QTYPE", 16, Name(type_name), "";
    "QCLASS", 16, Name(class_name), "";
];

pub(super) const RECORD: &[Row] = rows![
    "TYPE", 16, Name(type_name), "";
    "CLASS", 16, Name(class_name), "";
    "TTL", 32, Unit("s"), "";
    "RDLENGTH", 16, Unit("bytes"), "";
];

/// RFC 6891.
pub(super) const OPT: &[Row] = rows![
    "TYPE", 16, Name(type_name), "";
    "UDP payload size", 16, Unit("bytes"), "";
    "EXTENDED-RCODE", 8, Number, "";
    "VERSION", 8, Number, "";
    "DO", 1, Flag, "";
    "Z", 15, Number, "";
    "RDLENGTH", 16, Unit("bytes"), "";
];
