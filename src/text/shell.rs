//! Command lines, written so that a person can paste them into a shell.

use std::fmt::Write as _;

use super::Safe;

/// One word, quoted for a POSIX shell where it must be. What a terminal could obey or hide is written in octal inside
/// `$'…'` (POSIX.1-2024, and every shell that people paste into).
pub fn quote(word: &str) -> Safe {
    if needs_no_quotes(word) {
        return Safe::cleaned(word.to_owned());
    }
    if Safe::line(word) == word
        && let Ok(quoted) = shlex::try_quote(word)
    {
        return Safe::cleaned(quoted.into_owned());
    }
    Safe::cleaned(dollar_quoted(word))
}

/// The words of a command, each quoted, with spaces between them.
pub fn join<S: AsRef<str>>(words: &[S]) -> Safe {
    let quoted: Vec<String> = words.iter().map(|word| quote(word.as_ref()).into_string()).collect();
    Safe::cleaned(quoted.join(" "))
}

/// Whether a shell can have a variable of this name.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether every shell takes the word as it is. `NAME=value` is left out because in front of a command it is an
/// assignment; `--name=value` never is.
fn needs_no_quotes(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    !word.is_empty() && word.chars().all(plain) && (word.starts_with(['-', '/', '.']) || !word.contains('='))
}

fn dollar_quoted(word: &str) -> String {
    let mut out = String::from("$'");
    for byte in word.bytes() {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            b'\r' => out.push_str("\\r"),
            b'\'' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => write!(out, "\\{byte:03o}").expect("a String takes all that is written"),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_as_they_are() {
        for word in ["gem5.opt", "--l2=256KiB", "configs/cache_sweep.py", "a,b", "-d"] {
            assert_eq!(quote(word), word);
        }
    }

    #[test]
    fn words_with_meaning_to_a_shell_are_quoted() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("$(rm x)"), "'$(rm x)'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("A=1"), "'A=1'");
        assert_eq!(join(&["echo", "x;y", "-n"]), "echo 'x;y' -n");
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(quote("a\n\u{1b}[31m'"), "$'a\\n\\033[31m\\''");
        assert_eq!(quote("\u{202e}x"), "$'\\342\\200\\256x'");
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_safe_and_reads_back(word in any::<String>()) {
            let quoted = quote(&word);
            prop_assert_eq!(Safe::line(&quoted), quoted.clone());
            if !quoted.starts_with("$'") {
                prop_assert_eq!(shlex::split(&quoted), Some(vec![word]));
            }
        }
    }
}
