//! The file of `read_packets`, in memory.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

use super::capture::STEP;
use super::errors;
use super::watched::Watched;
use crate::error::{Code, Error};
use crate::packet::file::Reader;

/// How much is read at once.
const BYTES: usize = 4 << 20;
/// By so many bytes a capture is known: the header of a classic file.
const BEGINNING: usize = 24;

/// The whole file in one piece of memory.
pub(super) fn read_file(py: Python<'_>, path: &Path, limit: usize) -> PyResult<Arc<[u8]>> {
    let failed = |error: io::Error| errors::of_file(&error, path);
    let too_large = |size: u64| {
        let cause = format!("the file has {size} bytes or more, and the limit is {limit}");
        let error = Error::new(Code::MessageTooLarge, STEP, cause, "a higher limit=");
        errors::raise(py, error.at(Some(path.display())))
    };
    let mut file = py.detach(|| Watched::open(path)).map_err(failed)?;
    let about = file.file().metadata().map_err(failed)?;
    if about.len() > limit as u64 {
        return Err(too_large(about.len()));
    }
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    if !about.is_file() || size == 0 {
        // A pipe tells no size beforehand.
        return read_stream(py, &mut file, path, limit);
    }
    // Asked for first in a way that may fail: what shares memory ends the process instead.
    Vec::<u8>::new()
        .try_reserve_exact(size)
        .map_err(|_| PyMemoryError::new_err("the file is larger than memory"))?;
    let mut data: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let room = Arc::get_mut(&mut data).unwrap_or_default();
    let mut filled = 0;
    while filled < size {
        let end = size.min(filled + BYTES);
        match py.detach(|| file.read(&mut room[filled..end])) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) => return Err(file.raise(&error, path)),
        }
    }
    Ok(if filled < size {
        // Somebody made it shorter meanwhile.
        data[..filled].into()
    } else {
        data
    })
}

fn read_stream(
    py: Python<'_>,
    file: &mut Watched,
    path: &Path,
    limit: usize,
) -> PyResult<Arc<[u8]>> {
    let mut data = Vec::new();
    let mut piece = vec![0; BYTES];
    let mut known = false;
    loop {
        let read = match py.detach(|| file.read(&mut piece)) {
            Ok(0) => return Ok(data.into()),
            Ok(read) => read,
            Err(error) => return Err(file.raise(&error, path)),
        };
        if data.try_reserve(read).is_err() {
            return Err(PyMemoryError::new_err("more came than there is memory for"));
        }
        data.extend_from_slice(&piece[..read]);
        if !known && data.len() >= BEGINNING {
            // What is no capture is not read to its end, which may never come.
            known = true;
            Reader::new(&data)
                .map_err(|error| errors::raise(py, error.at(Some(path.display()))))?;
        }
        if data.len() > limit {
            let cause = format!("more than {limit} bytes came");
            let error = Error::new(Code::MessageTooLarge, STEP, cause, "a higher limit=");
            return Err(errors::raise(py, error.at(Some(path.display()))));
        }
    }
}
