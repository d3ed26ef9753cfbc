//! Any packets as fragments: nothing panics, what is put together is as long as it says, and what is cut comes back.

use netsteps::packet::fragments::{Verdict, fragment, reassemble};
use netsteps::packet::{First, parse_lax};

/// Cuts the bytes into packets, puts them together, and cuts the first one.
pub fn check(data: &[u8]) {
    let [mtu, more, packets @ ..] = data else {
        return;
    };
    let mut rest = packets;
    let mut all = Vec::new();
    while let [high, low, behind @ ..] = rest {
        let size = usize::from(u16::from_be_bytes([*high, *low]) % 2048);
        let (packet, behind) = behind.split_at(behind.len().min(size));
        let first = if high & 0x80 == 0 {
            First::Ip
        } else {
            First::Ethernet
        };
        all.push(parse_lax(packet, first));
        rest = behind;
    }
    let gathered = reassemble(&all);
    assert_eq!(gathered.pieces.len(), all.len());
    let again = gathered
        .pieces
        .iter()
        .filter(|piece| piece.verdict == Verdict::Duplicate);
    assert_eq!(again.count(), gathered.duplicates);
    if let Some(packet) = &gathered.packet {
        assert!(gathered.missing.is_empty());
        assert!(packet.data().len() <= 65_535 + 40 + 2048);
    }
    let mtu = 20 + usize::from(u16::from_be_bytes([*mtu, *more]) % 1500);
    let whole = parse_lax(packets, First::Ip);
    let Ok(pieces) = fragment(&whole, mtu, None) else {
        return;
    };
    assert!(pieces.len() == 1 || pieces.iter().all(|piece| piece.data().len() <= mtu));
    if pieces.len() < 2 {
        return;
    }
    let made = reassemble(&pieces);
    // A fragment of IPv4 that is cut again is still a fragment, and a list of options that lies is not the same any more.
    if let Some(made) = made.packet {
        assert_eq!(made.payload_range().end, whole.payload_range().end);
        assert_eq!(&made.data()[20..], &whole.data()[20..made.data().len()]);
    }
}
