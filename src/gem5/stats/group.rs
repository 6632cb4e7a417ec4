//! The stats that the lines of a dump belong to.

use super::line::StatLine;

/// What kind of stat it is, as far as the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    Scalar,
    /// Named elements, often with a total. A row of a two-dimensional vector without a grand total looks the same.
    Vector,
    /// A two-dimensional vector: rows `name_x::y` and a grand total `name::total`.
    Matrix,
    /// Buckets with moments, or moments alone.
    Distribution,
    /// A histogram that has only the buckets that were hit.
    SparseHistogram,
}

/// What an element is of its stat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The value of a scalar or an element of a vector.
    Value,
    /// A bucket of a histogram, underflows and overflows among them: to be drawn as a bar.
    Bucket,
    /// A figure about all samples, such as `mean`, or about the buckets, such as `bucket_size`.
    Moment,
    /// The sum.
    Total,
}

/// One stat of a dump with all its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Stat {
    /// The name without the parts behind `::`, such as `system.cpu.dcache.overallMissRate`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its values in the order of the file; exactly one for a scalar.
    pub elements: Vec<Element>,
    /// The description of its first line.
    pub description: String,
    /// The unit, where gem5 writes one.
    pub unit: Option<String>,
}

/// One value of a stat.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// The full name, as in the file.
    pub name: String,
    /// What tells it from its neighbours: the part behind `::`, `x::y` in a matrix, nothing in a scalar.
    pub label: String,
    /// What it is of the stat.
    pub part: Part,
    /// The value. May be not a number or infinite.
    pub value: f64,
    /// The share of the total in per cent.
    pub pdf: Option<f64>,
    /// The shares up to this one, summed up, in per cent.
    pub cdf: Option<f64>,
    /// Its own description, when that differs from the stat's.
    pub description: Option<String>,
}

/// The stats of a dump, in the order of the file. No line is lost: the elements of all stats are the lines.
pub fn stats(lines: &[StatLine]) -> Vec<Stat> {
    let mut stats: Vec<Stat> = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let (base, label) = split_name(&first.name);
        let is_ours = |line: &StatLine| label.is_some() && is_element_of(&line.name, base);
        let count = 1 + rest.iter().skip(1).take_while(|line| is_ours(line)).count();
        let (ours, others) = rest.split_at(count);
        rest = others;
        let stat = stat(base, label.is_none(), ours);
        if is_grand_total(&stat) {
            join_rows(&mut stats, stat);
        } else {
            stats.push(stat);
        }
    }
    stats
}

/// The name of the stat and of the element. A stat's own name has no colons (`base/stats/info.cc`); an element's may
/// have anything.
fn split_name(name: &str) -> (&str, Option<&str>) {
    match name.split_once("::") {
        Some((base, label)) => (base, Some(label)),
        None => (name, None),
    }
}

fn is_element_of(name: &str, base: &str) -> bool {
    name.strip_prefix(base).is_some_and(|rest| rest.starts_with("::"))
}

fn stat(base: &str, is_scalar: bool, lines: &[StatLine]) -> Stat {
    let label = |line: &StatLine| split_name(&line.name).1.unwrap_or_default().to_owned();
    let labels: Vec<String> = lines.iter().map(label).collect();
    let kind = if is_scalar { Kind::Scalar } else { kind(&labels) };
    let first = lines.first();
    let description = first.map(|line| line.description.clone()).unwrap_or_default();
    let element = |(line, label): (&StatLine, String)| Element {
        name: line.name.clone(),
        part: part(kind, &label),
        label,
        value: line.value,
        pdf: line.pdf,
        cdf: line.cdf,
        description: (line.description != description).then(|| line.description.clone()),
    };
    Stat {
        name: base.to_owned(),
        kind,
        elements: lines.iter().zip(labels).map(element).collect(),
        unit: first.and_then(|line| line.unit.clone()),
        description,
    }
}

/// Figures that only distributions have, beside `samples` (`DistPrint` in `base/stats/text.cc`).
const MOMENTS: [&str; 8] =
    ["mean", "gmean", "stdev", "bucket_size", "min_bucket", "max_bucket", "min_value", "max_value"];

fn kind(labels: &[String]) -> Kind {
    let has = |wanted: &str| labels.iter().any(|label| label == wanted);
    let is_sparse = || labels.iter().all(|label| label == "samples" || label.parse::<f64>().is_ok());
    if has("samples") && (MOMENTS.iter().any(|moment| has(moment)) || has("underflows") || has("overflows")) {
        Kind::Distribution
    } else if labels.first().is_some_and(|label| label == "samples") && is_sparse() {
        Kind::SparseHistogram
    } else {
        Kind::Vector
    }
}

fn part(kind: Kind, label: &str) -> Part {
    match kind {
        Kind::Vector | Kind::Matrix if label == "total" => Part::Total,
        Kind::Scalar | Kind::Vector | Kind::Matrix => Part::Value,
        Kind::Distribution | Kind::SparseHistogram => match label {
            "total" => Part::Total,
            "samples" => Part::Moment,
            _ if MOMENTS.contains(&label) => Part::Moment,
            _ => Part::Bucket,
        },
    }
}

/// A total without elements: gem5 writes it only below the rows of a two-dimensional vector.
fn is_grand_total(stat: &Stat) -> bool {
    stat.kind == Kind::Vector && matches!(&stat.elements[..], [only] if only.part == Part::Total)
}

/// Makes one stat of the grand total and of the rows that stand right before it.
fn join_rows(stats: &mut Vec<Stat>, total: Stat) {
    let is_row = |stat: &Stat| {
        let row = stat.name.strip_prefix(total.name.as_str()).and_then(|rest| rest.strip_prefix('_'));
        stat.kind == Kind::Vector && row.is_some()
    };
    let rows = stats.iter().rev().take_while(|stat| is_row(stat)).count();
    if rows == 0 {
        stats.push(total);
        return;
    }
    let rows = stats.split_off(stats.len() - rows);
    let mut matrix = Stat { kind: Kind::Matrix, elements: Vec::new(), ..total.clone() };
    for row in rows {
        let x = row.name.get(total.name.len() + 1..).unwrap_or_default();
        matrix.elements.extend(row.elements.into_iter().map(|y| {
            // The total of a row is one of the values of the matrix.
            let label = format!("{x}::{}", y.label);
            Element { label, part: Part::Value, ..y }
        }));
    }
    matrix.elements.extend(total.elements);
    stats.push(matrix);
}

#[cfg(test)]
mod tests {
    use super::super::parse_block;
    use super::*;

    fn shape(text: &str) -> Vec<(String, Kind, Vec<String>)> {
        let labels = |stat: &Stat| stat.elements.iter().map(|element| element.label.clone()).collect();
        stats(&parse_block(text)).iter().map(|stat| (stat.name.clone(), stat.kind, labels(stat))).collect()
    }

    fn expected(name: &str, kind: Kind, labels: &[&str]) -> (String, Kind, Vec<String>) {
        (name.to_owned(), kind, labels.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lines_are_told_apart_by_what_gem5_writes_for_each_kind() {
        let text = "simTicks 5\na.missRate::cpu.data 1\na.missRate::total 1\n\
            a.dist::samples 2\na.dist::mean 1\na.dist::underflows 0\na.dist::0-9 2\na.dist::total 2\n\
            a.dev::samples 2\na.dev::mean 1\na.dev::stdev 1\n\
            a.sparse::samples 2\na.sparse::64 1\na.sparse::4096 1\n";
        assert_eq!(
            shape(text),
            [
                expected("simTicks", Kind::Scalar, &[""]),
                expected("a.missRate", Kind::Vector, &["cpu.data", "total"]),
                expected("a.dist", Kind::Distribution, &["samples", "mean", "underflows", "0-9", "total"]),
                expected("a.dev", Kind::Distribution, &["samples", "mean", "stdev"]),
                expected("a.sparse", Kind::SparseHistogram, &["samples", "64", "4096"]),
            ]
        );
    }

    #[test]
    fn buckets_moments_and_totals_of_a_distribution_are_told_apart() {
        let all = stats(&parse_block("d::samples 2\nd::mean 1\nd::overflows 0 0.00% 1.00%\nd::total 2\n"));
        let parts: Vec<Part> = all[0].elements.iter().map(|element| element.part).collect();
        assert_eq!(parts, [Part::Moment, Part::Moment, Part::Bucket, Part::Total]);
    }

    #[test]
    fn a_two_dimensional_vector_is_one_stat() {
        let text = "t_0::a 1\nt_0::b 2\nt_0::total 3\nt_1::a 4\nt_1::total 4\nt::total 7\n";
        assert_eq!(
            shape(text),
            [expected("t", Kind::Matrix, &["0::a", "0::b", "0::total", "1::a", "1::total", "total"])]
        );
        // One row has no grand total, and nothing tells it from a vector.
        assert_eq!(shape("t_0::a 1\nt_0::b 2\n"), [expected("t_0", Kind::Vector, &["a", "b"])]);
        // A lone total without rows stays what it is.
        assert_eq!(shape("x 1\nt::total 7\n")[1], expected("t", Kind::Vector, &["total"]));
    }

    #[test]
    fn an_element_keeps_a_description_of_its_own() {
        let all = stats(&parse_block("v::a 1 # one\nv::b 2 # two\nv::total 3 # one\n"));
        let own: Vec<Option<&str>> = all[0].elements.iter().map(|element| element.description.as_deref()).collect();
        assert_eq!((all[0].description.as_str(), own), ("one", vec![None, Some("two"), None]));
    }
}
