//! Numbers with units, and what may be done with them. All of it is exact.

use std::cmp::Ordering;

use crate::experiment::units::{Decimal, decimal_text};
use crate::experiment::yaml::{self, Scalar, ScalarKind};

/// A number with its unit, such as `256KiB`, `2GHz`, or `8` without one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    number: Ratio,
    unit: &'static str,
}

/// A fraction in its lowest terms. What is below the line is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ratio {
    above: i128,
    below: i128,
}

/// Units of one kind, each with what it is in the first of them: so much, divided by so much.
type Family = &'static [(&'static str, i128, i128)];

/// Sizes with 1024 in between. gem5 reads units in `src/python/m5/util/convert.py`.
const BINARY: Family = &[
    ("B", 1, 1),
    ("KiB", 1 << 10, 1),
    ("kiB", 1 << 10, 1),
    ("MiB", 1 << 20, 1),
    ("GiB", 1 << 30, 1),
    ("TiB", 1 << 40, 1),
];
/// Those with 1000 in between. gem5 before 22 took them for the others, so that a size in one of them stays in it.
const DECIMAL: Family =
    &[("kB", 1000, 1), ("KB", 1000, 1), ("MB", 1_000_000, 1), ("GB", 1_000_000_000, 1), ("TB", 1_000_000_000_000, 1)];
const FREQUENCIES: Family =
    &[("Hz", 1, 1), ("kHz", 1000, 1), ("MHz", 1_000_000, 1), ("GHz", 1_000_000_000, 1), ("THz", 1_000_000_000_000, 1)];
const TIMES: Family =
    &[("s", 1, 1), ("ms", 1, 1000), ("us", 1, 1_000_000), ("ns", 1, 1_000_000_000), ("ps", 1, 1_000_000_000_000)];
const VOLTAGES: Family = &[("V", 1, 1), ("mV", 1, 1000)];

/// Families that are converted into one another.
const KINDS: [&[Family]; 4] = [&[BINARY, DECIMAL], &[FREQUENCIES], &[TIMES], &[VOLTAGES]];

/// Why there is no answer, as a phrase.
pub(super) type Reason = String;

impl Ratio {
    fn whole(above: i128) -> Self {
        Self { above, below: 1 }
    }

    fn new(above: i128, below: i128) -> Result<Self, Reason> {
        let divisor = greatest_divisor(above.unsigned_abs(), below.unsigned_abs());
        let divisor = i128::try_from(divisor).ok().ok_or_else(too_large)?;
        let (above, below) = above.checked_div(divisor).zip(below.checked_div(divisor)).ok_or_else(too_large)?;
        if below < 0 {
            let (above, below) = above.checked_neg().zip(below.checked_neg()).ok_or_else(too_large)?;
            return Ok(Self { above, below });
        }
        Ok(Self { above, below })
    }

    fn of(decimal: Decimal) -> Result<Self, Reason> {
        let below = 10_i128.checked_pow(decimal.scale).ok_or_else(too_large)?;
        Self::new(decimal.mantissa, below)
    }

    fn plus(self, other: Self) -> Result<Self, Reason> {
        let left = self.above.checked_mul(other.below);
        let sum = left.zip(other.above.checked_mul(self.below)).and_then(|(a, b)| a.checked_add(b));
        let below = self.below.checked_mul(other.below);
        sum.zip(below).ok_or_else(too_large).and_then(|(above, below)| Self::new(above, below))
    }

    fn negative(self) -> Result<Self, Reason> {
        Ok(Self { above: self.above.checked_neg().ok_or_else(too_large)?, ..self })
    }

    fn times(self, other: Self) -> Result<Self, Reason> {
        // Crosswise in lowest terms first, so that what fits does not overflow on the way.
        let (left, right) = (Self::new(self.above, other.below)?, Self::new(other.above, self.below)?);
        let above = left.above.checked_mul(right.above);
        above.zip(left.below.checked_mul(right.below)).ok_or_else(too_large).and_then(|(a, b)| Self::new(a, b))
    }

    /// None where the other is zero.
    fn over(self, other: Self) -> Option<Result<Self, Reason>> {
        (other.above != 0).then(|| self.times(Self::new(other.below, other.above)?))
    }

    fn floor(self) -> i128 {
        self.above.div_euclid(self.below)
    }

    fn compare(self, other: Self) -> Result<Ordering, Reason> {
        Ok(self.plus(other.negative()?)?.above.cmp(&0))
    }

    /// As it is written: exact if it ends, otherwise with the digits that a double has.
    fn text(self) -> String {
        let (mut rest, mut twos, mut fives) = (self.below, 0, 0);
        while rest % 2 == 0 {
            (rest, twos) = (rest / 2, twos + 1);
        }
        while rest % 5 == 0 {
            (rest, fives) = (rest / 5, fives + 1);
        }
        let scale: u32 = std::cmp::max(twos, fives);
        let scaled = 10_i128.checked_pow(scale).and_then(|power| self.above.checked_mul(power / self.below));
        match scaled.filter(|_| rest == 1) {
            Some(mantissa) => decimal_text(mantissa, scale),
            None => (self.above as f64 / self.below as f64).to_string(),
        }
    }
}

fn greatest_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Quantity {
    /// What a scalar is as a number. Text in quotes that looks like a bare number is text, but for one with `_` in it, which YAML
    /// takes for text and people mean as a number.
    pub(super) fn of(scalar: &Scalar) -> Option<Self> {
        let plain = |number| Some(Self { number, unit: "" });
        match scalar.kind {
            ScalarKind::Unsigned(value) => plain(Ratio::whole(value.into())),
            ScalarKind::Signed(value) => plain(Ratio::whole(value.into())),
            ScalarKind::Float(_) => plain(Ratio::of(Decimal::parse(&scalar.text)?).ok()?),
            ScalarKind::Text => {
                let text = scalar.text.as_str();
                let Some(end) = text.find(|c: char| c.is_ascii_alphabetic()) else {
                    let number = text.contains('_').then(|| Decimal::parse(text)).flatten()?;
                    return plain(Ratio::of(number).ok()?);
                };
                let (number, unit) = text.split_at(end);
                let mut known = KINDS.iter().flat_map(|kind| kind.iter()).flat_map(|family| family.iter());
                let (unit, ..) = *known.find(|(known, ..)| *known == unit)?;
                Some(Self { number: Ratio::of(Decimal::parse(number)?).ok()?, unit })
            }
            ScalarKind::Bool(_) | ScalarKind::Null => None,
        }
    }

    /// The number in the first unit of its kind, with the digits that a double has.
    pub(super) fn magnitude(&self) -> f64 {
        let number = |ratio: Ratio| ratio.above as f64 / ratio.below as f64;
        number(self.number) * number(self.factor())
    }

    /// The scalar that it is.
    pub(super) fn scalar(&self) -> Scalar {
        let text = self.number.text();
        if self.unit.is_empty() { yaml::plain(&text) } else { Scalar::text(text + self.unit) }
    }

    fn text(&self) -> String {
        self.scalar().text
    }

    /// Whether it is nothing.
    pub(super) fn is_zero(&self) -> bool {
        self.number.above == 0
    }

    fn is_binary(&self) -> bool {
        BINARY.iter().any(|(unit, ..)| *unit == self.unit)
    }

    fn is_size(&self) -> bool {
        KINDS[0].iter().any(|family| family.iter().any(|(unit, ..)| *unit == self.unit))
    }

    /// Which kind the unit is of.
    fn kind(&self) -> Option<usize> {
        let has = |family: &Family| family.iter().any(|(unit, ..)| *unit == self.unit);
        KINDS.iter().position(|kind| kind.iter().any(has))
    }

    /// What one of the unit is in the first unit of its kind.
    fn factor(&self) -> Ratio {
        let mut all = KINDS.iter().flat_map(|kind| kind.iter()).flat_map(|family| family.iter());
        let found = all.find(|(unit, ..)| *unit == self.unit);
        found.map_or(Ratio::whole(1), |&(_, above, below)| Ratio { above, below })
    }

    /// Both numbers in one unit.
    fn alike(&self, other: &Self, what: &str) -> Result<(Ratio, Ratio), Reason> {
        if self.unit == other.unit {
            Ok((self.number, other.number))
        } else if self.kind().is_some() && self.kind() == other.kind() {
            Ok((self.number.times(self.factor())?, other.number.times(other.factor())?))
        } else {
            Err(format!("it {what} `{}` and `{}`, which are not of one kind", self.text(), other.text()))
        }
    }

    /// So many bytes as people write them, in a unit of this one's kind.
    fn of_bytes(&self, bytes: Ratio) -> Result<Self, Reason> {
        if bytes.below != 1 {
            return Err(format!("{} bytes are no whole number", bytes.text()));
        }
        let divides = |(_, factor, _): &&(&str, i128, i128)| bytes.above != 0 && bytes.above % factor == 0;
        let own = BINARY.iter().chain(DECIMAL).find(|(unit, ..)| *unit == self.unit);
        let (unit, factor, _) = if self.is_binary() {
            BINARY.iter().rev().filter(|(unit, ..)| *unit != "kiB").find(divides).or(own)
        } else {
            // gem5 may take 1000 for 1024, which comes out the same as long as the unit stays.
            own.filter(|unit| divides(unit) || bytes.above == 0)
        }
        .ok_or_else(|| format!("{} bytes are no whole number of {}", bytes.text(), self.unit))?;
        Ok(Self { number: Ratio::whole(bytes.above / factor), unit })
    }

    /// The number in the same unit.
    fn with(&self, number: Ratio) -> Result<Self, Reason> {
        if self.is_size() { self.of_bytes(number.times(self.factor())?) } else { Ok(Self { number, unit: self.unit }) }
    }

    /// A sum or a difference.
    fn joined(
        &self,
        other: &Self,
        what: &str,
        join: fn(Ratio, Ratio) -> Result<Ratio, Reason>,
    ) -> Result<Self, Reason> {
        let (a, b) = self.alike(other, what)?;
        let sum = join(a, b)?;
        if self.unit == other.unit {
            return self.with(sum);
        }
        if self.is_size() {
            return if other.is_binary() { other.of_bytes(sum) } else { self.of_bytes(sum) };
        }
        let number = sum.over(self.factor()).ok_or_else(too_large)??;
        Ok(Self { number, unit: self.unit })
    }

    pub(super) fn plus(&self, other: &Self) -> Result<Self, Reason> {
        self.joined(other, "adds", Ratio::plus)
    }

    pub(super) fn less(&self, other: &Self) -> Result<Self, Reason> {
        self.joined(other, "subtracts", |a, b| a.plus(b.negative()?))
    }

    pub(super) fn times(&self, other: &Self) -> Result<Self, Reason> {
        let (unit, factor) = match (self.unit.is_empty(), other.unit.is_empty()) {
            (_, true) => (self, other),
            (true, false) => (other, self),
            (false, false) => return Err(format!("it multiplies `{}` by `{}`", self.text(), other.text())),
        };
        unit.with(unit.number.times(factor.number)?)
    }

    pub(super) fn over(&self, other: &Self) -> Result<Self, Reason> {
        let by_zero = || format!("it divides `{}` by zero", self.text());
        if other.unit.is_empty() {
            return self.with(self.number.over(other.number).ok_or_else(by_zero)??);
        }
        let (a, b) = self.alike(other, "divides")?;
        Ok(Self { number: a.over(b).ok_or_else(by_zero)??, unit: "" })
    }

    /// The quotient without what is behind the point, and the rest, which has the sign of the divisor.
    pub(super) fn whole_over(&self, other: &Self) -> Result<(Self, Self), Reason> {
        let (a, b) = self.alike(other, "divides")?;
        let quotient = a.over(b).ok_or_else(|| format!("it divides `{}` by zero", self.text()))??;
        let whole = Ratio::whole(quotient.floor());
        let rest = a.plus(whole.times(b)?.negative()?)?;
        let rest = if self.unit == other.unit {
            self.with(rest)?
        } else if self.is_size() {
            self.of_bytes(rest)?
        } else {
            Self { number: rest.over(self.factor()).ok_or_else(too_large)??, unit: self.unit }
        };
        Ok((Self { number: whole, unit: "" }, rest))
    }

    pub(super) fn negative(&self) -> Result<Self, Reason> {
        Ok(Self { number: self.number.negative()?, unit: self.unit })
    }

    pub(super) fn compare(&self, other: &Self) -> Result<Ordering, Reason> {
        let (a, b) = self.alike(other, "compares")?;
        a.compare(b)
    }

    /// Without what is behind the point: the next whole number below, or above.
    pub(super) fn rounded(&self, up: bool) -> Result<Self, Reason> {
        let below = self.number.floor();
        let whole = if up && self.number.below != 1 { below.checked_add(1).ok_or_else(too_large)? } else { below };
        Ok(Self { number: Ratio::whole(whole), unit: self.unit })
    }

    /// How often two goes into it, for powers of two; a size counts in bytes.
    pub(super) fn log2(&self) -> Result<Self, Reason> {
        let number = if self.is_size() { self.number.times(self.factor())? } else { self.number };
        let can_be = self.unit.is_empty() || self.is_size();
        if !can_be || number.below != 1 || number.above <= 0 || number.above.count_ones() != 1 {
            return Err(format!("`{}` is no power of two", self.text()));
        }
        Ok(Self { number: Ratio::whole(number.above.trailing_zeros().into()), unit: "" })
    }
}

fn too_large() -> Reason {
    "it has numbers with too many digits".to_owned()
}
