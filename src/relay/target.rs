//! Where a relay must not send on to.

use crate::address::Endpoint;
use crate::error::{Code, Error, Result};

/// Refuses a target that is the relay itself, which listens here: the first client would come back as the next, until no descriptor
/// of the process is left.
///
/// # Errors
/// `BadArgument`.
pub(super) fn is_another(target: Endpoint, listens: Option<Endpoint>) -> Result<()> {
    let Some(listens) = listens else {
        return Ok(());
    };
    let here =
        listens.ip() == target.ip() || (listens.ip().is_unspecified() && target.ip().is_loopback());
    if here && listens.port() == target.port() {
        let cause = format!("{target} is where this relay itself listens");
        let remedy = "another port= (0 is a free one), or the target's own address";
        return Err(Error::new(Code::BadArgument, "relay", cause, remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Endpoint {
        let address: std::net::SocketAddr = text.parse().unwrap();
        Endpoint::from(address)
    }

    #[test]
    fn a_relay_is_no_target_of_itself() {
        for (target, listens, another) in [
            ("127.0.0.1:7", "127.0.0.1:7", false),
            ("127.0.0.1:7", "0.0.0.0:7", false),
            ("[::1]:7", "[::]:7", false),
            ("127.0.0.1:7", "127.0.0.1:8", true),
            ("127.0.0.2:7", "127.0.0.1:7", true),
            ("192.0.2.1:80", "0.0.0.0:80", true),
        ] {
            let told = is_another(at(target), Some(at(listens)));
            assert_eq!(told.is_ok(), another, "{target} {listens}");
        }
    }
}
