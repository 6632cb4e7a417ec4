//! F49–F53: clocks, edits, names, arguments, secrets.

mod arguments;
mod clocks;
mod edits;
mod links;
mod names;
mod secrets;
mod taken;
