//! F49–F53, F68, F70, F74: clocks, edits, names, arguments, secrets.

mod arguments;
mod blowups;
mod clocks;
mod edits;
mod encodings;
mod links;
mod names;
mod secrets;
mod taken;
mod urls;
