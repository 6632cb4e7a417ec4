//! F49–F53, F68, F74: clocks, edits, names, arguments, secrets.

mod arguments;
mod clocks;
mod edits;
mod encodings;
mod links;
mod names;
mod secrets;
mod urls;
