//! What an experiment and a simulation may be called, and what Python calls its functions.

/// Long enough for a dozen parameters, short enough for every file system and screen.
const MAX_NAME: usize = 100;

/// So many characters of a value are looked at for what it may be called.
const LOOKED_AT: usize = 200;

/// File names of the experiment directory end so.
const RESERVED_ENDINGS: [&str; 3] = [".json", ".lock", ".log"];

/// Whether Python takes it for the name of a function.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether Python takes it for the name of a module.
pub(super) fn is_dotted_name(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

/// Why `name` cannot be the name of a directory of ours, in one phrase that follows the name.
pub(super) fn objection(name: &str) -> Option<&'static str> {
    let folded = name.to_ascii_lowercase();
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > MAX_NAME {
        Some("is longer than 100 characters")
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Some("does not begin with a letter or a digit")
    } else if !name.chars().all(may_be_inside) {
        Some("has other characters than letters, digits and `_.-=+,@`")
    } else if folded == "latest" || RESERVED_ENDINGS.iter().any(|ending| folded.ends_with(ending)) {
        Some("is taken by a file of the experiment directory")
    } else {
        None
    }
}

/// What is part of a file's name everywhere, of no pattern of a shell, and of no place that gem5 takes apart (`stats.txt?x`, `a://b`).
fn may_be_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-=+,@".contains(c)
}

/// `name` if nothing speaks against it, or the nearest name that is free of objections.
pub fn sensible_name(name: &str) -> String {
    if objection(name).is_none() { name.to_owned() } else { mended(name) }
}

/// What a value is called inside of the name of a simulation: the value itself, or the nearest text that may stand there.
pub(super) fn part(value: &str) -> String {
    let fits = value.len() <= MAX_NAME && value.chars().all(may_be_inside);
    if fits { value.to_owned() } else { mended(value) }
}

/// The nearest name without objection, for a proposal.
pub(super) fn mended(name: &str) -> String {
    // A value may have megabytes, and is asked for at each point of a sweep.
    let known = name.chars().take(LOOKED_AT).map(|c| if may_be_inside(c) { c } else { '-' });
    let kept: String = known.skip_while(|c| !c.is_ascii_alphanumeric()).take(MAX_NAME / 2).collect();
    let kept = kept.trim_end_matches('-').to_owned();
    // `a.json` would be a file of ours.
    let without_points = kept.replace('.', "-");
    [kept, without_points].into_iter().find(|kept| objection(kept).is_none()).unwrap_or_else(|| "run".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_directory_names_on_every_file_system() {
        for good in ["a", "chase-l2_256KiB", "x.y", "Boot", "505.mcf_r", "4core", "l2=1MiB", "a+b,c@2GHz", "2026-l2"] {
            assert_eq!(objection(good), None, "{good}");
        }
        for bad in [
            "",
            "-9a",
            ".x",
            "a/b",
            "ä",
            "a*",
            "a:b",
            "a b",
            "latest",
            "Latest",
            "engine.lock",
            "A.JSON",
            &"x".repeat(101),
        ] {
            assert!(objection(bad).is_some(), "{bad}");
            assert_eq!(objection(&mended(bad)), None, "{bad}");
        }
        assert_eq!(mended("parsec/canneal"), "parsec-canneal");
    }

    #[test]
    fn a_value_stays_what_it_is_inside_of_a_name_where_it_can() {
        for same in ["", "--fast", ".x", "a.json", "latest", "400.perlbench"] {
            assert_eq!(part(same), same);
        }
        for (value, inside) in [("32KiB:256KiB", "32KiB-256KiB"), ("cfg/a.json", "cfg-a-json"), ("μ", "run")] {
            assert_eq!(part(value), inside);
        }
        assert_eq!(objection(&part(&"x".repeat(101))), None);
    }
}
