//! gem5-tui: see the library for what it does.

use std::env::args_os;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use gem5_tui::shim::Orders;

fn main() -> ExitCode {
    // A shim lives for days beside every simulation: it touches nothing of the command line's machinery.
    let mut arguments = args_os().skip(1);
    if let (Some(role), Some(attempt_dir)) = (arguments.next(), arguments.next())
        && role == gem5_tui::shim::ROLE
    {
        return gem5_tui::shim::main(Path::new(&attempt_dir), Orders::of(arguments));
    }
    gem5_tui::commands::begin(|| {
        // Not `parse`, which prints by itself: what clap has to say quotes arguments as they are.
        match gem5_tui::cli::Cli::try_parse() {
            Ok(cli) => gem5_tui::commands::main(cli),
            Err(answer) => gem5_tui::commands::say(&answer),
        }
    })
}
