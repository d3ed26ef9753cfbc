//! What is done to a stream: rules, and the decisions that they lead to.
//!
//! | file | what |
//! | --- | --- |
//! | `rules.rs` | what is asked of one way, and the names of it in a log |
//! | `flow.rs` | one way of one connection: what may go when, and as how many bytes |
//! | `limits.rs` | where a stream stalls, is reset or ends |
//!
//! A stream loses nothing: TCP would send it again. So a rule here holds bytes back, cuts them apart, puts them together, or ends them.
//! Bytes stay in their order. They meet the rules in this order: delay and jitter, glue, rate, chunk; the limits count what has gone on.
//!
//! Two sequences are drawn. `jitter` draws once for each read of the relay, whose borders are the kernel's; `chunk` draws the places
//! where the stream is cut, which depend on the seed alone: a cut is at the same byte however the bytes came.

mod flow;
mod limits;
mod rules;
#[cfg(test)]
mod tests;

pub use flow::{End, Flow, GAP_NS, Next, Piece};
pub use limits::{Limit, Limits};
pub use rules::Rules;
