//! gem5-tui: see the library for what it does.

fn main() {}
