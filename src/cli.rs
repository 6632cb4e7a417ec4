//! The command line: types only, no behaviour.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Runs sweeps of gem5 simulations, shows them live and loses nothing.
#[derive(Debug, Parser)]
#[command(
    name = "gem5-tui",
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 all ok, 1 some simulation is not ok, 2 bad usage, experiment file or directory,\n\
                  3 another engine holds the experiment, 4 the first simulations failed alike and the rest was not run,\n\
                  75 the time is up and there is more to do: run it again,\n\
                  130 cancelled."
)]
pub struct Cli {
    /// What to do; without a verb, open the dashboard.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The experiment to open in the dashboard.
    #[command(flatten)]
    pub target: OptionalTarget,
}

/// An experiment file that may be missing because a verb was given.
#[derive(Debug, Args)]
pub struct OptionalTarget {
    /// The experiment file, or a script in its place, such as one that uses gem5.utils.multiprocessing or
    /// gem5.utils.multisim: open its dashboard, and start what has not run yet.
    #[arg(value_name = "EXPERIMENT.yaml", value_hint = ValueHint::FilePath)]
    pub experiment: Option<PathBuf>,
    /// What the command line overrides.
    #[command(flatten)]
    pub paths: Paths,
    /// How many run at once.
    #[command(flatten)]
    pub cap: Cap,
    /// Until when.
    #[command(flatten)]
    pub time: Time,
    /// What a person says of the directory.
    #[command(flatten)]
    pub word: Word,
    /// What the dashboard looks like.
    #[command(flatten)]
    pub look: Look,
    /// How the queue begins.
    #[command(flatten)]
    pub queue: QueueBegins,
    /// What a script is given.
    #[command(flatten)]
    pub script: ScriptArgs,
}

/// What the dashboard looks like, in place of what the configuration says.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Look {
    /// Use these colours: `auto` asks the terminal for its background.
    #[arg(long, value_name = "THEME")]
    pub theme: Option<Theme>,
    /// Draw with ASCII only.
    #[arg(long)]
    pub ascii: bool,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    pub no_mouse: bool,
}

/// A theme of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// What fits the background of the terminal.
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// High contrast, on a background of its own.
    Contrast,
    /// The 16 colours of the terminal.
    Ansi,
    /// No colours.
    None,
}

/// How the queue of an experiment begins that is opened in the dashboard.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct QueueBegins {
    /// Pause the queue, as `P` does: nothing is launched until it is opened. What runs goes on.
    #[arg(long, conflicts_with = "start")]
    pub paused: bool,
    /// Start at once, also where nothing of the experiment has run yet; without this the dashboard asks first.
    #[arg(long)]
    pub start: bool,
}

/// For verbs that may launch, or show what would be launched: what a script in place of an experiment file is given.
#[derive(Debug, Clone, Default, Args)]
pub struct ScriptArgs {
    /// The script's own arguments, where one stands in place of EXPERIMENT.yaml.
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

/// An experiment, for every verb that has to know which one.
#[derive(Debug, Clone, Args)]
pub struct Experiment {
    /// The experiment file, or a script in its place.
    #[arg(value_name = "EXPERIMENT.yaml", value_hint = ValueHint::FilePath)]
    pub experiment: PathBuf,
    /// What the command line overrides.
    #[command(flatten)]
    pub paths: Paths,
}

/// Paths instead of those in the file, which decide what the simulations of a plan are.
#[derive(Debug, Clone, Default, Args)]
pub struct Paths {
    /// Use this experiment directory instead of the file's `outdir`.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub outdir: Option<PathBuf>,
    /// Use this gem5 instead of the file's `gem5`.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::ExecutablePath)]
    pub gem5: Option<PathBuf>,
}

/// For verbs that may launch, or show what would be launched.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Cap {
    /// Run at most this many simulations at once instead of the file's `concurrency`.
    #[arg(short = 'j', long = "concurrency", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: Option<u32>,
    /// Run simulations here instead of where the file's `executor` says: on this machine, or as jobs of Slurm with the settings that the
    /// file has for it. Those that name an executor of their own keep it.
    #[arg(long, value_name = "WHERE")]
    pub executor: Option<Place>,
}

/// Where simulations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// On this machine.
    Local,
    /// As jobs of Slurm.
    Slurm,
}

/// For verbs whose engine launches: the time that there is.
#[derive(Debug, Clone, Default, Args)]
pub struct Time {
    /// Launch nothing that would not end by then, and ask what runs to finish before it: `+2h`, `17:30`, `2026-12-24T08:00`, or `never`.
    /// Without it, the end of the batch job that this runs in.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Ask so long before that what runs to finish, by SIGINT, so that gem5 writes its stats: `2m` when left out, or a tenth of the time
    /// that is left.
    #[arg(long, value_name = "SPAN")]
    pub margin: Option<String>,
}

/// For verbs that may begin an engine.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Word {
    /// Say that the other host which has this experiment is gone with all its processes: what ran there is lost.
    #[arg(long)]
    pub takeover: bool,
    /// Work in an experiment directory that belongs to another user or that others can write: whoever can write it can have
    /// commands run as you.
    #[arg(long)]
    pub trust_directory: bool,
}

/// An experiment and what the command line says of it, whichever verb was given.
#[derive(Debug, Clone)]
pub struct Target {
    /// The experiment file.
    pub experiment: PathBuf,
    /// What the command line overrides.
    pub overrides: Overrides,
}

/// All that a command line may override. What a verb does not take is as if it were not given.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// See [`Paths::outdir`].
    pub outdir: Option<PathBuf>,
    /// See [`Paths::gem5`].
    pub gem5: Option<PathBuf>,
    /// See [`Cap::concurrency`].
    pub concurrency: Option<u32>,
    /// See [`Cap::executor`].
    pub executor: Option<Place>,
    /// See [`Word::takeover`].
    pub takeover: bool,
    /// See [`Word::trust_directory`].
    pub trust_directory: bool,
    /// See [`Time::until`].
    pub until: Option<String>,
    /// See [`Time::margin`].
    pub margin: Option<String>,
    /// See [`ScriptArgs::args`]. None where they are as they were when it ran.
    pub script_args: Option<Vec<String>>,
}

impl Experiment {
    /// With what else a verb takes.
    pub fn with(self, cap: Cap, word: Word) -> Target {
        let Paths { outdir, gem5 } = self.paths;
        let Cap { concurrency, executor } = cap;
        let Word { takeover, trust_directory } = word;
        let overrides =
            Overrides { outdir, gem5, concurrency, executor, takeover, trust_directory, ..Overrides::default() };
        Target { experiment: self.experiment, overrides }
    }

    /// The same with what a script is given.
    pub fn given(self, script: ScriptArgs, cap: Cap, word: Word) -> Target {
        let mut target = self.with(cap, word);
        target.overrides.script_args = Some(script.args);
        target
    }

    /// For a verb that only looks.
    pub fn alone(self) -> Target {
        self.with(Cap::default(), Word::default())
    }
}

impl Target {
    /// The same with the time that there is.
    #[must_use]
    pub fn in_time(mut self, Time { until, margin }: Time) -> Self {
        (self.overrides.until, self.overrides.margin) = (until, margin);
        self
    }
}

/// What a table shows in place of what the file says.
#[derive(Debug, Clone, Default, Args)]
pub struct ResultsArgs {
    /// Show this metric: the name of one, or an expression such as "simInsts / sum('*.numCycles')"; may be given again.
    #[arg(long, value_name = "EXPR")]
    pub metric: Vec<String>,
    /// Compare with the simulation that has these values, such as l2=256KiB, and is equal in all else; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',')]
    pub baseline: Vec<String>,
    /// How to compare.
    #[arg(long, value_name = "HOW", value_parser = ["ratio", "percent", "difference", "none"])]
    pub compare: Option<String>,
    /// Parameters that make rows.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub rows: Vec<String>,
    /// Parameters that make columns.
    #[arg(long = "cols", value_name = "NAME", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Tell which parameter matters: what each one does to a metric, as the mean over all others.
    #[arg(long, conflicts_with_all = ["baseline", "compare", "rows", "columns"])]
    pub effects: bool,
    /// Read this dump: `last`, `first`, a number (-2 is the second from the end), `label:GLOB` or `roi:N`. `sum:all` adds all of them up;
    /// `each` is a row for each of them, in the forms that have rows.
    #[arg(long, value_name = "DUMP", allow_hyphen_values = true)]
    pub dump: Option<String>,
    /// Count these, too: what a running simulation shows now, what was cancelled, what ran into its timeout, and of directories without an
    /// experiment what does not tell how it ended.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub include: Vec<Included>,
}

/// In which form tables are, and where they go.
#[derive(Debug, Clone, Default, Args)]
pub struct FormArgs {
    /// The form. csv, tsv and jsonl have a row for each simulation, with all that is known of it, for pandas and the like; the others
    /// are tables. Without it: text, or what the end of the FILE says (txt, csv, tsv, jsonl, md, tex, html).
    #[arg(long, value_name = "FORM", value_parser = ["text", "csv", "tsv", "jsonl", "md", "latex", "html"])]
    pub format: Option<String>,
    /// In csv and tsv the table itself, in place of a row for each simulation.
    #[arg(long)]
    pub projected: bool,
    /// Write to this file. One that is there is replaced only if gem5-tui wrote it and nobody has changed it since. What is to be known of
    /// csv, tsv and jsonl comes beside it, in FILE.about.txt.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Replace the file whoever wrote it.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// How a figure is drawn, and where it goes.
#[derive(Debug, Clone, Default, Args)]
pub struct PlotArgs {
    /// What it looks like. `stacked` makes parts of the metrics, `scatter` tells the first one to the right and the second upwards.
    #[arg(long, value_name = "KIND", value_parser = ["bars", "stacked", "lines", "heat", "scatter"])]
    pub kind: Option<String>,
    /// What the metrics are parts of, with `--kind stacked`: what they leave of it is shown, too.
    #[arg(long, value_name = "EXPR")]
    pub total: Option<String>,
    /// Write to this file, which ends in .svg or .pdf. Beside it come its numbers as .csv and a script for matplotlib that draws them, as
    /// .py. A file that is there is replaced only if gem5-tui wrote it and nobody has changed it since.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Replace the files whoever wrote them.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// What counts besides what ended ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Included {
    /// What a running simulation shows now.
    Provisional,
    /// What was cancelled.
    Cancelled,
    /// What ran into its timeout.
    Timeout,
    /// What does not tell how it ended.
    Unknown,
}

/// What directories without an experiment do not say themselves.
#[derive(Debug, Clone, Default, Args)]
pub struct ForeignArgs {
    /// Of directories without an experiment, the parameters that their names tell: `{workload}/{l2}`, `run-*/{workload}_{l2}-{assoc}`.
    #[arg(long, value_name = "PATTERN")]
    pub pattern: Option<String>,
    /// A parameter from gem5's config.ini or config.json, such as l2=system.l2.size; may be given again.
    #[arg(long, value_name = "NAME=SETTING")]
    pub param: Vec<String>,
    /// A file with `results:`, also one of an experiment, for directories that have none.
    #[arg(long, value_name = "FILE.yaml", value_hint = ValueHint::FilePath)]
    pub results: Option<PathBuf>,
}

/// Where a report goes, and in which form.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Write it to this file: HTML, or Markdown where its name ends in .md; without it, print it.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write Markdown, whatever the file is called.
    #[arg(long)]
    pub md: bool,
    /// Replace the file whatever is in it.
    #[arg(long, requires = "output")]
    pub force: bool,
}

/// What is compared with what.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// What was before: an experiment file, or the directory of an experiment, such as a copy that was kept.
    #[arg(value_name = "BASELINE", value_hint = ValueHint::AnyPath)]
    pub baseline: PathBuf,
    /// What is judged: another file or directory; left out with --attempt.
    #[arg(value_name = "CANDIDATE", value_hint = ValueHint::AnyPath, required_unless_present = "attempt", conflicts_with = "attempt")]
    pub candidate: Option<PathBuf>,
    /// Of one experiment: what its simulations measured in this attempt, beside what they measured in their newest one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
    /// Compare by the metrics of this view, and what it shows.
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,
    /// Compare by this metric: the name of one, or an expression; may be given again.
    #[arg(long, value_name = "EXPR")]
    pub metric: Vec<String>,
    /// Which way a metric is better, where the file does not say it: ipc=higher, or time=lower; may be given again.
    #[arg(long, value_name = "METRIC=WAY", value_delimiter = ',')]
    pub better: Vec<String>,
    /// By how much values may differ: a part of the baseline's (1%, which is the default), a difference (0.05), or one of a
    /// metric (ipc=1%); may be given again.
    #[arg(long, value_name = "[METRIC=]LIMIT", value_delimiter = ',')]
    pub threshold: Vec<String>,
    /// Read this dump: `last`, `first`, a number (-2 is the second from the end), `label:GLOB` or `roi:N`; or `sum:all`, all of them added
    /// up.
    #[arg(long, value_name = "DUMP", allow_hyphen_values = true)]
    pub dump: Option<String>,
    /// Count these, too: what a running simulation shows now, what was cancelled, what ran into its timeout.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub include: Vec<Included>,
    /// Tell which stats differ most at so many of the points that changed most.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub top: usize,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Write the verdicts to this file in the XML of `JUnit`, for a server of continuous integration.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Replace that file whatever is in it.
    #[arg(long, requires = "junit")]
    pub force: bool,
}

/// Which logs are searched, and what is printed of them.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct GrepArgs {
    /// Names of simulations, or globs; without any, all.
    #[arg(value_name = "NAME-OR-GLOB")]
    pub names: Vec<String>,
    /// Only those that have ended otherwise than ok.
    #[arg(long)]
    pub failed: bool,
    /// Take PATTERN literally.
    #[arg(short = 'F', long)]
    pub fixed_strings: bool,
    /// Take capitals and small letters for the same.
    #[arg(short, long)]
    pub ignore_case: bool,
    /// Print the names of the simulations that have such a line, and no line.
    #[arg(short = 'l', long, conflicts_with_all = ["count", "max_count"])]
    pub names_only: bool,
    /// Print how many such lines each simulation has, and no line.
    #[arg(short, long)]
    pub count: bool,
    /// Stop after this many lines of each simulation.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_count: Option<u64>,
    /// Search every attempt; without it, the newest one of each simulation.
    #[arg(long)]
    pub all_attempts: bool,
    /// Search the files of an attempt that this glob names, such as `config.ini` or `*.terminal`, in place of its logs; may be given again.
    #[arg(long, value_name = "GLOB")]
    pub file: Vec<String>,
    /// Print one JSON object for every line; with -l or -c, for every simulation.
    #[arg(long)]
    pub json: bool,
}

/// Which simulations of the experiment.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Names of simulations, or globs as in a shell; '*' means all.
    #[arg(value_name = "NAME-OR-GLOB")]
    pub names: Vec<String>,
    /// All that have ended otherwise than ok.
    #[arg(long)]
    pub failed: bool,
    /// All that ended ok and would be made from something else now: another script, binary, argument or input.
    #[arg(long)]
    pub changed: bool,
}

/// What a first experiment file says.
#[derive(Debug, Clone, Default, Args)]
pub struct InitArgs {
    /// The gem5: a path, or a name on PATH. Without it the one on PATH, or one that was built in build/.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::ExecutablePath)]
    pub gem5: Option<PathBuf>,
    /// The script of gem5. Its options are asked of it with --help.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub script: Option<PathBuf>,
    /// Sweep over this option of the script, such as l2=256KiB,1MiB, or give it this one value; may be given again. Without any, what the
    /// script offers choices or sizes for is proposed.
    #[arg(long, value_name = "NAME=VALUE,VALUE")]
    pub axis: Vec<String>,
    /// Write this file; the script's name with .yaml when left out. One that is there is never replaced.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Ask nothing: take what is proposed.
    #[arg(long)]
    pub yes: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first experiment file for a script of gem5, with what the script itself says of its options
    Init {
        /// What it says.
        #[command(flatten)]
        how: InitArgs,
    },
    /// Run an experiment without a dashboard, to its end; what is not ok from an earlier time is run again
    Run {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How many run at once.
        #[command(flatten)]
        cap: Cap,
        /// What a script is given.
        #[command(flatten)]
        script: ScriptArgs,
        /// Until when.
        #[command(flatten)]
        time: Time,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Run one shard of several, such as 2/4, the second of four: so many hosts or batch jobs share an experiment, each with
        /// `run` and a number of its own. A simulation is in one of them by its name, whatever else the file says.
        #[arg(long, value_name = "N/M")]
        shard: Option<String>,
        /// Print one JSON object for every transition, and a summary as the last one.
        #[arg(long)]
        json: bool,
        /// Print nothing before the end.
        #[arg(short, long, conflicts_with = "json")]
        quiet: bool,
        /// At a terminal, too, print a line for every transition, in place of one line that tells how far it is.
        #[arg(long, conflicts_with_all = ["json", "quiet"])]
        no_progress: bool,
        /// Run again, too, what is ok and would be made from something else now.
        #[arg(long)]
        changed: bool,
        /// Run all of it, also when the first simulations all fail for one reason: `stop_after: never` for this time.
        #[arg(long)]
        keep_going: bool,
    },
    /// Look at an experiment in the dashboard: start nothing and change nothing
    View {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What the dashboard looks like.
        #[command(flatten)]
        look: Look,
    },
    /// Print what would run, with exact commands; start nothing
    Plan {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How many run at once.
        #[command(flatten)]
        cap: Cap,
        /// What a script is given.
        #[command(flatten)]
        script: ScriptArgs,
        /// Print one JSON object for every simulation.
        #[arg(long)]
        json: bool,
        /// Ask the batch system whether it would take the jobs, and run one of a second that tells whether a node sees the
        /// experiment directory; print nothing else.
        #[arg(long, conflicts_with = "json")]
        check_executor: bool,
    },
    /// Print where every simulation is in its life
    Status {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// Which; all when left out. The last line is about all.
        #[command(flatten)]
        selection: Selection,
        /// Print one JSON object for every simulation, and a summary as the last one.
        #[arg(long)]
        json: bool,
    },
    /// Stop the processes of simulations with SIGSTOP and hold those back that wait, or pause the queue
    Pause {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Which.
        #[command(flatten)]
        selection: Selection,
        /// Pause the queue instead: launch nothing, let what runs go on.
        #[arg(long, conflicts_with_all = ["names", "failed", "changed"])]
        queue: bool,
    },
    /// Let simulations go on that are paused or held back, or the paused queue
    Resume {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How many run at once.
        #[command(flatten)]
        cap: Cap,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Which.
        #[command(flatten)]
        selection: Selection,
        /// Open the queue instead.
        #[arg(long, conflicts_with_all = ["names", "failed", "changed"])]
        queue: bool,
    },
    /// Put simulations that wait before all others, in this order
    Next {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Which.
        #[command(flatten)]
        selection: Selection,
        /// Take that back: let them wait for their turn as the file says.
        #[arg(long)]
        back: bool,
    },
    /// Change how many simulations run at once; lowering it stops nothing
    Cap {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// How many.
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        cap: u32,
    },
    /// Cancel simulations: SIGINT, so that gem5 writes its stats, then SIGTERM, then SIGKILL
    Cancel {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Which.
        #[command(flatten)]
        selection: Selection,
    },
    /// Queue a new attempt of simulations that have ended
    Retry {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How many run at once.
        #[command(flatten)]
        cap: Cap,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Which.
        #[command(flatten)]
        selection: Selection,
    },
    /// Print the log of a simulation's newest attempt
    Logs {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// The simulation.
        #[arg(value_name = "NAME")]
        name: String,
        /// Go on printing until the attempt has ended.
        #[arg(short, long)]
        follow: bool,
        /// Standard error instead of standard output.
        #[arg(long)]
        stderr: bool,
        /// Another log of the attempt instead, such as `m5out/log.txt`: one that `logs:` of the file names, or that begins as gem5 does.
        #[arg(long, value_name = "FILE", conflicts_with = "stderr")]
        file: Option<PathBuf>,
        /// An attempt other than the newest one.
        #[arg(long, value_name = "N")]
        attempt: Option<u32>,
    },
    /// Search the logs of every simulation; exits with 0 where a line matches, 1 where none does, 2 where that cannot be told
    Grep {
        /// A regular expression that a line must match; behind `--` it may begin with a hyphen.
        #[arg(value_name = "PATTERN")]
        pattern: String,
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How.
        #[command(flatten)]
        how: GrepArgs,
    },
    /// Print stats of the dump that is the result: the last complete one, or the one that `dump:` of the file means
    Stats {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// Names of simulations, or globs; without any, all.
        #[arg(value_name = "NAME-OR-GLOB")]
        names: Vec<String>,
        /// Print the stats that match this glob instead of the file's `watch`; may be given again.
        #[arg(long, value_name = "GLOB")]
        watch: Vec<String>,
        /// Print those of this dump instead: `last`, `first`, a number (-2 is the second from the end), `label:GLOB` or `roi:N`.
        #[arg(long, value_name = "DUMP", allow_hyphen_values = true)]
        dump: Option<String>,
        /// Print one JSON object for every simulation.
        #[arg(long)]
        json: bool,
    },
    /// Print tables of metrics over the sweep, as `results:` of the file says; exits with 1 while cells are missing
    Results {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// A table that the file has a name for. In place of an experiment, directories may be named that hold output of gem5 which
        /// gem5-tui never started, as many as there are, and then a table.
        #[arg(value_name = "VIEW")]
        more: Vec<String>,
        /// How the table is made.
        #[command(flatten)]
        how: ResultsArgs,
        /// What becomes of it.
        #[command(flatten)]
        form: FormArgs,
        /// What such directories do not say.
        #[command(flatten)]
        foreign: Box<ForeignArgs>,
    },
    /// Draw tables of metrics: in the terminal, or as SVG or PDF of the width of a column; exits with 1 while numbers are missing
    Plot {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// A figure that the file has a name for, or a table. Without it all figures of the file, or bars of its table.
        #[arg(value_name = "PLOT|VIEW")]
        name: Option<String>,
        /// How the table is made.
        #[command(flatten)]
        how: ResultsArgs,
        /// How it is drawn.
        #[command(flatten)]
        plot: PlotArgs,
    },
    /// Compare an experiment with another, or with an older copy; exits with 1 where something is worse, gone or cannot be told
    Compare {
        /// What, and how.
        #[command(flatten)]
        how: CompareArgs,
    },
    /// Write all of an experiment into one file: what ran with what, tables, figures, failures, and how to make it again
    Report {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// Where, and how.
        #[command(flatten)]
        how: ReportArgs,
    },
    /// Tell what became of any gem5 run from its output directory, also of one that gem5-tui never started
    Inspect {
        /// A directory with `m5out/` in it, or an output directory itself. The wait status is taken from a `status.json`
        /// beside it, such as `{"exit_code": 0}` or `{"signal": "SIGABRT"}`.
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// The log of gem5: a file, or a glob of paths below the directory. Again for more. Without it the usual names are looked
        /// for, and a file that begins with gem5's banner
        #[arg(long, value_name = "FILE-OR-GLOB")]
        log: Vec<String>,
        /// Print stats of this dump: `last`, `first`, a number (-2 is the second from the end), `label:GLOB` or `roi:N`.
        #[arg(long, value_name = "DUMP", allow_hyphen_values = true)]
        dump: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print all that is known of a simulation: attempts, resources, provenance, files
    Show {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// The simulation.
        #[arg(value_name = "NAME")]
        name: String,
        /// Only this attempt.
        #[arg(long, value_name = "N")]
        attempt: Option<u32>,
        /// Print only the shell command that makes the newest attempt, or the one of --attempt, again.
        #[arg(long, conflicts_with = "json")]
        repro: bool,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Launch nothing more and end the engine after the last running simulation
    Stop {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Cancel what runs and what waits.
        #[arg(long)]
        cancel: bool,
    },
    /// Unpack the stand-in gem5 with its examples and open its dashboard
    Demo {
        /// Where to unpack; must not exist, or hold an earlier demo.
        #[arg(value_name = "DIR", default_value = "gem5-tui-demo", value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// Run it without a dashboard.
        #[arg(long)]
        headless: bool,
    },
    /// Show what you have set for all experiments: theme, signs, keys; and where each of it comes from
    Config {
        /// What else to do with it.
        #[command(subcommand)]
        verb: Option<ConfigVerb>,
    },
    /// Print the JSON Schema of experiment files
    Schema,
    /// Print what completes the command line in a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, for `man -l -`
    Man {
        /// The page of this verb instead, such as `run`.
        #[arg(value_name = "VERB")]
        verb: Option<String>,
    },
    /// Give back the terminal on which a dashboard was killed
    ResetTerm,
    /// Carry what is said between standard input and output and an engine's socket; started by the other verbs on its host
    #[command(hide = true)]
    Bridge {
        /// The socket.
        #[arg(value_hint = ValueHint::FilePath)]
        socket: PathBuf,
    },
    /// Decide in the background; started by the other verbs
    #[command(hide = true)]
    Engine {
        /// The experiment.
        #[command(flatten)]
        target: Experiment,
        /// How many run at once.
        #[command(flatten)]
        cap: Cap,
        /// Until when.
        #[command(flatten)]
        time: Time,
        /// What a person says of the directory.
        #[command(flatten)]
        word: Word,
        /// Begin with the queue paused.
        #[arg(long)]
        held: bool,
        /// Do not read the experiment: whoever starts this hands over the plan, and closes standard input.
        #[arg(long)]
        plan_from_stdin: bool,
    },
    /// Write the results of an experiment and become the program that gets them; started as a step
    #[command(hide = true)]
    Analyse {
        /// The step's output directory.
        m5out: PathBuf,
        /// The program and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Hold one process; started by the engine
    #[command(hide = true)]
    Shim {
        /// The attempt's directory.
        dir: PathBuf,
    },
}

/// What to do with the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigVerb {
    /// Tell what is wrong with it
    Check,
    /// Open it in $VISUAL or $EDITOR; a file to begin with is made where there is none
    Edit,
    /// Print where it is
    Path,
}

/// A shell that completes command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}
