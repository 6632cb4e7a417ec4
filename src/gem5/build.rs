//! What a gem5 executable says about how it was built.
//!
//! `gem5 -B` prints it and ends (`src/python/m5/main.py`). In 24.0 it fails with an `AttributeError` instead, which still
//! tells gem5 from other programs; the version is then known from the banner of the first attempt.

/// What an answer to `-B` tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BuildAnswer {
    /// Whether only gem5 answers so.
    pub is_gem5: bool,
    /// Its version, such as `23.0.1.0`.
    pub version: Option<String>,
    /// When it was compiled, as gem5 words it.
    pub compiled: Option<String>,
}

/// Reads an answer: standard output and standard error in any order.
pub(crate) fn answer(text: &str) -> BuildAnswer {
    let after = |prefix: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(prefix))?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let version = after("gem5 version ");
    let compiled = after("gem5 compiled ").or_else(|| after("compiled ").filter(|_| version.is_some()));
    let traces = ["m5/main.py", "m5.defines", "gem5 Simulator System"];
    BuildAnswer { is_gem5: version.is_some() || traces.iter().any(|trace| text.contains(trace)), version, compiled }
}

/// Whether a gem5 of this version knows `--show-exit-event-messages`, with which it tells every exit event in its
/// log: releases from 25.0 on. What a development version knows cannot be told.
pub(crate) fn can_show_exit_events(version: &str) -> bool {
    let major = version.split('.').next().unwrap_or_default();
    major.parse::<u32>().is_ok_and(|major| major >= 25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_facts_are_read_where_gem5_tells_them() {
        let told =
            answer("Build information:\n\ngem5 version 22.1.0.0\ncompiled Jan  2 2023 10:00:00\nbuild options:\n");
        assert_eq!(told.version.as_deref(), Some("22.1.0.0"));
        assert_eq!(told.compiled.as_deref(), Some("Jan  2 2023 10:00:00"));
        assert!(told.is_gem5);
    }

    #[test]
    fn a_gem5_that_fails_to_tell_is_still_gem5() {
        let failed = "AttributeError: module 'm5.defines' has no attribute 'gem5Version'\n\nAt:\n  src/python/m5/main.py(449): main\n";
        assert_eq!(answer(failed), BuildAnswer { is_gem5: true, version: None, compiled: None });
        assert_eq!(answer("ls: invalid option -- 'B'\ncompiled yesterday\n"), BuildAnswer::default());
        assert_eq!(answer("gem5 version \n").version, None);
    }

    #[test]
    fn only_releases_from_25_on_are_given_the_option_that_older_ones_refuse() {
        for (version, can) in
            [("25.0.0.1", true), ("26.1", true), ("24.1.0.3", false), ("DEVELOP-FOR-25.1", false), ("", false)]
        {
            assert_eq!(can_show_exit_events(version), can, "{version}");
        }
    }
}
