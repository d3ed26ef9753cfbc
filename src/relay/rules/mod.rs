//! What is done to datagrams: rules, and the decisions that they lead to.
//!
//! | file | what |
//! | --- | --- |
//! | `asked.rs` | what is asked of one way, checked, and the names of it in a log |
//! | `judge.rs` | one way of one flow: the fate of each packet |
//! | `loss.rs` | loss, alone and in bursts |
//! | `link.rs` | a link of a rate, with a bounded queue before it |
//! | `order.rs` | packets that wait for later ones |
//!
//! A packet meets the rules in this order: partition, mtu, loss, burst, corrupt, duplicate, rate, delay and jitter, reorder. Each
//! rule draws for every packet, also for one that another rule has lost before: so the n-th packet of a flow has the same fate
//! whether or not there are other rules.

mod asked;
mod judge;
mod link;
mod loss;
mod order;
#[cfg(test)]
mod tests;

pub use asked::{Behind, Rule, Rules, seconds};
pub use judge::{Fate, Judge};
pub use link::Link;
pub use loss::{Burst, Chain};
pub use order::Order;
