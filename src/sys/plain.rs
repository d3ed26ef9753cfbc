//! What the standard library's socket can do and the steps do not: any option, any kind of address, a descriptor that came from
//! elsewhere or goes there.

#[cfg_attr(target_os = "linux", path = "linux_plain.rs")]
#[cfg_attr(not(target_os = "linux"), path = "no_plain.rs")]
mod imp;

pub use imp::{
    ALL_OF_IT, DO_NOT_WAIT, adopt, close, file_of, hand_over, is_nonblocking, let_go, option,
    raw_address, raw_bytes, receive_message, set_blocking, set_option, set_option_empty,
};
