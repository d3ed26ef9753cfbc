//! The line of the user's program that takes a step, for traces that ask for it.

use std::path::Path;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::callback::call_back;
use crate::trace;

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

/// The innermost line that is not of this package: "server.py:12".
fn caller(py: Python<'_>) -> PyResult<Option<Arc<str>>> {
    static GET_FRAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static OWN: PyOnceLock<String> = PyOnceLock::new();
    let get_frame = GET_FRAME.get_or_try_init(py, || {
        PyResult::Ok(py.import("sys")?.getattr("_getframe")?.unbind())
    })?;
    let own = OWN.get_or_try_init(py, || {
        let file: String = py.import("netsteps")?.getattr("__file__")?.extract()?;
        let folder = Path::new(&file).parent().map(Path::to_path_buf);
        PyResult::Ok(folder.unwrap_or_default().to_string_lossy().into_owned())
    })?;
    let mut frame = get_frame.bind(py).call0()?;
    loop {
        let file: String = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
        if !Path::new(&file).starts_with(own) {
            let name = Path::new(&file).file_name();
            let name = name.map_or_else(|| file.clone().into(), |name| name.to_string_lossy());
            if name == "threading.py" {
                return Ok(None);
            }
            let line: Option<u32> = frame.getattr("f_lineno")?.extract()?;
            return Ok(Some(format!("{name}:{}", line.unwrap_or(0)).into()));
        }
        frame = frame.getattr("f_back")?;
        if frame.is_none() {
            return Ok(None);
        }
    }
}
