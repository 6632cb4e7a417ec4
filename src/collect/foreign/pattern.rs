//! Parameters from the names of directories: `{workload}/{l2}_{assoc}`.

use std::collections::HashSet;

/// What a path looks like in which names of parameters stand for their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    /// What stands between two `/`.
    parts: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// This text.
    Text(String),
    /// The value of the parameter of this name: any text.
    Value(String),
    /// Any text.
    Any,
}

/// So many pieces between two `/` are more than anybody writes.
const MOST_PIECES: usize = 32;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it and what to do, in a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: String| Err(format!("the pattern `{text}` {why}"));
        let mut names = HashSet::new();
        let mut parts = Vec::new();
        for part in text.trim_matches('/').split('/') {
            let mut pieces: Vec<Piece> = Vec::new();
            let mut rest = part;
            while !rest.is_empty() {
                let (piece, behind) = if let Some(behind) = rest.strip_prefix('*') {
                    (Piece::Any, behind)
                } else if let Some(behind) = rest.strip_prefix('{') {
                    let Some((name, behind)) = behind.split_once('}') else {
                        return wrong("has a `{` without a `}`".to_owned());
                    };
                    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                        return wrong(format!("has `{{{name}}}`; a name is made of letters, digits, `_` and `-`"));
                    }
                    if !names.insert(name.to_owned()) {
                        return wrong(format!("has `{{{name}}}` twice; for what does not matter, write `*`"));
                    }
                    (Piece::Value(name.to_owned()), behind)
                } else {
                    let end = rest.find(['{', '*']).unwrap_or(rest.len());
                    let (text, behind) = rest.split_at(end);
                    (Piece::Text(text.to_owned()), behind)
                };
                let is_text = |piece: &Piece| matches!(piece, Piece::Text(_));
                if pieces.last().is_some_and(|last| !is_text(last) && !is_text(&piece)) {
                    return wrong(format!(
                        "has nothing between two values in `{part}`, so that nobody can tell them apart"
                    ));
                }
                pieces.push(piece);
                rest = behind;
            }
            if pieces.len() > MOST_PIECES {
                return wrong(format!("has more than {MOST_PIECES} parts in `{part}`"));
            }
            parts.push(pieces);
        }
        if names.is_empty() {
            return wrong("names no parameter; write one as `{workload}/{l2}`".to_owned());
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The parameters of a path with their values. Where there are several ways, the first value takes as much as it can. `None` if the
    /// path looks otherwise.
    pub(crate) fn values(&self, path: &str) -> Option<Vec<(String, String)>> {
        self.split(path, First::Longest)
    }

    /// Other values that the path may have as well, where there are several ways.
    pub(crate) fn other_values(&self, path: &str) -> Option<Vec<(String, String)>> {
        // Of all ways these two are the furthest apart, so that there is one way where they are the same.
        self.split(path, First::Shortest).filter(|other| self.values(path).as_ref() != Some(other))
    }

    fn split(&self, path: &str, first: First) -> Option<Vec<(String, String)>> {
        let names: Vec<&str> = path.split('/').collect();
        if names.len() != self.parts.len() {
            return None;
        }
        let mut values = Vec::new();
        for (name, pieces) in names.into_iter().zip(&self.parts) {
            let mut of_name = Vec::new();
            if !fits(pieces, name, first, &mut of_name, &mut HashSet::new()) {
                return None;
            }
            // They were found from the last one to the first.
            values.extend(of_name.into_iter().rev());
        }
        Some(values)
    }
}

/// How much the first value takes, where there are several ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Longest,
    Shortest,
}

/// Whether the pieces make this text. `failed` has the places that are known not to, so that nothing is tried twice.
fn fits(
    pieces: &[Piece],
    text: &str,
    first: First,
    values: &mut Vec<(String, String)>,
    failed: &mut HashSet<(usize, usize)>,
) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
    let place = (pieces.len(), text.len());
    if failed.contains(&place) {
        return false;
    }
    let found = match piece {
        Piece::Text(wanted) => {
            text.strip_prefix(wanted.as_str()).is_some_and(|text| fits(rest, text, first, values, failed))
        }
        Piece::Value(_) | Piece::Any => {
            let least = usize::from(matches!(piece, Piece::Value(_)));
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).filter(|end| *end >= least);
            let mut ends: Vec<usize> = ends.collect();
            if first == First::Longest {
                ends.reverse();
            }
            let end = ends
                .into_iter()
                .find(|end| text.get(*end..).is_some_and(|behind| fits(rest, behind, first, values, failed)));
            if let (Some(value), Piece::Value(name)) = (end.and_then(|end| text.get(..end)), piece) {
                values.push((name.clone(), value.to_owned()));
            }
            end.is_some()
        }
    };
    if !found {
        failed.insert(place);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pattern: &str, path: &str) -> Option<String> {
        let found = Pattern::parse(pattern).unwrap().values(path)?;
        Some(found.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn values_stand_where_the_pattern_has_their_names() {
        for (pattern, path, expected) in [
            ("{workload}/{l2}", "mcf/256KiB", Some("workload=mcf l2=256KiB")),
            ("{workload}_{l2}-{assoc}", "gcc_256KiB-4", Some("workload=gcc l2=256KiB assoc=4")),
            ("{workload}_{l2}-{assoc}", "602_gcc_s_256KiB-4", Some("workload=602_gcc_s l2=256KiB assoc=4")),
            ("run-*/{workload}", "run-2024-01-01/é", Some("workload=é")),
            ("out.{w}.*", "out.a.b", Some("w=a")),
            ("/a/{w}/", "a/b", Some("w=b")),
            ("{workload}/{l2}", "mcf", None),
            ("{workload}/{l2}", "mcf/256KiB/x", None),
            ("{w}_x", "_x", None),
            ("a{w}", "b1", None),
        ] {
            assert_eq!(values(pattern, path).as_deref(), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_name_that_can_be_split_in_two_ways_is_known() {
        let other = |pattern: &str, path: &str| {
            let found = Pattern::parse(pattern).unwrap().other_values(path)?;
            Some(found.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(other("{a}_{b}", "x_y_z").as_deref(), Some("a=x b=y_z"));
        assert_eq!(values("{a}_{b}", "x_y_z").as_deref(), Some("a=x_y b=z"));
        assert_eq!(other("{a}_{b}-{c}", "x_y_z-4").as_deref(), Some("a=x b=y_z c=4"));
        for (pattern, path) in
            [("{a}_{b}", "x_y"), ("{a}/{b}", "x_y/z_w"), ("run-*/{w}", "run-a-b/x"), ("{a}_{b}", "xy")]
        {
            assert_eq!(other(pattern, path), None, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_parts_is_no_trap() {
        let pattern: Vec<String> = (0..15).map(|number| format!("{{v{number}}}")).collect();
        assert_eq!(values(&format!("{}x", pattern.join("_")), &"_".repeat(250)), None);
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_what_to_do() {
        for (text, told) in [
            ("", "names no parameter"),
            ("a/b", "`{workload}/{l2}`"),
            ("{a", "without a `}`"),
            ("{}", "a name is made of"),
            ("{a b}", "a name is made of"),
            ("{a}{b}", "nothing between"),
            ("{a}*", "nothing between"),
            ("{a}/{a}", "twice"),
        ] {
            let pattern = Pattern::parse(text);
            assert!(pattern.as_ref().is_err_and(|why| why.contains(told)), "{text}: {pattern:?}");
        }
    }
}
