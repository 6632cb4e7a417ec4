//! What a user says success is.

use serde::{Deserialize, Serialize};

use super::outcome::{EndFacts, Evidence, LogSearch, Outcome, OutcomeKind};
use super::stats::Watch;

/// The `success:` rule of a simulation. Every condition that it names must hold; one that it does not name asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SuccessRule {
    /// The process must end with one of these exit codes; only 0 when empty.
    pub exit_codes: Vec<i32>,
    /// The exit cause that the log tells must match one of these globs, such as `m5_exit*`.
    pub exit_causes: Vec<String>,
    /// The last complete dump must hold a stat for each of these globs, such as `*.ipc`.
    pub stats: Vec<String>,
    /// A line of standard output or standard error must match this regular expression.
    pub log: Option<String>,
    /// What the script's own line about its end looks like: a regular expression with the groups `tick` and `cause`, and `code` where
    /// it tells one. It asks nothing: it makes the end known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_line: Option<String>,
    /// Other logs of gem5 than standard output and standard error: globs of paths below the output directory, or of names beside it.
    /// They ask nothing: they make more known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
}

impl SuccessRule {
    /// Whether stats are all that it asks for.
    fn is_about_stats_only(&self) -> bool {
        self.exit_codes.is_empty() && self.exit_causes.is_empty() && self.log.is_none()
    }

    /// Whether it has a condition.
    fn asks(&self) -> bool {
        let Self { exit_codes, exit_causes, stats, log, exit_line: _, logs: _ } = self;
        !(exit_codes.is_empty() && exit_causes.is_empty() && stats.is_empty() && log.is_none())
    }
}

/// The outcome of an attempt under a rule, where `derived` is its outcome without one.
///
/// A rule judges an attempt that ended by itself. If all its conditions hold, that is `ok`, whatever was derived; only an
/// interrupt that gem5-tui did not send stays what it is, unless the rule names its exit cause. If one does not hold, an
/// end that looked good, or that only the guest or missing stats spoiled, is `failed`; what is worse stays what it is, for
/// its cause says more.
pub fn judge(rule: &SuccessRule, evidence: &Evidence, derived: Outcome) -> Outcome {
    if !rule.asks() {
        return derived;
    }
    let was_stopped = (evidence.stop.is_some() || evidence.was_asked_in_job()) && !derived.kind.is_ok();
    if was_stopped || matches!(derived.kind, OutcomeKind::Lost | OutcomeKind::NotStarted) {
        return derived;
    }
    let Some(EndFacts::Exited(code)) = evidence.end else { return derived };
    let unmet = unmet(rule, evidence, code);
    match (unmet.is_empty(), derived.kind) {
        (true, OutcomeKind::Ok | OutcomeKind::Limit) => {
            Outcome { cause: format!("{}; the success rule holds", derived.cause), kind: OutcomeKind::Ok, ..derived }
        }
        (true, OutcomeKind::Cancelled | OutcomeKind::Interrupted) if rule.exit_causes.is_empty() => derived,
        // That there are stats, and a status that is its wrapper's, vouch for no gem5 that says that it failed.
        (true, _) if evidence.log.last_word.is_some() && rule.is_about_stats_only() => derived,
        (true, kind) => {
            let cause = format!("the success rule holds; without it {}: {}", kind.word(), derived.cause);
            Outcome { kind: OutcomeKind::Ok, cause, ..derived }
        }
        (false, OutcomeKind::Ok | OutcomeKind::Limit | OutcomeKind::RanDry | OutcomeKind::NoStats) => {
            Outcome { kind: OutcomeKind::Failed, cause: format!("success rule: {}", unmet.join("; ")), ..derived }
        }
        (false, OutcomeKind::GuestFailed) => {
            let cause = format!("success rule: {}; guest-failed: {}", unmet.join("; "), derived.cause);
            Outcome { kind: OutcomeKind::Failed, cause, ..derived }
        }
        (false, _) => derived,
    }
}

/// The conditions that do not hold, as phrases.
fn unmet(rule: &SuccessRule, evidence: &Evidence, code: i32) -> Vec<String> {
    let mut unmet = Vec::new();
    let codes: &[i32] = if rule.exit_codes.is_empty() { &[0] } else { &rule.exit_codes };
    if !codes.contains(&code) {
        unmet.push(format!("exit code {code} is not one of {}", joined(codes)));
    }
    if !rule.exit_causes.is_empty() {
        match evidence.exit() {
            Some(exit) if rule.exit_causes.iter().any(|glob| matches(glob, &exit.cause)) => {}
            Some(exit) => unmet.push(format!("the exit cause \"{}\" matches none of those it names", exit.cause)),
            None => unmet.push("the log tells no exit cause".to_owned()),
        }
    }
    unmet.extend(evidence.rule.missing_stats.iter().map(|glob| format!("no stat matches `{glob}`")));
    let pattern = rule.log.as_deref().unwrap_or_default();
    match &evidence.rule.log {
        LogSearch::NotAsked if rule.log.is_some() => unmet.push("the logs were not searched".to_owned()),
        LogSearch::NotAsked | LogSearch::Found => {}
        LogSearch::Absent { searched: None } => unmet.push(format!("no line matches `{pattern}`")),
        LogSearch::Absent { searched: Some(part) } => unmet.push(format!("no line matches `{pattern}` in {part}")),
        LogSearch::Failed(reason) => unmet.push(format!("`{pattern}` could not be looked for: {reason}")),
    }
    unmet
}

/// Whether an exit cause matches a glob, with the same meaning of `*` and `?` as for stats. A glob that cannot be
/// compiled matches nothing.
fn matches(glob: &str, cause: &str) -> bool {
    Watch::new(&[glob]).is_ok_and(|glob| glob.matches(cause))
}

fn joined(codes: &[i32]) -> String {
    codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::StopReason;
    use super::super::log::LogScanner;
    use super::super::outcome::{RuleFacts, StatsFacts, derive};
    use super::*;

    fn evidence(code: i32, log: &str) -> Evidence {
        let mut scanner = LogScanner::new();
        scanner.feed(log.as_bytes());
        scanner.finish();
        Evidence {
            end: Some(EndFacts::Exited(code)),
            log: scanner.facts().clone(),
            stats: StatsFacts { dumps: 1, ..StatsFacts::default() },
            ..Evidence::default()
        }
    }

    fn judged(rule: &SuccessRule, evidence: &Evidence) -> String {
        let outcome = judge(rule, evidence, derive(evidence));
        format!("{}: {}", outcome.kind.word(), outcome.line())
    }

    const DONE: &str = "Exiting @ tick 5 because m5_exit instruction encountered\n";
    const FAILED: &str = "Exiting @ tick 5 because m5_fail instruction encountered\n";

    #[test]
    fn a_rule_that_holds_makes_ok_of_what_a_script_calls_a_failure() {
        let rule = SuccessRule { exit_codes: vec![0, 3], ..SuccessRule::default() };
        assert_eq!(judged(&rule, &evidence(3, "")), "ok: the success rule holds; without it failed: exit code 3");
        let rule = SuccessRule { exit_causes: vec!["m5_fail*".to_owned()], ..SuccessRule::default() };
        assert_eq!(
            judged(&rule, &evidence(0, FAILED)),
            "ok: the success rule holds; without it guest-failed: m5_fail instruction encountered @ tick 5"
        );
        let rule = SuccessRule { exit_causes: vec!["*m5_exit*".to_owned()], ..SuccessRule::default() };
        assert_eq!(
            judged(&rule, &evidence(0, DONE)),
            "ok: m5_exit instruction encountered; the success rule holds @ tick 5"
        );
    }

    #[test]
    fn a_rule_that_does_not_hold_says_which_condition() {
        let rule =
            SuccessRule { stats: vec!["*.ipc".to_owned()], log: Some("^PASS".to_owned()), ..SuccessRule::default() };
        let mut facts = evidence(0, DONE);
        facts.rule = RuleFacts { missing_stats: vec!["*.ipc".to_owned()], log: LogSearch::Absent { searched: None } };
        assert_eq!(
            judged(&rule, &facts),
            "failed: success rule: no stat matches `*.ipc`; no line matches `^PASS` @ tick 5"
        );
        facts.rule = RuleFacts { missing_stats: Vec::new(), log: LogSearch::Failed("not a pattern".to_owned()) };
        assert!(judged(&rule, &facts).starts_with("failed: "));
        let rule = SuccessRule { exit_causes: vec!["checkpoint".to_owned()], ..SuccessRule::default() };
        assert!(judged(&rule, &evidence(0, "done\n")).contains("the log tells no exit cause"));
    }

    #[test]
    fn a_crash_keeps_its_own_cause() {
        let rule = SuccessRule { stats: vec!["*.ipc".to_owned()], ..SuccessRule::default() };
        let mut facts = evidence(1, "src/x.cc:1: fatal: bad\n");
        facts.rule.missing_stats.push("*.ipc".to_owned());
        assert_eq!(judged(&rule, &facts), "fatal: bad (src/x.cc:1)");
        facts.end = Some(EndFacts::Signaled { number: 11, name: "SIGSEGV".to_owned() });
        assert_eq!(judge(&rule, &facts, derive(&facts)).kind, OutcomeKind::Segv);
    }

    #[test]
    fn what_was_stopped_or_not_seen_to_end_is_never_made_ok() {
        let rule = SuccessRule::default();
        let interrupted = "Exiting @ tick 5 because user interrupt received\n";
        let mut facts = evidence(0, interrupted);
        assert_eq!(judge(&rule, &facts, derive(&facts)).kind, OutcomeKind::Cancelled);
        for stop in [StopReason::Cancelled, StopReason::Timeout { limit_ms: 1 }] {
            facts.stop = Some(stop);
            assert_eq!(judge(&rule, &facts, derive(&facts)), derive(&facts));
        }
        let lost = Evidence { end: None, ..evidence(0, DONE) };
        assert_eq!(judge(&rule, &lost, derive(&lost)).kind, OutcomeKind::Lost);
        let named = SuccessRule { exit_causes: vec!["user interrupt*".to_owned()], ..SuccessRule::default() };
        assert_eq!(judge(&named, &evidence(0, interrupted), derive(&evidence(0, interrupted))).kind, OutcomeKind::Ok);
    }
}
