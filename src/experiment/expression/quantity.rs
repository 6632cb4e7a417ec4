//! Numbers with units, and what may be done with them.

use std::cmp::Ordering;

use crate::experiment::units::{Decimal, decimal_text};
use crate::experiment::yaml::{self, Scalar, ScalarKind};

/// A number with its unit, such as `256KiB`, `2GHz`, or `8` without one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    number: Decimal,
    unit: String,
}

/// Units of sizes with 1024 in between, from small to large. gem5 reads them (`src/python/m5/util/convert.py`).
const BINARY: [(&str, i128); 5] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
/// Those with 1000 in between. gem5 before 22 took them for the others, so that a size in one of them stays in it.
const DECIMAL: [(&str, i128); 5] =
    [("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// Digits behind the point of a quotient that ends.
const MAX_SCALE: u32 = 18;

/// Why there is no answer, as a phrase.
pub(super) type Reason = String;

impl Quantity {
    /// What a scalar is as a number. Text in quotes that looks like a bare number is text.
    pub(super) fn of(scalar: &Scalar) -> Option<Self> {
        let plain = |number| Some(Self { number, unit: String::new() });
        match scalar.kind {
            ScalarKind::Unsigned(value) => plain(Decimal { mantissa: value.into(), scale: 0 }),
            ScalarKind::Signed(value) => plain(Decimal { mantissa: value.into(), scale: 0 }),
            ScalarKind::Float(_) => plain(Decimal::parse(&scalar.text)?),
            ScalarKind::Text => {
                let text = scalar.text.as_str();
                let end = text.find(|c: char| c.is_ascii_alphabetic())?;
                let (number, unit) = text.split_at(end);
                let is_unit = unit.len() <= 8 && unit.bytes().all(|byte| byte.is_ascii_alphabetic());
                (is_unit && end > 0).then_some(())?;
                Some(Self { number: Decimal::parse(number)?, unit: unit.to_owned() })
            }
            ScalarKind::Bool(_) | ScalarKind::Null => None,
        }
    }

    /// The scalar that it is.
    pub(super) fn scalar(&self) -> Scalar {
        let text = decimal_text(self.number.mantissa, self.number.scale);
        if self.unit.is_empty() { yaml::plain(&text) } else { Scalar::text(text + &self.unit) }
    }

    fn text(&self) -> String {
        self.scalar().text
    }

    /// Whether it is nothing.
    pub(super) fn is_zero(&self) -> bool {
        self.number.mantissa == 0
    }

    /// How many bytes a unit is.
    fn factor(&self) -> Option<i128> {
        BINARY.iter().chain(&DECIMAL).find(|(unit, _)| *unit == self.unit).map(|(_, factor)| *factor)
    }

    fn is_binary(&self) -> bool {
        BINARY.iter().any(|(unit, _)| *unit == self.unit)
    }

    fn bytes(&self) -> Result<Decimal, Reason> {
        let factor = self.factor().unwrap_or(1);
        times(self.number, Decimal { mantissa: factor, scale: 0 })
    }

    /// Both numbers in one unit.
    fn alike(&self, other: &Self, what: &str) -> Result<(Decimal, Decimal), Reason> {
        if self.unit == other.unit {
            Ok((self.number, other.number))
        } else if self.factor().is_some() && other.factor().is_some() {
            Ok((self.bytes()?, other.bytes()?))
        } else {
            Err(format!("it {what} `{}` and `{}`, which are not of one kind", self.text(), other.text()))
        }
    }

    /// So many bytes as people write them, in a unit of this one's kind.
    fn of_bytes(&self, bytes: Decimal) -> Result<Self, Reason> {
        let bytes = trimmed(bytes);
        let shown = || decimal_text(bytes.mantissa, bytes.scale);
        if bytes.scale > 0 {
            return Err(format!("{} bytes are no whole number", shown()));
        }
        let units: &[(&str, i128)] = if self.is_binary() { &BINARY } else { &DECIMAL };
        let divides = |(_, factor): &&(&str, i128)| bytes.mantissa % factor == 0 && bytes.mantissa != 0;
        let own = units.iter().find(|(unit, _)| *unit == self.unit);
        let (unit, factor) = if self.is_binary() {
            units.iter().rev().find(divides).or(own)
        } else {
            // gem5 may take 1000 for 1024, which comes out the same as long as the unit stays.
            own.filter(|unit| divides(unit) || bytes.mantissa == 0)
        }
        .ok_or_else(|| format!("{} bytes are no whole number of {}", shown(), self.unit))?;
        Ok(Self { number: Decimal { mantissa: bytes.mantissa / factor, scale: 0 }, unit: (*unit).to_owned() })
    }

    /// The number in the same unit.
    fn with(&self, number: Decimal) -> Result<Self, Reason> {
        match self.factor() {
            Some(factor) => self.of_bytes(times(number, Decimal { mantissa: factor, scale: 0 })?),
            None => Ok(Self { number: trimmed(number), unit: self.unit.clone() }),
        }
    }

    /// A sum or a difference.
    fn joined(&self, other: &Self, what: &str, join: fn(i128, i128) -> Option<i128>) -> Result<Self, Reason> {
        let (a, b) = self.alike(other, what)?;
        let scale = a.scale.max(b.scale);
        let joined = a.rescaled(scale).zip(b.rescaled(scale)).and_then(|(a, b)| join(a, b));
        let sum = Decimal { mantissa: joined.ok_or_else(too_large)?, scale };
        if self.unit == other.unit {
            self.with(sum)
        } else {
            let kind = if other.is_binary() { other } else { self };
            kind.of_bytes(sum)
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Result<Self, Reason> {
        self.joined(other, "adds", i128::checked_add)
    }

    pub(super) fn less(&self, other: &Self) -> Result<Self, Reason> {
        self.joined(other, "subtracts", i128::checked_sub)
    }

    pub(super) fn times(&self, other: &Self) -> Result<Self, Reason> {
        let (unit, factor) = match (self.unit.is_empty(), other.unit.is_empty()) {
            (_, true) => (self, other),
            (true, false) => (other, self),
            (false, false) => return Err(format!("it multiplies `{}` by `{}`", self.text(), other.text())),
        };
        unit.with(times(unit.number, factor.number)?)
    }

    pub(super) fn over(&self, other: &Self) -> Result<Self, Reason> {
        if other.is_zero() {
            return Err(format!("it divides `{}` by zero", self.text()));
        }
        if other.unit.is_empty() {
            return self.with(quotient(self.number, other.number)?);
        }
        let (a, b) = self.alike(other, "divides")?;
        Ok(Self { number: quotient(a, b)?, unit: String::new() })
    }

    /// The quotient without what is behind the point, and the rest.
    pub(super) fn whole_over(&self, other: &Self) -> Result<(Self, Self), Reason> {
        if other.is_zero() {
            return Err(format!("it divides `{}` by zero", self.text()));
        }
        let (a, b) = self.alike(other, "divides")?;
        let scale = a.scale.max(b.scale);
        let (a, b) = a.rescaled(scale).zip(b.rescaled(scale)).ok_or_else(too_large)?;
        let (whole, rest) = (a.div_euclid(b), a.rem_euclid(b));
        let rest = Decimal { mantissa: rest, scale };
        let rest = if self.unit == other.unit { self.with(rest)? } else { self.of_bytes(rest)? };
        Ok((Self { number: Decimal { mantissa: whole, scale: 0 }, unit: String::new() }, rest))
    }

    pub(super) fn negative(&self) -> Self {
        let number = Decimal { mantissa: -self.number.mantissa, ..self.number };
        Self { number, unit: self.unit.clone() }
    }

    pub(super) fn compare(&self, other: &Self) -> Result<Ordering, Reason> {
        let (a, b) = self.alike(other, "compares")?;
        let scale = a.scale.max(b.scale);
        let (a, b) = a.rescaled(scale).zip(b.rescaled(scale)).ok_or_else(too_large)?;
        Ok(a.cmp(&b))
    }

    /// Without what is behind the point: the next whole number below, or above.
    pub(super) fn rounded(&self, up: bool) -> Result<Self, Reason> {
        let unit = 10_i128.checked_pow(self.number.scale).ok_or_else(too_large)?;
        let below = self.number.mantissa.div_euclid(unit);
        let is_whole = self.number.mantissa.rem_euclid(unit) == 0;
        let mantissa = if up && !is_whole { below + 1 } else { below };
        Ok(Self { number: Decimal { mantissa, scale: 0 }, unit: self.unit.clone() })
    }

    /// How often two goes into it, for powers of two; a size counts in bytes.
    pub(super) fn log2(&self) -> Result<Self, Reason> {
        let number = if self.unit.is_empty() { self.number } else { self.bytes()? };
        let number = trimmed(number);
        let is_size = self.unit.is_empty() || self.factor().is_some();
        if !is_size || number.scale > 0 || number.mantissa <= 0 || number.mantissa.count_ones() != 1 {
            return Err(format!("`{}` is no power of two", self.text()));
        }
        let mantissa = i128::from(number.mantissa.trailing_zeros());
        Ok(Self { number: Decimal { mantissa, scale: 0 }, unit: String::new() })
    }
}

fn too_large() -> Reason {
    "it has numbers with too many digits".to_owned()
}

fn times(a: Decimal, b: Decimal) -> Result<Decimal, Reason> {
    let mantissa = a.mantissa.checked_mul(b.mantissa).ok_or_else(too_large)?;
    let product = trimmed(Decimal { mantissa, scale: a.scale + b.scale });
    if product.scale > 2 * MAX_SCALE { Err(too_large()) } else { Ok(product) }
}

/// Exact if it ends soon; otherwise with the digits that a double has.
fn quotient(a: Decimal, b: Decimal) -> Result<Decimal, Reason> {
    let scale = a.scale.max(b.scale);
    let (a, b) = a.rescaled(scale).zip(b.rescaled(scale)).ok_or_else(too_large)?;
    for scale in 0..=MAX_SCALE {
        let Some(scaled) = 10_i128.checked_pow(scale).and_then(|power| a.checked_mul(power)) else { break };
        if scaled % b == 0 {
            return Ok(Decimal { mantissa: scaled / b, scale });
        }
    }
    Decimal::parse(&(a as f64 / b as f64).to_string()).ok_or_else(too_large)
}

/// Without zeros at its end.
fn trimmed(mut number: Decimal) -> Decimal {
    while number.scale > 0 && number.mantissa % 10 == 0 {
        number = Decimal { mantissa: number.mantissa / 10, scale: number.scale - 1 };
    }
    number
}
