//! A metric as it was written, with numbers in the places of what it is made of.

use std::ops::Range;

use super::evaluate::Missing;
use super::{Figure, Metrics, Node, Quantity, Source, Tree};
use crate::text::human;

impl Metrics {
    /// `text`, of which the metric at `index` was read, with the numbers that `source` has. What has none is told in a word.
    pub fn with_numbers(&self, index: usize, text: &str, source: &dyn Source) -> String {
        let Some(metric) = self.list.get(index) else { return String::new() };
        let mut parts: Vec<(Range<usize>, String)> = Vec::new();
        metric.expression.tree.walk(&mut |tree| {
            if let Some(value) = self.of_part(tree, metric.absent, source) {
                let told = match value {
                    Ok(Quantity { number, .. }) => human::exact(number),
                    Err(missing) => missing.word().to_owned(),
                };
                parts.push((tree.at.clone(), told));
            }
        });
        parts.sort_by_key(|(at, _)| at.start);
        let mut told = text.to_owned();
        for (at, number) in parts.into_iter().rev() {
            // What was read of another text has other places.
            if told.get(at.clone()).is_some() {
                told.replace_range(at, &number);
            }
        }
        told
    }

    /// The value of a part that is made of no other parts and is no number already.
    fn of_part(&self, tree: &Tree, absent: Option<f64>, source: &dyn Source) -> Option<Result<Quantity, Missing>> {
        match &tree.node {
            Node::Stat(glob) => Some(source.stat(glob, absent)),
            Node::Reduce(reducer, glob) => Some(source.reduced(*reducer, glob, absent)),
            Node::Parameter(name) => Some(source.parameter(name)),
            Node::Word(word) => Some(match (Figure::of(word), self.index(word)) {
                (Some(figure), _) => source.figure(figure),
                (None, Some(metric)) => self.evaluate(metric, source).value,
                (None, None) => source.stat(word, absent),
            }),
            Node::Number(..) | Node::Minus(_) | Node::If(_) | Node::Both(..) | Node::Call(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expression, Metric, Reducer, Unit};
    use super::*;

    struct One;

    impl Source for One {
        fn stat(&self, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
            match (glob, absent) {
                ("simInsts", _) => Ok(Quantity { number: 3.0, unit: Unit::none() }),
                (_, Some(number)) => Ok(Quantity { number, unit: Unit::none() }),
                (glob, None) => Err(Missing::Absent { stat: glob.to_owned() }),
            }
        }

        fn reduced(&self, _: Reducer, _: &str, _: Option<f64>) -> Result<Quantity, Missing> {
            Ok(Quantity { number: 6.5, unit: Unit::none() })
        }

        fn parameter(&self, _: &str) -> Result<Quantity, Missing> {
            Ok(Quantity { number: 8.0, unit: Unit::none() })
        }

        fn figure(&self, _: Figure) -> Result<Quantity, Missing> {
            Err(Missing::Unknown { reason: "nobody knows".to_owned() })
        }
    }

    #[test]
    fn numbers_stand_where_their_names_stood() {
        let told = |text: &str| {
            let metric = |name: &str, text: &str| Metric {
                name: name.to_owned(),
                expression: Expression::parse(text).unwrap(),
                absent: None,
            };
            let metrics = Metrics::new(vec![metric("m", text), metric("other", "2 * simInsts")]).unwrap();
            metrics.with_numbers(0, text, &One)
        };
        assert_eq!(told("1000 * sum('*.l2*.misses::total') / simInsts"), "1000 * 6.5 / 3");
        assert_eq!(told("if(other > 1e3, $ways, max('gone', elapsed))"), "if(6 > 1e3, 8, max(absent, unknown))");
        let stat = Metric { name: "s".to_owned(), expression: Expression::stat("simInsts"), absent: None };
        assert_eq!(Metrics::new(vec![stat]).unwrap().with_numbers(0, "simInsts", &One), "3");
    }
}
