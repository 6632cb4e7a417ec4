//! How often an attempt that failed is followed by another one, and with how much more.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::units::Decimal;

/// How often an attempt that failed is followed by another one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retries {
    /// For every failure that has no entry of its own in `by_outcome`.
    pub any: u32,
    /// By outcome word, such as `segv` or `oom`.
    pub by_outcome: BTreeMap<String, Retry>,
}

/// The same of one outcome. It is recorded as a number where it is nothing but one, as earlier releases did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retry {
    /// How often.
    pub times: u32,
    /// So many times the memory, each time that this happens.
    pub memory: Option<Factor>,
    /// So many times the limits of time, likewise.
    pub time: Option<Factor>,
}

/// From 1 to 10, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor(u32);

/// A [`Retry`] as it is recorded.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Recorded {
    Times(u32),
    Raised {
        times: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<Factor>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<Factor>,
    },
}

impl Retry {
    /// So often, with what it had before.
    pub fn times(times: u32) -> Self {
        Self { times, ..Self::default() }
    }
}

impl Serialize for Retry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { times, memory, time } = *self;
        match (memory, time) {
            (None, None) => Recorded::Times(times),
            _ => Recorded::Raised { times, memory, time },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Retry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Recorded::deserialize(deserializer)? {
            Recorded::Times(times) => Self::times(times),
            Recorded::Raised { times, memory, time } => Self { times, memory, time },
        })
    }
}

impl Factor {
    /// Half as much again.
    pub const HALF_MORE: Self = Self(1_500);

    const ONE: u32 = 1_000;

    /// Reads `1.5x` and `1.5`.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase that follows a colon.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "it is written like `1.5x`: from 1 to 10, with three digits behind the point at most";
        let number = text.trim().strip_suffix('x').unwrap_or(text.trim());
        let thousandths = Decimal::parse(number).and_then(|number| number.rescaled(3));
        Self::new(thousandths.and_then(|number| u32::try_from(number).ok()).ok_or(FORM)?).ok_or(FORM)
    }

    fn new(thousandths: u32) -> Option<Self> {
        (Self::ONE..=10 * Self::ONE).contains(&thousandths).then_some(Self(thousandths))
    }

    /// `bytes`, raised so often.
    pub fn raise(self, bytes: u64, times: u32) -> u64 {
        let mut raised = u128::from(bytes);
        for _ in 0..times {
            raised = raised * u128::from(self.0) / u128::from(Self::ONE);
            if self.0 == Self::ONE || raised >= u128::from(u64::MAX) {
                break;
            }
        }
        u64::try_from(raised).unwrap_or(u64::MAX)
    }

    /// `span`, raised so often: a year at most, beyond which nothing is a limit.
    pub fn raise_span(self, span: Duration, times: u32) -> Duration {
        const MOST: Duration = Duration::from_hours(24 * 366);
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        if times == 0 { span } else { Duration::from_millis(self.raise(millis, times)).min(MOST.max(span)) }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x", f64::from(self.0) / f64::from(Self::ONE))
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.times)?;
        self.memory.into_iter().try_for_each(|factor| write!(f, " with {factor} the memory"))?;
        self.time.into_iter().try_for_each(|factor| write!(f, " with {factor} the time"))
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (f64::from(self.0) / f64::from(Self::ONE)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let thousandths = (number * f64::from(Self::ONE)).round();
        let is_one = (f64::from(Self::ONE)..=f64::from(10 * Self::ONE)).contains(&thousandths);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 1000 and 10000")]
        let factor = is_one.then_some(Self(thousandths as u32));
        factor.ok_or_else(|| serde::de::Error::custom("a factor is from 1 to 10"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_earlier_releases_recorded_is_read_and_written_as_they_did() {
        let old = r#"{"any":1,"by_outcome":{"oom":2}}"#;
        let retries: Retries = serde_json::from_str(old).unwrap();
        assert_eq!(retries.by_outcome["oom"], Retry::times(2));
        assert_eq!(serde_json::to_string(&retries).unwrap(), old);
        let raised = Retry { memory: Some(Factor::HALF_MORE), ..Retry::times(2) };
        let text = serde_json::to_string(&raised).unwrap();
        assert_eq!(
            (text.as_str(), serde_json::from_str::<Retry>(&text).unwrap()),
            (r#"{"times":2,"memory":1.5}"#, raised)
        );
        assert!(serde_json::from_str::<Retry>(r#"{"times":2,"memory":0.5}"#).is_err());
    }

    #[test]
    fn a_factor_is_between_one_and_ten_and_raises_exactly() {
        let factor = |text| Factor::parse(text).ok();
        assert_eq!(factor("1.5x"), Some(Factor::HALF_MORE));
        assert_eq!((factor("1.5"), factor("2x"), factor("10")), (factor("1.50x"), factor("2.0"), factor("10x")));
        for bad in ["0.9", "10.1x", "x", "", "1.2345", "-2", "150%", "1e999", "1.5xx"] {
            assert_eq!(factor(bad), None, "{bad}");
        }
        assert_eq!(Factor::HALF_MORE.raise(8 << 30, 2), 18 << 30);
        assert_eq!(factor("10").unwrap().raise(8 << 30, 1000), u64::MAX);
        assert_eq!(Factor::HALF_MORE.raise_span(Duration::from_secs(2), 1), Duration::from_secs(3));
        assert!(Factor::HALF_MORE.raise_span(Duration::from_hours(24), 1000) <= Duration::from_hours(24 * 366));
    }
}
