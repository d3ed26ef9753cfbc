//! The relay of connections: one thread for all of them, epoll(7) or kqueue(2) through mio.
//!
//! | file | what |
//! | --- | --- |
//! | `mod.rs` | the settings |
//! | `relay.rs` | the relay that others hold: where it listens, its log, its switch, its end |
//! | `rounds.rs` | the loop: wait, accept, give each pair its turn |
//! | `pair.rs`, `places.rs` | a client and its connection to the target; all of them |
//! | `dues.rs` | when a pair is looked at without being told |
//! | `pipe.rs`, `held.rs` | one way of a pair, and the bytes that wait in it |
//! | `side.rs` | one end of a pair |
//! | `traced.rs` | what its events tell in a trace |
//! | `turn.rs` | what a turn of a pair has, and how it ends |
//!
//! A client is accepted, and only then the target is asked, without waiting: what the target's machine says of it comes back to the
//! client as a reset, because its own connection stands already. An end is passed on as an end (half-close), a reset as a reset. Who
//! does not read is not read for: what waits for it is bounded, and then its peer's kernel keeps the rest, as over a direct path.
//!
//! While the path is cut (`partition`) nobody is accepted, read, written to, closed or reset. What was under way goes on afterwards,
//! as TCP would send it again.

mod dues;
mod held;
mod pair;
mod pipe;
mod places;
mod relay;
mod rounds;
mod side;
mod traced;
mod turn;

pub use relay::TcpRelay;

use super::stream::Rules;
use crate::address::Endpoint;

/// As many clients as a relay has at once unless one asks for another number: the limit of descriptors comes before, in most systems.
pub const MOST_CLIENTS: usize = 65_536;

/// What a relay of connections is asked to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0 is a free one.
    pub listen: Endpoint,
    /// Where it connects to.
    pub target: Endpoint,
    /// The rules of each way, in the order of [`crate::relay::Way::ALL`].
    pub rules: [Rules; 2],
    /// What its draws start from.
    pub seed: u64,
    /// How many passages the log keeps; 0: it only counts.
    pub log: usize,
    /// The most clients at once; the next waits in the kernel.
    pub max_clients: usize,
}

impl Settings {
    /// Whether one of the ways asks for this.
    fn either(&self, asks: impl Fn(&Rules) -> bool) -> bool {
        self.rules.iter().any(asks)
    }
}
