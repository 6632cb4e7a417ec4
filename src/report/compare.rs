//! From samples to one estimate for each configuration: compared with the baseline, pair by pair, and then the mean of replicas.

use std::collections::{BTreeSet, HashMap};

use super::estimate::{Estimate, Gap, Half};
use super::layout::Layout;
use super::samples::{Group, Sample, Samples};
use super::space::{Key, SIMULATION, Space};
use super::statistics::{half_width, half_width_of_difference, mean};
use crate::experiment::results::{Better, Compare};

/// A configuration, whatever is measured of it.
#[derive(Debug)]
pub(super) struct Config {
    /// The values of [`Layout::identity`].
    pub(super) key: Key,
    /// The places of its samples.
    samples: Vec<usize>,
    /// The place of the configuration that it is compared with. Where nothing is compared, its own.
    base: Result<usize, Gap>,
}

/// A configuration with what became of it.
pub(super) struct Compared<'g> {
    pub(super) config: &'g Key,
    pub(super) estimate: Result<Estimate, Gap>,
}

/// The configurations of these groups, in the order of the file.
pub(super) fn configs(space: &Space, layout: &Layout, groups: &[Group]) -> Vec<Config> {
    let mut places: HashMap<&Key, usize> = HashMap::new();
    let mut configs: Vec<Config> = Vec::new();
    for (sample, group) in groups.iter().enumerate() {
        let place = *places.entry(&group.config).or_insert(configs.len());
        if place == configs.len() {
            configs.push(Config { key: group.config.clone(), samples: Vec::new(), base: Ok(place) });
        }
        if let Some(config) = configs.get_mut(place) {
            config.samples.push(sample);
        }
    }
    if layout.comparison() != Compare::None {
        let pairs = Pairs::new(space, layout, groups, &configs);
        let bases: Vec<Result<usize, Gap>> = configs.iter().map(|config| pairs.base_of(&config.key)).collect();
        configs.iter_mut().zip(bases).for_each(|(config, base)| config.base = base);
    }
    configs
}

/// Which configuration is compared with which.
struct Pairs<'p> {
    space: &'p Space,
    layout: &'p Layout,
    /// The configurations that are equal in all but the names of simulations, each with its first point.
    equal: HashMap<Key, Vec<(usize, Option<usize>)>>,
}

impl<'p> Pairs<'p> {
    fn new(space: &'p Space, layout: &'p Layout, groups: &[Group], configs: &[Config]) -> Self {
        let mut pairs = Self { space, layout, equal: HashMap::new() };
        for (place, config) in configs.iter().enumerate() {
            let first = config.samples.first().and_then(|sample| groups.get(*sample)?.points.first().copied());
            pairs.equal.entry(pairs.without_name(&config.key)).or_default().push((place, first));
        }
        pairs
    }

    /// The identity without the names of simulations, which differ in any case.
    fn without_name(&self, config: &Key) -> Key {
        let mut key = config.clone();
        if let Some(slot) = self.place(SIMULATION).and_then(|place| key.get_mut(place)) {
            *slot = None;
        }
        key
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.layout.identity.iter().position(|known| known == name)
    }

    /// The configuration that has the values of the baseline and is equal in all else.
    fn base_of(&self, config: &Key) -> Result<usize, Gap> {
        let mut wanted = self.without_name(config);
        for (name, value) in &self.layout.baseline {
            if let Some(slot) = self.place(name).and_then(|place| wanted.get_mut(place)) {
                *slot = self.space.value_of(name, value);
            }
        }
        let named =
            || self.layout.baseline.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        match self.equal.get(&wanted).map_or(&[][..], Vec::as_slice) {
            [(base, _)] => Ok(*base),
            [] => Err(Gap::new("no baseline", format!("no simulation has {} and is equal in all else", named()))),
            several => {
                let names = several.iter().filter_map(|(_, first)| self.space.name_of((*first)?));
                let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                let reason = format!(
                    "{} simulations have {} and are equal in all else: {}",
                    several.len(),
                    named(),
                    names.join(", ")
                );
                Err(Gap::new(format!("{} baselines", several.len()), reason))
            }
        }
    }
}

/// How numbers are compared.
pub(super) struct Comparison<'c> {
    pub(super) layout: &'c Layout,
    pub(super) better: Option<Better>,
}

/// What the samples of a configuration and those of its baseline have.
pub(super) struct Sides<'s> {
    pub(super) new: Vec<&'s Sample<'s>>,
    pub(super) base: Vec<&'s Sample<'s>>,
}

impl Comparison<'_> {
    /// Whether a ratio is that of the baseline to the others, so that it is above 1 where less is better.
    pub(super) fn is_turned(&self) -> bool {
        self.better == Some(Better::Lower)
    }

    /// An estimate for each of these configurations, of their samples.
    pub(super) fn estimates<'g>(&self, configs: &'g [Config], samples: &Samples<'_>) -> Vec<Compared<'g>> {
        let has_ticks = samples.unit.has_ticks();
        let of = |config: &Config| -> Vec<&Sample<'_>> {
            config.samples.iter().filter_map(|sample| samples.list.get(*sample)).collect()
        };
        let estimate = |at: usize, config: &Config| {
            let mut new = of(config);
            if self.layout.comparison() == Compare::None {
                return raw(&new, &self.layout.replicas);
            }
            let place = config.base.clone()?;
            let is_baseline = place == at;
            let base = configs.get(place).map(of).unwrap_or_default();
            if base.iter().all(|sample| sample.value.is_err()) && new.iter().any(|sample| sample.value.is_ok()) {
                let gap = base.iter().find_map(|sample| sample.value.as_ref().err());
                let reason = gap.map_or("it has no value", |gap| gap.reason.as_str());
                return Err(Gap::new("no baseline", format!("the baseline has no value: {reason}")));
            }
            let frequency = |side: &[&Sample<'_>]| side.iter().find_map(|one| one.group.frequency).map(f64::to_bits);
            if has_ticks && frequency(&new).zip(frequency(&base)).is_some_and(|(new, base)| new != base) {
                let reason = "its ticks are not as long as those of the baseline: use seconds";
                return Err(Gap::new("refused", reason));
            }
            new.sort_by(|a, b| a.group.replica.cmp(&b.group.replica));
            let mut estimate = self.compared(&Sides { new, base })?;
            if is_baseline {
                // It is compared with itself, which nothing is uncertain about.
                estimate.half = None;
            }
            Ok(estimate)
        };
        let all = configs.iter().enumerate();
        all.map(|(at, config)| Compared { config: &config.key, estimate: estimate(at, config) }).collect()
    }

    /// The one beside the other.
    pub(super) fn compared(&self, sides: &Sides<'_>) -> Result<Estimate, Gap> {
        let usable = |side: &[&Sample<'_>]| side.iter().any(|sample| is_final(sample));
        let finals = usable(&sides.new) && usable(&sides.base);
        let of = |side: &[&Sample<'_>]| -> Vec<(Key, f64)> {
            let counted = side.iter().filter(|sample| !finals || is_final(sample));
            counted
                .filter_map(|sample| Some((sample.group.replica.clone(), sample.value.as_ref().ok()?.number)))
                .collect()
        };
        let (new, base) = (of(&sides.new), of(&sides.base));
        if new.is_empty() {
            return Err(first_gap(&sides.new));
        }
        let base_of: HashMap<&Key, f64> = base.iter().map(|(replica, number)| (replica, *number)).collect();
        let pairs: Vec<(f64, f64)> =
            new.iter().filter_map(|(replica, number)| Some((*number, *base_of.get(replica)?))).collect();
        let numbers = |side: &[(Key, f64)]| side.iter().map(|(_, number)| *number).collect::<Vec<f64>>();
        let (all_new, all_base) = (numbers(&new), numbers(&base));
        let mut estimate = if pairs.is_empty() { self.unpaired(&all_new, &all_base)? } else { self.paired(&pairs)? };
        let is_used = |sample: &&Sample<'_>| sample.value.is_ok() && (!finals || is_final(sample));
        let own: Vec<&Sample<'_>> = sides.new.iter().copied().filter(is_used).collect();
        let all: Vec<&Sample<'_>> = own.iter().copied().chain(sides.base.iter().copied().filter(is_used)).collect();
        adorn(&mut estimate, &own, &all);
        let lone = new.len().max(base.len()).saturating_sub(pairs.len());
        if pairs.is_empty() && new.len().max(base.len()) > 1 {
            estimate.notes.insert("not paired: no replica stands on both sides".to_owned());
        } else if !pairs.is_empty() && lone > 0 {
            estimate.notes.insert(format!("over the {} replicas that both sides have", pairs.len()));
        }
        tell_of_identical(&mut estimate, &all_new, &self.layout.replicas);
        Ok(estimate)
    }

    fn ratio(&self, new: f64, base: f64) -> Result<f64, Gap> {
        let is_turned = self.is_turned() && self.layout.comparison() == Compare::Ratio;
        let (over, under, whose) = if is_turned { (base, new, "value") } else { (new, base, "value of the baseline") };
        if under == 0.0 {
            let word = if over == 0.0 { "0/0" } else { "x/0" };
            return Err(Gap::new(word, format!("the {whose} is 0, so there is no ratio")));
        }
        Ok(over / under)
    }

    fn paired(&self, pairs: &[(f64, f64)]) -> Result<Estimate, Gap> {
        if self.layout.comparison() == Compare::Difference {
            let differences: Vec<f64> = pairs.iter().map(|(new, base)| new - base).collect();
            return Ok(plain(mean(&differences), half_width(&differences).map(Half::Plain), pairs.len()));
        }
        let ratios: Result<Vec<f64>, Gap> = pairs.iter().map(|(new, base)| self.ratio(*new, *base)).collect();
        let ratios = ratios?;
        if let [only] = ratios.as_slice() {
            return Ok(plain(*only, None, 1));
        }
        let logs = logs(&ratios)?;
        Ok(plain(mean(&logs).exp(), half_width(&logs).map(Half::Log), ratios.len()))
    }

    fn unpaired(&self, new: &[f64], base: &[f64]) -> Result<Estimate, Gap> {
        let count = new.len().min(base.len());
        if self.layout.comparison() == Compare::Difference {
            let half = half_width_of_difference(new, base).map(Half::Plain);
            return Ok(plain(mean(new) - mean(base), half, count));
        }
        if let ([new], [base]) = (new, base) {
            return Ok(plain(self.ratio(*new, *base)?, None, 1));
        }
        self.ratio(1.0, base.iter().product())?;
        let (new, base) = (logs(new)?, logs(base)?);
        let ratio = self.ratio(mean(&new).exp(), mean(&base).exp())?;
        Ok(plain(ratio, half_width_of_difference(&new, &base).map(Half::Log), count))
    }
}

fn is_final(sample: &Sample<'_>) -> bool {
    sample.value.is_ok() && !sample.is_provisional
}

fn first_gap(samples: &[&Sample<'_>]) -> Gap {
    let gap = samples.iter().find_map(|sample| sample.value.as_ref().err());
    gap.cloned().unwrap_or_else(|| Gap::new("none", "there is no value"))
}

fn plain(number: f64, half: Option<Half>, count: usize) -> Estimate {
    Estimate {
        number,
        half,
        count: count as u32,
        is_provisional: false,
        is_apart: false,
        notes: BTreeSet::new(),
        points: Vec::new(),
    }
}

fn logs(numbers: &[f64]) -> Result<Vec<f64>, Gap> {
    if numbers.iter().any(|number| *number <= 0.0) {
        return Err(Gap::new("≤ 0", "a mean of ratios is for numbers above 0, and one is not"));
    }
    Ok(numbers.iter().map(|number| number.ln()).collect())
}

/// What the samples tell of an estimate that is made of its `own` ones, and of the baseline's.
fn adorn(estimate: &mut Estimate, own: &[&Sample<'_>], used: &[&Sample<'_>]) {
    estimate.is_provisional = used.iter().any(|sample| sample.is_provisional);
    estimate.is_apart = estimate.is_provisional || used.iter().any(|sample| sample.is_partial);
    estimate.notes.extend(used.iter().flat_map(|sample| sample.notes.iter().cloned()));
    estimate.points = own.iter().flat_map(|sample| sample.group.points.iter().copied()).collect();
    estimate.points.sort_unstable();
    estimate.points.dedup();
}

/// gem5 is deterministic: replicas that are the same bit by bit are no samples of anything.
fn tell_of_identical(estimate: &mut Estimate, numbers: &[f64], replicas: &[String]) {
    let is_identical = numbers.windows(2).all(|pair| matches!(pair, [a, b] if a.to_bits() == b.to_bits()));
    if numbers.len() > 1 && is_identical {
        let names: Vec<String> = replicas.iter().map(|name| format!("`{name}`")).collect();
        estimate.notes.insert(format!(
            "{} identical replicas: does {} reach the simulation?",
            numbers.len(),
            names.join(", ")
        ));
        estimate.half = None;
    }
}

/// The mean of replicas, compared with nothing.
pub(super) fn raw(samples: &[&Sample<'_>], replicas: &[String]) -> Result<Estimate, Gap> {
    let finals = samples.iter().any(|sample| is_final(sample));
    let used: Vec<&Sample<'_>> =
        samples.iter().copied().filter(|sample| sample.value.is_ok() && (!finals || is_final(sample))).collect();
    let numbers: Vec<f64> = used.iter().filter_map(|sample| Some(sample.value.as_ref().ok()?.number)).collect();
    if numbers.is_empty() {
        return Err(first_gap(samples));
    }
    let mut estimate = plain(mean(&numbers), half_width(&numbers).map(Half::Plain), numbers.len());
    adorn(&mut estimate, &used, &used);
    tell_of_identical(&mut estimate, &numbers, replicas);
    Ok(estimate)
}
