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
