//! Integration tests of the Rust core, without Python: against the standard library as the other end, and against itself.
//!
//! On loopback only, on ports that the kernel picks, in bounded time. Nothing sleeps until something is ready: a test waits
//! for the fact itself, with a limit. What changes the whole process (limits, faults) runs in a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]
#![allow(
    clippy::print_stdout,
    reason = "a test that is left out says why, and one in a process of its own tells its parent"
)]

mod ends;
mod threads;

mod address_steps;
mod batch_receiving;
mod batches;
mod closing;
mod datagram;
mod ending;
mod errors;
mod event_loop;
mod lines;
mod options;
mod packets;
mod reading;
mod relay_tcp;
mod relay_tcp_rules;
mod server;
mod services;
mod sharing;
mod states;
mod stream;
mod trace;
mod waiting;

// What only Linux has: /proc, namespaces, and the errors that were measured there.
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod kernel_view;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod sampler;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod starved;
