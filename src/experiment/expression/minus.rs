//! A minus without spaces, which is a part of a name.

/// More are in nobody's arithmetic, and each doubles the ways to read a name.
const MOST: usize = 8;

/// `n - 1` for `n-1`, if all that stands around each minus is a number or the name of a parameter.
pub(in crate::experiment) fn spaced(name: &str, known: &[&str]) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = |text: &str| is_number(text) || known.contains(&text);
    if name.matches('-').count() > MOST {
        return None;
    }
    name.rmatch_indices('-').find_map(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + 1..]);
        let before = if is_whole(before) { before.to_owned() } else { spaced(before, known)? };
        is_whole(after).then(|| format!("{before} - {after}"))
    })
}

/// What to do about it.
pub(in crate::experiment) fn spaces_help(spaced: &str) -> String {
    format!("a minus has spaces around it, because names may have one: `{spaced}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_parameters_and_numbers_is_meant_as_arithmetic() {
        let known = ["n", "l1-size", "m"];
        for (name, expected) in [("n-1", "n - 1"), ("n-m-2", "n - m - 2"), ("l1-size-n", "l1-size - n")] {
            assert_eq!(spaced(name, &known).as_deref(), Some(expected));
        }
        for name in ["n", "n-", "-1", "l1-n", "cache-1", &"n-".repeat(50)] {
            assert_eq!(spaced(name, &known), None, "{name}");
        }
    }
}
