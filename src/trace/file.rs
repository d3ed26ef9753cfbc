//! A recording as JSON Lines (one JSON object on each line, RFC 8259), and back.
//!
//! The first line describes the recording, each other line is one event, or one sample of what the kernel held:
//!
//! ```text
//! {"format":"netsteps trace","version":1,"start_ns":…,"dropped":0,"unix_offset_ns":…,"machine":"…","processes":[{"id":4711,"program":"python3 server.py"}]}
//! {"event":17,"process":4711,"phase":"completed","socket":3,"number":7,"kind":"tcp","step":"write","call":"send",
//!  "local":"127.0.0.1:50000","peer":"127.0.0.1:6666","asked":5,"size":5,"offset":0,"preview":"68656c6c6f",
//!  "before":"connected","after":"connected","start_ns":…,"end_ns":…,"thread":4711,"line":"server.py:12"}
//! {"event":18,…,"step":"relay","call":"sendmmsg",…,"verdict":"late","rule":"delay=0.05","origin":17}
//! {"sample":true,"process":4711,"socket":3,"time_ns":…,"unread":5,"unacknowledged":0,"receive_capacity":131072,…}
//! ```
//!
//! Times are nanoseconds of the system's monotonic clock, sizes are bytes, `preview` is hexadecimal. What is not known is left out.
//! A reader passes over keys and kinds of lines that it does not know; a change that it could not pass over has a new version.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::recording::{Process, Recording};
use super::saved::Saved;
use crate::error::{Code, Error};

/// The version of the format.
pub const VERSION: u32 = 1;
/// The longest line that is read, in bytes: an event with a preview of 8 MiB.
pub const LINE_LIMIT: u64 = 17 * 1024 * 1024;
const FORMAT: &str = "netsteps trace";

/// Why a recording was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// It is no recording.
    #[error(transparent)]
    Content(Box<Error>),
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    #[serde(default)]
    start_ns: u64,
    #[serde(default)]
    dropped: u64,
    #[serde(default)]
    dropped_samples: u64,
    #[serde(default)]
    unix_offset_ns: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    #[serde(default)]
    processes: Vec<Runs>,
}

#[derive(Serialize, Deserialize)]
struct Runs {
    id: u32,
    program: String,
}

impl Recording {
    /// Writes it as JSON Lines.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn save(&self, out: &mut impl Write) -> io::Result<()> {
        let head = Head {
            format: FORMAT.to_owned(),
            version: VERSION,
            start_ns: self.start_ns,
            dropped: self.dropped,
            dropped_samples: self.dropped_samples,
            unix_offset_ns: self.unix_offset_ns,
            machine: self.machine.clone(),
            processes: self.processes.iter().map(Runs::of).collect(),
        };
        line(out, &head)?;
        for event in &self.events {
            line(out, &Saved::of(event))?;
        }
        for sample in &self.samples {
            let known = serde_json::to_value(sample)?;
            let known = known.as_object().into_iter().flatten();
            let known = known.filter(|(_, value)| !value.is_null());
            let known = known.map(|(name, value)| (name.clone(), value.clone()));
            let marked = std::iter::once(("sample".to_owned(), true.into()));
            let fields: serde_json::Map<_, _> = marked.chain(known).collect();
            line(out, &fields)?;
        }
        out.flush()
    }

    /// Reads what [`Recording::save`] wrote: at most `limit` events and as many samples, each line within [`LINE_LIMIT`].
    ///
    /// # Errors
    /// [`Unread::Content`] names the line and what is wrong with it; [`Unread::File`] is the reader's own.
    pub fn load(input: &mut impl BufRead, limit: usize) -> Result<Self, Unread> {
        let mut text = Vec::new();
        if !next_line(input, &mut text, 1)? {
            return Err(broken(1, "the file is empty"));
        }
        let head: Head = serde_json::from_slice(&text).map_err(|_| not_a_trace())?;
        if head.format != FORMAT {
            return Err(not_a_trace());
        }
        if head.version != VERSION {
            let cause = format!(
                "the trace has version {} of the format, and this netsteps reads version {VERSION}",
                head.version
            );
            let remedy = "a netsteps that is as new as the one that saved it";
            let error = Error::new(Code::BadArgument, "load", cause, remedy);
            return Err(Unread::Content(Box::new(error)));
        }
        let mut recording = Self {
            dropped: head.dropped,
            dropped_samples: head.dropped_samples,
            start_ns: head.start_ns,
            unix_offset_ns: head.unix_offset_ns,
            machine: head.machine,
            processes: head.processes.into_iter().map(Process::from).collect(),
            events: Vec::new(),
            samples: Vec::new(),
        };
        let mut number = 1;
        loop {
            number += 1;
            if !next_line(input, &mut text, number)? {
                break;
            }
            recording.take(&text, number, limit)?;
        }
        recording
            .events
            .sort_by_key(|event| (event.start_ns, event.process, event.id));
        recording
            .samples
            .sort_by_key(|sample| (sample.time_ns, sample.process, sample.socket));
        Ok(recording)
    }

    fn take(&mut self, text: &[u8], number: u64, limit: usize) -> Result<(), Unread> {
        /// What kind of line it is; a later version may have others.
        #[derive(Deserialize)]
        struct Kind {
            event: Option<serde::de::IgnoredAny>,
            sample: Option<serde::de::IgnoredAny>,
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let wrong = |error: &serde_json::Error| broken(number, &error.to_string());
        let kind: Kind = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
        if kind.event.is_none() && kind.sample.is_none() {
            return Ok(());
        }
        if self.events.len().max(self.samples.len()) >= limit {
            let cause = format!("the trace holds more than the {limit} events that may be loaded");
            let remedy = "a larger limit=, if there is memory for it";
            let error = Error::new(Code::MessageTooLarge, "load", cause, remedy);
            return Err(Unread::Content(Box::new(error)));
        }
        if kind.sample.is_some() {
            let sample = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
            self.samples.push(sample);
            return Ok(());
        }
        let saved: Saved = serde_json::from_slice(text).map_err(|error| wrong(&error))?;
        let event = saved.event().map_err(|what| broken(number, &what))?;
        self.events.push(event);
        Ok(())
    }
}

impl Runs {
    fn of(process: &Process) -> Self {
        Self {
            id: process.id,
            program: process.program.clone(),
        }
    }
}

impl From<Runs> for Process {
    fn from(runs: Runs) -> Self {
        Self {
            id: runs.id,
            program: runs.program,
        }
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// The next line; false at the end of the file.
fn next_line(input: &mut impl BufRead, text: &mut Vec<u8>, number: u64) -> Result<bool, Unread> {
    text.clear();
    let mut limited = io::Read::take(&mut *input, LINE_LIMIT + 1);
    let read = limited.read_until(b'\n', text)?;
    if read as u64 > LINE_LIMIT {
        return Err(broken(number, "the line is longer than any that is saved"));
    }
    Ok(read > 0)
}

fn not_a_trace() -> Unread {
    broken(1, "the first line does not describe a trace")
}

fn broken(number: u64, what: &str) -> Unread {
    Unread::Content(Box::new(Error::new(
        Code::BadArgument,
        "load",
        format!("line {number} of the file: {what}"),
        "a file that Trace.save has written as .jsonl; read_packets reads captures",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::tests::event;
    use crate::trace::{Preview, Sample};

    fn there_and_back(recording: &Recording) -> Recording {
        let mut file = Vec::new();
        recording.save(&mut file).unwrap();
        Recording::load(&mut &file[..], 1000).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let mut first = event(1);
        first.local = "[fe80::1%2]:80".parse().ok();
        first.peer = "10.0.0.1:9".parse().ok();
        first.error = Some("a \"quoted\"\nline\u{202e}".into());
        first.errno = Some(-3);
        first.preview = Preview::of(&[&[0xff; 100]], 100);
        first.line = Some("server.py:12".into());
        first.verdict = Some("too big".into());
        first.rule = Some("mtu=\"1\"".into());
        first.origin = Some(u64::MAX);
        let recording = Recording {
            events: vec![first, event(2)],
            samples: vec![Sample {
                process: 9,
                unread: Some(0),
                rtt_us: Some(7),
                ..Sample::default()
            }],
            dropped: 7,
            dropped_samples: 8,
            ..Recording::of_here()
        };
        assert_eq!(there_and_back(&recording), recording);
    }

    #[test]
    fn lines_and_keys_of_later_versions_are_passed_over() {
        let mut file = Vec::new();
        Recording::default().save(&mut file).unwrap();
        file.extend_from_slice(b"\n{\"new\": {\"deep\": [1, 2]}}\n");
        assert_eq!(
            Recording::load(&mut &file[..], 10).unwrap(),
            Recording::default()
        );
    }

    #[test]
    fn a_broken_file_names_the_line_and_the_fault() {
        let mut whole = Vec::new();
        let recording = Recording {
            events: vec![event(1), event(2)],
            ..Recording::default()
        };
        recording.save(&mut whole).unwrap();
        let text = String::from_utf8(whole).unwrap();
        for (from, to, told) in [
            ("netsteps trace", "other", "line 1"),
            ("\"version\":1", "\"version\":2", "version 2"),
            ("\"tcp\"", "\"sctp\"", "\"sctp\" is no kind"),
            ("\"78\"", "\"7\"", "hexadecimal"),
            ("\"78\"", "\"é\"", "hexadecimal"),
            ("\"connected\"", "\"married\"", "\"married\" is no state"),
            ("\"event\":2", "\"event\":-2", "line 3"),
        ] {
            let file = text.replacen(from, to, 1);
            let error = Recording::load(&mut file.as_bytes(), 10).unwrap_err();
            assert!(error.to_string().contains(told), "{from}: {error}");
        }
        for end in 0..text.len() {
            let _ = Recording::load(&mut &text.as_bytes()[..end], 10);
        }
        let error = Recording::load(&mut text.as_bytes(), 1).unwrap_err();
        assert!(
            error.to_string().contains("more than the 1 event"),
            "{error}"
        );
    }

    #[test]
    fn an_endless_line_takes_no_endless_memory() {
        let mut endless = io::BufReader::new(io::repeat(b'a'));
        assert!(Recording::load(&mut endless, 10).is_err());
    }
}
