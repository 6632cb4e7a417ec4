//! From metrics and what they are evaluated over to a number, or the reason why there is none.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Metric, Metrics};
use super::{Figure, Function, Node, Operator, Reducer, Tree, Unit};
use crate::text::human;

/// A number with its unit. It is finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The number.
    pub number: f64,
    /// Its unit.
    pub unit: Unit,
}

/// Why there is no number. It is never zero in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The dump has no stat of this name, or none that the glob matches. gem5 leaves out stats that are zero, so it may be that.
    Absent {
        /// The name or the glob.
        stat: String,
    },
    /// The glob matches several stats, and nothing says what to make of them.
    Several {
        /// The glob.
        glob: String,
        /// How many.
        count: usize,
    },
    /// An operation that has no result, or a stat that is no number.
    Undefined {
        /// For a cell: `x/0`, `nan`.
        word: String,
        /// Which, as a clause.
        reason: String,
    },
    /// Numbers that cannot be combined without being wrong.
    Refused {
        /// Why, and what to write instead, as a clause.
        reason: String,
    },
    /// There is no such value of this simulation.
    Unknown {
        /// What, as a clause.
        reason: String,
    },
}

impl Missing {
    /// In a word or two, for a cell.
    pub fn word(&self) -> &str {
        match self {
            Self::Absent { .. } => "absent",
            Self::Several { .. } => "several",
            Self::Undefined { word, .. } => word,
            Self::Refused { .. } => "refused",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// As a clause, for a note.
    pub fn reason(&self) -> String {
        match self {
            Self::Absent { stat } => format!("the dump has no `{stat}`"),
            Self::Several { glob, count } => {
                format!("`{glob}` matches {count} stats: write `sum('{glob}')`, or `mean`, `min`, `max` or `count`")
            }
            Self::Undefined { reason, .. } | Self::Refused { reason } | Self::Unknown { reason } => reason.clone(),
        }
    }
}

/// What metrics are evaluated over: a dump of a simulation, or several that stand for one. `absent` is what counts for a stat that
/// is not there, where the user says so.
pub trait Source {
    /// The stat of this name, or the one that the glob matches.
    ///
    /// # Errors
    /// When there is not one.
    fn stat(&self, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing>;
    /// One number of all stats that the glob matches.
    ///
    /// # Errors
    /// When there are none.
    fn reduced(&self, reducer: Reducer, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing>;
    /// The value of a parameter.
    ///
    /// # Errors
    /// When it is no number.
    fn parameter(&self, name: &str) -> Result<Quantity, Missing>;
    /// A figure of the host.
    ///
    /// # Errors
    /// When it is not known.
    fn figure(&self, figure: Figure) -> Result<Quantity, Missing>;
}

/// What became of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The number, or why there is none.
    pub value: Result<Quantity, Missing>,
    /// What is doubtful, as sentences: sums of unlike units.
    pub doubts: BTreeSet<String>,
}

impl Metrics {
    /// Evaluates the metric at `index`.
    pub fn evaluate(&self, index: usize, source: &dyn Source) -> Evaluated {
        let mut evaluation = Evaluation { metrics: self, source, known: BTreeMap::new(), doubts: BTreeSet::new() };
        let value = evaluation.fresh(index);
        Evaluated { value, doubts: evaluation.doubts }
    }
}

/// A number that is one; else why it is none. `what` is a clause for that case.
///
/// # Errors
/// For infinity, and what is not a number.
pub fn finite(number: f64, unit: Unit, what: impl FnOnce(&str) -> String) -> Result<Quantity, Missing> {
    if number.is_finite() {
        return Ok(Quantity { number, unit });
    }
    let word = human::number(number);
    let reason = what(&word);
    Err(Missing::Undefined { word, reason })
}

/// Whoever compares counts means what is written.
#[expect(clippy::float_cmp, reason = "it is what the expression asks")]
fn is_equal(a: f64, b: f64) -> bool {
    a == b
}

struct Evaluation<'e> {
    metrics: &'e Metrics,
    source: &'e dyn Source,
    /// Metrics that others are made of, once they are known.
    known: BTreeMap<usize, Result<Quantity, Missing>>,
    doubts: BTreeSet<String>,
}

impl Evaluation<'_> {
    fn metric(&mut self, index: usize) -> Result<Quantity, Missing> {
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        let value = self.fresh(index);
        self.known.insert(index, value.clone());
        value
    }

    fn fresh(&mut self, index: usize) -> Result<Quantity, Missing> {
        let unknown = || Missing::Unknown { reason: "there is no such metric".to_owned() };
        // There is no circle, so this ends.
        let metrics = self.metrics;
        let Metric { expression, absent, .. } = metrics.list.get(index).ok_or_else(unknown)?;
        self.tree(&expression.tree, *absent)
    }

    fn tree(&mut self, tree: &Tree, absent: Option<f64>) -> Result<Quantity, Missing> {
        match &tree.node {
            Node::Number(number, unit) => Ok(Quantity { number: *number, unit: unit.clone() }),
            Node::Stat(glob) => self.source.stat(glob, absent),
            Node::Reduce(reducer, glob) => self.source.reduced(*reducer, glob, absent),
            Node::Parameter(name) => self.source.parameter(name),
            Node::Word(word) => match (Figure::of(word), self.metrics.index(word)) {
                (Some(figure), _) => self.source.figure(figure),
                (None, Some(metric)) => self.metric(metric),
                (None, None) => self.source.stat(word, absent),
            },
            Node::Minus(inner) => {
                let Quantity { number, unit } = self.tree(inner, absent)?;
                Ok(Quantity { number: -number, unit })
            }
            Node::If(parts) => {
                let [condition, yes, no] = &**parts;
                let holds = self.tree(condition, absent)?.number != 0.0;
                self.tree(if holds { yes } else { no }, absent)
            }
            Node::Both(operator, sides) => {
                let (left, right) = (self.tree(&sides.0, absent)?, self.tree(&sides.1, absent)?);
                self.both(*operator, &left, &right)
            }
            Node::Call(function, items) => {
                let items: Result<Vec<Quantity>, Missing> = items.iter().map(|item| self.tree(item, absent)).collect();
                self.call(*function, &items?)
            }
        }
    }

    fn both(&mut self, operator: Operator, left: &Quantity, right: &Quantity) -> Result<Quantity, Missing> {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Minus, Over, Plus, Power, Times, Unequal};
        let (a, b) = (left.number, right.number);
        let truth = |holds: bool| (f64::from(u8::from(holds)), Unit::none());
        if !matches!(operator, Times | Over | Power) {
            let verb = if matches!(operator, Plus | Minus) { "adds or subtracts" } else { "compares" };
            self.doubt(verb, left, right);
        }
        let sum = |number| (number, if left.unit.is_none() { right.unit.clone() } else { left.unit.clone() });
        let (number, unit) = match operator {
            Plus => sum(a + b),
            Minus => sum(a - b),
            Times => (a * b, left.unit.times(&right.unit)),
            Over if b == 0.0 => {
                let word = if a == 0.0 { "0/0" } else { "x/0" };
                let reason = format!("{} is divided by zero", human::exact(a));
                return Err(Missing::Undefined { word: word.to_owned(), reason });
            }
            Over => (a / b, left.unit.over(&right.unit)),
            Power => (a.powf(b), left.unit.power(b)),
            Equal => truth(is_equal(a, b)),
            Unequal => truth(!is_equal(a, b)),
            Less => truth(a < b),
            LessOrEqual => truth(a <= b),
            Greater => truth(a > b),
            GreaterOrEqual => truth(a >= b),
        };
        finite(number, unit, |word| {
            format!("calculating with {} and {} gives {word}", human::exact(a), human::exact(b))
        })
    }

    fn call(&mut self, function: Function, items: &[Quantity]) -> Result<Quantity, Missing> {
        let unknown = || Missing::Unknown { reason: "a function is given nothing".to_owned() };
        let first = items.first().ok_or_else(unknown)?;
        let (number, unit) = match function {
            Function::Abs => (first.number.abs(), first.unit.clone()),
            Function::Sqrt => (first.number.sqrt(), first.unit.power(0.5)),
            Function::Log2 => (first.number.log2(), Unit::none()),
            Function::Min | Function::Max => {
                let mut best = first.clone();
                for item in items.iter().skip(1) {
                    self.doubt("compares", &best, item);
                    let is_better =
                        if function == Function::Min { item.number < best.number } else { item.number > best.number };
                    if is_better {
                        best = item.clone();
                    }
                }
                (best.number, best.unit)
            }
        };
        let name = match function {
            Function::Sqrt => "sqrt",
            Function::Log2 => "log2",
            Function::Abs | Function::Min | Function::Max => "it",
        };
        finite(number, unit, |word| format!("{name} of {} is {word}", human::exact(first.number)))
    }

    fn doubt(&mut self, verb: &str, left: &Quantity, right: &Quantity) {
        if !left.unit.goes_with(&right.unit) {
            self.doubts.insert(format!("it {verb} `{}` and `{}`, which are not alike", left.unit, right.unit));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Expression, MetricsError, is_name};
    use super::*;

    /// A dump of a few stats.
    struct Dump;

    fn stats() -> [(&'static str, f64, &'static str); 6] {
        [
            ("simInsts", 1000.0, "Count"),
            ("system.cpu0.numCycles", 1500.0, "Cycle"),
            ("system.cpu1.numCycles", 500.0, "Cycle"),
            ("system.l2.overallMisses::total", 7.0, "Count"),
            ("system.l2.avg", f64::NAN, "Tick/Count"),
            ("zero", 0.0, "Count"),
        ]
    }

    impl Source for Dump {
        fn stat(&self, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
            let found = stats().into_iter().find(|(name, ..)| *name == glob);
            match (found, absent) {
                (Some((name, value, unit)), _) => {
                    finite(value, Unit::parse(Some(unit)), |word| format!("`{name}` is {word}"))
                }
                (None, Some(value)) => Ok(Quantity { number: value, unit: Unit::none() }),
                (None, None) => Err(Missing::Absent { stat: glob.to_owned() }),
            }
        }

        fn reduced(&self, reducer: Reducer, glob: &str, _: Option<f64>) -> Result<Quantity, Missing> {
            let ending = glob.trim_start_matches('*');
            let found: Vec<f64> =
                stats().into_iter().filter(|(name, ..)| name.ends_with(ending)).map(|(_, value, _)| value).collect();
            let number = match reducer {
                Reducer::Sum => found.iter().sum(),
                Reducer::Count => found.len() as f64,
                _ => return Err(Missing::Absent { stat: glob.to_owned() }),
            };
            Ok(Quantity { number, unit: Unit::of("Cycle") })
        }

        fn parameter(&self, name: &str) -> Result<Quantity, Missing> {
            match name {
                "l2" => Ok(Quantity { number: 262_144.0, unit: Unit::of("Byte") }),
                "l1-size" => Ok(Quantity { number: 2.0, unit: Unit::none() }),
                other => Err(Missing::Unknown { reason: format!("there is no parameter `{other}`") }),
            }
        }

        fn figure(&self, figure: Figure) -> Result<Quantity, Missing> {
            Ok(Quantity { number: if figure == Figure::Elapsed { 2.0 } else { 1.0 }, unit: Unit::of("Second") })
        }
    }

    fn metric(name: &str, text: &str) -> Metric {
        Metric { name: name.to_owned(), expression: Expression::parse(text).expect(text), absent: None }
    }

    fn evaluate(text: &str) -> Evaluated {
        Metrics::new(vec![metric("it", text), metric("insts", "simInsts")]).unwrap().evaluate(0, &Dump)
    }

    fn number(text: &str) -> f64 {
        evaluate(text).value.unwrap_or_else(|missing| panic!("{text}: {missing:?}")).number
    }

    #[test]
    fn operators_hold_as_strongly_as_everywhere() {
        let cases = [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("10 - 2 - 3", 5.0),
            ("16 / 4 / 2", 2.0),
            ("2 ^ 3 ^ 2", 512.0),
            ("-2 ^ 2", -4.0),
            ("2 ^ -1", 0.5),
            ("2 * -3", -6.0),
            ("1e6 + 1_000", 1_001_000.0),
            ("32KiB / 1kB", 32.768),
            ("1 + 1 == 2", 1.0),
            ("if(2 > 3, 1, 0.5)", 0.5),
            ("log2(8) + sqrt(9) + abs(-1)", 7.0),
            ("min(3, 1, 2) + max(1, 2)", 3.0),
            ("simInsts / sum('*.numCycles')", 0.5),
            ("1000 * system.l2.overallMisses::total / insts", 7.0),
            ("count(\"*.numCycles\")", 2.0),
            ("$l2 / 1KiB * ${l1-size}", 512.0),
            ("elapsed", 2.0),
        ];
        for (text, expected) in cases {
            assert!((number(text) - expected).abs() < 1e-9, "{text}: {}", number(text));
        }
    }

    #[test]
    fn units_are_those_of_gem5s_lines() {
        let unit = |text: &str| evaluate(text).value.unwrap().unit.to_string();
        assert_eq!(unit("simInsts / sum('*.numCycles')"), "Count/Cycle");
        assert_eq!(unit("1000 * zero / simInsts"), "");
        assert_eq!(unit("$l2"), "Byte");
        let doubts = evaluate("simInsts + system.cpu0.numCycles").doubts;
        assert_eq!(Vec::from_iter(doubts), ["it adds or subtracts `Count` and `Cycle`, which are not alike"]);
        assert!(evaluate("simInsts + 1").doubts.is_empty());
    }

    #[test]
    fn what_has_no_value_is_missing_with_its_reason_and_never_zero() {
        let word = |text: &str| evaluate(text).value.unwrap_err().word().to_owned();
        assert_eq!((word("simInsts / zero"), word("zero / zero")), ("x/0".to_owned(), "0/0".to_owned()));
        assert_eq!(
            (word("system.l2.avg"), word("sqrt(-1)"), word("log2(0)")),
            ("nan".into(), "nan".into(), "-inf".into())
        );
        assert_eq!(
            (word("1e300 * 1e300"), word("nothing"), word("$x")),
            ("inf".into(), "absent".into(), "unknown".into())
        );
        // Only the branch that counts is asked.
        assert!(is_equal(number("if(zero == 0, 1, simInsts / zero)"), 1.0));
        let declared = Metric { absent: Some(0.0), ..metric("it", "nothing + simInsts") };
        let value = Metrics::new(vec![declared]).unwrap().evaluate(0, &Dump).value.unwrap();
        assert_eq!((value.number, value.unit.to_string()), (1000.0, "Count".to_owned()));
    }

    #[test]
    fn a_metric_that_is_made_of_itself_is_told_with_the_place() {
        let circle = Metrics::new(vec![metric("a", "b + 1"), metric("b", "2 * c"), metric("c", "1 / a")]).unwrap_err();
        assert_eq!(circle.to_string(), "`a` is made of itself: a needs b needs c needs a");
        assert!(matches!(circle, MetricsError::Circle { metric: 2, at, .. } if at == (4..5)));
        assert!(Metrics::new(vec![metric("simTicks", "'simTicks'")]).is_ok(), "in quotes it is the stat");
        assert!(Metrics::new(vec![metric("simTicks", "simTicks")]).is_err());
        assert!(Metrics::new(vec![metric("a", "1"), metric("a", "2")]).is_err());
        // Each is asked once, however often others speak of it.
        let doubled = (0..40)
            .map(|n| metric(&format!("m{n}"), &if n == 39 { "1".into() } else { format!("m{0} + m{0}", n + 1) }));
        let value = Metrics::new(doubled.collect()).unwrap().evaluate(0, &Dump).value.unwrap();
        assert!(is_equal(value.number, 2_f64.powi(39)));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let cases = [
            ("", "it ends where a value should stand", 0..0),
            ("1 +", "it ends where a value should stand", 2..3),
            ("(1", "a bracket is never closed", 0..1),
            ("1 2", "`2` stands where an operator should", 2..3),
            ("a # b", "`#` means nothing here", 2..3),
            ("sun('*.x')", "there is no function `sun`", 0..3),
            ("sum(a + b)", "`sum` is given one value", 0..10),
            ("if(1, 2)", "`if` is given 2 values", 0..8),
            ("log2()", "`log2` is given nothing", 0..6),
            ("3x + 1", "`3x` is no number", 0..2),
            ("1 < 2 < 3", "two comparisons stand in a row", 6..7),
            ("'x", "a quote is never closed", 0..2),
            ("$ + 1", "a `$` has no name behind it", 0..1),
            ("* 2", "`*` stands where a value should", 0..1),
            ("system.cpu[0].ipc", "`[` means nothing here", 10..11),
        ];
        for (text, reason, at) in cases {
            let wrong = Expression::parse(text).expect_err(text);
            assert_eq!((wrong.reason.as_str(), wrong.at.clone()), (reason, at), "{text}");
            assert!(!wrong.help.is_empty());
        }
        assert!(Expression::parse(&"(".repeat(5000)).is_err() && Expression::parse(&"-".repeat(400)).is_err());
        assert!(is_name("ipc") && !is_name("elapsed") && !is_name("sum") && !is_name("l2.x") && !is_name("2x"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_makes_it_panic(text in "(a|simInsts|zero|1|2\\.5|KiB|[-+*/^<>=!(),$'\"]|==| |if|sum|min|log2|elapsed|\\PC){0,20}") {
            match Expression::parse(&text) {
                Ok(expression) => {
                    let metric = Metric { name: "it".to_owned(), expression, absent: None };
                    if let Ok(metrics) = Metrics::new(vec![metric]) {
                        let value = metrics.evaluate(0, &Dump).value;
                        prop_assert!(value.is_ok_and(|value| value.number.is_finite()) || metrics.evaluate(0, &Dump).value.is_err());
                    }
                }
                Err(wrong) => prop_assert!(wrong.at.start <= wrong.at.end && wrong.at.end <= text.len()),
            }
        }
    }
}
