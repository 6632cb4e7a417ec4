//! One JSON object a line, each line bounded.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::codec::LinesCodec;

use super::message::ServerMessage;
use super::view::SimView;
use crate::text::human;

/// The longest line that is accepted, in bytes. Simulations are sent in batches far below it; the bound is there so
/// that a peer that never ends its line cannot fill the memory. No line that is longer is made here either: `line`,
/// [`lists`].
pub const MAX_LINE: usize = 1 << 20;

/// The longest item of a list, in bytes: with the words of its message around it, it is still a line that is read.
pub const MAX_ITEM: usize = MAX_LINE - 1024;

/// Why there is no line for a message.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is no JSON.
    #[error("it cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// No peer would read it.
    #[error("it is {} long, and nobody reads a line above {}", human::bytes(*bytes as u64), human::bytes(MAX_LINE as u64))]
    TooLong {
        /// How long the line would be.
        bytes: usize,
    },
}

/// The codec of both directions.
pub fn codec() -> LinesCodec {
    LinesCodec::new_with_max_length(MAX_LINE)
}

/// One message as one line, without its newline.
pub fn encode<T: Serialize>(message: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(message)
}

/// One line as one message.
pub fn decode<T: DeserializeOwned>(line: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(line)
}

/// How a line of simulations begins.
const SIMS: &str = r#"{"type":"sims","sims":"#;

/// What stands in such a line.
#[derive(Deserialize)]
struct Sims {
    sims: Vec<SimView>,
    complete: bool,
}

/// One line of an engine as its message. Those of simulations are megabytes, and are read without being looked through first for
/// what kind of message they are.
pub fn decode_server(line: &str) -> Result<ServerMessage, serde_json::Error> {
    if line.starts_with(SIMS) {
        return decode(line).map(|Sims { sims, complete }| ServerMessage::Sims { sims, complete });
    }
    decode(line)
}

/// One message as one line, if its peer reads a line of that length.
pub fn line<T: Serialize>(message: &T) -> Result<String, LineError> {
    let line = encode(message)?;
    if line.len() > MAX_LINE { Err(LineError::TooLong { bytes: line.len() }) } else { Ok(line) }
}

/// Lists of items as JSON, each cut off when it is about `bytes` long: by the size of what the items say, not by their
/// number, because a cause can be long. Each item is encoded once. In the place of one above [`MAX_ITEM`] stands what
/// `instead` makes of it; without that, or where that is as long, it is left out.
pub fn lists<T: Serialize>(
    items: impl IntoIterator<Item = T>,
    bytes: usize,
    mut instead: impl FnMut(T) -> Option<T>,
) -> Result<Vec<String>, serde_json::Error> {
    let mut lists: Vec<String> = Vec::new();
    for item in items {
        let mut text = encode(&item)?;
        if text.len() > MAX_ITEM {
            let Some(shorter) = instead(item) else { continue };
            text = encode(&shorter)?;
            if text.len() > MAX_ITEM {
                continue;
            }
        }
        match lists.last_mut().filter(|list| list.len() + text.len() <= bytes) {
            Some(list) => {
                list.push(',');
                list.push_str(&text);
            }
            None => lists.push(format!("[{text}")),
        }
    }
    for list in &mut lists {
        list.push(']');
    }
    Ok(lists)
}

/// The line of [`ServerMessage::Sims`] for a list of simulations that is encoded already.
pub fn sims(list: &str, complete: bool) -> String {
    format!(r#"{SIMS}{list},"complete":{complete}}}"#)
}

/// The line of [`ServerMessage::Transitions`] for a list that is encoded already.
pub fn transitions(list: &str) -> String {
    format!(r#"{{"type":"transitions","transitions":{list}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Status, Transition};

    fn transition(sim: u32) -> Transition {
        let text = |text: &str| text.to_owned();
        let (from, to, reason) = (text("queued"), text("running"), text("a \"quoted\" cause"));
        Transition { at_unix_ms: 1, sim, simulation: text("a"), attempt: 1, from, to, reason }
    }

    #[test]
    fn what_is_encoded_once_reads_as_the_message_and_is_cut_by_its_size() {
        let all: Vec<Transition> = (0..100).map(transition).collect();
        let lists = lists(all.clone(), 1_000, |_| None).unwrap();
        assert!(lists.len() > 5 && lists.iter().all(|list| list.len() <= 1_001), "{}", lists.len());
        let read = lists.iter().flat_map(|list| match decode(&transitions(list)).unwrap() {
            ServerMessage::Transitions { transitions } => transitions,
            other => panic!("{other:?}"),
        });
        assert_eq!(read.collect::<Vec<_>>(), all);
        let empty = decode::<ServerMessage>(&sims("[]", true)).unwrap();
        assert_eq!(empty, ServerMessage::Sims { sims: Vec::new(), complete: true });
        let told = (0..3).map(|id| SimView::new(id, "a", Status::Queued));
        for list in super::lists(told, 200, |_| None).unwrap() {
            let line = sims(&list, false);
            assert_eq!(decode_server(&line).unwrap(), decode(&line).unwrap());
        }
        assert!(decode_server(r#"{"type":"sims","sims":[1],"complete":true}"#).is_err());
    }
}
