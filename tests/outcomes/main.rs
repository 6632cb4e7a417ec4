//! Every outcome from beginning to end: a script of the stand-in gem5, through shim and engine, to the word on the screen.
//!
//! What is expected here comes from how gem5 ends, and never from what gem5-tui makes of it.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod ended;
mod outside;
mod releases;
mod shape;
#[path = "../lifecycle/stage.rs"]
#[expect(dead_code, reason = "this program needs less of the stage than the one that it belongs to")]
mod stage;
mod table;
