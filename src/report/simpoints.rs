//! Several simulations that stand for one: representative parts of a program, each with its weight.
//!
//! A weight says which part of all *instructions* a simpoint stands for. So what adds up is weighted per instruction, and a quotient
//! of two such numbers is right whatever it is: `simInsts / numCycles` becomes the IPC of the whole. Of a quotient that gem5 has made
//! only cycles per instruction can be weighted as they are, and instructions per cycle as their inverse: an average of IPCs is
//! wrong, and that of another ratio cannot be told, because nobody knows what it is divided by.

use super::point::{INSTRUCTIONS, Point};
use crate::metric::{Figure, Missing, Quantity, Reducer, Source, Unit, finite};

/// Simulations that stand for one.
pub(super) struct Weighted<'p> {
    /// Each with its weight; the weights add up to one.
    pub(super) parts: Vec<(f64, &'p Point)>,
}

impl Weighted<'_> {
    fn combined(&self, what: &str, of: impl Fn(&Point) -> Result<Quantity, Missing>) -> Result<Quantity, Missing> {
        let values: Result<Vec<Quantity>, Missing> = self.parts.iter().map(|(_, point)| of(point)).collect();
        let values = values?;
        let known = values.iter().map(|value| &value.unit).find(|unit| **unit != Unit::Unknown);
        let unit = known.cloned().unwrap_or_default();
        let weighted =
            || values.iter().zip(&self.parts).map(|(value, (weight, point))| (value.number, *weight, *point));
        let undefined = |word: &str| format!("`{what}` of its simpoints is {word}");
        if unit.is_extensive() {
            let mut sum = 0.0;
            for (number, weight, point) in weighted() {
                sum += weight * number / instructions(point)?;
            }
            return finite(sum, unit.over(&Unit::of("Count")), undefined);
        }
        if unit.is_quotient("Cycle", "Count") {
            return finite(weighted().map(|(number, weight, _)| weight * number).sum(), unit, undefined);
        }
        if unit.is_quotient("Count", "Cycle") {
            let cycles: f64 = weighted().map(|(number, weight, _)| weight / number).sum();
            return finite(1.0 / cycles, unit, undefined);
        }
        match values.first() {
            // What is the same everywhere needs no weight.
            Some(first) if values.iter().all(|value| value.number.to_bits() == first.number.to_bits()) => {
                Ok(first.clone())
            }
            _ => {
                let unit = if unit == Unit::Unknown {
                    "has no unit that is known".to_owned()
                } else {
                    format!("is a `{unit}`")
                };
                let reason = format!("`{what}` {unit}, which cannot be weighted: write it as a/b");
                Err(Missing::Refused { reason })
            }
        }
    }
}

/// The instructions that a simpoint counts.
fn instructions(point: &Point) -> Result<f64, Missing> {
    let count = point.dump.as_ref().ok().and_then(|dump| dump.first_of(&INSTRUCTIONS)).filter(|count| *count > 0.0);
    let reason = || format!("`{}` has no `simInsts`, by which simpoints are weighted", point.name);
    count.ok_or_else(|| Missing::Unknown { reason: reason() })
}

impl Source for Weighted<'_> {
    fn stat(&self, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
        self.combined(glob, |point| point.stat(glob, absent))
    }

    fn reduced(&self, reducer: Reducer, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
        self.combined(&format!("{}('{glob}')", reducer.word()), |point| point.reduced(reducer, glob, absent))
    }

    fn parameter(&self, name: &str) -> Result<Quantity, Missing> {
        self.combined(&format!("${name}"), |point| {
            // A size is no count that adds up.
            point.parameter(name).map(|value| Quantity { unit: Unit::none(), ..value })
        })
    }

    fn figure(&self, figure: Figure) -> Result<Quantity, Missing> {
        let reason = format!("`{}` is that of one simulation, and simpoints are several", figure.word());
        Err(Missing::Refused { reason })
    }
}
