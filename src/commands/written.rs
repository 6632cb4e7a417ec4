//! What is told of a file that a user asked for, the same by every command.

use std::path::Path;

use crate::commands::Failure;
use crate::commands::output::Output;
use crate::rundir::export::{ExportError, Mark, Written, beside};
use crate::text::Safe;

/// Tells that a file was written, replaced or left as it is.
pub(super) fn tell(path: &Path, written: Written, mark: Mark<'_>, output: &mut Output) -> Result<(), Failure> {
    let also = match mark {
        Mark::Comment { .. } => String::new(),
        Mark::Beside { .. } => format!(", with `{}` beside it", beside(path).display()),
    };
    output.line(&Safe::line(&format!("`{}` {}{also}", path.display(), written.word())))?;
    Ok(())
}

/// Why it was not: another name helps against what is there, and nothing that is typed against what the system says.
pub(super) fn failure(error: ExportError) -> Failure {
    match error {
        ExportError::NotOurs(_) | ExportError::Changed(_) | ExportError::NotAFile(_) => {
            Failure::Usage(error.to_string())
        }
        ExportError::Io { path, source } => {
            Failure::Io { what: format!("could not write `{}`", path.display()), source }
        }
    }
}
