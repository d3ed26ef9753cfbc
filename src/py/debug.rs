//! The debug settings of the core, and what it is told of the process.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::errors;
use crate::error::{Code, Error};
use crate::faults::{self, Faults};

/// Make reads and writes short and the kernel "not ready", with the given chances from a seed; all zero switches it off.
///
/// For tests: the results of every program must be the same under it. The environment variable NETSTEPS_FAULTS does it for a
/// whole process: "read_max=1,write_partial=0.8,read_block=0.5,write_block=0.5,seed=7".
#[pyfunction]
#[pyo3(name = "_set_faults", signature = (*, read_max=0, write_partial=0.0, read_block=0.0, write_block=0.0, seed=0))]
pub(super) fn set_faults(
    py: Python<'_>,
    read_max: usize,
    write_partial: f64,
    read_block: f64,
    write_block: f64,
    seed: u64,
) -> PyResult<()> {
    let wanted = Faults {
        read_max,
        write_partial,
        read_block,
        write_block,
        seed,
    };
    for (name, chance) in [
        ("write_partial", write_partial),
        ("read_block", read_block),
        ("write_block", write_block),
    ] {
        // At 1 a step would wait for ever; just below it, almost.
        let most = if name == "write_partial" { 1.0 } else { 0.99 };
        if !(0.0..=most).contains(&chance) {
            let cause = format!("{name}={chance} is no chance from 0 to {most}");
            let error = Error::new(Code::BadArgument, "set_faults", cause, "a number between");
            return Err(errors::raise(py, error));
        }
    }
    faults::set((Faults { seed: 0, ..wanted } != Faults::default()).then_some(wanted));
    Ok(())
}

/// What `_set_faults` has switched on, as a dict, or None.
#[pyfunction]
#[pyo3(name = "_faults")]
pub(super) fn current_faults(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(faults) = faults::get() else {
        return Ok(None);
    };
    let settings = PyDict::new(py);
    settings.set_item("read_max", faults.read_max)?;
    settings.set_item("write_partial", faults.write_partial)?;
    settings.set_item("read_block", faults.read_block)?;
    settings.set_item("write_block", faults.write_block)?;
    settings.set_item("seed", faults.seed)?;
    Ok(Some(settings))
}

/// Reads NETSTEPS_FAULTS; what cannot be read in it is left out.
pub(super) fn faults_from_environment() {
    let Ok(text) = std::env::var("NETSTEPS_FAULTS") else {
        return;
    };
    let mut wanted = Faults::default();
    for (name, value) in text
        .split(',')
        .filter_map(|setting| setting.split_once('='))
    {
        let chance = || value.parse::<f64>().unwrap_or(0.0).clamp(0.0, 0.99);
        match name.trim() {
            "read_max" => wanted.read_max = value.parse().unwrap_or(0),
            "write_partial" => wanted.write_partial = chance(),
            "read_block" => wanted.read_block = chance(),
            "write_block" => wanted.write_block = chance(),
            "seed" => wanted.seed = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    faults::set(Some(wanted));
}

/// Tell the core that this process was forked; the module registers it with os.register_at_fork.
#[pyfunction]
#[pyo3(name = "_after_fork")]
pub(super) fn after_fork() {
    crate::sys::forked();
    crate::trace::forked();
    crate::socket::sampler::forked();
}

/// Let no sampler hold a lock while this process forks; the module registers it with os.register_at_fork.
#[pyfunction]
#[pyo3(name = "_before_fork")]
pub(super) fn before_fork() {
    crate::socket::sampler::hold();
}

/// Let the samplers go on, and know that there is a child; the module registers it with os.register_at_fork.
#[pyfunction]
#[pyo3(name = "_after_fork_in_parent")]
pub(super) fn after_fork_in_parent() {
    crate::sys::has_forked();
    crate::socket::sampler::go_on();
}
