//! Templates: text with `${name}` in it.
//!
//! There is one kind of placeholder for parameters and one for what a needed simulation left behind,
//! `${needs.NAME.outdir}`; in the latter `NAME` may hold parameters itself, as in `${needs.boot-${cpu}.outdir}`. `$$` is a
//! dollar sign. What a simulation is and where it runs is known without being given: see [`OWN`]. Placeholders are filled in once: a value that looks like a placeholder stays as it is. A template
//! that is nothing but one placeholder takes on the type of the value, so that a Python function gets the number 4
//! and not the text "4".

use super::limits::MAX_ARGUMENT;
use super::yaml::{Scalar, ScalarKind};

/// What every simulation has without being given it, unless a parameter is called so: its output directory, its name, the number of
/// the attempt, the name of the experiment, and the place of its point in the sweep, from 0.
pub(super) const OWN: [&str; 5] = ["outdir", "name", "attempt", "experiment", "index"];

/// Text with placeholders, or any scalar without.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template {
    parts: Vec<Part>,
    whole: Scalar,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Parameter(String),
    NeedOutdir(Vec<Self>),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// A `${` without its `}`.
    #[error("`${{` is never closed")]
    Unclosed,
    /// Something between the braces that cannot be a name.
    #[error("`${{{0}}}` is no placeholder")]
    NotAName(String),
}

/// Where placeholders get their values.
pub(super) trait Scope {
    /// The parameter called `name`.
    fn parameter(&self, name: &str) -> Option<&Scalar>;
    /// What the simulation has of its own under a name of [`OWN`].
    fn own(&self, name: &str) -> Option<Scalar> {
        _ = name;
        None
    }
    /// The output directory of the needed simulation called `name`.
    fn need_outdir(&self, name: &str) -> Option<String>;
}

/// Why a template cannot be filled in: mostly a placeholder that the scope does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undefined {
    /// It would be longer than any argument.
    TooLong,
    /// A parameter.
    Parameter(String),
    /// A simulation that is not among the needs.
    Need(String),
}

impl Template {
    /// Reads the placeholders of a scalar.
    ///
    /// # Errors
    /// When a placeholder is not closed or is no name.
    pub(super) fn parse(scalar: &Scalar) -> Result<Self, Malformed> {
        let parts = if scalar.kind == ScalarKind::Text && scalar.text.contains('$') {
            parse_parts(&scalar.text, true)?
        } else {
            vec![Part::Literal(scalar.text.clone())]
        };
        Ok(Self { parts, whole: scalar.clone() })
    }

    /// The template as it was written.
    pub(super) fn written(&self) -> &Scalar {
        &self.whole
    }

    /// Whether there is something to fill in.
    pub(super) fn is_literal(&self) -> bool {
        !self.parts.iter().any(|part| !matches!(part, Part::Literal(_)))
    }

    /// Whether it speaks of what a needed simulation left behind.
    pub(super) fn speaks_of_needs(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::NeedOutdir(_)))
    }

    /// Whether it speaks of a directory that is not there yet: what a needed simulation left behind, or where this one runs.
    pub(super) fn speaks_of_later(&self) -> bool {
        let is_later = |part: &Part| match part {
            Part::Literal(_) => false,
            Part::Parameter(name) => matches!(name.as_str(), "outdir" | "attempt"),
            Part::NeedOutdir(_) => true,
        };
        self.parts.iter().any(is_later)
    }

    /// The names of all parameters in it.
    pub(super) fn parameters(&self) -> Vec<&str> {
        fn collect<'t>(parts: &'t [Part], into: &mut Vec<&'t str>) {
            for part in parts {
                match part {
                    Part::Literal(_) => {}
                    Part::Parameter(name) => into.push(name),
                    Part::NeedOutdir(inner) => collect(inner, into),
                }
            }
        }
        let mut names = Vec::new();
        collect(&self.parts, &mut names);
        names
    }

    /// Fills in the placeholders.
    ///
    /// # Errors
    /// The first placeholder that the scope does not know, or that the text becomes too long.
    pub(super) fn fill(&self, scope: &dyn Scope) -> Result<Scalar, Undefined> {
        match self.parts.as_slice() {
            [Part::Literal(text)] if self.whole.kind != ScalarKind::Text => {
                Ok(Scalar { kind: self.whole.kind, text: text.clone() })
            }
            [Part::Parameter(name)] => {
                let value = scope.parameter(name).cloned().or_else(|| scope.own(name));
                value.ok_or_else(|| Undefined::Parameter(name.clone()))
            }
            parts => fill_parts(parts, scope).map(Scalar::text),
        }
    }
}

fn fill_parts(parts: &[Part], scope: &dyn Scope) -> Result<String, Undefined> {
    let mut text = String::new();
    let is_literal = parts.iter().all(|part| matches!(part, Part::Literal(_)));
    for part in parts {
        // What was written out was counted when it was read.
        if text.len() > MAX_ARGUMENT && !is_literal {
            return Err(Undefined::TooLong);
        }
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Parameter(name) => match scope.parameter(name) {
                Some(value) => text.push_str(&value.text),
                None => match scope.own(name) {
                    Some(value) => text.push_str(&value.text),
                    None => return Err(Undefined::Parameter(name.clone())),
                },
            },
            Part::NeedOutdir(inner) => {
                let name = fill_parts(inner, scope)?;
                text.push_str(&scope.need_outdir(&name).ok_or(Undefined::Need(name))?);
            }
        }
    }
    if text.len() > MAX_ARGUMENT && !is_literal { Err(Undefined::TooLong) } else { Ok(text) }
}

fn parse_parts(text: &str, needs_allowed: bool) -> Result<Vec<Part>, Malformed> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        literal.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after_dollar) = after.strip_prefix('$') {
            literal.push('$');
            rest = after_dollar;
        } else if let Some(inside) = after.strip_prefix('{') {
            let end = closing(inside).ok_or(Malformed::Unclosed)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(placeholder(&inside[..end], needs_allowed)?);
            rest = &inside[end + 1..];
        } else {
            literal.push('$');
            rest = after;
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// Where the brace that was opened before `inside` is closed.
fn closing(inside: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn placeholder(inside: &str, needs_allowed: bool) -> Result<Part, Malformed> {
    if let Some(name) = inside.strip_prefix("needs.").and_then(|rest| rest.strip_suffix(".outdir"))
        && needs_allowed
        && !name.is_empty()
    {
        return parse_parts(name, false).map(Part::NeedOutdir);
    }
    if is_parameter_name(inside) {
        Ok(Part::Parameter(inside.to_owned()))
    } else {
        Err(Malformed::NotAName(inside.to_owned()))
    }
}

/// Whether a parameter may be called so: a letter or `_`, then letters, digits, `_` and `-`.
pub(super) fn is_parameter_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fixed;

    impl Scope for Fixed {
        fn parameter(&self, name: &str) -> Option<&Scalar> {
            static FOUR: Scalar = Scalar { kind: ScalarKind::Unsigned(4), text: String::new() };
            (name == "four").then_some(&FOUR)
        }

        fn need_outdir(&self, name: &str) -> Option<String> {
            (name == "boot.v-1").then(|| "/runs/boot/latest/m5out".to_owned())
        }
    }

    fn fill(text: &str) -> Result<Scalar, Undefined> {
        Template::parse(&Scalar::text(text)).unwrap().fill(&Fixed)
    }

    #[test]
    fn a_lone_placeholder_keeps_the_type_of_its_value() {
        assert_eq!(fill("${four}").unwrap().kind, ScalarKind::Unsigned(4));
        assert_eq!(fill("x${four}").unwrap().kind, ScalarKind::Text);
    }

    #[test]
    fn two_dollars_are_one_and_a_lone_one_stays() {
        assert_eq!(fill("$$HOME $HOME $${four} 5$").unwrap().text, "$HOME $HOME ${four} 5$");
    }

    #[test]
    fn a_need_may_have_dots_and_dashes_in_its_name() {
        assert_eq!(fill("--ckpt=${needs.boot.v-1.outdir}/c").unwrap().text, "--ckpt=/runs/boot/latest/m5out/c");
        assert_eq!(fill("${needs.other.outdir}"), Err(Undefined::Need("other".into())));
        assert_eq!(fill("${needs.b-${cpu}.outdir}"), Err(Undefined::Parameter("cpu".into())));
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        let parse = |text| Template::parse(&Scalar::text(text)).unwrap_err();
        assert_eq!(parse("${a"), Malformed::Unclosed);
        assert_eq!(parse("${}"), Malformed::NotAName(String::new()));
        assert_eq!(parse("${a b}"), Malformed::NotAName("a b".into()));
        assert_eq!(parse("${needs.boot.stats}"), Malformed::NotAName("needs.boot.stats".into()));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(\\$|\\{|\\}|needs\\.|\\.outdir|[a-z.]|\\PC){0,24}") {
            if let Ok(template) = Template::parse(&Scalar::text(text)) {
                _ = (template.fill(&Fixed), template.parameters());
            }
        }

        #[test]
        fn text_without_a_dollar_stays_as_it_is(text in "[^$]{0,40}") {
            prop_assert_eq!(fill(&text).unwrap().text, text);
        }
    }
}
