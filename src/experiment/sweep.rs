//! From axes to points.
//!
//! The points of a sweep are the product of the `matrix` axes, the first axis changing slowest, each combined with
//! every step of `zip`; then `exclude` removes the points that have all its values, and `include` adds whole points.
//! Values are compared as they are written.

use std::collections::HashMap;

use super::limits::{ITEM, MAX_COMPARISONS, MAX_PLAN_BYTES, MAX_POINTS};
use super::model::{Axis, Entry, Point};
use super::problem::{Problem, Problems};
use super::room::refuse_plan;
use super::units::{Decimal, decimal_text};
use super::yaml::{NodeId, Scalar, ScalarKind};
use crate::text::human;
use crate::text::nearest;

/// All points of one entry of the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sweep<'f> {
    axes: Vec<AxisValues<'f>>,
    /// For every point one index into the values of each axis.
    points: Vec<u32>,
    count: usize,
    /// How many there were before any was excluded.
    product: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct AxisValues<'f> {
    name: &'f str,
    values: Vec<&'f Scalar>,
}

impl<'f> Sweep<'f> {
    /// The points of `entry`, or nothing when it is wrong in a way that was reported.
    pub(super) fn new(entry: &'f Entry, problems: &mut Problems) -> Option<Self> {
        let (matrix, zip) = (entry.matrix_axes(), entry.zip_axes());
        let before = problems.errors();
        check_names(entry, matrix, zip, problems);
        let steps = zip_length(zip, problems);
        let axes: Vec<AxisValues<'f>> = matrix
            .iter()
            .chain(zip)
            .map(|axis| AxisValues { name: &axis.name.value, values: axis.values.iter().collect() })
            .collect();
        check_points(entry, &axes, problems);
        let size = matrix.iter().try_fold(steps, |size, axis| size.checked_mul(axis.values.len()));
        let Some(size) = size.filter(|&size| size <= MAX_POINTS) else {
            let at = entry.matrix.as_ref().map(|matrix| matrix.at).or(entry.zip.as_ref().map(|zip| zip.at));
            let problem =
                Problem::error(at, format!("the sweep has more than {} points", human::count(MAX_POINTS as u64)));
            problems.push(problem.help("split it into several experiments"));
            return None;
        };
        if problems.errors() > before || size == 0 {
            return None;
        }
        if size * axes.len() * ITEM > MAX_PLAN_BYTES {
            refuse_plan(entry.matrix.as_ref().map_or(entry.at, |matrix| matrix.at), problems);
            return None;
        }
        let mut sweep = Self { points: product(matrix, steps, zip.len(), size), count: size, product: size, axes };
        if !sweep.exclude(&entry.excluded().collect::<Vec<_>>(), problems) {
            return None;
        }
        sweep.include(entry.included());
        if sweep.count == 0 {
            let at = entry.excluded().next().map_or(entry.at, |point| point.at);
            let problem = Problem::error(at, "`exclude` leaves no points");
            problems.push(problem.help("exclude fewer, or remove the simulation"));
            return None;
        }
        Some(sweep)
    }

    /// How many points there are; one without any axis.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// How many points there were before any was excluded.
    pub(super) fn product(&self) -> usize {
        self.product
    }

    /// The names of the axes, in the order of the file.
    pub(super) fn axes(&self) -> impl Iterator<Item = &'f str> + '_ {
        self.axes.iter().map(|axis| axis.name)
    }

    /// The values of one point, in the order of the axes.
    pub(super) fn point(&self, number: usize) -> impl Iterator<Item = (&'f str, &'f Scalar)> + '_ {
        let width = self.axes.len();
        let indices = &self.points[number * width..(number + 1) * width];
        self.axes.iter().zip(indices).map(|(axis, &index)| (axis.name, axis.values[index as usize]))
    }

    /// Says whether that was not too much work.
    fn exclude(&mut self, excluded: &[&'f Point], problems: &mut Problems) -> bool {
        let width = self.axes.len();
        // Points are looked up in one table for each set of named axes, so that a long list costs no more than a
        // short one.
        let mut tables: HashMap<Vec<usize>, HashMap<Vec<&str>, Vec<usize>>> = HashMap::new();
        for (number, point) in excluded.iter().enumerate() {
            let mut named: Vec<(usize, &str)> =
                point.values.iter().filter_map(|(name, value)| Some((self.axis(&name.value)?, &*value.text))).collect();
            named.sort_unstable();
            let (axes, values) = named.into_iter().unzip();
            tables.entry(axes).or_default().entry(values).or_default().push(number);
        }
        if let Some(point) = excluded.first().filter(|_| self.count.saturating_mul(tables.len()) > MAX_COMPARISONS) {
            let problem = Problem::error(point.at, "`exclude` names too many combinations of axes for so many points");
            problems.push(problem.help("split the sweep, or list the points under `include`"));
            return false;
        }
        let mut used = vec![false; excluded.len()];
        let mut kept = Vec::with_capacity(self.points.len());
        let mut count = 0;
        for point in 0..self.count {
            let indices = &self.points[point * width..(point + 1) * width];
            let mut gone = false;
            for (axes, table) in &tables {
                let values: Vec<&str> =
                    axes.iter().map(|&axis| &*self.axes[axis].values[indices[axis] as usize].text).collect();
                for &number in table.get(&values).into_iter().flatten() {
                    used[number] = true;
                    gone = true;
                }
            }
            if !gone {
                kept.extend_from_slice(indices);
                count += 1;
            }
        }
        self.points = kept;
        self.count = count;
        for (point, _) in excluded.iter().zip(used).filter(|(_, used)| !used) {
            let problem = Problem::warning(point.at, "this item of `exclude` matches no point");
            problems.push(problem.help("values are compared as they are written: `16` is not `0x10`"));
        }
        true
    }

    fn include(&mut self, included: impl Iterator<Item = &'f Point>) {
        for point in included {
            for axis in &mut self.axes {
                let given = point.values.iter().find(|(name, _)| name.value == axis.name);
                let (_, value) = given.expect("points that lack an axis were refused");
                axis.values.push(value);
                self.points.push(axis.values.len() as u32 - 1);
            }
            self.count += 1;
        }
    }

    fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.name == name)
    }
}

/// The indices of all points, the first axis changing slowest.
fn product(matrix: &[Axis], steps: usize, zipped: usize, size: usize) -> Vec<u32> {
    let width = matrix.len() + zipped;
    let mut points = Vec::with_capacity(size * width);
    for point in 0..size {
        let mut rest = point / steps.max(1);
        let start = points.len();
        points.resize(start + width, (point % steps.max(1)) as u32);
        for (axis, slot) in matrix.iter().zip(&mut points[start..]).rev() {
            *slot = (rest % axis.values.len()) as u32;
            rest /= axis.values.len();
        }
    }
    points
}

/// No parameter may come from two places.
fn check_names(entry: &Entry, matrix: &[Axis], zip: &[Axis], problems: &mut Problems) {
    let mut first: HashMap<&str, NodeId> = HashMap::new();
    let axes = matrix.iter().chain(zip).map(|axis| &axis.name);
    for name in axes.chain(entry.with.iter().flatten().map(|(name, _)| name)) {
        if let Some(&earlier) = first.get(name.value.as_str()) {
            let problem = Problem::error(name.at, format!("the parameter `{}` has two meanings", name.value));
            problems.push(problem.label("here again").related(earlier, "first here").help("rename one of them"));
        } else {
            first.insert(&name.value, name.at);
        }
    }
}

/// How many steps the zipped axes have; one without any.
fn zip_length(zip: &[Axis], problems: &mut Problems) -> usize {
    let Some(first) = zip.first() else { return 1 };
    for axis in zip {
        if axis.values.len() != first.values.len() {
            let (name, other) = (&axis.name.value, &first.name.value);
            let (len, other_len) = (axis.values.len(), first.values.len());
            let message = format!("`{other}` has {other_len} values and `{name}` has {len}: they cannot go in step");
            let problem = Problem::error(axis.name.at, message).related(first.name.at, format!("{other_len} values"));
            problems.push(problem.label(format!("{len} values")).help("use `matrix` for every combination"));
        }
    }
    first.values.len()
}

/// `include` and `exclude` may name only axes, and `include` must name all.
fn check_points(entry: &Entry, axes: &[AxisValues<'_>], problems: &mut Problems) {
    let known = || axes.iter().map(|axis| axis.name);
    let lists: [(&str, Vec<&Point>); 2] =
        [("include", entry.included().collect()), ("exclude", entry.excluded().collect())];
    for (list, points) in lists {
        for point in points {
            if axes.is_empty() {
                let problem = Problem::error(point.at, format!("`{list}` needs a `matrix` or `zip`"));
                problems.push(problem.help("there are no points to change"));
                break;
            }
            for (name, _) in &point.values {
                if !known().any(|axis| axis == name.value) {
                    let near = nearest(&name.value, known()).map(|near| format!("did you mean `{near}`?"));
                    let problem = Problem::error(name.at, format!("`{}` is no axis of this sweep", name.value));
                    problems.push(problem.maybe_help(near));
                }
            }
            let missing = known().find(|axis| !point.values.iter().any(|(name, _)| name.value == *axis));
            if let Some(axis) = missing.filter(|_| list == "include") {
                let problem = Problem::error(point.at, format!("this point has no value for `{axis}`"));
                problems.push(problem.help("`include` adds whole points: give a value for every axis"));
            }
        }
    }
}

/// The values of a range, both ends included, without rounding: `0, 1, 0.25` is `0.00`, `0.25` … `1.00`.
///
/// # Errors
/// Why not, as a phrase that follows "the range of `x`".
pub(super) fn range(from: &str, to: &str, step: &str) -> Result<Vec<Scalar>, String> {
    let number = |text: &str| Decimal::parse(text).ok_or_else(|| format!("has `{text}`, which is not a number"));
    let (from, to, step) = (number(from)?, number(to)?, number(step)?);
    let scale = from.scale.max(step.scale);
    let common = scale.max(to.scale);
    let too_large = || "has numbers with too many digits".to_owned();
    let scaled = |number: Decimal| number.rescaled(common).ok_or_else(too_large);
    let (first, last, stride) = (scaled(from)?, scaled(to)?, scaled(step)?);
    if stride == 0 {
        return Err("has a step of zero".to_owned());
    }
    let distance = last.checked_sub(first).ok_or_else(too_large)?;
    if distance != 0 && (distance < 0) != (stride < 0) {
        return Err("is empty: its step leads away from its end".to_owned());
    }
    let steps = distance / stride;
    if steps >= MAX_POINTS as i128 {
        return Err(format!("has more than {} values", human::count(MAX_POINTS as u64)));
    }
    let unit = 10_i128.pow(common - scale);
    let values = (0..=steps).map(|number| {
        let text = decimal_text((first + number * stride) / unit, scale);
        Scalar { kind: number_kind(&text), text }
    });
    Ok(values.collect())
}

fn number_kind(text: &str) -> ScalarKind {
    if let Ok(number) = text.parse::<u64>() {
        ScalarKind::Unsigned(number)
    } else if let Ok(number) = text.parse::<i64>() {
        ScalarKind::Signed(number)
    } else {
        ScalarKind::Float(text.parse().unwrap_or(f64::NAN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(from: &str, to: &str, step: &str) -> Vec<String> {
        range(from, to, step).unwrap().into_iter().map(|scalar| scalar.text).collect()
    }

    #[test]
    fn a_range_has_both_ends_and_no_rounding() {
        assert_eq!(texts("1", "10", "2"), ["1", "3", "5", "7", "9"]);
        assert_eq!(texts("0.1", "0.5", "0.1"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(texts("0", "1", "0.25"), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(texts("10", "4", "-3"), ["10", "7", "4"]);
        assert_eq!(texts("1e3", "3e3", "1_000"), ["1000", "2000", "3000"]);
        assert_eq!(texts("1", "2.5", "1"), ["1", "2"]);
        assert_eq!(texts("5", "5", "1"), ["5"]);
    }

    #[test]
    fn ranges_that_never_end_or_never_start_are_refused() {
        assert!(range("1", "10", "0").is_err());
        assert!(range("1", "10", "-1").is_err());
        assert!(range("0", "1e12", "1").is_err());
        assert!(range("a", "1", "1").is_err());
        assert!(range("1e-30", "1e30", "1").is_err());
    }

    proptest! {
        #[test]
        fn a_range_has_as_many_values_as_arithmetic_says(from in -500_i64..500, len in 0_i64..200, step in 1_i64..9) {
            let values = texts(&from.to_string(), &(from + len).to_string(), &step.to_string());
            prop_assert_eq!(values.len(), usize::try_from(len / step + 1).unwrap());
            prop_assert_eq!(&values[0], &from.to_string());
        }

        #[test]
        fn a_range_never_panics(from in "[-0-9.e_]{0,12}", to in "[-0-9.e_]{0,12}", step in "[-0-9.e_]{0,12}") {
            _ = range(&from, &to, &step);
        }
    }
}
