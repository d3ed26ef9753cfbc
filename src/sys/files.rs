//! Files that may be pipes: opened without waiting for whoever writes, so that Ctrl-C comes through.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Opens a file for reading. A pipe that nobody writes to yet is opened, too: open(2) with `O_NONBLOCK`, fifo(7).
///
/// # Errors
/// Those of the system.
#[cfg(unix)]
pub fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = loop {
        match rustix::fs::open(path, flags, Mode::empty()) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other,
        }
    };
    Ok(File::from(opened?))
}

/// Waits so long, at most, until a pipe has bytes or its writers have gone. A file on a disk always is.
///
/// # Errors
/// Those of the system.
#[cfg(unix)]
pub fn readable(file: &File, most: Duration) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut polled = [PollFd::new(file, PollFlags::IN)];
    let most = Timespec::try_from(most).map_err(io::Error::other)?;
    match poll(&mut polled, Some(&most)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file for reading.
///
/// # Errors
/// Those of the system.
#[cfg(not(unix))]
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A read of this system waits by itself.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn readable(_file: &File, _most: Duration) -> io::Result<bool> {
    Ok(true)
}
