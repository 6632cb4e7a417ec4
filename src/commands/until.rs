//! `--until` and `--margin`: the time that there is, as a person writes it.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, Zoned};

use crate::cli::{Overrides, Target};
use crate::commands::Failure;
use crate::engine::Until;
use crate::experiment;

/// What can be written.
const FORM: &str = "a time is written like `+2h`, `17:30`, `2026-12-24T08:00` or `never`";

/// The same target with a time that means the same whenever it is read again: an engine may be begun anew hours later.
pub(super) fn settled(mut target: Target) -> Result<Target, Failure> {
    if let Some(text) = &target.overrides.until {
        let until = parse(text, &Zoned::now()).map_err(|why| Failure::Usage(format!("--until {text}: {why}")))?;
        target.overrides.until = Some(match until {
            Until::At { unix_ms } => Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::MAX).to_string(),
            Until::Never => "never".to_owned(),
        });
    }
    given(&target.overrides)?;
    Ok(target)
}

/// What the command line says of the time. The engine that gets a settled one may begin when that is over.
pub(super) fn given(overrides: &Overrides) -> Result<(Option<Until>, Option<Duration>), Failure> {
    let until = overrides.until.as_ref().map(|text| match text.parse::<Timestamp>() {
        Ok(at) => Ok(Until::At { unix_ms: at.as_millisecond() }),
        Err(_) => parse(text, &Zoned::now()).map_err(|why| Failure::Usage(format!("--until {text}: {why}"))),
    });
    let margin = overrides
        .margin
        .as_ref()
        .map(|text| experiment::duration(text).map_err(|why| Failure::Usage(format!("--margin {text}: {why}"))));
    Ok((until.transpose()?, margin.transpose()?))
}

/// What a person means by `text` at `now`.
fn parse(text: &str, now: &Zoned) -> Result<Until, &'static str> {
    let text = text.trim();
    if text == "never" {
        return Ok(Until::Never);
    }
    let now_ms = now.timestamp().as_millisecond();
    let unix_ms = if let Some(span) = text.strip_prefix('+') {
        let span = i64::try_from(experiment::duration(span)?.as_millis()).ok().ok_or(FORM)?;
        now_ms.saturating_add(span)
    } else if let Ok(at) = text.parse::<Timestamp>() {
        at.as_millisecond()
    } else if let Ok(at) = text.parse::<DateTime>() {
        at.to_zoned(now.time_zone().clone()).ok().ok_or(FORM)?.timestamp().as_millisecond()
    } else {
        // Behind the date: as a time of day a date with one would be read, too.
        let time: Time = text.parse().ok().ok_or(FORM)?;
        let on = |date: Date| Some(date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?.timestamp());
        let today = on(now.date()).map(Timestamp::as_millisecond).filter(|&at| at > now_ms);
        let tomorrow = || on(now.date().tomorrow().ok()?).map(Timestamp::as_millisecond);
        today.or_else(tomorrow).ok_or(FORM)?
    };
    if unix_ms > now_ms { Ok(Until::At { unix_ms }) } else { Err("that is over already") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At 12:00 in UTC.
    fn at(text: &str) -> Result<i64, &'static str> {
        let now: Zoned = "2026-11-30T12:00:00[UTC]".parse().unwrap();
        match parse(text, &now)? {
            Until::At { unix_ms } => Ok((unix_ms - now.timestamp().as_millisecond()) / 1000),
            Until::Never => Ok(-1),
        }
    }

    #[test]
    fn a_time_is_a_span_a_time_of_day_or_a_date() {
        let hour = 3600;
        assert_eq!((at("+2h"), at("+90s"), at("never")), (Ok(2 * hour), Ok(90), Ok(-1)));
        assert_eq!((at("17:30"), at("17:30:10")), (Ok(5 * hour + 1800), Ok(5 * hour + 1810)));
        assert_eq!(at("08:00"), Ok(20 * hour), "this morning is over");
        assert_eq!((at("2026-12-01T12:00"), at("2026-12-01 12:00:00")), (Ok(24 * hour), Ok(24 * hour)));
        assert_eq!(at("2026-11-30T14:00:00+01:00"), Ok(hour));
    }

    #[test]
    fn what_is_over_or_no_time_is_refused() {
        for text in ["2026-11-30T11:00", "+0s", "2025-01-01T00:00:00Z"] {
            assert_eq!(at(text), Err("that is over already"), "{text}");
        }
        for text in ["", "tomorrow", "25:00", "2h", "+", "+soon"] {
            assert!(at(text).is_err(), "{text}");
        }
    }
}
