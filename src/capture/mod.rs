//! A trace written as packets, for Wireshark and its kin.
//!
//! A trace knows system calls, not packets. So each call that moved bytes becomes one packet (several, beyond what one can carry), built
//! from what was observed: the two endpoints, the bytes that the trace kept, how many there were, and the time. Nothing that was
//! not seen is invented: no handshake, no acknowledgement of its own, no FIN. Each packet says in a comment that it was built, and
//! of which step.
//!
//! | file | what |
//! | --- | --- |
//! | `moved.rs` | which calls moved which bytes, from where to where |
//! | `build.rs` | the headers before them |

mod build;
mod moved;

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::packet::link::Link;
use crate::packet::pcapng::{About, Writer};
use crate::ports::Transport;
use crate::trace::{Event, Recording};
use build::Segment;
use moved::{Direction, Moved};

/// The most packets of one call without any byte that the trace kept: one call of netsteps sends at most 4 MiB.
const EMPTY: usize = 65;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Packets.
    pub packets: u64,
    /// Calls that moved bytes whose endpoints are not known.
    pub left_out: u64,
}

/// Writes the recording's moved bytes as a pcapng file.
///
/// A call that sends is a packet, at the time when it began. A call that receives is one only when its sender is not in the
/// recording, at the time when it ended. TCP's sequence numbers count the bytes of each direction from 1, since the real ones are
/// not known; the acknowledgement tells how much the socket had read.
///
/// # Errors
/// Those of the output.
pub fn write(recording: &Recording, out: &mut impl Write) -> io::Result<Written> {
    let mut writer = Writer::new(out, "netsteps", Some(&about_all(recording)))?;
    let interface = writer.interface(Link::RAW, Some("netsteps trace"), 0)?;
    let mut written = Written::default();
    let (moves, left_out) = moved::moves(&recording.events);
    written.left_out = left_out;
    let mut bytes = Vec::new();
    for moved in moves {
        let most = build::room(moved.from, moved.event.transport);
        let cuts = moved.size.div_ceil(most).max(1);
        // Without their bytes, packets say little: of a call that claims to have moved gigabytes only the first are written.
        let shown = cuts.min(moved.event.preview.bytes().len().div_ceil(most) + EMPTY);
        let comment = about(recording, &moved, cuts, shown);
        let time_ns = i64::try_from(moved.time_ns)
            .unwrap_or(i64::MAX)
            .saturating_add(recording.unix_offset_ns)
            .max(0);
        let preview = moved.event.preview.bytes();
        for begin in (0..shown).map(|cut| cut * most) {
            let size = (moved.size - begin).min(most);
            let end = (begin + size).min(preview.len());
            let payload = preview.get(begin..end).unwrap_or_default();
            bytes.clear();
            let original = build::packet(
                &mut bytes,
                Segment {
                    from: moved.from,
                    to: moved.to,
                    transport: moved.event.transport,
                    sent_before: moved.offset.saturating_add(begin as u64),
                    read_before: moved.other,
                    size,
                    payload,
                },
            );
            let about = About {
                interface,
                time_ns,
                original,
                comment: Some(&comment),
            };
            writer.packet(&bytes, about)?;
            written.packets += 1;
        }
    }
    writer.finish()?;
    Ok(written)
}

/// What the file says of itself.
fn about_all(recording: &Recording) -> String {
    let mut text = "Built by netsteps from the system calls that a trace recorded; nothing here was captured on a wire.".to_owned();
    if recording.dropped > 0 {
        let _ = write!(
            text,
            " The trace had to let {} events go: their packets are missing.",
            recording.dropped
        );
    }
    text
}

/// What a packet says of itself.
fn about(recording: &Recording, moved: &Moved<'_>, cuts: usize, shown: usize) -> String {
    let Event {
        process,
        socket,
        step,
        call,
        line,
        verdict,
        rule,
        preview,
        transport,
        ..
    } = moved.event;
    let mut text = format!(
        "Built by netsteps from a recorded step, not captured on a wire. Step: {step} ({call}), {}, socket #{socket}",
        match moved.direction {
            Direction::Out => "which sent these bytes",
            Direction::In => "which received these bytes; their sender was not recorded",
        }
    );
    let program = recording
        .processes
        .iter()
        .find(|known| known.id == *process);
    let _ = match program.filter(|known| !known.program.is_empty()) {
        Some(known) => write!(text, " of process {process} ({})", known.program),
        None => write!(text, " of process {process}"),
    };
    if let Some(line) = line {
        let _ = write!(text, ", line {line}");
    }
    text.push('.');
    if let Some(verdict) = verdict {
        let _ = write!(text, " A relay's verdict: {verdict}");
        if let Some(rule) = rule {
            let _ = write!(text, " ({rule})");
        }
        text.push('.');
    }
    if cuts > 1 {
        let _ = write!(
            text,
            " The call moved {} bytes, more than one packet carries: they are shown in {shown}.",
            moved.size
        );
        if shown < cuts {
            let _ = write!(text, " The {} after these are left out.", cuts - shown);
        }
    }
    let kept = preview.bytes().len();
    if kept < moved.size {
        let _ = write!(text, " The trace kept {kept} of {} bytes.", moved.size);
    }
    if *transport == Transport::Tcp {
        text.push_str(" Sequence numbers count from 1; the real ones are not known.");
    }
    text
}

#[cfg(test)]
mod tests;
