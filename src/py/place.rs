//! The line of the user's program that takes a step, for traces that ask for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::callback::call_back;
use crate::trace;

/// The most characters of a file's name: no file system has longer ones.
const LONGEST_NAME: usize = 255;

/// Where frames come from, and which files are not the user's.
struct Known {
    get_frame: Py<PyAny>,
    own: PathBuf,
    threading: String,
}

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

/// Does a step. When a trace asks for lines, the events of the step know which line of the program took it.
pub(super) fn placed<T>(py: Python<'_>, step: impl FnOnce() -> T) -> T {
    if !trace::lines_wanted() {
        return step();
    }
    match call_back(py, || caller(py)) {
        Ok(Some(line)) => trace::taken_at(line, step),
        // A thread of ours has no caller, and a step is not to fail for want of a line.
        Ok(None) | Err(_) => step(),
    }
}

/// Gets ready what `caller` needs. Importing runs Python code, in which a signal handler may raise: not to be done inside a step.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    KNOWN.get_or_try_init(py, || {
        let file: String = py.import("netsteps")?.getattr("__file__")?.extract()?;
        let own = Path::new(&file).parent().map(Path::to_path_buf);
        let start = py.import("threading")?.getattr("Thread")?.getattr("run")?;
        PyResult::Ok(Known {
            get_frame: py.import("sys")?.getattr("_getframe")?.unbind(),
            own: own.unwrap_or_default(),
            threading: start
                .getattr("__code__")?
                .getattr("co_filename")?
                .extract()?,
        })
    })?;
    Ok(())
}

/// The innermost line that is not of this package: "server.py:12".
fn caller(py: Python<'_>) -> PyResult<Option<Arc<str>>> {
    let Some(known) = KNOWN.get(py) else {
        return Ok(None);
    };
    let mut frame = known.get_frame.bind(py).call0()?;
    loop {
        let file: String = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
        if !Path::new(&file).starts_with(&known.own) {
            if file == known.threading {
                return Ok(None);
            }
            let name = Path::new(&file).file_name();
            let name = name.map_or_else(|| file.clone().into(), |name| name.to_string_lossy());
            // The name is any text: that of a file, or what compile() was given.
            let name: String = name.chars().take(LONGEST_NAME).collect();
            let line: Option<u32> = frame.getattr("f_lineno")?.extract()?;
            return Ok(Some(format!("{name}:{}", line.unwrap_or(0)).into()));
        }
        frame = frame.getattr("f_back")?;
        if frame.is_none() {
            return Ok(None);
        }
    }
}
