//! Any bytes as a saved trace: nothing panics, what is read can be saved and read again, and written as packets.

use netsteps::capture;
use netsteps::packet::file::read;
use netsteps::trace::Recording;

/// Loads the bytes, saves them, and loads them again.
pub fn check(mut data: &[u8]) {
    let Ok(recording) = Recording::load(&mut data, 1000) else {
        return;
    };
    let mut saved = Vec::new();
    assert!(recording.save(&mut saved).is_ok());
    let Ok(again) = Recording::load(&mut saved.as_slice(), 1000) else {
        panic!(
            "what was saved is a trace: {}",
            String::from_utf8_lossy(&saved)
        );
    };
    assert_eq!(again, recording);
    // A size that a trace claims may be any number, and a packet carries 64 kB: only those that stay small are written.
    let sizes = recording.events.iter().filter_map(|event| event.size);
    if sizes.fold(0_usize, usize::saturating_add) > 1 << 24 {
        return;
    }
    let mut packets = Vec::new();
    assert!(capture::write(&recording, &mut packets).is_ok());
    let Ok(found) = read(&packets) else {
        panic!("what was written is a capture");
    };
    assert!(found.problems.lines().is_empty());
}
