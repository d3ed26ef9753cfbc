//! `Layer` and `Field`.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::memory::new_bytes;
use crate::packet::{Field, Layer, Value};

/// A layer of a packet: a header, DNS, the payload or padding.
///
/// `layer["Window"]` is its field of that name. Made by Packet.layers.
#[pyclass(frozen, name = "Layer", module = "netsteps", mapping)]
pub(super) struct PyLayer {
    name: &'static str,
    osi: u8,
    start: usize,
    end: usize,
    fields: Py<PyTuple>,
    problem: Option<String>,
}

impl PyLayer {
    pub(super) fn of(py: Python<'_>, layer: Layer) -> PyResult<Self> {
        let fields: Vec<_> = layer.fields.into_iter().map(PyField).collect();
        Ok(Self {
            name: layer.name,
            osi: layer.osi,
            start: layer.start,
            end: layer.end,
            fields: PyTuple::new(py, fields)?.unbind(),
            problem: layer.problem,
        })
    }
}

#[pymethods]
impl PyLayer {
    /// Its name: "Ethernet II", "IPv4", "TCP", "DNS", "Payload", ...
    #[getter]
    fn name(&self) -> &'static str {
        self.name
    }

    /// The number of its layer in the OSI model, 2 to 7.
    #[getter]
    fn osi(&self) -> u8 {
        self.osi
    }

    /// Where it begins in the packet's data, in bytes.
    #[getter]
    fn start(&self) -> usize {
        self.start
    }

    /// Where it ends in the packet's data, in bytes.
    #[getter]
    fn end(&self) -> usize {
        self.end
    }

    /// Its fields in order: a tuple of Field. Every bit of the layer belongs to exactly one of them.
    #[getter]
    fn fields(&self, py: Python<'_>) -> Py<PyTuple> {
        self.fields.clone_ref(py)
    }

    /// What is wrong with it, or None.
    #[getter]
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyField>> {
        for field in self.fields.bind(py) {
            let field = field.cast_into::<PyField>()?;
            if field.get().0.name == name {
                return Ok(field);
            }
        }
        Err(PyKeyError::new_err(name.to_owned()))
    }

    fn __repr__(&self) -> String {
        format!("Layer('{}', {}-{})", self.name, self.start, self.end)
    }
}

/// A field of a header: its place to the bit, its value, and what it says. Made by Layer.fields.
#[pyclass(frozen, name = "Field", module = "netsteps")]
pub(super) struct PyField(Field);

#[pymethods]
impl PyField {
    /// Its name, as the RFC has it.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name
    }

    /// Its value: a number, text (an address, a name), or bytes.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match &self.0.value {
            Value::Number(number) => number.into_pyobject(py)?.into_any(),
            Value::Text(text) => text.into_pyobject(py)?.into_any(),
            Value::Bytes(bytes) => new_bytes(py, bytes)?.into_any(),
        })
    }

    /// Its value for people: "0x0800 IPv4".
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// Its first bit in the packet's data; bit 0 is the highest of byte 0.
    #[getter]
    fn start(&self) -> usize {
        self.0.start
    }

    /// How many bits it has.
    #[getter]
    fn bits(&self) -> usize {
        self.0.bits
    }

    /// What it says, in a short sentence, or "".
    #[getter]
    fn meaning(&self) -> &str {
        &self.0.meaning
    }

    /// What is wrong with it, or None.
    #[getter]
    fn problem(&self) -> Option<&str> {
        self.0.problem.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("Field('{}', {})", self.0.name, self.0.text)
    }
}
