//! Any bytes as a capture file: nothing panics, no packet lies outside of the file, and what is written again is the same.

use netsteps::packet::Packet;
use netsteps::packet::file::read;
use netsteps::packet::pcapng::{About, Writer};

/// Reads the bytes, and writes what they hold.
pub fn check(data: &[u8]) {
    let Ok(found) = read(data) else {
        return;
    };
    // A packet and an interface take some bytes of the file each: a small file never becomes much in memory.
    assert!(found.records.len() <= data.len() / 16);
    assert!(found.interfaces.len() <= data.len() / 12);
    assert!(found.problems.lines().len() <= 101);
    let buffer = data.into();
    let Ok(mut writer) = Writer::new(Vec::new(), "fuzz", None) else {
        panic!("memory can be written to");
    };
    let mut kept = Vec::new();
    for record in &found.records {
        let range = record.range();
        assert!(range.end <= data.len());
        let comment = found.comment(data, record);
        let link = found.link(record);
        if let Some(first) = link.first() {
            let packet = Packet::within(&buffer, range.clone(), first, record.original() as usize);
            assert_eq!(packet.data(), &data[range.clone()]);
        }
        let Ok(interface) = writer.interface(link, None, 0) else {
            panic!("memory can be written to");
        };
        let about = About {
            interface,
            time_ns: record.time_ns().unwrap_or(0),
            original: record.original(),
            comment: comment.as_deref(),
        };
        if writer.packet(&data[range.clone()], about).is_ok() {
            let original = record
                .original()
                .max(u32::try_from(range.len()).unwrap_or(0));
            kept.push((range, about.time_ns, original, link));
        }
    }
    let Ok(written) = writer.finish() else {
        panic!("memory can be written to");
    };
    let Ok(again) = read(&written) else {
        panic!("what was written is a capture");
    };
    assert!(again.problems.lines().is_empty());
    assert_eq!(again.records.len(), kept.len());
    for (record, (range, time, original, link)) in again.records.iter().zip(kept) {
        assert_eq!(written[record.range()], data[range]);
        assert_eq!(
            (record.time_ns(), record.original()),
            (Some(time), original)
        );
        assert_eq!(again.link(record), link);
    }
}
