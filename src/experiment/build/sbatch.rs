//! Options of sbatch(1) that cannot be among `extra`: gem5-tui sets them itself, or what they do breaks what it relies on.

/// Why an option is refused, and what to write in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: &'static str,
    pub(super) instead: &'static str,
}

/// The long options, their short forms (`\0` for none), and what is said of them. sbatch takes abbreviations of long options, which
/// `getopt_long(3)` resolves, so a word that begins one of these counts as it.
const OPTIONS: &[(&[(&str, char)], Refused)] = &[
    (
        &[("partition", 'p'), ("account", 'A'), ("qos", 'q'), ("constraint", 'C'), ("exclude", 'x'), ("gres", '\0')],
        Refused {
            why: "it has a key of its own",
            instead: "write the key of `slurm` that is called so, such as `partition: long`",
        },
    ),
    (&[("cpus-per-task", 'c')], Refused { why: "it has a key of its own", instead: "write `cpus: 4` under `slurm`" }),
    (
        &[("time", 't'), ("time-min", '\0')],
        Refused {
            why: "it has a key of its own",
            instead: "write `time: 2d` under `slurm`, or `timeout:` of the simulation",
        },
    ),
    (
        &[("mem", '\0'), ("mem-per-cpu", '\0'), ("mem-per-gpu", '\0')],
        Refused {
            why: "the memory of the job is that of the simulation",
            instead: "write `memory: 8GiB` of the simulation",
        },
    ),
    (
        &[("job-name", 'J'), ("comment", '\0')],
        Refused { why: "gem5-tui finds its jobs by it", instead: "leave it out" },
    ),
    (
        &[("output", 'o'), ("error", 'e'), ("input", 'i'), ("open-mode", '\0')],
        Refused {
            why: "what the job prints is kept beside the attempt",
            instead: "leave it out: `gem5-tui logs` shows it",
        },
    ),
    (
        &[("chdir", 'D')],
        Refused { why: "the directory is that of the simulation", instead: "write `cwd:` of the simulation" },
    ),
    (
        &[("export", '\0'), ("export-file", '\0'), ("get-user-env", '\0')],
        Refused { why: "the environment is that of the simulation", instead: "write `env:` of the simulation" },
    ),
    (
        &[("requeue", '\0'), ("no-requeue", '\0')],
        Refused {
            why: "a second run would write into the directory of the first one",
            instead: "write `retries:` of the simulation",
        },
    ),
    (
        &[("signal", '\0')],
        Refused { why: "gem5 is asked to finish by gem5-tui, before the limit of the job", instead: "leave it out" },
    ),
    (
        &[("array", 'a'), ("ntasks", 'n'), ("nodes", 'N'), ("ntasks-per-node", '\0')],
        Refused { why: "a job is one simulation", instead: "leave it out; a sweep makes several" },
    ),
    (
        &[("dependency", 'd'), ("begin", 'b'), ("deadline", '\0'), ("hold", 'H')],
        Refused {
            why: "when a simulation starts is told by gem5-tui",
            instead: "use `needs:`, `priority:` or `gem5-tui pause`",
        },
    ),
    (
        &[
            ("wrap", '\0'),
            ("wait", 'W'),
            ("parsable", '\0'),
            ("test-only", '\0'),
            ("quiet", 'Q'),
            ("help", 'h'),
            ("usage", '\0'),
            ("version", 'V'),
        ],
        Refused { why: "what sbatch does and prints is read by gem5-tui", instead: "leave it out" },
    ),
    (
        &[("clusters", 'M'), ("uid", '\0'), ("gid", '\0')],
        Refused { why: "jobs are looked for on this cluster and as this user", instead: "leave it out" },
    ),
];

/// Why this word cannot be among the options, if it cannot. Only one that begins with `-` is an option: another one may be its value.
pub(super) fn refused(word: &str) -> Option<Refused> {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        if name.is_empty() {
            return Some(Refused { why: "it ends the options of sbatch", instead: "leave it out" });
        }
        let is_meant = |known: &str| known.starts_with(name);
        return find(|(long, _)| is_meant(long));
    }
    let short = word.strip_prefix('-')?.chars().next()?;
    find(|(_, letter)| *letter == short)
}

fn find(is_meant: impl Fn(&(&str, char)) -> bool) -> Option<Refused> {
    OPTIONS.iter().find(|(options, _)| options.iter().any(&is_meant)).map(|(_, refused)| *refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gem5_tui_sets_itself_is_refused_however_it_is_written() {
        for word in
            ["--mem=4G", "--mem", "--part=x", "-plong", "-p", "--array=1-4", "--requeue", "-o/x", "--", "--export=ALL"]
        {
            assert!(refused(word).is_some(), "{word}");
        }
        for word in [
            "--reservation=lab",
            "--nice=100",
            "--licenses=x",
            "--mail-type=END",
            "-w",
            "node1",
            "--exclusive",
            "--mem-bind=local",
        ] {
            assert_eq!(refused(word), None, "{word}");
        }
    }
}
