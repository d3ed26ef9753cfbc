//! What was recorded: of one process, or of several of one machine, put together.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use super::event::Event;
use super::samples::Sample;
use crate::error::{Code, Error, Result};
use crate::sys;

/// A process that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// What it runs ("python3 server.py"), without the folders and the arguments.
    pub program: String,
}

/// Events and what has to be known to read them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What happened, in the order of beginning.
    pub events: Vec<Event>,
    /// What the kernel held for the sockets, in the order of time.
    pub samples: Vec<Sample>,
    /// How many events were let go.
    pub dropped: u64,
    /// How many samples were let go.
    pub dropped_samples: u64,
    /// When recording began, in nanoseconds of the monotonic clock of the machine.
    pub start_ns: u64,
    /// What has to be added to that clock for the time since 1970 (UTC), in nanoseconds.
    pub unix_offset_ns: i64,
    /// The processes.
    pub processes: Vec<Process>,
    /// This run of this machine, where the system has a name for it: only its processes share the clock.
    pub machine: Option<String>,
}

impl Recording {
    /// An empty recording of this process.
    #[must_use]
    pub fn of_here() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix = unix.map_or(0, |unix| i64::try_from(unix.as_nanos()).unwrap_or(0));
        let monotonic = i64::try_from(sys::monotonic_ns()).unwrap_or(0);
        Self {
            unix_offset_ns: unix.saturating_sub(monotonic),
            processes: vec![Process {
                id: sys::process_id(),
                program: program(std::env::args()),
            }],
            machine: sys::machine(),
            ..Self::default()
        }
    }

    /// Several recordings as one. What two of them hold alike, because two traces of one process ran at once, is taken once.
    ///
    /// # Errors
    /// `BadArgument` for none, and for those of different machines (or of before and after a restart): their clocks do not agree.
    pub fn merge(recordings: impl IntoIterator<Item = Self>) -> Result<Self> {
        let mut recordings = recordings.into_iter();
        let mut merged = recordings.next().ok_or_else(|| {
            let cause = "there is no trace to merge";
            Error::new(Code::BadArgument, "merge", cause, "merge(client, server)")
        })?;
        for other in recordings {
            if let (Some(here), Some(there)) = (&merged.machine, &other.machine)
                && here != there
            {
                return Err(Error::new(
                    Code::BadArgument,
                    "merge",
                    "the traces come from different machines, or from before and after a restart, and their clocks do not agree",
                    "traces of one machine, or each one by itself",
                ));
            }
            merged.machine = merged.machine.or(other.machine);
            merged.dropped += other.dropped;
            merged.dropped_samples += other.dropped_samples;
            merged.samples.extend(other.samples);
            merged.start_ns = match (merged.start_ns, other.start_ns) {
                (0, start) | (start, 0) => start,
                (one, another) => one.min(another),
            };
            merged.events.extend(other.events);
            for process in other.processes {
                if !merged.processes.contains(&process) {
                    merged.processes.push(process);
                }
            }
        }
        merged
            .events
            .sort_by_key(|event| (event.start_ns, event.process, event.id));
        let mut seen = HashSet::new();
        // An event that one of them saw to its end says more than the same one while it waited.
        merged
            .events
            .sort_by_key(|event| event.phase == super::Phase::Started);
        merged
            .events
            .retain(|event| seen.insert((event.process, event.id)));
        merged
            .events
            .sort_by_key(|event| (event.start_ns, event.process, event.id));
        merged
            .samples
            .sort_by_key(|sample| (sample.time_ns, sample.process, sample.socket));
        merged.samples.dedup();
        Ok(merged)
    }
}

/// What a process runs, in words that tell nothing of the folders of a machine: the program, and a script or module.
fn program(arguments: impl Iterator<Item = String>) -> String {
    let name = |path: &str| {
        let name = path.rsplit(['/', '\\']).next();
        name.unwrap_or(path).to_owned()
    };
    let mut arguments = arguments;
    let mut words: Vec<String> = arguments
        .next()
        .map(|first| name(&first))
        .into_iter()
        .collect();
    match arguments.next() {
        Some(flag) if flag == "-m" => {
            words.push(flag);
            words.extend(arguments.next());
        }
        Some(script) if !script.starts_with('-') => words.push(name(&script)),
        _ => {}
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Phase;
    use crate::trace::tests::event;

    fn recording(process: u32, ids: &[u64]) -> Recording {
        Recording {
            events: ids
                .iter()
                .map(|id| Event {
                    process,
                    ..event(*id)
                })
                .collect(),
            start_ns: u64::from(process),
            machine: Some("a".into()),
            ..Recording::default()
        }
    }

    #[test]
    fn two_recordings_are_one_in_the_order_of_time() {
        let merged = Recording::merge([recording(7, &[1, 4]), recording(8, &[2, 3])]).unwrap();
        let order: Vec<_> = merged.events.iter().map(|e| (e.process, e.id)).collect();
        assert_eq!(order, [(7, 1), (8, 2), (8, 3), (7, 4)]);
        assert_eq!(merged.start_ns, 7);
    }

    #[test]
    fn what_both_hold_is_taken_once_and_the_end_is_preferred() {
        let mut waiting = recording(7, &[1, 2]);
        waiting.events[0].phase = Phase::Started;
        let merged = Recording::merge([waiting, recording(7, &[1, 2, 3])]).unwrap();
        let all: Vec<_> = merged.events.iter().map(|e| (e.id, e.phase)).collect();
        assert_eq!(
            all,
            [
                (1, Phase::Completed),
                (2, Phase::Completed),
                (3, Phase::Completed)
            ]
        );
    }

    #[test]
    fn other_machines_have_other_clocks() {
        let mut other = recording(8, &[1]);
        other.machine = Some("b".into());
        assert!(Recording::merge([recording(7, &[1]), other]).is_err());
        assert!(Recording::merge([]).is_err());
    }

    #[test]
    fn a_program_is_named_without_its_folders() {
        for (arguments, name) in [
            (
                &["/usr/bin/python3", "/home/me/server.py", "--key=1"][..],
                "python3 server.py",
            ),
            (&["python", "-m", "netsteps", "serve"], "python -m netsteps"),
            (&["python", "-c", "secret"], "python"),
            (&[], ""),
        ] {
            let arguments = arguments.iter().map(ToString::to_string);
            assert_eq!(program(arguments), name);
        }
    }
}
