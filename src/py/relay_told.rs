//! What a caller gives for a rule: where it is of another type, the error names the rule and says what it takes.

use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;

use super::convert::shown;
use super::errors;
use crate::error::{Code, Error};

/// A value of the type that a rule takes, or how another one shows itself: here its rule is not known yet.
pub(super) struct Told<T>(Result<T, String>);

impl<'a, 'py, T: FromPyObject<'a, 'py>> FromPyObject<'a, 'py> for Told<T> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = T::INPUT_TYPE;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match given.extract::<T>().map_err(Into::<PyErr>::into) {
            Ok(value) => Ok(Self(Ok(value))),
            Err(error) if error.is_instance_of::<PyTypeError>(given.py()) => {
                Ok(Self(Err(shown(&given))))
            }
            Err(error) => Err(error),
        }
    }
}

/// What rules take: what it is, and an example.
pub(super) type Takes = (&'static str, &'static str);

pub(super) const PROBABILITY: Takes = ("probability", "a number from 0 to 1: 0.2 is one in five");
pub(super) const TIME: Takes = ("time", "a number of seconds: 0.05 is 50 ms");
pub(super) const RATE: Takes = (
    "rate",
    "a number of bytes per second: 125_000 is one Mbit/s",
);
pub(super) const SIZE: Takes = ("size", "a whole number of bytes");
pub(super) const SWITCH: Takes = ("switch", "True or False");
pub(super) const BURST: Takes = ("Burst", "Burst(enter=0.01, leave=0.3)");
pub(super) const RULES: Takes = ("Rules", "Rules(loss=0.3, delay=0.05)");

/// The value, if there is one.
///
/// # Errors
/// `BadType`, naming the rule and what it takes.
pub(super) fn told<T>(
    py: Python<'_>,
    name: &str,
    (what, remedy): Takes,
    given: Option<Told<T>>,
) -> PyResult<Option<T>> {
    let Some(Told(value)) = given else {
        return Ok(None);
    };
    value.map(Some).map_err(|shown| {
        let cause = format!("{name}={shown} is no {what}");
        errors::raise(py, Error::new(Code::BadType, "relay", cause, remedy))
    })
}

/// The rules that are the arguments of these names.
macro_rules! given {
    ($py:ident, $burst:ident, $by:ident, $($name:ident: $takes:ident),* $(,)?) => {
        $crate::relay::Given {
            burst: told($py, "burst", BURST, $burst)?.map(|burst| burst.0),
            reorder_by: behind($py, $by)?,
            $($name: told($py, stringify!($name), $takes, $name)?,)*
        }
    };
}
pub(super) use given;
