//! What other programs write, in both byte orders, and what nobody should.

use super::{About, Writer};
use crate::packet::file::{Found, read};
use crate::packet::link::Link;
use crate::packet::pcap;

/// A file that is put together block by block.
struct File {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl File {
    fn new(big_endian: bool) -> Self {
        let mut file = Self {
            bytes: Vec::new(),
            big_endian,
        };
        file.section();
        file
    }

    fn section(&mut self) {
        let body = [
            self.u32(super::ORDER).as_slice(),
            &self.u16(1),
            &self.u16(0),
            &[0xff; 8],
        ]
        .concat();
        self.block(super::SECTION, &body);
    }

    fn u16(&self, number: u16) -> [u8; 2] {
        if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn u32(&self, number: u32) -> [u8; 4] {
        if self.big_endian {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap();
        let mut option = [self.u16(code), self.u16(length)].concat();
        option.extend(value);
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let length = self.u32(u32::try_from(body.len() + 12).unwrap());
        self.bytes.extend(self.u32(kind));
        self.bytes.extend(length);
        self.bytes.extend(body);
        self.bytes.extend(length);
    }

    fn interface(&mut self, link: u16, snap: u32, options: &[Vec<u8>]) {
        let mut body = [self.u16(link), [0; 2]].concat();
        body.extend(self.u32(snap));
        body.extend(options.concat());
        self.block(super::INTERFACE, &body);
    }

    fn packet(&mut self, interface: u32, time: u64, data: &[u8], original: u32, options: &[u8]) {
        let mut body = self.u32(interface).to_vec();
        body.extend(self.u32(u32::try_from(time >> 32).unwrap()));
        body.extend(self.u32(u32::try_from(time & 0xffff_ffff).unwrap()));
        body.extend(self.u32(u32::try_from(data.len()).unwrap()));
        body.extend(self.u32(original));
        body.extend(data);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options);
        self.block(super::PACKET, &body);
    }
}

fn times(found: &Found) -> Vec<Option<i64>> {
    found
        .records
        .iter()
        .map(super::super::file::Record::time_ns)
        .collect()
}

#[test]
fn reads_both_byte_orders_sections_interfaces_and_comments() {
    for big_endian in [false, true] {
        let mut file = File::new(big_endian);
        let name = file.option(2, b"lo");
        let nanoseconds = file.option(9, &[9]);
        file.interface(1, 0, &[name, nanoseconds]);
        let halves = file.option(9, &[0x81]);
        let seconds = if big_endian {
            10_i64.to_be_bytes()
        } else {
            10_i64.to_le_bytes()
        };
        let offset = file.option(14, &seconds);
        file.interface(101, 0, &[halves, offset]);
        let comment = [file.option(1, b"first"), file.option(1, b"second")].concat();
        file.packet(0, 1_700_000_000_123_456_789, b"abcde", 9, &comment);
        file.block(0x0bad_cafe, b"nobody knows it.");
        file.packet(1, 5, b"abcd", 4, b"");
        // A second section numbers its interfaces anew, and may have the other byte order.
        file.big_endian = !big_endian;
        file.section();
        file.interface(276, 0, &[]);
        file.packet(0, 1_000_000, b"", 0, b"");

        let found = read(&file.bytes).unwrap();
        assert_eq!(found.problems.lines(), [""; 0]);
        assert_eq!(
            times(&found),
            [
                Some(1_700_000_000_123_456_789),
                Some(12_500_000_000),
                Some(1_000_000_000)
            ]
        );
        let first = &found.records[0];
        assert_eq!(&file.bytes[first.range()], b"abcde");
        assert_eq!(first.original(), 9);
        let comment = found.comment(&file.bytes, first);
        assert_eq!(comment.as_deref(), Some("first\nsecond"));
        assert_eq!(found.comment(&file.bytes, &found.records[1]), None);
        assert_eq!(found.interfaces[0].name.as_deref(), Some("lo"));
        let links: Vec<_> = found.records.iter().map(|r| found.link(r)).collect();
        assert_eq!(links, [Link::ETHERNET, Link::RAW, Link(276)]);
    }
}

#[test]
fn reads_simple_and_obsolete_packets() {
    for big_endian in [false, true] {
        let mut file = File::new(big_endian);
        file.interface(101, 3, &[]);
        let body = [file.u32(5).as_slice(), b"abc\0"].concat();
        file.block(super::SIMPLE_PACKET, &body);
        let mut body = [file.u16(0), file.u16(7)].concat();
        for number in [0, 2_000_000, 2, 2] {
            body.extend(file.u32(number));
        }
        body.extend(b"xy\0\0");
        file.block(super::OLD_PACKET, &body);
        let found = read(&file.bytes).unwrap();
        assert_eq!(found.problems.lines(), [""; 0]);
        assert_eq!(times(&found), [None, Some(2_000_000_000)]);
        assert_eq!(&file.bytes[found.records[0].range()], b"abc");
        assert_eq!(found.records[0].original(), 5);
        assert_eq!(&file.bytes[found.records[1].range()], b"xy");
    }
}

#[test]
fn a_file_that_is_cut_gives_what_was_whole_and_says_where_it_ends() {
    let mut writer = Writer::new(Vec::new(), "netsteps", None).unwrap();
    writer.interface(Link::RAW, Some("lo"), 0).unwrap();
    for _ in 0..12 {
        writer.packet(&[7; 40], About::default()).unwrap();
    }
    let whole = writer.finish().unwrap();
    let packet = 12 + 20 + 40;
    let cut_in_data = &whole[..whole.len() - packet + 28 + 7];
    let found = read(cut_in_data).unwrap();
    assert_eq!(found.records.len(), 11);
    assert_eq!(
        found.problems.lines(),
        ["the file ends inside packet 12: 40 bytes needed, 7 there"]
    );
    for length in 4..whole.len() {
        let found = read(&whole[..length]).unwrap();
        let blocks_end = length >= 28 + 16 && found.problems.lines().is_empty();
        assert!(blocks_end || found.problems.lines().len() == 1, "{length}");
        assert!(found.records.len() <= length / packet);
    }
}

#[test]
fn hostile_lengths_are_named_and_take_no_memory() {
    let mut file = File::new(false);
    file.interface(101, 0, &[]);
    let good = file.bytes.len();
    file.packet(0, 1, b"abcd", 4, b"");
    // The captured length says more than the block holds.
    file.bytes[good + 20..good + 24].copy_from_slice(&u32::MAX.to_le_bytes());
    file.packet(9, 1, b"abcd", 4, b"");
    file.packet(0, 1, b"abcd", 4, b"");
    file.bytes
        .extend([6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    let found = read(&file.bytes).unwrap();
    assert_eq!(found.records.len(), 1);
    let [claims, nowhere, ends] = &found.problems.lines()[..] else {
        panic!("{:?}", found.problems.lines());
    };
    assert!(
        claims.contains("says that it has 4294967295 bytes"),
        "{claims}"
    );
    assert!(nowhere.contains("does not describe"), "{nowhere}");
    assert!(ends.contains("4294967292 bytes needed, 12 there"), "{ends}");

    let mut file = File::new(false);
    file.bytes
        .extend([6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let problems = read(&file.bytes).unwrap().problems.lines();
    assert!(problems[0].contains("has length 13"), "{problems:?}");
}

#[test]
fn the_number_of_problems_is_bounded() {
    let mut file = File::new(false);
    for _ in 0..1000 {
        file.packet(0, 1, b"", 0, b"");
    }
    let lines = read(&file.bytes).unwrap().problems.lines();
    assert_eq!(lines.len(), 101);
    assert_eq!(lines[100], "and 900 more problems");
}

#[test]
fn what_is_written_is_read_again() {
    let long = "ä".repeat(40_000);
    let mut writer = Writer::new(Vec::new(), "netsteps", None).unwrap();
    let first = writer.interface(Link::RAW, Some("lo"), 0).unwrap();
    let second = writer.interface(Link::ETHERNET, None, 96).unwrap();
    let about = |interface, time_ns, comment| About {
        interface,
        time_ns,
        original: 3000,
        comment,
    };
    writer.packet(b"abc", about(first, 1, Some("why"))).unwrap();
    writer
        .packet(&[1; 96], about(second, i64::MAX, Some(&long)))
        .unwrap();
    assert!(writer.packet(b"", about(first, -1, None)).is_err());
    let bytes = writer.finish().unwrap();
    let found = read(&bytes).unwrap();
    assert_eq!(found.problems.lines(), [""; 0]);
    assert_eq!(times(&found), [Some(1), Some(i64::MAX)]);
    assert_eq!(found.records[1].original(), 3000);
    assert_eq!(
        found.comment(&bytes, &found.records[0]).as_deref(),
        Some("why")
    );
    let kept = found.comment(&bytes, &found.records[1]).unwrap();
    assert!(
        kept.ends_with("ä...") && kept.len() == 65_535,
        "{}",
        kept.len()
    );
}

#[test]
fn classic_files_of_every_kind_are_read() {
    for (magic, factor) in [(0xa1b2_c3d4_u32, 1000), (0xa1b2_3c4d, 1)] {
        for big_endian in [false, true] {
            let number = |number: u32| {
                if big_endian {
                    number.to_be_bytes()
                } else {
                    number.to_le_bytes()
                }
            };
            let mut file: Vec<u8> = number(magic).to_vec();
            file.extend(if big_endian {
                [0, 2, 0, 4]
            } else {
                [2, 0, 4, 0]
            });
            file.extend([0; 8]);
            file.extend(number(65535));
            file.extend(number(0x1000_0001));
            for field in [7, 123_456, 3, 60] {
                file.extend(number(field));
            }
            file.extend(b"abc");
            let found = read(&file).unwrap();
            assert_eq!(found.problems.lines(), [""; 0]);
            assert_eq!(times(&found), [Some(7_000_000_000 + 123_456 * factor)]);
            assert_eq!(found.link(&found.records[0]), Link::ETHERNET);
            assert_eq!(found.records[0].original(), 60);
            assert_eq!(&file[found.records[0].range()], b"abc");
            let found = read(&file[..file.len() - 1]).unwrap();
            assert_eq!(
                found.problems.lines(),
                ["the file ends inside packet 1: 3 bytes needed, 2 there"]
            );
            assert_eq!(read(&file[..30]).unwrap().problems.lines().len(), 1);
        }
    }
}

#[test]
fn a_classic_file_that_is_written_is_read_again() {
    let mut writer = pcap::Writer::new(Vec::new(), Link::RAW, 0).unwrap();
    writer
        .packet(1_700_000_000_000_000_001, b"abc", 5000)
        .unwrap();
    assert!(writer.packet(i64::MAX, b"", 0).is_err());
    let bytes = writer.finish().unwrap();
    let found = read(&bytes).unwrap();
    assert_eq!(times(&found), [Some(1_700_000_000_000_000_001)]);
    assert_eq!(found.records[0].original(), 5000);
}

#[test]
fn what_is_no_capture_is_told_what_it_is() {
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\x1f\x8b\x08\x00", "gunzip"),
        (b"GET / HTTP/1.1", "begins with 47 45 54 20"),
        (&[0x34, 0xcd, 0xb2, 0xa1], "modified"),
    ] {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}
