//! The bad path: relays that stand between two real sockets and lose, delay and cut on purpose, the same way for the same seed.
//!
//! | file | what |
//! | --- | --- |
//! | `way.rs` | the two directions |
//! | `verdict.rs` | what became of a packet or a chunk |
//! | `given.rs` | rules as a user gives them |
//! | `life.rs` | the thread of a relay, as those who hold it know it |
//! | `log.rs` | each of them, bounded, and counts that are exact |
//! | `report.rs` | the counts |
//! | `random.rs` | draws that one seed repeats, apart for each flow, direction and rule |
//! | `schedule.rs` | what is due at a time |
//! | `rules`, `stream` | what is done to datagrams, what is done to a stream |
//! | `switch.rs` | the partition, switched while the relay runs |
//! | `udp`, `tcp` | the relay of datagrams, the relay of connections |
//!
//! Decisions are pure: a rule has neither a clock nor a socket; the loops own both. Times are nanoseconds since the relay's start.

mod given;
mod life;
mod log;
pub mod random;
mod report;
pub mod rules;
pub mod schedule;
pub mod stream;
mod switch;
mod target;
pub mod tcp;
pub mod udp;
mod verdict;
mod way;

pub use given::Given;
pub use log::{LOG_LIMIT, Log, Passage};
pub use random::Draws;
pub use report::{Counts, Report};
pub use schedule::Schedule;
pub use switch::Switch;
pub use verdict::{Verdict, Verdicts};
pub use way::Way;
