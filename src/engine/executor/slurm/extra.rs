//! Arguments of sbatch(1) that a person may add, and those that he may not.

/// Why not, for what gem5-tui says itself.
const OURS: &str = "gem5-tui says it itself";

/// Why not, for what makes of one attempt something else than one job.
const ONE_JOB: &str = "each attempt of a simulation is one job of one task on one node";

/// Options that are not taken: the long name, the short one, why and what to do instead.
const REFUSED: [(&str, Option<char>, &str); 41] = [
    ("account", Some('A'), "say it with `account:`"),
    ("array", Some('a'), ONE_JOB),
    ("chdir", Some('D'), "a simulation runs in the directory of its attempt"),
    ("clusters", Some('M'), "jobs are looked for on one cluster only; set SLURM_CONF for another one"),
    ("cluster", None, "jobs are looked for on one cluster only; set SLURM_CONF for another one"),
    ("comment", None, OURS),
    ("constraint", Some('C'), "say it with `constraint:`"),
    ("cpus-per-task", Some('c'), "say it with `cpus:`"),
    ("error", Some('e'), "what a job prints is kept with its attempt"),
    ("exclude", Some('x'), "say it with `exclude:`"),
    ("export", None, "the variables of a simulation are said with `env:`"),
    ("export-file", None, "the variables of a simulation are said with `env:`"),
    ("get-user-env", None, "the variables of a simulation are said with `env:`"),
    ("gres", None, "say it with `gres:`"),
    ("help", Some('h'), "it hands in no job"),
    ("input", Some('i'), "a simulation is given nothing to read"),
    ("job-name", Some('J'), "by its name a job is found again"),
    ("mem", None, "say it with `memory:`"),
    ("mem-per-cpu", None, "say the memory of a simulation with `memory:`"),
    ("mem-per-gpu", None, "say the memory of a simulation with `memory:`"),
    ("nodes", Some('N'), ONE_JOB),
    ("ntasks", Some('n'), ONE_JOB),
    ("ntasks-per-node", None, ONE_JOB),
    ("ntasks-per-core", None, ONE_JOB),
    ("ntasks-per-socket", None, ONE_JOB),
    ("ntasks-per-gpu", None, ONE_JOB),
    ("tasks-per-node", None, ONE_JOB),
    ("open-mode", None, OURS),
    ("output", Some('o'), "what a job prints is kept with its attempt"),
    ("parsable", None, OURS),
    ("partition", Some('p'), "say it with `partition:`"),
    ("qos", Some('q'), "say it with `qos:`"),
    (
        "requeue",
        None,
        "gem5-tui tries again itself, in a new directory: two runs in one would destroy each other's results",
    ),
    ("signal", None, "gem5-tui asks for it where a simulation has a time limit"),
    ("test-only", None, "it hands in no job"),
    ("time", Some('t'), "say it with `time:`"),
    ("time-min", None, "say the time of a job with `time:`"),
    ("usage", Some('u'), "it hands in no job"),
    ("version", Some('V'), "it hands in no job"),
    ("wait", Some('W'), "nothing would be handed in before the job has ended"),
    ("wrap", None, "the script of a job is gem5-tui's"),
];

/// Short options that take no value, so that another may follow in the same word.
const FLAGS: &str = "HhIkOQsuvVWX";

/// Why an argument that a person added cannot be taken, and what to say instead. None if it can.
pub(in crate::engine) fn refused_extra(argument: &str) -> Option<&'static str> {
    let Some(option) = argument.strip_prefix('-') else {
        return Some(
            "it would be taken for the script of the job; write an option and its value as one word, as in `--licenses=a:1`",
        );
    };
    match option.strip_prefix('-') {
        Some("") => Some("it is no option"),
        Some(long) => refused_long(long.split('=').next().unwrap_or(long)),
        None if option.is_empty() => Some("it is no option"),
        None => refused_short(option),
    }
}

/// getopt_long(3) takes every beginning of a name that no other name has, so `--job=x` is `--job-name=x`.
fn refused_long(name: &str) -> Option<&'static str> {
    let exact = REFUSED.iter().find(|(long, ..)| *long == name);
    let begun = || REFUSED.iter().find(|(long, ..)| long.starts_with(name));
    exact.or_else(begun).map(|(.., why)| *why)
}

fn refused_short(letters: &str) -> Option<&'static str> {
    for letter in letters.chars() {
        if let Some((.., why)) = REFUSED.iter().find(|(_, short, _)| *short == Some(letter)) {
            return Some(why);
        }
        if !FLAGS.contains(letter) {
            // The rest is its value.
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_make_of_an_attempt_something_else_is_refused() {
        for refused in [
            "--array=1-3",
            "-a1-3",
            "--wrap=true",
            "--parsable",
            "--job-name=x",
            "-Jx",
            "-J",
            "--output=x",
            "-ox",
            "--error=x",
            "-ex",
            "--chdir=/",
            "-D/",
            "--requeue",
            "--wait",
            "-W",
            "--test-only",
            "--signal=INT",
            "--export=NONE",
            "--open-mode=truncate",
            "--comment=x",
            "--nodes=2",
            "-N2",
            "--ntasks=2",
            "-n2",
            "--mem=1",
            "--mem-per-cpu=1",
            "--time=1",
            "-t1",
            "-pmain",
            "--gres=gpu:1",
            "-Mother",
            "--help",
        ] {
            assert!(refused_extra(refused).is_some(), "{refused}");
        }
    }

    /// `--job=x` names the job as well as `--job-name=x` does, and would hide it from every lookup by name.
    #[test]
    fn the_beginning_of_a_name_is_the_name() {
        for refused in ["--job=x", "--arr=1-3", "--par", "--outp=x", "--requ", "--test"] {
            assert!(refused_extra(refused).is_some(), "{refused}");
        }
    }

    #[test]
    fn flags_in_one_word_hide_no_option() {
        assert!(refused_extra("-HW").is_some());
        assert!(refused_extra("-QJx").is_some());
        // Here `W` is what the option before it is given.
        assert!(refused_extra("-LW").is_none());
    }

    /// `["--licenses", "matlab"]` without the first word would run `matlab` instead of the simulation.
    #[test]
    fn a_word_that_sbatch_would_run_is_refused() {
        for refused in ["matlab", "", "--", "-", ":", "script.sh"] {
            assert!(refused_extra(refused).is_some(), "{refused:?}");
        }
    }

    #[test]
    fn what_a_site_needs_is_taken() {
        for taken in [
            "--licenses=a:1",
            "-La",
            "--hold",
            "-H",
            "--nice=100",
            "--mail-type=END",
            "--reservation=x",
            "--exclusive",
            "--nodelist=n1",
            "-wn1",
            "--dependency=afterok:7",
            "--begin=now+1hour",
            "--mem-bind=local",
            "--wait-all-nodes=1",
            "--no-requeue",
            "--prefer=x",
            "--hint=nomultithread",
            "--threads-per-core=1",
            "--kill-on-invalid-dep=yes",
            "--tmp=10G",
            "--gpus=1",
            "--deadline=now+1day",
            "--wckey=x",
            "--priority=1",
            "--profile=all",
            "--power=x",
        ] {
            assert_eq!(refused_extra(taken), None, "{taken}");
        }
    }
}
