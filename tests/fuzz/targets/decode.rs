//! Any bytes as a packet: nothing panics, and what is told about them stays inside them.

use netsteps::packet::{First, Packet, parse, parse_lax};

/// Reads the bytes with every first header, strictly and laxly, and looks at everything that is told.
pub fn check(data: &[u8]) {
    for &first in First::ALL {
        let lax = parse_lax(data, first);
        look(&lax, data);
        match parse(data, first) {
            Ok(strict) => {
                assert_eq!(strict, lax);
                assert!(strict.faults().is_empty());
            }
            Err(error) => {
                assert!(error.offset <= data.len());
                assert!(!error.cause.is_empty());
                if let (Some(needed), Some(had)) = (error.needed, error.had) {
                    assert!(needed > had);
                }
            }
        }
    }
}

fn look(packet: &Packet, data: &[u8]) {
    assert_eq!(packet.data(), data);
    assert!(packet.payload_range().end <= data.len());
    let mut at = 0;
    for layer in packet.layers() {
        assert_eq!(layer.start, at, "{layer:?}");
        assert!(layer.end <= data.len());
        at = layer.end;
        // Every bit of the layer belongs to exactly one field.
        let mut bit = layer.start * 8;
        for field in &layer.fields {
            assert_eq!(field.start, bit, "{layer:?}");
            assert!(field.bits > 0);
            bit += field.bits;
        }
        assert_eq!(bit, layer.end * 8, "{layer:?}");
    }
    assert_eq!(at, data.len(), "all bytes belong to a layer");
    let _ = (
        packet.source(),
        packet.destination(),
        packet.fragment_place(),
    );
    let _ = (packet.ttl(), packet.tcp_flags(), packet.protocol());
    assert!(!packet.summary().contains(char::is_control));
    for problem in packet.problems() {
        assert!(!problem.contains(char::is_control));
    }
}
