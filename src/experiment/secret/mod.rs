//! Values that are passed on and never written down.
//!
//! A variable whose name speaks of a secret reaches the process. In records, in what is printed and in what engine and
//! clients say to each other, [`WITHHELD`] stands for its value. The engine has the value from the experiment file and
//! sets it in the environment of the shim, which leaves it as it is; so a retry by a later engine has it again.
//!
//! The awkward truth: only names, and the form of a value such as a URL with a password (`form.rs`), tell a secret from other
//! text. A value under another name, in an argument, or in what a simulation prints is written down like any other. And a
//! value that is not written down cannot be compared: that a result was made with another one is not noticed.

mod form;
mod source;

use std::collections::BTreeMap;

use super::notify::{EnvText, NotifyRule, Post, Way, host_end};
use super::plan::{Plan, Simulation};
pub(super) use form::url_with_secret;
pub(super) use source::hidden;

/// What stands for a value that is not written down.
pub const WITHHELD: &str = "(not recorded)";

/// Parts of names that speak of a secret. A name that has one by chance, such as `NUM_PASSES`, costs that its value is not
/// recorded and that nobody is told when it changes.
const SPEAKING: [&str; 9] = ["TOKEN", "SECRET", "PASS", "PWD", "KEY", "CRED", "COOKIE", "BEARER", "SIGNATURE"];

/// Words that speak of a secret where they stand alone in a name, as in `GITHUB_PAT` and `auth-header`; `PATH` and `AUTHOR`
/// do not.
const WORDS: [&str; 6] = ["PAT", "PW", "AUTH", "AUTHORIZATION", "SIG", "JWT"];

/// Variables that hold lists of paths with a `:` between them.
const LISTS: [&str; 4] = ["PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD"];

/// A shorter value of an argument, such as `3` or `256KiB`, is no secret worth a warning.
const SHORTEST: usize = 8;

/// Changes to an environment: a value sets a variable, `None` removes it.
pub type Environment = BTreeMap<String, Option<String>>;

/// Whether the name of a variable, an option or a keyword speaks of a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    SPEAKING.iter().any(|part| name.contains(part)) || words.any(|word| WORDS.contains(&word))
}

/// Whether the value of a variable may be written down: neither its name nor its own form speaks of a secret.
pub(super) fn may_be_shown(name: &str, value: &str) -> bool {
    !is_secret(name) && !form::holds_secret(value, LISTS.contains(&name))
}

/// The value of a variable as it may be written down.
pub fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if may_be_shown(name, value) { value } else { WITHHELD }
}

/// The changes with [`WITHHELD`] for every secret value.
#[must_use]
pub fn redacted(env: &Environment) -> Environment {
    let withhold = |(name, value): (&String, &Option<String>)| {
        (name.clone(), value.as_ref().map(|value| shown(name, value).to_owned()))
    };
    env.iter().map(withhold).collect()
}

/// The names and values that [`redacted`] withholds.
pub fn withheld(env: &Environment) -> impl Iterator<Item = (&str, &str)> {
    let given = env.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
    given.filter(|(name, value)| !may_be_shown(name, value) || is_withheld(Some(value)))
}

/// Whether this is a value that was withheld, and not the value itself.
pub fn is_withheld(value: Option<&str>) -> bool {
    value == Some(WITHHELD)
}

impl Plan {
    /// The plan as it may be written down.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let simulations = self.simulations.iter().map(Simulation::redacted).collect();
        let notify = self.notify.iter().map(NotifyRule::redacted).collect();
        Self { simulations, notify, origin: None, ..self.without_simulations() }
    }

    /// The name of a variable whose value may not be written down, and of the simulation that gets it; none if there is no such value.
    pub fn a_secret(&self) -> Option<(&str, &str)> {
        if self.notify.iter().any(NotifyRule::has_secret) {
            return Some(("post", "`notify`"));
        }
        self.simulations.iter().find_map(|simulation| {
            let spawned = simulation.suite().map(|suite| &suite.spawned.env);
            let (name, _) = std::iter::once(&simulation.env).chain(spawned).find_map(|env| withheld(env).next())?;
            Some((name, simulation.name.as_str()))
        })
    }
}

impl Simulation {
    /// The simulation as it may be written down.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut shown = Self { env: redacted(&self.env), ..self.clone() };
        if let Some(suite) = shown.suite_mut() {
            suite.spawned.env = redacted(&suite.spawned.env);
        }
        shown
    }
}

impl NotifyRule {
    /// The rule as it may be written down: of an address the host, and what variables stand for.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let way = match &self.way {
            Way::Run(words) => Way::Run(words.clone()),
            Way::Post(Post { url, headers }) => {
                let shown = |(name, value): &(String, EnvText)| {
                    let is_shown = value.has_variables() || may_be_shown(name, value.written());
                    (name.clone(), if is_shown { value.clone() } else { EnvText::literal(WITHHELD) })
                };
                Way::Post(Post { url: shown_address(url), headers: headers.iter().map(shown).collect() })
            }
        };
        Self { on: self.on.clone(), way }
    }
}

impl NotifyRule {
    /// Whether something is written out in it that looks like a secret.
    fn has_secret(&self) -> bool {
        let Way::Post(Post { url, .. }) = &self.way else { return false };
        !url.has_variables() && self.redacted() != *self
    }
}

/// An address without what is written out behind its host: that is often the secret itself.
fn shown_address(url: &EnvText) -> EnvText {
    let written = url.written();
    let (host, rest) = written.split_at(host_end(written));
    let is_separator = |c: char| "/?&=".contains(c);
    match EnvText::parse(rest) {
        Ok(rest) if rest.literals().chars().all(is_separator) => url.clone(),
        // The host may be a variable, which stays one.
        _ => EnvText::parse(&format!("{host}/{WITHHELD}")).unwrap_or_else(|_| EnvText::literal(WITHHELD)),
    }
}

/// Whether an address or a header of a notice was not written down, so that there is nothing to send.
pub fn is_incomplete(rule: &NotifyRule) -> bool {
    match &rule.way {
        Way::Run(_) => false,
        Way::Post(Post { url, headers }) => {
            let texts = headers.iter().map(|(_, value)| value).chain([url]);
            texts.into_iter().any(|text| text.written().contains(WITHHELD))
        }
    }
}

/// The name of the option in `argument` if its value, there or in the `next` argument, looks like a secret. Numbers, sizes
/// and paths do not: a file is how a secret should be passed.
pub(super) fn option_with_secret<'a>(argument: &'a str, next: Option<&str>) -> Option<&'a str> {
    let option = argument.strip_prefix('-')?.trim_start_matches('-');
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, value),
        None => (option, next.filter(|next| !next.starts_with('-'))?),
    };
    (is_secret(name) && looks_secret(value)).then_some(&argument[..argument.len() - option.len() + name.len()])
}

/// Whether the value of something whose name speaks of a secret can be one.
pub(super) fn looks_secret(value: &str) -> bool {
    let is_number = value.parse::<f64>().is_ok();
    value.len() >= SHORTEST && !is_number && !value.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_speak_of_a_secret_are_told_from_others() {
        for name in [
            "API_TOKEN",
            "token",
            "AwsSecret",
            "MYSQL_PASSWORD",
            "sshKey",
            "GITHUB_PAT",
            "pat",
            "MYSQL_PWD",
            "BASIC_AUTH",
            "AUTH_HEADER",
            "Proxy-Authorization",
            "X-Amz-Signature",
            "sig",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "",
            "HOME",
            "OMP_NUM_THREADS",
            "LD_LIBRARY_PATH",
            "PYTHONPATH",
            "PATH",
            "SPAT",
            "TOK_EN",
            "AUTHOR",
            "DESIGN",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_are_withheld_and_removals_are_kept() {
        let text = |text: &str| Some(text.to_owned());
        let env: Environment = [("A_KEY", text("1")), ("B", text("2")), ("C_KEY", None)]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let shown = redacted(&env);
        assert_eq!((&shown["A_KEY"], &shown["B"], &shown["C_KEY"]), (&text(WITHHELD), &text("2"), &None));
        assert_eq!(withheld(&env).collect::<Vec<_>>(), [("A_KEY", "1")]);
        assert!(is_withheld(shown["A_KEY"].as_deref()) && !is_withheld(shown["B"].as_deref()));
        assert_eq!(redacted(&shown), shown);
    }

    #[test]
    fn a_value_that_holds_a_secret_is_withheld_whatever_it_is_called() {
        assert!(!may_be_shown("DB", "postgres://u:pw@h/db"));
        assert!(may_be_shown("DB", "postgres://h/db"));
        assert!(may_be_shown("PYTHONPATH", "lib:/home/me@corp/lib") && !may_be_shown("LOGIN", "me:pw@corp"));
    }

    #[test]
    fn an_argument_looks_like_a_secret_by_its_name_and_its_value() {
        let found = |argument, next| option_with_secret(argument, next);
        assert_eq!(found("--token=abcdefgh", None), Some("--token"));
        assert_eq!(found("--api-key", Some("abcdefgh")), Some("--api-key"));
        assert_eq!(found("-password=abc defgh", Some("x")), Some("-password"));
        for (argument, next) in [
            ("--token", None),
            ("--token", Some("--other-option")),
            ("--key-size=256KiB", None),
            ("--passes=100000000", None),
            ("--key-file=/home/me/key.pem", None),
            ("token=abcdefgh", None),
            ("--l2=abcdefgh", None),
            ("--", Some("abcdefgh")),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(found(argument, next), None, "{argument}");
        }
    }
}
