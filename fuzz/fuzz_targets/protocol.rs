//! Lines of any content on the socket: understood or refused, and what is understood can be said again.
#![no_main]

use std::fmt::Debug;

use gem5_tui::protocol::framing;
use gem5_tui::protocol::message::{ClientMessage, ServerMessage};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(line: &str) {
    let Ok(message) = framing::decode::<T>(line) else { return };
    let written = framing::encode(&message).expect("a message that was understood can be said");
    assert!(!written.contains('\n'), "a message is one line");
    assert_eq!(framing::decode::<T>(&written).expect("our own words are understood"), message);
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for line in text.lines() {
        round::<ClientMessage>(line);
        round::<ServerMessage>(line);
    }
});
