//! gem5-tui: see the library for what it does.

use std::env::args_os;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(role), Some(attempt_dir)) if role == gem5_tui::shim::ROLE => {
            gem5_tui::shim::main(Path::new(&attempt_dir))
        }
        _ => ExitCode::FAILURE,
    }
}
