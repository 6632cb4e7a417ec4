//! What each simulation measured by itself: the numbers that tables are made of, before anything is computed of them.
//!
//! They are evaluated as the cells of a table are, so that a script that computes the table from them comes to the same numbers.

use std::collections::{BTreeSet, HashMap};

use super::layout::LayoutError;
use super::observation::Measured;
use super::point::{Point, Standing};
use super::prepared::chosen;
use super::question::Question;
use super::samples::{alone, explain};

impl Question {
    /// The names of the metrics that are shown.
    pub fn metric_names(&self) -> Vec<String> {
        self.shown.iter().filter_map(|at| self.rules.get(*at)).map(|rule| rule.name.clone()).collect()
    }

    /// For each point that tables are made of its place, and a value for each metric that is shown. What may still change has
    /// none, unless it is asked for.
    ///
    /// # Errors
    /// When it speaks of parameters or values that no simulation has.
    pub fn measured(&self, points: &[Point]) -> Result<Vec<(usize, Vec<Measured>)>, LayoutError> {
        let mut absent: HashMap<String, bool> = HashMap::new();
        let mut measured = |point: &Point, metric: usize| {
            let standing = match point.standing(self.include) {
                Standing::Provisional => Standing::Out,
                other => other,
            };
            match alone(&self.metrics, metric, point, standing, &mut BTreeSet::new()) {
                Ok(value) => Measured::Value(value.number),
                Err(mut gap) => {
                    explain(points, &mut gap, &mut absent);
                    Measured::Missing { word: gap.word }
                }
            }
        };
        let rows = chosen(points, &self.table, &self.only)?.into_iter();
        let row = |at: usize| {
            let point = points.get(at)?;
            Some((at, self.shown.iter().map(|metric| measured(point, *metric)).collect()))
        };
        Ok(rows.filter_map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::results::{Compare, Definition, MetricRule, ResultsRule, TableRule, ViewRule};
    use crate::report::tests::{failed, point, running};
    use crate::report::{Asked, Cell, Include};

    fn rule() -> ResultsRule {
        let value = |text: &str| Definition::Value(text.to_owned());
        let metric = |name: &str, value| MetricRule {
            name: name.to_owned(),
            value,
            better: None,
            unit: None,
            digits: None,
            absent: None,
        };
        let only = vec![("l2".to_owned(), "4MiB".to_owned())];
        let table = TableRule { baseline: Some(vec![("l2".to_owned(), "1MiB".to_owned())]), ..TableRule::default() };
        let raw = TableRule { compare: Some(Compare::None), ..TableRule::default() };
        let view = |name: &str, table| ViewRule {
            name: name.to_owned(),
            metrics: None,
            only: only.clone(),
            dump: None,
            table,
        };
        ResultsRule {
            metrics: vec![metric("m", value("a / b")), metric("rare", value("faults"))],
            views: vec![view("compared", TableRule::default()), view("raw", raw)],
            table,
            ..ResultsRule::default()
        }
    }

    /// A sweep over three sizes, one of which failed and one of which runs for one workload.
    fn points() -> Vec<Point> {
        let stats = |a: f64| [("a", a, "Count"), ("b", 3.0, "Cycle")];
        let with_faults = [("a", 1.0, "Count"), ("b", 3.0, "Cycle"), ("faults", 7.0, "Count")];
        vec![
            point("l2=1MiB wl=x", &with_faults),
            point("l2=2MiB wl=x", &stats(0.1)),
            point("l2=4MiB wl=x", &[("a", 1.0, "Count"), ("b", 0.0, "Cycle")]),
            failed("l2=1MiB wl=y", "segv"),
            running("l2=2MiB wl=y", &stats(5.0)),
        ]
    }

    fn asked(view: Option<&str>) -> Asked {
        Asked { view: view.map(str::to_owned), ..Asked::default() }
    }

    /// The name of each simulation with its numbers and words.
    fn told(asked: &Asked) -> Vec<String> {
        let points = points();
        let question = Question::new(&rule(), asked, &[]).unwrap();
        let value = |value: &Measured| match value {
            Measured::Value(number) => number.to_string(),
            Measured::Missing { word } => word.clone(),
        };
        let row = |(at, values): &(usize, Vec<Measured>)| {
            [vec![points[*at].name.clone()], values.iter().map(value).collect()].concat().join(" ")
        };
        question.measured(&points).unwrap().iter().map(row).collect()
    }

    #[test]
    fn every_simulation_has_its_numbers_or_the_words_of_a_table() {
        let third = 1.0 / 3.0;
        let rest = ["2MiB-x 0.03333333333333333 0?", "4MiB-x x/0 0?", "1MiB-y segv segv"];
        let mut wanted = vec![format!("1MiB-x {third} 7")];
        wanted.extend(rest.map(str::to_owned));
        wanted.push("2MiB-y running running".to_owned());
        assert_eq!(told(&asked(None)), wanted);
        let include = Include { provisional: true, ..Include::default() };
        assert_eq!(told(&Asked { include, ..asked(None) }).last().unwrap(), "2MiB-y 1.6666666666666667 0?");
    }

    #[test]
    fn a_view_has_the_simulations_that_its_table_is_made_of() {
        let names = |view: &str| -> Vec<String> {
            told(&asked(Some(view))).iter().map(|row| row.split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(names("compared"), ["1MiB-x", "4MiB-x", "1MiB-y"]);
        assert_eq!(names("raw"), ["4MiB-x"]);
        let unknown = ResultsRule {
            views: vec![ViewRule { only: vec![("l3".to_owned(), "1".to_owned())], ..rule().views[0].clone() }],
            ..rule()
        };
        let question = Question::new(&unknown, &asked(Some("compared")), &[]).unwrap();
        assert!(matches!(question.measured(&points()), Err(LayoutError::Parameter { .. })));
    }

    #[test]
    fn the_numbers_are_those_of_the_cells() {
        let points: Vec<Point> = points().into_iter().filter(|point| point.name.ends_with('x')).collect();
        let raw = TableRule { compare: Some(Compare::None), ..TableRule::default() };
        let question = Question::new(&rule(), &Asked { table: raw, ..Asked::default() }, &[]).unwrap();
        let rows = question.measured(&points).unwrap();
        for (at, built) in question.tables(&points).unwrap().iter().enumerate() {
            let cells = built.table.rows.iter().filter_map(|row| row.cells.first());
            for ((_, values), cell) in rows.iter().zip(cells) {
                match (&values[at], cell) {
                    (Measured::Value(number), Cell::Value(value)) => {
                        assert_eq!(number.to_bits(), value.number.to_bits());
                    }
                    (Measured::Missing { word }, Cell::Missing { word: shown, .. }) => assert_eq!(word, shown),
                    differ => panic!("{differ:?}"),
                }
            }
        }
    }
}
