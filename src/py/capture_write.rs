//! `write_packets`.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;

use super::callback::call_back;
use super::capture::PyCapturedPacket;
use super::convert::size;
use super::errors;
use super::memory::Payload;
use super::packet::PyPacket;
use crate::error::{Code, Error};
use crate::packet::First;
use crate::packet::link::Link;
use crate::packet::{pcap, pcapng};

const STEP: &str = "write_packets";
/// Between two looks for Ctrl-C.
const PACKETS: usize = 16_384;
/// What the readers of capture files take at most.
const LONGEST: usize = 262_144;

/// A packet that is to be written.
enum Item<'py> {
    Captured(Bound<'py, PyCapturedPacket>),
    Packet(Bound<'py, PyPacket>),
    Bytes(Payload<'py>, First),
}

impl<'py> Item<'py> {
    fn of(packet: &Bound<'py, PyAny>, first: First) -> PyResult<Self> {
        if let Ok(captured) = packet.cast::<PyCapturedPacket>() {
            return Ok(Self::Captured(captured.clone()));
        }
        if let Ok(packet) = packet.cast::<PyPacket>() {
            return Ok(Self::Packet(packet.clone()));
        }
        Ok(Self::Bytes(Payload::of(packet, STEP)?, first))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Captured(captured) => {
                let captured = captured.get();
                let record = captured.record();
                record.map_or(&[][..], |record| captured.content.bytes(record))
            }
            Self::Packet(packet) => packet.get().0.data(),
            Self::Bytes(payload, _) => payload.bytes(),
        }
    }

    fn link(&self) -> Link {
        match self {
            Self::Captured(captured) => captured.get().link_type(),
            Self::Packet(packet) => packet.get().0.first().into(),
            Self::Bytes(_, first) => (*first).into(),
        }
    }

    fn original(&self) -> usize {
        match self {
            Self::Captured(captured) => {
                let record = captured.get().record();
                record.map_or(0, |record| record.original() as usize)
            }
            Self::Packet(packet) => packet.get().0.wire_length(),
            Self::Bytes(payload, _) => payload.bytes().len(),
        }
    }

    fn time_ns(&self) -> Option<i64> {
        match self {
            Self::Captured(captured) => captured.get().record()?.time_ns(),
            _ => None,
        }
    }

    fn interface(&self) -> Option<&str> {
        match self {
            Self::Captured(captured) => {
                let captured = captured.get();
                captured.content.name(captured.record()?)
            }
            _ => None,
        }
    }

    fn comment(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Captured(captured) => {
                let captured = captured.get();
                captured.content.comment(captured.record()?)
            }
            _ => None,
        }
    }
}

/// What is written, and with it.
struct Given<'py> {
    items: Vec<Item<'py>>,
    comments: Option<Vec<Option<String>>>,
    times: Option<Vec<i64>>,
    interface: Option<String>,
    snap: Option<usize>,
    now: i64,
}

/// Write packets to a capture file, for Wireshark, tcpdump and read_packets, and return its path.
///
/// path: "x.pcapng" (with comments, interfaces and any kind of packet), or "x.pcap" (the older format, for packets of one kind).
/// Times have nanoseconds in both. packets: Packet, CapturedPacket (with its time, length, interface and comment), or bytes-like. first: with
/// which header bytes begin, as in Packet.parse. comments: for each packet a text, or None to keep its own. times: for each packet
/// nanoseconds since 1970; without it, a captured packet keeps its own, and others have the time of writing. interface: the name of
/// the interface, for packets that have none. snap: the most bytes to keep of each packet; its length is kept.
/// Raises BadArgument (a ValueError) for another ending, for comments in a .pcap and the like, BadPayload for what is no packet,
/// OSError when the file cannot be written. Nothing is written before all packets have been looked at. Ctrl-C ends it.
/// Source: draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
#[pyfunction]
#[pyo3(signature = (
    path, packets: "Iterable[Packet | CapturedPacket | ReadableBuffer]", *,
    comments: "Iterable[str | None] | None" = None, times: "Iterable[int] | None" = None,
    interface: "str | None" = None, snap: "int | None" = None,
    first: "Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']" = "ip"))]
#[expect(clippy::too_many_arguments, reason = "each by its name")]
pub(super) fn write_packets(
    py: Python<'_>,
    path: PathBuf,
    packets: &Bound<'_, PyAny>,
    comments: Option<&Bound<'_, PyAny>>,
    times: Option<&Bound<'_, PyAny>>,
    interface: Option<String>,
    snap: Option<i64>,
    first: &str,
) -> PyResult<PathBuf> {
    let raised = |error: Error| errors::raise(py, error);
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    let classic = match ending.as_deref() {
        Some("pcapng") => false,
        Some("pcap") => true,
        _ => {
            let cause = format!("a capture is not saved as {:?}", path.display().to_string());
            return Err(raised(bad(cause, "a path that ends with .pcapng or .pcap")));
        }
    };
    let first = First::from_name(first, STEP).map_err(raised)?;
    let snap = snap
        .map(|snap| size(snap, "snap", 1, STEP))
        .transpose()
        .map_err(raised)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let given = Given {
        items: collect(packets, |packet| Item::of(&packet, first))?,
        comments: comments
            .map(|all| collect(all, |one| one.extract()))
            .transpose()?,
        times: times
            .map(|all| collect(all, |one| one.extract()))
            .transpose()?,
        interface,
        snap,
        now: now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)),
    };
    given.check(classic).map_err(raised)?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::InvalidInput if error.raw_os_error().is_none() => {
            raised(bad(error.to_string(), "times= from 1970 on"))
        }
        _ => errors::of_file(&error, &path),
    };
    let out = py.detach(|| File::create(&path)).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 18, out);
    let written = if classic {
        given.write_classic(py, &mut out)
    } else {
        given.write(py, &mut out)
    };
    match written {
        Ok(()) => Ok(path),
        Err(Stopped::Output(error)) => Err(failed(error)),
        Err(Stopped::Signal(error)) => Err(error),
    }
}

/// What ended the writing.
enum Stopped {
    Output(io::Error),
    Signal(PyErr),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn bad(cause: impl Into<String>, remedy: &str) -> Error {
    Error::new(Code::BadArgument, STEP, cause, remedy)
}

fn collect<'py, T>(
    all: &Bound<'py, PyAny>,
    take: impl Fn(Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let py = all.py();
    let mut list = Vec::new();
    for one in call_back(py, || all.try_iter())? {
        list.push(take(one?)?);
        if list.len() % PACKETS == 0 {
            py.check_signals()?;
        }
    }
    Ok(list)
}

impl Given<'_> {
    fn check(&self, classic: bool) -> Result<(), Error> {
        let count = self.items.len();
        for (name, given) in [
            ("comments", self.comments.as_ref().map(Vec::len)),
            ("times", self.times.as_ref().map(Vec::len)),
        ] {
            if let Some(given) = given.filter(|given| *given != count) {
                let cause = format!("there are {given} {name} for {count} packets");
                return Err(bad(cause, "one for each packet"));
            }
        }
        if let Some(long) = self
            .items
            .iter()
            .find(|item| self.kept(item).len() > LONGEST)
        {
            let cause = format!(
                "a packet has {} bytes, and readers of capture files take {LONGEST} at most",
                long.bytes().len()
            );
            return Err(bad(
                cause,
                "snap=262144, which keeps the beginning of each packet",
            ));
        }
        if !classic {
            return Ok(());
        }
        if self.comments.iter().flatten().any(Option::is_some) {
            return Err(bad(
                "a .pcap file has no comments",
                "a path that ends with .pcapng",
            ));
        }
        let mut links = self.items.iter().map(Item::link);
        let first = links.next();
        if let Some((first, other)) =
            first.and_then(|first| Some((first, links.find(|link| *link != first)?)))
        {
            let cause = format!(
                "a .pcap file has packets of one kind, and here some begin with {:?}, others with {:?}",
                first.name(),
                other.name()
            );
            return Err(bad(cause, "a path that ends with .pcapng"));
        }
        Ok(())
    }

    fn kept<'a>(&self, item: &'a Item<'_>) -> &'a [u8] {
        let bytes = item.bytes();
        &bytes[..bytes.len().min(self.snap.unwrap_or(usize::MAX))]
    }

    fn snap(&self) -> u32 {
        self.snap
            .and_then(|snap| u32::try_from(snap).ok())
            .unwrap_or(0)
    }

    fn time(&self, at: usize, item: &Item<'_>) -> i64 {
        let told = self.times.as_ref().and_then(|times| times.get(at)).copied();
        told.or_else(|| item.time_ns()).unwrap_or(self.now)
    }

    fn each(
        &self,
        py: Python<'_>,
        mut write: impl FnMut(usize, &Item<'_>, &[u8], u32) -> io::Result<()>,
    ) -> Result<(), Stopped> {
        for (at, item) in self.items.iter().enumerate() {
            if at % PACKETS == PACKETS - 1 {
                py.check_signals().map_err(Stopped::Signal)?;
            }
            let original = u32::try_from(item.original()).unwrap_or(u32::MAX);
            write(at, item, self.kept(item), original)?;
        }
        Ok(())
    }

    fn write_classic(&self, py: Python<'_>, out: &mut impl io::Write) -> Result<(), Stopped> {
        let link = self.items.first().map_or(Link::RAW, Item::link);
        let mut writer = pcap::Writer::new(out, link, self.snap())?;
        self.each(py, |at, item, bytes, original| {
            writer.packet(self.time(at, item), bytes, original)
        })?;
        writer.finish()?;
        Ok(())
    }

    fn write(&self, py: Python<'_>, out: &mut impl io::Write) -> Result<(), Stopped> {
        let mut writer = pcapng::Writer::new(out, "netsteps", None)?;
        let mut interfaces: Vec<(Link, Option<String>)> = Vec::new();
        self.each(py, |at, item, bytes, original| {
            let name = item.interface().or(self.interface.as_deref());
            let known = interfaces
                .iter()
                .position(|(link, known)| *link == item.link() && known.as_deref() == name);
            let interface = if let Some(place) = known {
                u32::try_from(place).unwrap_or(0)
            } else {
                interfaces.push((item.link(), name.map(str::to_owned)));
                writer.interface(item.link(), name, self.snap())?
            };
            let told = self
                .comments
                .as_ref()
                .and_then(|all| all.get(at)?.as_deref());
            let own = item.comment();
            writer.packet(
                bytes,
                pcapng::About {
                    interface,
                    time_ns: self.time(at, item),
                    original,
                    comment: told.or(own.as_deref()),
                },
            )
        })?;
        writer.finish()?;
        Ok(())
    }
}
