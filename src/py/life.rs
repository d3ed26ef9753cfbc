//! The state table, and the life of a socket drawn from it.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert;
use super::endpoint::PyEndpoint;
use super::errors;
use super::event::PyStepLine;
use super::show::shown;
use crate::ports::Transport;
use crate::socket::Socket;
use crate::state::TABLE;

type Rows = Vec<(&'static str, &'static str, &'static str)>;

/// The state table of a "tcp" or "udp" socket: each row is a state, what can happen there, and the state after it.
#[pyfunction]
#[pyo3(name = "_table", signature = (kind: "Literal['tcp', 'udp']"))]
pub(super) fn table(py: Python<'_>, kind: &str) -> PyResult<Rows> {
    let transport = convert::transport(kind, "table").map_err(|error| errors::raise(py, error))?;
    Ok(rows(transport))
}

fn rows(transport: Transport) -> Rows {
    TABLE
        .iter()
        .filter(|row| row.0 == transport)
        .map(|(_, state, action, next)| (state.name(), action.name(), next.name()))
        .collect()
}

/// The drawing of a socket's life.
pub(super) fn drawn<'py>(
    py: Python<'py>,
    socket: &Arc<Socket>,
    theme: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let (lines, left_out) = socket.steps();
    let lines: Vec<PyStepLine> = lines.into_iter().map(PyStepLine).collect();
    let named = PyDict::new(py);
    named.set_item("left_out", left_out)?;
    named.set_item("local", socket.local().map(PyEndpoint))?;
    named.set_item("peer", socket.peer().map(PyEndpoint))?;
    named.set_item("theme", theme)?;
    let given = (
        rows(socket.transport()),
        socket.transport().name(),
        socket.state().name(),
        lines,
    );
    shown(py, "life", "life_of_socket", given, Some(&named))
}
