//! Where a failure comes from, as `file:line`.

/// `/x/run.py(12): build` as `/x/run.py:12`: a line of the list behind `At:` (pybind11).
pub(super) fn of_frame(text: &str) -> Option<String> {
    let (place, _) = text.rsplit_once("): ")?;
    let (file, line) = place.rsplit_once('(')?;
    Some(format!("{}:{line}", file.trim()))
}

/// `/x/run.py", line 12, in build` as `/x/run.py:12`: a line of a traceback, behind `File "`.
pub(super) fn of_traceback(text: &str) -> Option<String> {
    let (file, rest) = text.split_once("\", line ")?;
    Some(format!("{file}:{}", leading_number(rest)?))
}

/// `gem5.opt: src/f.cc:12: void f()` as `src/f.cc:12`.
pub(super) fn of_assertion(text: &str) -> Option<String> {
    let mut parts = text.split(": ");
    parts.find(|part| part.rsplit_once(':').is_some_and(|(_, line)| line.parse::<u32>().is_ok())).map(ToOwned::to_owned)
}

/// `[func:build/X86/f.cc, line 12]` as `build/X86/f.cc:12`: the last line of a message before 2018 (`src/base/misc.cc`).
pub(super) fn of_old_message(line: &str) -> Option<String> {
    let (place, number) = line.trim().strip_prefix('[')?.strip_suffix(']')?.rsplit_once(", line ")?;
    let (_, file) = place.rsplit_once(':')?;
    number.parse::<u32>().ok().map(|number| format!("{file}:{number}"))
}

/// `SyntaxError: invalid syntax (run.py, line 12)` as `run.py:12`. The file that cannot be compiled is in no frame.
pub(super) fn of_syntax_error(message: &str) -> Option<String> {
    let is_one = ["SyntaxError", "IndentationError", "TabError"].iter().any(|class| message.starts_with(class));
    let (_, place) = message.strip_suffix(')')?.rsplit_once('(')?;
    let (file, line) = place.split_once(", line ")?;
    is_one.then(|| leading_number(line)).flatten().map(|line| format!("{file}:{line}"))
}

/// Whether a frame is in gem5's own Python or in Python's library, where a mistake of the script may show: a reader wants
/// the script's line.
pub(super) fn is_of_library(place: &str) -> bool {
    let is_of_gem5 = place.contains("python/m5/") || place.contains("python/gem5/") || place.starts_with('<');
    is_of_gem5 || ["/lib/python", "/lib64/python", "/site-packages/"].iter().any(|part| place.contains(part))
}

/// Whether a frame is that of gem5 itself which runs the script: what comes through there is caught by nobody.
pub(super) fn is_of_main(place: &str) -> bool {
    place.contains("m5/main.py:")
}

/// The number at the front of the text.
pub(super) fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}
