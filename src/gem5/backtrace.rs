//! The frames of gem5's backtraces (`src/sim/backtrace_glibc.cc`), readable.

/// The function of a frame such as `gem5.opt(_ZN4gem53CPU4tickEv+0x5a)[0x55…]`, as `gem5::CPU::tick`; of Python's
/// `  run.py(12): build`, `build`. None for a frame that names none.
pub(crate) fn function(frame: &str) -> Option<String> {
    if let Some((_, rest)) = frame.split_once('(')
        && let Some((symbol, address)) = rest.split_once(')')
    {
        if let Some(name) = address.strip_prefix(": ") {
            return Some(name.trim().to_owned());
        }
        let (symbol, _) = symbol.split_once('+')?;
        return (!symbol.is_empty()).then(|| demangled(symbol).unwrap_or_else(|| symbol.to_owned()));
    }
    None
}

/// Whether a function only reports the failure, so that a reader wants the one before it.
pub(crate) fn is_reporter(function: &str) -> bool {
    const REPORTERS: [&str; 9] = [
        "gem5::print_backtrace",
        "gem5::abortHandler",
        "gem5::segvHandler",
        "gem5::Logger::exit_helper",
        "gsignal",
        "raise",
        "abort",
        "__assert_fail",
        "__gnu_cxx::__verbose_terminate_handler",
    ];
    REPORTERS.contains(&function)
}

/// The names of an Itanium symbol without its arguments and template arguments. None for what is not `_ZN…`: plain C
/// names and the rarer forms stay as they are.
fn demangled(symbol: &str) -> Option<String> {
    let mut rest = symbol.strip_prefix("_ZN")?.trim_start_matches(['K', 'V', 'O', 'R']);
    let mut parts: Vec<&str> = Vec::new();
    loop {
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let (name, behind) = identifier(rest)?;
            parts.push(if name.starts_with("_GLOBAL__N_") { "(anonymous)" } else { name });
            rest = behind;
        } else if let Some(arguments) = rest.strip_prefix('I') {
            rest = behind_arguments(arguments)?;
        } else {
            break;
        }
    }
    (!parts.is_empty()).then(|| parts.join("::"))
}

/// `5CPU42x` has a name of five bytes.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = text.get(..digits)?.parse().ok()?;
    let end = digits.checked_add(length)?;
    Some((text.get(digits..end)?, text.get(end..)?))
}

/// What follows the end of template arguments.
fn behind_arguments(mut rest: &str) -> Option<&str> {
    let mut depth = 1_u32;
    while depth > 0 {
        let first = rest.chars().next()?;
        if first.is_ascii_digit() {
            rest = identifier(rest)?.1;
            continue;
        }
        rest = rest.get(first.len_utf8()..)?;
        match first {
            'N' | 'I' => depth += 1,
            'E' => depth -= 1,
            // A literal such as `Lb1E` holds digits that are no length.
            'L' => rest = rest.split_once('E')?.1,
            _ => {}
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_tell_their_function() {
        let frames = [
            ("/x/gem5.opt(_ZN4gem515print_backtraceEv+0x19)[0x55]", Some("gem5::print_backtrace")),
            (
                "/x/gem5.opt(_ZN4gem515DataTranslationIPNS_15TimingSimpleCPUEE6finishERKSt10shared_ptr+0xc8)[0x5]",
                Some("gem5::DataTranslation::finish"),
            ),
            (
                "gem5.opt(_ZNK4gem510X86ISAInst5LdBig11initiateAccEPNS_11ExecContextE+0xe1)[0x5]",
                Some("gem5::X86ISAInst::LdBig::initiateAcc"),
            ),
            ("gem5.opt(_ZN1aILb1EE1bEv+0xe1)[0x5]", Some("a::b")),
            ("/lib/libc.so.6(gsignal+0x12)[0x7f]", Some("gsignal")),
            ("/lib/libc.so.6(+0x3c050)[0x7f]", None),
            ("  src/python/m5/main.py(669): main", Some("main")),
            ("nothing", None),
        ];
        for (frame, expected) in frames {
            assert_eq!(function(frame).as_deref(), expected, "{frame}");
        }
    }

    proptest! {
        #[test]
        fn any_symbol_is_survived(symbol in "_ZN[0-9A-Z_a-z]{0,30}") {
            demangled(&symbol);
        }
    }
}
