//! The relay of connections: one thread for all of them, epoll(7) or kqueue(2) through mio.
//!
//! | file | what |
//! | --- | --- |
//! | `mod.rs` | the settings |
//! | `relay.rs` | the relay that others hold: where it listens, its log, its switch, its end |
//! | `rounds.rs` | the loop: wait, accept, give each pair its turn |
//! | `pair.rs`, `places.rs` | a client and its connection to the target; all of them |
//! | `pipe.rs`, `held.rs` | one way of a pair, and the bytes that wait in it |
//! | `side.rs` | one end of a pair |
//!
//! A client is accepted, and only then the target is asked, without waiting: what the target's machine says of it comes back to the
//! client as a reset, because its own connection stands already. An end is passed on as an end (half-close), a reset as a reset. Who
//! does not read is not read for: what waits for it is bounded, and then its peer's kernel keeps the rest, as over a direct path.
//!
//! While the path is cut (`partition`) nobody is accepted, read, written to, closed or reset. What was under way goes on afterwards,
//! as TCP would send it again.

mod held;
mod pair;
mod pipe;
mod places;
mod relay;
mod rounds;
mod side;

pub use relay::TcpRelay;

use super::stream::Rules;
use crate::address::Endpoint;

/// What a relay of connections is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0 is a free one.
    pub endpoint: Endpoint,
    /// Where it relays to.
    pub target: Endpoint,
    /// What is done to what clients send.
    pub to_target: Rules,
    /// What is done to what the target sends.
    pub to_client: Rules,
    /// Where the draws begin.
    pub seed: u64,
    /// How many passages the log keeps.
    pub log_limit: usize,
}

impl Settings {
    /// Whether one of the ways asks for this.
    fn either(&self, asks: impl Fn(&Rules) -> bool) -> bool {
        asks(&self.to_target) || asks(&self.to_client)
    }

    const fn rules(&self) -> [&Rules; 2] {
        [&self.to_target, &self.to_client]
    }
}
