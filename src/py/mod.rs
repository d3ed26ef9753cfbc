//! The binding: signatures, conversion, releasing the interpreter. No networking decision is made here.
//!
//! One file for each room of the core. Upward calls: `netsteps.errors` (the exception classes), `netsteps.show` (the
//! tables) and `netsteps.handlers` (the bodies of threads).
#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "PyO3 decides how arguments and self arrive"
)]

mod callback;
mod capture;
mod capture_file;
mod capture_write;
mod convert;
mod datagrams;
mod debug;
mod endpoint;
mod errors;
mod event;
mod fragments;
mod gather;
mod handlers;
mod kernel;
mod life;
mod memory;
mod messages;
mod options;
mod packet;
mod packet_arguments;
mod packet_layers;
mod pause;
mod place;
#[cfg(unix)]
mod plain;
mod relay;
mod relay_report;
mod relay_rules;
mod relay_settings;
mod relay_told;
mod resolve;
mod server;
mod server_arguments;
mod show;
mod socket;
mod split;
mod tcp;
mod trace;
mod udp;
mod udp_sender;
mod udp_server;
mod watched;

use pyo3::prelude::*;

/// The Rust core of netsteps. Its public names are those of `netsteps`.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::capture::{PyCapture, PyCapturedPacket, PyPacketIterator, read_packets};
    #[pymodule_export]
    use super::capture_write::write_packets;
    #[pymodule_export]
    use super::datagrams::PyDatagrams;
    #[pymodule_export]
    use super::debug::{after_fork, after_fork_in_parent, before_fork, current_faults, set_faults};
    #[pymodule_export]
    use super::endpoint::{PyDatagram, PyEndpoint, PyService};
    #[pymodule_export]
    use super::event::{PyEvent, PyStepLine};
    #[pymodule_export]
    use super::fragments::{PyPiece, PyReassembled, fragment, reassemble};
    #[pymodule_export]
    use super::handlers::stop_servers;
    #[pymodule_export]
    use super::kernel::{PyAcceptQueue, PyBuffers, PySample, PyTcpInfo};
    #[pymodule_export]
    use super::life::table;
    #[pymodule_export]
    use super::messages::{PyMessageClient, PyMessages};
    #[pymodule_export]
    use super::options::PyOptions;
    #[pymodule_export]
    use super::packet::PyPacket;
    #[pymodule_export]
    use super::packet_layers::{PyField, PyLayer};
    #[cfg(unix)]
    #[pymodule_export]
    use super::plain::PyPlainSocket;
    #[pymodule_export]
    use super::relay::{PyPartition, PyRelay};
    #[pymodule_export]
    use super::relay_report::{PyPassage, PyRelayCounts, PyRelayReport};
    #[pymodule_export]
    use super::relay_rules::{PyBurst, PyRules};
    #[pymodule_export]
    use super::resolve::{resolve, services};
    #[pymodule_export]
    use super::server::{PyClient, PyTcpServer};
    #[pymodule_export]
    use super::socket::PySocket;
    #[pymodule_export]
    use super::split::{PyJoined, PyPart, join, split};
    #[pymodule_export]
    use super::tcp::{PyTcpReceiver, PyTcpSender};
    #[pymodule_export]
    use super::trace::{PyTrace, merge};
    #[pymodule_export]
    use super::udp::{PyMessage, PyReport, PyUdpReceiver};
    #[pymodule_export]
    use super::udp_sender::PyUdpSender;
    #[pymodule_export]
    use super::udp_server::PyUdpServer;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::debug::faults_from_environment();
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        super::at_exit(module)?;
        super::at_fork(module)
    }
}

/// A forked child has none of the parent's threads: the core is told at once.
fn at_fork(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let os = module.py().import("os")?;
    // Windows has no fork, and no such function.
    if let Some(register) = os.getattr_opt("register_at_fork")? {
        let named = pyo3::types::PyDict::new(module.py());
        named.set_item("before", module.getattr("_before_fork")?)?;
        named.set_item("after_in_parent", module.getattr("_after_fork_in_parent")?)?;
        named.set_item("after_in_child", module.getattr("_after_fork")?)?;
        register.call((), Some(&named))?;
    }
    Ok(())
}

/// At the interpreter's end the servers are stopped, before its threads are.
fn at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let stop = module.getattr("_stop_servers")?;
    module
        .py()
        .import("atexit")?
        .call_method1("register", (stop,))
        .map(drop)
}
