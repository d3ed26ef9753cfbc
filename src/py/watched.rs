//! Files of any length, read and written with an ear for Ctrl-C.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use pyo3::prelude::*;

use super::errors;
use crate::sys::files;

/// Between two looks for Ctrl-C: so many bytes, or so long a wait.
const BYTES: usize = 1 << 20;
const SLICE: Duration = Duration::from_millis(100);

/// A file. What a signal handler raises ends the call, and goes on as it is.
pub(super) struct Watched {
    file: File,
    since: usize,
    raised: RefCell<Option<PyErr>>,
}

impl Watched {
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            since: 0,
            raised: RefCell::new(None),
        }
    }

    /// Opens a file for reading; for a pipe it waits for bytes in the reads, not here.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        files::open(path).map(Self::new)
    }

    pub(super) const fn file(&self) -> &File {
        &self.file
    }

    /// The exception of a call that failed.
    pub(super) fn raise(&self, error: &io::Error, path: &Path) -> PyErr {
        let raised = self.raised.take();
        raised.unwrap_or_else(|| errors::of_file(error, path))
    }

    fn look(&self) -> io::Result<()> {
        // Without an interpreter, at its end, nobody waits for this file any more.
        let raised = Python::try_attach(|py| py.check_signals().err()).flatten();
        if raised.is_none() {
            return Ok(());
        }
        self.raised.replace(raised);
        Err(io::Error::other("a signal handler raised"))
    }

    fn moved(&mut self, size: usize) -> io::Result<usize> {
        self.since += size;
        if self.since >= BYTES {
            self.since = 0;
            self.look()?;
        }
        Ok(size)
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            while !files::readable(&self.file, SLICE)? {
                self.look()?;
            }
            match self.file.read(buffer) {
                Ok(size) => return self.moved(size),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) =>
                {
                    self.look()?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let size = self.file.write(bytes)?;
        self.moved(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
