//! The arguments of `TcpServer` that say how its clients are served.

use std::time::Duration;

use pyo3::prelude::*;

use super::convert::size;
use super::errors;
use super::handlers::Work;
use crate::error::{Code, Error};
use crate::tcp::framing::Framing;

/// Whether a function takes the client beside the message.
pub(super) fn takes_client(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = function.py();
    let signature = py
        .import("inspect")?
        .getattr("signature")?
        .call1((function,));
    // A builtin that tells no signature takes one.
    let Ok(signature) = signature else {
        return Ok(false);
    };
    Ok(signature
        .call_method1("bind", (py.None(), py.None()))
        .is_ok()
        && signature.call_method1("bind", (py.None(),)).is_err())
}

/// What a message is, and how long it may be.
pub(super) fn framing(
    py: Python<'_>,
    framing: Option<&Bound<'_, PyAny>>,
    limit: i64,
    work: &Work,
) -> PyResult<(Framing, usize)> {
    let raise = |error| errors::raise(py, error);
    let limit = size(limit, "message_limit", 1, "server").map_err(raise)?;
    let Some(framing) = framing.filter(|framing| !framing.is_none()) else {
        return Ok((Framing::Raw, limit));
    };
    if !matches!(work, Work::Messages(_)) {
        return Err(raise(only_for_messages("framing=")));
    }
    if let Ok(name) = framing.extract::<String>() {
        return Ok((Framing::from_name(&name).map_err(raise)?, limit));
    }
    let bytes = size(framing.extract()?, "framing", 1, "server").map_err(raise)?;
    Ok((Framing::Fixed(bytes), limit))
}

/// How long a client may be idle.
pub(super) fn idle(
    py: Python<'_>,
    seconds: Option<f64>,
    work: &Work,
) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    if matches!(work, Work::Handler(_)) {
        let cause = "idle_timeout is for on_message and service; a handler has a thread and its own time limits";
        let remedy = "timeout= of the steps in the handler";
        let error = Error::new(Code::BadArgument, "server", cause, remedy);
        return Err(errors::raise(py, error));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(idle) if !idle.is_zero() => Ok(Some(idle)),
        _ => {
            let cause = format!("idle_timeout={seconds} is no time");
            let error = Error::new(Code::BadArgument, "server", cause, "seconds, or None");
            Err(errors::raise(py, error))
        }
    }
}

fn only_for_messages(argument: &str) -> Error {
    let cause = format!("{argument} is for on_message alone");
    Error::new(Code::BadArgument, "server", cause, "on_message=function")
}
