//! The arguments of `TcpServer` that say how its clients are served.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::convert::size;
use super::errors;
use super::gather::Cut;
use super::handlers::Work;

use crate::error::{Code, Error};
use crate::tcp::event_loop::MOST_LOOPS;
use crate::tcp::framing::Framing;

/// The longest message, and how much may wait for a client, unless it is said.
pub(super) const LIMIT: i64 = 8_388_608;

/// Whether a function takes the client beside the message. One that can be called with neither would close every client.
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
    let takes_one = signature.call_method1("bind", (py.None(),)).is_ok();
    let both = (py.None(), py.None());
    let takes_both = signature.call_method1("bind", both).is_ok();
    if !takes_one && !takes_both {
        let cause = format!(
            "on_message is called with (message) or (message, client), and this function takes {}",
            signature.str()?
        );
        let remedy = "def reply(message): ..., or def reply(message, client): ...";
        let error = Error::new(Code::BadArgument, "server", cause, remedy);
        return Err(errors::raise(py, error));
    }
    Ok(takes_both && !takes_one)
}

/// What a message is, how long it may be, and how much may wait for a client.
pub(super) fn cut(
    py: Python<'_>,
    framing: Option<&Bound<'_, PyAny>>,
    limit: i64,
    unwritten: i64,
    work: &Work,
) -> PyResult<Cut> {
    let raise = |error| errors::raise(py, error);
    if !matches!(work, Work::Messages(_)) {
        // It would be passed over in silence.
        for (argument, value) in [("message_limit=", limit), ("unwritten_limit=", unwritten)] {
            if value != LIMIT {
                return Err(raise(only_for_messages(argument)));
            }
        }
    }
    let cut = Cut {
        framing: Framing::Raw,
        limit: size(limit, "message_limit", 1, "server").map_err(raise)?,
        unwritten: size(unwritten, "unwritten_limit", 1, "server").map_err(raise)?,
    };
    let Some(framing) = framing.filter(|framing| !framing.is_none()) else {
        return Ok(cut);
    };
    if !matches!(work, Work::Messages(_)) {
        return Err(raise(only_for_messages("framing=")));
    }
    let framing = match framing.extract::<String>() {
        Ok(name) => Framing::from_name(&name).map_err(raise)?,
        // Python's True is the number 1, and nobody means that.
        Err(_) if framing.is_instance_of::<PyBool>() => {
            Framing::from_name(&framing.to_string()).map_err(raise)?
        }
        Err(_) => Framing::Fixed(size(framing.extract()?, "framing", 1, "server").map_err(raise)?),
    };
    if let Framing::Fixed(size) = framing
        && size > cut.limit
    {
        let cause = format!(
            "messages of {size} bytes are above the limit of {}",
            cut.limit
        );
        let remedy = "a larger message_limit=, if such messages are meant";
        let error = Error::new(Code::BadArgument, "server", cause, remedy);
        return Err(raise(error));
    }
    Ok(Cut { framing, ..cut })
}

/// How many loops there are.
pub(super) fn loops(py: Python<'_>, loops: i64, work: &Work) -> PyResult<usize> {
    let told = |cause: String, remedy: &str| {
        let error = Error::new(Code::BadArgument, "server", cause, remedy);
        Err(errors::raise(py, error))
    };
    match usize::try_from(loops) {
        Ok(1) => Ok(1),
        Ok(loops @ 2..=MOST_LOOPS) if matches!(work, Work::Handler(_)) => told(
            format!("loops={loops} is for on_message and service; each handler has its own thread"),
            "no loops= with on_client",
        ),
        Ok(loops @ 2..=MOST_LOOPS) => Ok(loops),
        _ => told(
            format!("a server of {loops} loops cannot be"),
            "1 to 64, at most one for each processor",
        ),
    }
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
