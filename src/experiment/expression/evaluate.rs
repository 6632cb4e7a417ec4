//! From a tree and the values of a point to a value.

use std::cmp::Ordering;

use super::quantity::{Quantity, Reason};
use super::{Expression, Function, Operator, Tree};
use crate::experiment::value::Value;
use crate::experiment::yaml::{Scalar, ScalarKind, brief};

/// Why something that is filled in has no value at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::experiment) enum Failure {
    /// There is no such parameter.
    Unknown(String),
    /// A simulation is not among the needs.
    NoNeed(String),
    /// It would be longer than any argument.
    TooLong,
    /// What is wrong, as a phrase that follows "`l1 * l2`: ".
    Mistake(Reason),
}

impl Expression {
    /// The value, with those that `lookup` has for names.
    ///
    /// # Errors
    /// A name without a value, or an operation that makes no sense.
    pub(in crate::experiment) fn evaluate(&self, lookup: Lookup<'_>) -> Result<Value, Failure> {
        found(&self.tree, lookup).map(Found::value)
    }
}

/// Whether a value counts as true: not false, zero, empty or absent.
pub(in crate::experiment) fn is_true(value: &Value) -> bool {
    match value {
        Value::One(Scalar { kind: ScalarKind::Bool(value), .. }) => *value,
        value if value.is_empty() => false,
        Value::One(scalar) => Quantity::of(scalar).is_none_or(|quantity| !quantity.is_zero()),
        Value::Many(_) => true,
    }
}

/// What names stand for.
type Lookup<'l> = &'l dyn Fn(&str) -> Result<Value, Failure>;

/// A value on the way: a number that was calculated keeps all its digits until it is written.
enum Found {
    Value(Value),
    Number(Quantity),
}

impl Found {
    fn value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Number(number) => Value::One(number.scalar()),
        }
    }

    fn truth(value: bool) -> Self {
        Self::Value(Value::One(Scalar { kind: ScalarKind::Bool(value), text: value.to_string() }))
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Value(value) => is_true(value),
            Self::Number(number) => !number.is_zero(),
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_absent())
    }

    /// The number that it is.
    fn number(&self) -> Result<Quantity, Failure> {
        let reason = match self {
            Self::Number(number) => return Ok(number.clone()),
            Self::Value(value) if value.is_absent() => "it compares a value that is not there".to_owned(),
            Self::Value(Value::Many(_)) => "it calculates with a list".to_owned(),
            Self::Value(Value::One(scalar)) => match Quantity::of(scalar) {
                Some(quantity) => return Ok(quantity),
                None => format!("it calculates with the text `{}`", brief(&scalar.text)),
            },
        };
        Err(Failure::Mistake(reason))
    }
}

fn found(tree: &Tree, lookup: Lookup<'_>) -> Result<Found, Failure> {
    match tree {
        Tree::Name(name) => lookup(name).map(Found::Value),
        Tree::Literal(value) => Ok(Found::Value(value.clone())),
        Tree::Not(inner) => Ok(Found::truth(!found(inner, lookup)?.is_true())),
        Tree::Minus(inner) => match found(inner, lookup)? {
            absent if absent.is_absent() => Ok(absent),
            value => Ok(Found::Number(value.number()?.negative()?)),
        },
        Tree::IsIn(item, items) => {
            let item = found(item, lookup)?;
            for other in items {
                if equals(&item, &found(other, lookup)?) {
                    return Ok(Found::truth(true));
                }
            }
            Ok(Found::truth(false))
        }
        Tree::Both(operator, sides) => both(*operator, &sides.0, &sides.1, lookup),
        Tree::Call(function, items) => call(*function, items, lookup),
    }
}

fn both(operator: Operator, left: &Tree, right: &Tree, lookup: Lookup<'_>) -> Result<Found, Failure> {
    let left = found(left, lookup)?;
    // The other side may make sense only if this one holds. As in Python, the side that decides is the value.
    match operator {
        Operator::And if !left.is_true() => return Ok(left),
        Operator::Or if left.is_true() => return Ok(left),
        Operator::And | Operator::Or => return found(right, lookup),
        _ => {}
    }
    let right = found(right, lookup)?;
    // What is made of a value that is not there is not there either; compared it cannot be.
    if !operator.compares() && (left.is_absent() || right.is_absent()) {
        return Ok(Found::Value(Value::absent()));
    }
    let numbers = || Ok::<_, Failure>((left.number()?, right.number()?));
    let order = || numbers().and_then(|(a, b)| Ok(a.compare(&b)?));
    let number = match operator {
        Operator::And | Operator::Or => return Ok(right),
        Operator::Equal => return Ok(Found::truth(equals(&left, &right))),
        Operator::Unequal => return Ok(Found::truth(!equals(&left, &right))),
        Operator::Less => return Ok(Found::truth(order()?.is_lt())),
        Operator::LessOrEqual => return Ok(Found::truth(order()?.is_le())),
        Operator::Greater => return Ok(Found::truth(order()?.is_gt())),
        Operator::GreaterOrEqual => return Ok(Found::truth(order()?.is_ge())),
        Operator::Plus => numbers().and_then(|(a, b)| Ok(a.plus(&b)?)),
        Operator::Minus => numbers().and_then(|(a, b)| Ok(a.less(&b)?)),
        Operator::Times => numbers().and_then(|(a, b)| Ok(a.times(&b)?)),
        Operator::Over => numbers().and_then(|(a, b)| Ok(a.over(&b)?)),
        Operator::Whole => numbers().and_then(|(a, b)| Ok(a.whole_over(&b)?.0)),
        Operator::Rest => numbers().and_then(|(a, b)| Ok(a.whole_over(&b)?.1)),
    };
    number.map(Found::Number)
}

impl Operator {
    fn compares(self) -> bool {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Unequal};
        matches!(self, Equal | Unequal | Less | LessOrEqual | Greater | GreaterOrEqual)
    }
}

fn call(function: Function, items: &[Tree], lookup: Lookup<'_>) -> Result<Found, Failure> {
    let values: Result<Vec<Found>, Failure> = items.iter().map(|item| found(item, lookup)).collect();
    let values = values?;
    if values.iter().any(Found::is_absent) {
        return Ok(Found::Value(Value::absent()));
    }
    let items: Result<Vec<Quantity>, Failure> = values.iter().map(Found::number).collect();
    let items = items?;
    let extreme = |wanted: Ordering| {
        let mut best = items[0].clone();
        for item in &items[1..] {
            if item.compare(&best)? == wanted {
                best = item.clone();
            }
        }
        Ok::<_, Reason>(best)
    };
    let number = match function {
        Function::Min => extreme(Ordering::Less),
        Function::Max => extreme(Ordering::Greater),
        Function::Floor => items[0].rounded(false),
        Function::Ceil => items[0].rounded(true),
        Function::Log2 => items[0].log2(),
    };
    Ok(Found::Number(number?))
}

/// Values of different kinds are not equal, and `256KiB` is as much as `262144B`.
fn equals(left: &Found, right: &Found) -> bool {
    if left.is_absent() || right.is_absent() {
        return left.is_absent() && right.is_absent();
    }
    match (left.number(), right.number(), left, right) {
        (Ok(left), Ok(right), ..) => left.compare(&right).is_ok_and(Ordering::is_eq),
        (Err(_), Err(_), Found::Value(left), Found::Value(right)) => match (left, right) {
            (Value::One(left), Value::One(right)) => left.text == right.text,
            _ => left == right,
        },
        _ => false,
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Mistake(reason)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::experiment::yaml;

    /// A value as an experiment file has it; text in quotes behind a `'`.
    fn given(name: &str) -> Result<Value, Failure> {
        let text = match name {
            "l1" => "32KiB",
            "l2" => "1MiB",
            "old" => "512kB",
            "cores" => "4",
            "half" => "0.5",
            "clock" => "2GHz",
            "wl" => "stream",
            "large" => "1_000",
            "odd" => "4core",
            "l3" => return Ok(Value::absent()),
            "flags" => return Ok(Value::Many(vec![Scalar::text("-x")])),
            "quoted" => return Ok(Value::text("4")),
            _ => return Err(Failure::Unknown(name.to_owned())),
        };
        Ok(Value::One(yaml::plain(text)))
    }

    fn text(expression: &str) -> String {
        match Expression::parse(expression).expect(expression).evaluate(&given) {
            Ok(Value::One(scalar)) => scalar.text,
            other => panic!("{expression}: {other:?}"),
        }
    }

    #[test]
    fn numbers_and_sizes_keep_their_kind() {
        let cases = [
            ("l1 * 8", "256KiB"),
            ("8 * l1 * cores", "1MiB"),
            ("l2 / 2 + l1", "544KiB"),
            ("l2 / l1", "32"),
            ("old * 2", "1024kB"),
            ("clock / 2", "1GHz"),
            ("1 - half * 0.2", "0.9"),
            ("2 + 3 * 4 - 1", "13"),
            ("(2 + 3) * 4", "20"),
            ("7 // 2", "3"),
            ("7 % 4", "3"),
            ("-cores + 5", "1"),
            ("1 / 4", "0.25"),
            ("1 / 3", "0.3333333333333333"),
            ("1 / 3 * 3", "1"),
            ("ceil(5 / 3 * 3)", "5"),
            ("7 // -2", "-4"),
            ("7 % -2", "-1"),
            ("1GHz + 500MHz", "1.5GHz"),
            ("1ms / 100us", "10"),
            ("1_000 * 2", "2000"),
            ("large + 1", "1001"),
            ("1e3 * 2", "2000"),
            ("0x10 * 2", "32"),
            ("max(l1, 64KiB, 1KiB)", "64KiB"),
            ("min(cores, 2)", "2"),
            ("log2(l1)", "15"),
            ("ceil(5 / 2)", "3"),
            ("floor(-5 / 2)", "-3"),
            ("cores", "4"),
            ("wl and 4 or none", "4"),
            ("l3 or l2", "1MiB"),
        ];
        for (expression, expected) in cases {
            assert_eq!(text(expression), expected, "{expression}");
        }
        let four = Expression::parse("cores * 1").unwrap().evaluate(&given).unwrap();
        assert!(matches!(four, Value::One(Scalar { kind: ScalarKind::Unsigned(4), .. })));
    }

    #[test]
    fn what_is_compared_is_compared_by_its_kind() {
        for yes in [
            "l2 > l1",
            "l1 == 32768B",
            "old < l2",
            "wl == 'stream'",
            "wl != \"chase\" and cores >= 4",
            "not l3",
            "l3 == none",
            "cores in [2, 4]",
            "wl not in ['chase']",
            "1 < cores <= 4",
            "l3 and l3 > l2 or true",
            "quoted != 4",
            "clock < 2500MHz",
            "clock == 2000MHz",
            "odd != '4.0core'",
            "cores % 2 == 0 && !false",
        ] {
            assert_eq!(text(yes), "true", "{yes}");
        }
        for no in ["l1 > l2", "not (not l3 or l3 > l2)", "wl == cores", "l1 == cores", "cores in []"] {
            assert_eq!(text(no), "false", "{no}");
        }
    }

    #[test]
    fn what_is_made_of_nothing_is_nothing() {
        for absent in ["l3 and 4 or none", "l3 and l3 > l2", "l3 * 2", "l1 + l3", "-l3", "max(l1, l3)", "l3 % 2"] {
            let value = Expression::parse(absent).unwrap().evaluate(&given).unwrap();
            assert!(value.is_absent(), "{absent}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_not_guessed() {
        for mistake in [
            "l1 + 8",
            "l1 * l2",
            "8 / l1",
            "cores / 0",
            "cores % 0",
            "wl * 2",
            "l1 < 8",
            "l3 < l2",
            "wl < 'x'",
            "flags + 1",
            "l1 / 3",
            "old / 3",
            "quoted + 1",
            "log2(3)",
            "clock + l1",
        ] {
            let failure = Expression::parse(mistake).expect(mistake).evaluate(&given).expect_err(mistake);
            assert!(matches!(failure, Failure::Mistake(_)), "{mistake}: {failure:?}");
        }
        let unknown = Expression::parse("l4 * 2").unwrap().evaluate(&given);
        assert_eq!(unknown, Err(Failure::Unknown("l4".to_owned())));
        for text in [
            "",
            "l1 *",
            "(l1",
            "l1 l2",
            "1 +* 2",
            "l1 = 2",
            "'x",
            "min()",
            "log2(1, 2)",
            "sqrt(4)",
            "in",
            "a in b",
            "2x3y",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_may_have_a_minus_and_a_dot_in_it() {
        let names =
            |text: &str| Expression::parse(text).unwrap().names().into_iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names("l1-size * 2"), ["l1-size"]);
        assert_eq!(names("l1 - size"), ["l1", "size"]);
        assert_eq!(names("app.tbes - 1"), ["app.tbes"]);
        assert!(Expression::parse(&"(".repeat(5000)).is_err());
    }

    #[test]
    fn numbers_that_no_machine_holds_are_refused_and_do_not_wrap() {
        let least = "-170141183460469231731687303715884105728";
        for text in [
            "-18446744073709551616B * 9223372036854775808 % -1B".to_owned(),
            format!("-({least})"),
            format!("{least} // -1"),
            "99999999999999999999 * 99999999999999999999".to_owned(),
            "1e30 * 1e30".to_owned(),
        ] {
            if let Ok(expression) = Expression::parse(&text) {
                assert!(matches!(expression.evaluate(&given), Err(Failure::Mistake(_))), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_makes_an_expression_panic(text in "(l1|l2|cores|wl|l3|[-+*/%<>=!(),]|//|==| |and|or|not|in|[0-9]{1,30}|KiB|\\.|'|\\PC){0,16}") {
            if let Ok(expression) = Expression::parse(&text) {
                _ = expression.evaluate(&given);
            }
        }

        #[test]
        fn whole_numbers_calculate_as_they_do_elsewhere(a in -1000_i64..1000, b in -1000_i64..1000, c in 1_i64..50) {
            prop_assert_eq!(text(&format!("{a} + {b} * {c}")), (a + b * c).to_string());
            prop_assert_eq!(text(&format!("({a} - {b}) // {c}")), (a - b).div_euclid(c).to_string());
            prop_assert_eq!(text(&format!("{a} / {c} * {c}")), a.to_string());
            prop_assert_eq!(text(&format!("{a} < {b}")), (a < b).to_string());
        }
    }
}
