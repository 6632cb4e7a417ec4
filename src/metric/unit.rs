//! Units as gem5 writes them behind a description, and how they go through arithmetic.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A unit: powers of gem5's words (`src/base/stats/units.hh`), or not known.
///
/// `Unspecified`, and a line of before 21.0 that has none, are not known. A plain number has no unit, which is something else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Unit {
    /// Nobody says.
    #[default]
    Unknown,
    /// These words with their powers; none for a plain number. Shared, since each value of thousands has one.
    Known(Arc<BTreeMap<String, i32>>),
}

/// gem5's word for a quotient of two alike.
const RATIO: &str = "Ratio";

/// How deep groups in groups are read.
const MAX_DEPTH: u32 = 8;

impl Unit {
    /// That of a plain number.
    pub fn none() -> Self {
        Self::Known(Arc::default())
    }

    /// That of one word.
    pub fn of(word: &str) -> Self {
        Self::Known(Arc::new(BTreeMap::from([(word.to_owned(), 1)])))
    }

    /// As a line of stats has it: `Count`, `Cycle/Count`, `Count/(Tick/Second)`.
    pub fn parse(text: Option<&str>) -> Self {
        text.and_then(|text| read(text, 0)).unwrap_or_default()
    }

    /// Whether it is a plain number.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Known(powers) if powers.is_empty())
    }

    /// Whether gem5 calls it a ratio and nothing more.
    pub fn is_ratio(&self) -> bool {
        *self == Self::of(RATIO)
    }

    /// Whether it counts something that adds up, such as `Count`, `Tick` or `Byte`, and is no quotient.
    pub fn is_extensive(&self) -> bool {
        const ADDS_UP: [&str; 7] = ["Count", "Cycle", "Tick", "Second", "Byte", "Bit", "Joule"];
        matches!(self, Self::Known(powers) if powers.len() == 1
            && powers.iter().all(|(word, power)| *power == 1 && ADDS_UP.contains(&word.as_str())))
    }

    /// Whether it is one word over another.
    pub fn is_quotient(&self, over: &str, under: &str) -> bool {
        *self == Self::of(over).over(&Self::of(under))
    }

    /// Whether it is so many of something for each unit of time.
    pub fn is_rate(&self) -> bool {
        const TIMES: [&str; 3] = ["Cycle", "Second", "Tick"];
        matches!(self, Self::Known(powers) if powers.iter().any(|(word, power)| *power == -1 && TIMES.contains(&word.as_str()))
            && powers.values().any(|power| *power > 0))
    }

    /// Whether ticks are in it, which are of different length in different simulations.
    pub fn has_ticks(&self) -> bool {
        matches!(self, Self::Known(powers) if powers.contains_key("Tick"))
    }

    /// That of a product.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        self.joined(other, 1)
    }

    /// That of a quotient.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        self.joined(other, -1)
    }

    /// That of a power.
    #[must_use]
    pub fn power(&self, exponent: f64) -> Self {
        match self {
            Self::Known(powers) if powers.is_empty() => Self::none(),
            Self::Known(powers) if exponent.fract() == 0.0 && exponent.abs() <= 16.0 => {
                let raised = powers.iter().map(|(word, power)| (word.clone(), power.saturating_mul(exponent as i32)));
                Self::Known(Arc::new(raised.filter(|(_, power)| *power != 0).collect()))
            }
            Self::Known(powers)
                if (exponent - 0.5).abs() < f64::EPSILON && powers.values().all(|power| power % 2 == 0) =>
            {
                Self::Known(Arc::new(powers.iter().map(|(word, power)| (word.clone(), power / 2)).collect()))
            }
            _ => Self::Unknown,
        }
    }

    /// Whether both may be added or compared: they are the same, or one of them says nothing.
    pub fn goes_with(&self, other: &Self) -> bool {
        let says_nothing = |unit: &Self| *unit == Self::Unknown || unit.is_none() || unit.is_ratio();
        self == other || says_nothing(self) || says_nothing(other)
    }

    fn joined(&self, other: &Self, sign: i32) -> Self {
        let (Self::Known(left), Self::Known(right)) = (self, other) else { return Self::Unknown };
        let mut powers = BTreeMap::clone(left);
        for (word, power) in &**right {
            let sum = powers.entry(word.clone()).or_default();
            *sum = sum.saturating_add(power.saturating_mul(sign));
        }
        powers.retain(|word, power| *power != 0 && word != RATIO);
        // A ratio of something without a unit is one still.
        let is_ratio =
            powers.is_empty() && (self.is_ratio() && other.is_none() || other.is_ratio() && self.is_none() && sign > 0);
        if is_ratio { Self::of(RATIO) } else { Self::Known(Arc::new(powers)) }
    }
}

/// Reads words with `/` and `*` in between, and groups in brackets.
fn read(text: &str, depth: u32) -> Option<Unit> {
    let text = text.trim();
    if text.is_empty() || depth > MAX_DEPTH {
        return None;
    }
    let mut depth_in = 0_i32;
    let mut split = None;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth_in += 1,
            ')' => depth_in -= 1,
            '/' | '*' if depth_in == 0 => split = Some((at, c)),
            _ => {}
        }
    }
    if let Some((at, sign)) = split {
        let (left, right) = (read(text.get(..at)?, depth + 1)?, read(text.get(at + 1..)?, depth + 1)?);
        return Some(if sign == '/' { left.over(&right) } else { left.times(&right) });
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return read(inner, depth + 1);
    }
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_word && text != "Unspecified").then(|| Unit::of(text))
}

impl fmt::Display for Unit {
    /// As gem5 writes it; nothing for a plain number and for what is not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Known(powers) = self else { return Ok(()) };
        let shown = |word: &str, power: i32| if power == 1 { word.to_owned() } else { format!("{word}^{power}") };
        let over: Vec<String> = powers.iter().filter(|(_, p)| **p > 0).map(|(word, p)| shown(word, *p)).collect();
        let under: Vec<String> = powers.iter().filter(|(_, p)| **p < 0).map(|(word, p)| shown(word, -p)).collect();
        match (over.is_empty(), under.as_slice()) {
            (true, []) => Ok(()),
            (_, []) => f.write_str(&over.join("*")),
            (true, [one]) => write!(f, "1/{one}"),
            (true, _) => write!(f, "1/({})", under.join("*")),
            (false, [one]) => write!(f, "{}/{one}", over.join("*")),
            (false, _) => write!(f, "{}/({})", over.join("*"), under.join("*")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        Unit::parse(Some(text))
    }

    #[test]
    fn gem5s_units_are_read_and_written_alike() {
        for text in ["Count", "Cycle/Count", "Count/Cycle", "Tick", "Bit/Second", "Ratio"] {
            assert_eq!(unit(text).to_string(), text);
        }
        assert_eq!(unit("Count/(Tick/Second)"), unit("Count*Second/Tick"));
        assert_eq!((unit("Unspecified"), Unit::parse(None), unit("")), (Unit::Unknown, Unit::Unknown, Unit::Unknown));
    }

    #[test]
    fn units_go_through_arithmetic() {
        assert!(unit("Count").over(&unit("Cycle")).is_quotient("Count", "Cycle"));
        assert!(unit("Count").over(&unit("Count")).is_none());
        assert_eq!(unit("Ratio").times(&unit("Tick")), unit("Tick"));
        assert!(unit("Ratio").times(&Unit::none()).is_ratio());
        assert_eq!(Unit::Unknown.times(&unit("Tick")), Unit::Unknown);
        assert_eq!(unit("Count").power(2.0).power(0.5), unit("Count"));
        assert!(unit("Count/Cycle").is_rate() && unit("Bit/Second").is_rate() && !unit("Cycle/Count").is_rate());
        assert!(unit("Tick").is_extensive() && !unit("Ratio").is_extensive() && !Unit::none().is_extensive());
        assert!(!unit("Tick").goes_with(&unit("Count")) && unit("Tick").goes_with(&Unit::none()));
    }
}
