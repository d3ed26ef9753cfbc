//! The upward call to `netsteps.show`: what the core knows, as tables and drawings that Python makes.

use pyo3::IntoPyObjectExt;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::callback::call_back;

/// What a function of a room of `netsteps.show` makes of its arguments.
pub(super) fn shown<'py>(
    py: Python<'py>,
    room: &str,
    function: &str,
    arguments: impl PyCallArgs<'py>,
    named: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    call_back(py, || {
        let room = py.import(format!("netsteps.show.{room}"))?;
        room.getattr(function)?.call(arguments, named)
    })
}

/// The drawing of an object, in a theme.
pub(super) fn drawn<'py>(
    py: Python<'py>,
    room: &str,
    function: &str,
    object: impl IntoPyObjectExt<'py>,
    theme: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let named = PyDict::new(py);
    named.set_item("theme", theme)?;
    let object = object.into_bound_py_any(py)?;
    shown(py, room, function, (object,), Some(&named))
}

/// What a notebook shows of a drawing (IPython's display protocol).
pub(super) fn bundle<'py>(
    drawing: &Bound<'py, PyAny>,
    include: Option<&Bound<'py, PyAny>>,
    exclude: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    call_back(drawing.py(), || {
        drawing.call_method1("_repr_mimebundle_", (include, exclude))
    })
}
