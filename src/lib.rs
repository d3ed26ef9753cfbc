//! netsteps: each step of the lecture on a real socket, explained when it fails and recorded when it happens.
//!
//! The map of the rooms, from the ground up. A room knows those above it in this list, never those below.
//!
//! | room | what it is |
//! | --- | --- |
//! | [`sys`] | what differs between Linux, macOS and Windows: one file for each, behind one shape |
//! | [`error`] | the catalogue of errors: step, endpoint, cause, remedy, errno |
//! | [`address`] | `Endpoint`: parse, print, classify |
//! | [`ports`] | the well-known ports and the names of their services |
//! | [`packet`] | packets: bytes to headers, layers and fields, and back |
//! | [`state`] | one table of which step is allowed when |
//! | [`trace`] | events and their recorder: one clock, bounded |
//! | [`capture`] | a trace written as packets |
//! | [`wait`] | deadline and interruption: how every step waits |
//! | [`resolve`] | host and service to endpoints, in order |
//! | [`faults`] | short reads and writes, switched on from inside for tests |
//! | [`socket`] | `Socket`: check the step, do the call, record it, set the state |
//! | [`tcp`], [`udp`] | framing, senders, receivers, servers, services |
//! | [`relay`] | the bad path: rules with a seed, and the relays that apply them |
//! | `py` | the binding (feature `python`): signatures, conversion, releasing the interpreter |

pub mod address;
pub mod capture;
pub mod error;
pub mod faults;
pub mod packet;
pub mod ports;
pub mod relay;
pub mod resolve;
pub mod socket;
pub mod state;
pub mod sys;
pub mod tcp;
pub mod trace;
pub mod udp;
pub mod wait;

#[cfg(feature = "python")]
mod py;
