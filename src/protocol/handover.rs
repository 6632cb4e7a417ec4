//! A plan on its way from the client that has read the experiment file to the engine that it starts.
//!
//! It goes through a pipe and is on no disk, so that it may have its secrets. Both ends are the same program; the release
//! stands before the plan all the same, because whoever starts an engine by hand may use another one.

use std::io::{self, Read};

use crate::experiment::Plan;

/// The longest text of a plan that is read, in bytes: 10 KiB for each of 100,000 simulations, thirty times what one has
/// that names twenty parameters.
const MAX_BYTES: u64 = 1 << 30;

/// What stands before the plan.
const RELEASE: &str = concat!("gem5-tui ", env!("CARGO_PKG_VERSION"));

/// Why no plan arrived.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The other end was closed too early.
    #[error("the client that started this engine ended before it had handed over the whole plan")]
    CutOff,
    /// It is longer than any plan that fits into the memory.
    #[error("the plan that was handed over is larger than 1 GiB")]
    TooLarge,
    /// Another release wrote it.
    #[error(
        "the plan was handed over by `{0}`, and this is `{RELEASE}`; an engine is of the same release as its client"
    )]
    OtherRelease(String),
    /// It is no plan.
    #[error("what was handed over is no plan")]
    NoPlan(#[source] serde_json::Error),
    /// The system refused.
    #[error("could not read the plan from standard input")]
    Read(#[source] io::Error),
}

/// The plan as text.
pub fn encode(plan: &Plan) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = format!("{RELEASE}\n").into_bytes();
    serde_json::to_writer(&mut text, plan)?;
    Ok(text)
}

/// Reads a plan to the end of `from`, which the writer closes.
pub fn decode(from: impl Read) -> Result<Plan, HandoverError> {
    let mut text = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(HandoverError::Read)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(HandoverError::TooLarge);
    }
    let end = text.iter().position(|byte| *byte == b'\n').ok_or(HandoverError::CutOff)?;
    let (release, plan) = (&text[..end], &text[end + 1..]);
    if release != RELEASE.as_bytes() {
        return Err(HandoverError::OtherRelease(String::from_utf8_lossy(release).into_owned()));
    }
    serde_json::from_slice(plan)
        .map_err(|error| if error.is_eof() { HandoverError::CutOff } else { HandoverError::NoPlan(error) })
}
