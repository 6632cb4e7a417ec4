//! One JSON object a line, each line bounded.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::codec::LinesCodec;

/// The longest line that is accepted, in bytes. Simulations are sent in batches far below it; the bound is there so
/// that a peer that never ends its line cannot fill the memory.
pub const MAX_LINE: usize = 1 << 20;

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

/// Lists of items as JSON, each cut off when it is about `bytes` long: by the size of what the items say, not by their
/// number, because a cause can be long. Each item is encoded once.
pub fn lists<T: Serialize>(items: impl IntoIterator<Item = T>, bytes: usize) -> Result<Vec<String>, serde_json::Error> {
    let mut lists: Vec<String> = Vec::new();
    for item in items {
        let text = encode(&item)?;
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

/// The line of [`ServerMessage::Sims`](super::ServerMessage::Sims) for a list of simulations that is encoded already.
pub fn sims(list: &str, complete: bool) -> String {
    format!(r#"{{"type":"sims","sims":{list},"complete":{complete}}}"#)
}

/// The line of [`ServerMessage::Transitions`](super::ServerMessage::Transitions) for a list that is encoded already.
pub fn transitions(list: &str) -> String {
    format!(r#"{{"type":"transitions","transitions":{list}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ServerMessage, Transition};

    fn transition(sim: u32) -> Transition {
        let text = |text: &str| text.to_owned();
        let (from, to, reason) = (text("queued"), text("running"), text("a \"quoted\" cause"));
        Transition { at_unix_ms: 1, sim, simulation: text("a"), attempt: 1, from, to, reason }
    }

    #[test]
    fn what_is_encoded_once_reads_as_the_message_and_is_cut_by_its_size() {
        let all: Vec<Transition> = (0..100).map(transition).collect();
        let lists = lists(all.clone(), 1_000).unwrap();
        assert!(lists.len() > 5 && lists.iter().all(|list| list.len() <= 1_001), "{}", lists.len());
        let read = lists.iter().flat_map(|list| match decode(&transitions(list)).unwrap() {
            ServerMessage::Transitions { transitions } => transitions,
            other => panic!("{other:?}"),
        });
        assert_eq!(read.collect::<Vec<_>>(), all);
        let empty = decode::<ServerMessage>(&sims("[]", true)).unwrap();
        assert_eq!(empty, ServerMessage::Sims { sims: Vec::new(), complete: true });
    }
}
