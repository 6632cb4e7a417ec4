//! Templates: text with `${name}` in it.
//!
//! There is one kind of placeholder for parameters and one for what a needed simulation left behind,
//! `${needs.NAME.outdir}`; in the latter `NAME` may hold parameters itself, as in `${needs.boot-${cpu}.outdir}`. `$$` is a
//! dollar sign. Between the braces may be an [`Expression`], as in `${l1 * 8}`. What a simulation is and where it runs is known
//! without being given: see [`OWN`]. Placeholders are filled in once: a value that looks like a placeholder stays as it is. A
//! template that is nothing but one placeholder takes on the type of the value, so that a Python function gets the number 4 and
//! not the text "4".

use super::expression::{self, Expression, Failure};
use super::limits::MAX_ARGUMENT;
use super::name;
use super::value::Value;
use super::yaml::{Scalar, ScalarKind};

/// What every simulation has without being given it, unless a parameter is called so: its output directory, its name, the number of
/// the attempt, the name of the experiment, and the place of its point in the sweep, from 0.
pub(super) const OWN: [&str; 5] = ["outdir", "name", "attempt", "experiment", "index"];

/// What of it only a launch knows.
const LATE: [&str; 2] = ["outdir", "attempt"];

/// Text with placeholders, or any scalar without.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Template {
    parts: Vec<Part>,
    whole: Scalar,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Parameter(Expression),
    NeedOutdir(Vec<Self>),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Malformed {
    /// A `${` without its `}`.
    Unclosed,
    /// What is between the braces cannot be filled in: what it is, and what is wrong with it.
    Placeholder(String, expression::Malformed),
}

/// Where placeholders get their values.
pub(super) trait Scope {
    /// What the parameter called `name` stands for.
    ///
    /// # Errors
    /// There is none, or it has no value here.
    fn value(&self, name: &str) -> Result<Value, Failure>;
    /// What that is called in a name.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    fn called(&self, name: &str) -> Result<String, Failure> {
        self.value(name).map(|value| name::part(&value.name()))
    }
    /// What the simulation has of its own under a name of [`OWN`].
    fn own(&self, name: &str) -> Option<Value> {
        _ = name;
        None
    }
    /// The output directory of the needed simulation called `name`.
    fn need_outdir(&self, name: &str) -> Option<String>;
}

impl Template {
    /// Reads the placeholders of a scalar.
    ///
    /// # Errors
    /// When a placeholder is not closed or cannot be one.
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

    /// Whether it is nothing but one placeholder.
    pub(super) fn is_lone(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Parameter(_)])
    }

    /// Whether it speaks of what a needed simulation left behind.
    pub(super) fn speaks_of_needs(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::NeedOutdir(_)))
    }

    /// Whether it speaks of a directory that is not there yet: what a needed simulation left behind, or where this one runs.
    pub(super) fn speaks_of_later(&self) -> bool {
        let is_later = |part: &Part| match part {
            Part::Literal(_) => false,
            Part::Parameter(expression) => expression.names().iter().any(|name| LATE.contains(name)),
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
                    Part::Parameter(expression) => into.extend(expression.names()),
                    Part::NeedOutdir(inner) => collect(inner, into),
                }
            }
        }
        let mut names = Vec::new();
        collect(&self.parts, &mut names);
        names
    }

    /// Whether the text, with something in the place of each placeholder, could be `name`.
    pub(super) fn could_become(&self, name: &str) -> bool {
        let written = self.with_each("\0");
        let prefix = &written[..written.find('\0').unwrap_or(written.len())];
        let literal = &name[..name.find(['*', '?', '[', '{']).unwrap_or(name.len())];
        prefix.starts_with(literal) || literal.starts_with(prefix)
    }

    /// The text with something in the place of each placeholder, for whoever compares it with names that are not known yet.
    fn with_each(&self, stands_for_any: &str) -> String {
        let text = |part: &Part| match part {
            Part::Literal(literal) => literal.clone(),
            Part::Parameter(_) | Part::NeedOutdir(_) => stands_for_any.to_owned(),
        };
        self.parts.iter().map(text).collect()
    }

    /// Fills in the placeholders. A template that is nothing but one placeholder becomes its value. Among other text a list makes
    /// a text for each of its items, and with a value that is not there the whole text is not there.
    ///
    /// # Errors
    /// The first placeholder without a value, or that the text becomes too long.
    pub(super) fn fill(&self, scope: &dyn Scope) -> Result<Value, Failure> {
        match self.parts.as_slice() {
            [Part::Literal(text)] if self.whole.kind != ScalarKind::Text => {
                Ok(Value::One(Scalar { kind: self.whole.kind, text: text.clone() }))
            }
            [Part::Parameter(expression)] => evaluate(expression, scope),
            parts => fill_parts(parts, scope, str::to_owned),
        }
    }

    /// The same as part of a name.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub(super) fn fill_name(&self, scope: &dyn Scope) -> Result<String, Failure> {
        name_of(&self.parts, scope)
    }

    /// The same as a glob, in which what is filled in is no pattern.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub(super) fn fill_pattern(&self, scope: &dyn Scope) -> Result<Value, Failure> {
        fill_parts(&self.parts, scope, globset::escape)
    }
}

fn evaluate(expression: &Expression, scope: &dyn Scope) -> Result<Value, Failure> {
    expression.evaluate(&|name| match scope.value(name) {
        Err(Failure::Unknown(unknown)) if unknown == name => {
            let own = scope.own(name).ok_or(Failure::Unknown(unknown))?;
            if LATE.contains(&name) && expression.lone_name().is_none() {
                // Until then a path stands for it.
                return Err(Failure::Mistake(format!(
                    "`{name}` is known only at the launch, and cannot be calculated with"
                )));
            }
            Ok(own)
        }
        value => value,
    })
}

fn name_of(parts: &[Part], scope: &dyn Scope) -> Result<String, Failure> {
    let mut text = String::new();
    for part in parts {
        if text.len() > MAX_ARGUMENT {
            return Err(Failure::TooLong);
        }
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Parameter(expression) => match expression.lone_name().map(|name| scope.called(name)) {
                Some(Ok(called)) => text.push_str(&called),
                Some(Err(Failure::Unknown(_))) => text.push_str(&evaluate(expression, scope)?.name()),
                None => text.push_str(&name::part(&evaluate(expression, scope)?.name())),
                Some(Err(failure)) => return Err(failure),
            },
            Part::NeedOutdir(_) => text.push_str(&need_outdir(part, scope)?),
        }
    }
    Ok(text)
}

fn need_outdir(part: &Part, scope: &dyn Scope) -> Result<String, Failure> {
    let Part::NeedOutdir(inner) = part else { return Ok(String::new()) };
    let name = name_of(inner, scope)?;
    scope.need_outdir(&name).ok_or(Failure::NoNeed(name))
}

/// `write` says how what is filled in is written between the text around it.
fn fill_parts(parts: &[Part], scope: &dyn Scope, write: fn(&str) -> String) -> Result<Value, Failure> {
    let is_literal = parts.iter().all(|part| matches!(part, Part::Literal(_)));
    // One text, or one for each item of the list in it.
    let mut texts = vec![String::new()];
    let mut list = None;
    let push = |texts: &mut Vec<String>, text: &str| texts.iter_mut().for_each(|one| one.push_str(text));
    for part in parts {
        // What was written out was counted when it was read.
        if texts.iter().map(String::len).sum::<usize>() > MAX_ARGUMENT && !is_literal {
            return Err(Failure::TooLong);
        }
        match part {
            Part::Literal(literal) => push(&mut texts, literal),
            Part::Parameter(expression) => match evaluate(expression, scope)? {
                value if value.is_absent() => return Ok(Value::absent()),
                Value::One(scalar) => push(&mut texts, &write(&scalar.text)),
                Value::Many(_) if list.is_some() => {
                    return Err(Failure::Mistake(
                        "it has two lists, and nobody can tell which goes with which".to_owned(),
                    ));
                }
                Value::Many(items) => {
                    texts = items.iter().map(|item| format!("{}{}", texts[0], write(&item.text))).collect();
                    list = Some(());
                }
            },
            Part::NeedOutdir(_) => push(&mut texts, &write(&need_outdir(part, scope)?)),
        }
    }
    if texts.iter().any(|text| text.len() > MAX_ARGUMENT) && !is_literal {
        return Err(Failure::TooLong);
    }
    Ok(match list {
        Some(()) => Value::Many(texts.into_iter().map(Scalar::text).collect()),
        None => Value::text(texts.swap_remove(0)),
    })
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
    if inside.starts_with("needs.") {
        let (reason, help) = if needs_allowed {
            ("of what a simulation needs only its directory is known", "write `${needs.NAME.outdir}`")
        } else {
            ("it stands in the name of a need", "name the parameters instead")
        };
        let malformed = expression::Malformed { reason: reason.to_owned(), help: help.to_owned() };
        return Err(Malformed::Placeholder(inside.to_owned(), malformed));
    }
    let read = Expression::parse(inside).map(Part::Parameter);
    read.map_err(|malformed| Malformed::Placeholder(inside.to_owned(), malformed))
}

impl Template {
    /// `${l1}*8` as `${(l1)*8}`: a text that is nothing but numbers and parameters with operators in between, and that multiplies or
    /// has spaces around an operator, is meant as arithmetic. `${a}-${b}` is text.
    pub(super) fn arithmetic(scalar: &Scalar) -> Option<Scalar> {
        let mut bare = String::new();
        let mut literals = String::new();
        let mut rest = scalar.text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let end = closing(after)?;
            bare.extend([before, "(", &after[..end], ")"]);
            literals.push_str(before);
            rest = &after[end + 1..];
        }
        bare.push_str(rest);
        literals.push_str(rest);
        let is_arithmetic = |c: char| c.is_ascii_alphanumeric() || "+-*/%() .".contains(c);
        let has_operator =
            literals.contains('*') || ["+", "-", "/", "%"].iter().any(|sign| literals.contains(&format!(" {sign} ")));
        (literals.chars().all(is_arithmetic) && has_operator && Expression::parse(&bare).is_ok())
            .then(|| Scalar::text(format!("${{{bare}}}")))
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
        fn value(&self, name: &str) -> Result<Value, Failure> {
            match name {
                "four" => Ok(Value::One(Scalar { kind: ScalarKind::Unsigned(4), text: "4".to_owned() })),
                "nothing" => Ok(Value::absent()),
                "dirs" => Ok(Value::Many(vec![Scalar::text("a"), Scalar::text("b")])),
                _ => Err(Failure::Unknown(name.to_owned())),
            }
        }

        fn need_outdir(&self, name: &str) -> Option<String> {
            (name == "boot.v-1").then(|| "/runs/boot/latest/m5out".to_owned())
        }
    }

    fn filled(text: &str) -> Result<Value, Failure> {
        Template::parse(&Scalar::text(text)).unwrap().fill(&Fixed)
    }

    fn fill(text: &str) -> Result<Scalar, Failure> {
        match filled(text)? {
            Value::One(scalar) => Ok(scalar),
            Value::Many(items) => panic!("{items:?}"),
        }
    }

    #[test]
    fn a_list_becomes_several_and_nothing_becomes_nothing() {
        let several = |texts: [&str; 2]| Ok(Value::Many(texts.map(Scalar::text).to_vec()));
        assert_eq!(filled("${dirs}"), several(["a", "b"]));
        assert_eq!(filled("-I${dirs}/x"), several(["-Ia/x", "-Ib/x"]));
        assert!(matches!(filled("${dirs}${dirs}"), Err(Failure::Mistake(_))));
        for absent in ["${nothing}", "--l3=${nothing}"] {
            assert!(filled(absent).unwrap().is_absent(), "{absent}");
        }
        let name = |text: &str| Template::parse(&Scalar::text(text)).unwrap().fill_name(&Fixed).unwrap();
        assert_eq!(name("x-${nothing}-${dirs}-${four * 2}"), "x-none-a+b-8");
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
        assert_eq!(fill("${needs.other.outdir}"), Err(Failure::NoNeed("other".into())));
        assert_eq!(fill("${needs.b-${cpu}.outdir}"), Err(Failure::Unknown("cpu".into())));
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        let parse = |text: &str| Template::parse(&Scalar::text(text)).unwrap_err();
        assert_eq!(parse("${a"), Malformed::Unclosed);
        for inside in ["", "a b", "a +", "1 +* 2", "needs.boot.stats"] {
            let written = format!("${{{inside}}}");
            assert!(matches!(parse(&written), Malformed::Placeholder(text, _) if text == inside), "{inside}");
        }
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
