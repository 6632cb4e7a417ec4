//! Every key of the experiment file, once.
//!
//! A row says what a key is called, what its value becomes, how that is read, which schema it has, what other tools call it,
//! and what a user is told of it: in an editor (`doc`) and in README.md (`readme`). The rows are lists of words, not code:
//! each part of the folder lays them out as it needs them, `model.rs` as the fields of a struct, `decode/` as a reader for
//! each field, `schema.rs` as properties, and this file as data for suggestions and for README.md. Which placeholders a
//! value has is told by its type (`model.rs`, `Templated`).
//!
//! So a new setting is a row here, a field in `plan.rs`, and a line in `build.rs` that carries the one to the other, for which
//! the compiler asks once the field is there. The tests say which generated files to write anew.
//!
//! The awkward truth: names of types and functions in a row mean what they mean where the row is laid out. A `value` is a
//! type of `model.rs`, a `read` something that `decode/` can call, a `schema` a type of `schema.rs`.

/// Keys at the top of the file.
macro_rules! file_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        name {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: [],
            doc: "The experiment's name, shown in the header. The file's own name without its extension when left out.",
            readme: "shown in the header; the file's own name when left out",
        }
        gem5 {
            value: Gem5,
            read: Self::gem5,
            schema: Gem5,
            also: ["binary", "executable", "gem5_binary", "gem5_path", "exe"],
            doc: "The gem5 executable: a path, relative to this file, or a name on PATH. `python3` works too, for functions \
                  that need no gem5. As a list its last word is gem5, and those before it are a command in front of it, as \
                  under `prefix`: `[docker, run, --rm, -v, \"${outdir}:${outdir}\", img, /gem5/build/X86/gem5.opt]`.",
            readme: "the executable: a path relative to the file, or a name on PATH. `python3` works for functions that \
                     need no gem5. As a list, the last word is gem5 and the others a command in front of it: \
                     `[docker, run, --rm, -v, \"/lab:/lab\", img, /gem5/build/X86/gem5.opt]`",
        }
        outdir {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["output", "output_dir", "out", "rundir"],
            doc: "The experiment directory, relative to this file. `runs/<name>` when left out.",
            readme: "the experiment directory; `runs/<name>` when left out",
        }
        concurrency {
            value: At<Concurrency>,
            read: Self::concurrency,
            schema: Cap,
            also: ["parallel", "parallelism", "max_parallel", "max_concurrent", "workers", "threads", "cores"],
            doc: "How many simulations may run at once. `auto`, the default, is one for each core. Under a batch system it counts the jobs \
                  that wait there or run, and `auto` is `max_queued`.",
            readme: "how many run at once: a number, or `auto`, one for each core. Under a batch system it counts jobs that wait there or run, and \
                     `auto` is `max_queued`",
        }
        memory {
            value: At<u64>,
            read: Self::size,
            schema: Size,
            also: ["mem", "ram"],
            doc: "The memory that the `memory:` of all running simulations must fit in, such as `48GiB`.",
            readme: "a budget, such as `48GiB`",
        }
        min_free_disk {
            value: At<u64>,
            read: Self::size,
            schema: Size,
            also: ["min_disk", "min_free", "free_disk", "disk_reserve", "reserve_disk"],
            doc: "Free space that the file system of `outdir` must keep, such as `5GiB`. With less than twice that nothing \
                  is launched. With less than that the simulation that writes most is ended with its stats, outcome \
                  `disk`, and then the next one, as long as the space goes on shrinking.",
            readme: "free space that the experiment directory's disk keeps: at twice this nothing is launched, below it the \
                     fastest writer is ended. Without it nothing is ended, and launches stop at a hundredth of the disk \
                     (256 MiB to 10 GiB, on a small disk a tenth of it)",
        }
        stop_after {
            value: StopAfter,
            read: Self::stop_after,
            schema: StopAfter,
            also: ["fail_fast", "max_failures", "max_fail", "stop_on_failure", "keep_going"],
            doc: "Pauses the queue when the first simulations all fail for one reason: `{alike: 3}`, the default, when three of one script have \
                  failed alike and none of it is ok. What runs goes on, and so does the queue when one ends ok, when those that failed are \
                  retried, or when a person opens it. `never`, or `{alike: 0}`, goes on whatever happens.",
            readme: "`{alike: 3}` when left out: the queue is paused when three simulations of one script have failed for one reason and none of \
                     it is ok; `never` goes on whatever happens",
        }
        notify {
            value: Vec<NotifyItem>,
            read: Self::notify,
            schema: Notify,
            also: ["notifications", "notification", "alerts", "alert", "webhook", "webhooks", "on_done", "mail"],
            doc: "What is told while nobody looks, and how: a list such as `[{on: [done, failed], run: [notify-send, gem5]}]`. An item has \
                  a command under `run`, or an address under `post`, to which a JSON object is sent. No part of any result.",
            readme: "what is told while nobody looks: `[{on: [done, failed], run: [notify-send, gem5]}]`, see below. No part of any result",
        }
        executor {
            value: TopExecutor,
            read: Self::executor,
            schema: Executor,
            also: ["scheduler", "backend", "batch_system", "cluster"],
            doc: "Where simulations run that do not say it themselves: `local`, this machine, when left out; `slurm`, or `{slurm: {partition: \
                  long}}`, as a job each; `{command: {submit: …, status: …, cancel: …}}` as a job each of another batch system. No part of \
                  any result: another one runs nothing again.",
            readme: "where simulations run: `local`, this machine, when left out; `slurm`, or `{slurm: {partition: long, account: lab}}`, as a \
                     job each; `{command: {submit: …, status: …, cancel: …}}` by another batch system. Another one runs nothing again",
        }
        defaults {
            value: Defaults,
            read: Self::defaults,
            schema: Defaults,
            also: [],
            doc: "Settings for every simulation that does not have its own.",
            readme: "settings for every simulation that has none of its own",
        }
        results {
            value: Results,
            read: Self::results,
            schema: Results,
            also: ["metrics", "tables", "table", "report", "analysis"],
            doc: "What `gem5-tui results` makes of the stats: metrics and tables. No part of any result: another one runs nothing again.",
            readme: "metrics and tables of `gem5-tui results`, see below. No part of any result: another one runs nothing again",
        }
        simulations {
            value: Vec<Entry>,
            read: Self::simulations,
            schema: Simulations,
            also: ["runs", "jobs", "tasks", "sims", "experiments", "processes"],
            doc: "The simulations: single ones and sweeps.",
            readme: "single simulations and sweeps",
        }
    } };
}

/// Keys of a simulation that cannot stand under `defaults`.
macro_rules! simulation_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        name {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: [],
            doc: "The simulation's name, which is also the name of its directory. A sweep needs placeholders in it, such as \
                  `${workload}-${l2}`. Without a sweep, the name of the script or function when left out.",
            readme: "unique, also without regard to case; it is the name of a directory. A sweep needs placeholders in it",
        }
        script {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: ["config", "file", "config_script"],
            doc: "The gem5 configuration script, relative to the experiment file. Each entry has a `script`, a `target`, a \
                  `multisim`, a `suite` or a `run`.",
            readme: "a gem5 configuration script",
        }
        target {
            value: At<Target>,
            read: Self::target,
            schema: String,
            also: ["function", "func", "call"],
            doc: "A Python function to call in a fresh gem5, as `module:function`. The module is looked for beside the \
                  experiment file first.",
            readme: "instead of a script: `module:function`, called in a fresh gem5; arguments and result travel as JSON",
        }
        multisim {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: ["multi_sim", "multisims", "multisim_script", "simulators"],
            doc: "A script that uses `gem5.utils.multisim`: one simulation for each id that `gem5 SCRIPT --list` prints, \
                  named after it. `${id}` is the id; `exclude: [{id: x}]` leaves one out.",
            readme: "instead of a script: one that uses `gem5.utils.multisim`; each id that `gem5 SCRIPT --list` prints is a \
                     simulation",
        }
        suite {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: ["suite_script", "spawner", "driver"],
            doc: "A script that uses `gem5.utils.multiprocessing`: each `Process` that it starts and each task of its `Pool` is a \
                  simulation. The script runs in a gem5 of its own. `args` are its arguments, `pool` is how many of its \
                  simulations run at once, and `spawned` has their settings.",
            readme: "instead of a script: one that uses `gem5.utils.multiprocessing`; each `Process` that it starts and each task \
                     of its `Pool` is a simulation, with the settings under `spawned`",
        }
        run {
            value: Vec<At<Template>>,
            read: Self::run,
            schema: Vec<Value>,
            also: ["command", "cmd", "exec", "shell", "step", "program", "tool"],
            doc: "A program that is no gem5, one item for each word, such as `[make, -j4]`: a step. No shell reads it. A bare name is \
                  looked for on PATH, a path with a slash is relative to the experiment file. Its exit status tells how it ended.",
            readme: "instead of a script: a step, any program that is no gem5, such as `[make, -j4]`; no shell reads it",
        }
        analyse {
            value: Vec<At<Template>>,
            read: Self::analyse,
            schema: OneOrMore,
            also: ["analyze", "analysis", "postprocess", "post", "plot_script"],
            doc: "A program that gets the results of the experiment: a Python script, a function as `module:function`, or any \
                  program; as a list with arguments of its own, as in `[figures.py, --dpi=300]`. It is a step that gets the paths of \
                  `results.json` and `results.csv` as its last arguments, and starts when all simulations have ended. With `needs` it \
                  waits for those and gets their results.",
            readme: "instead of a script: a step that gets the results. A Python script, a function `module:function` or any program, \
                     with the paths of `results.json` and `results.csv` as its last arguments. It waits for all simulations, or \
                     for what `needs` names, and gets their results",
        }
        args {
            value: Vec<At<Argument>>,
            read: Self::args,
            schema: Vec<Json>,
            also: ["arguments", "argv", "script_args", "params", "parameters"],
            doc: "Arguments: of the script, one item for each; or of the function, any values. `${outdir}` is the own output \
                  directory, beside `${attempt}`, `${name}`, `${experiment}` and `${index}`.",
            readme: "arguments of the script, one item for each, or of the function",
        }
        kwargs {
            value: Vec<(At<String>, At<Argument>)>,
            read: Self::kwargs,
            schema: BTreeMap<String, Json>,
            also: [],
            doc: "Keyword arguments of the function.",
            readme: "keyword arguments of the function",
        }
        matrix {
            value: At<Matrix>,
            read: Self::matrix,
            schema: Matrix,
            also: ["sweep", "params", "parameters", "grid", "axes", "product", "sweeps"],
            doc: "Axes whose every combination is a simulation. `include` and `exclude` add and remove combinations.",
            readme: "every combination of its axes; an axis is a list, `{range: [from, to, step]}`, or comes from files: \
                     `{glob: \"cfg/*.ini\"}`, `{lines: FILE}`, `{csv: FILE}`, `{json: FILE}`",
        }
        zip {
            value: At<Vec<Vec<Axis>>>,
            read: Self::zip,
            schema: Zip,
            also: [],
            doc: "Axes that go in step: the first values together, then the second ones. A list of maps is several such groups, of \
                  which every combination is a simulation.",
            readme: "axes that go in step; a list of maps is several groups of them",
        }
        include {
            value: Vec<Point>,
            read: Self::points,
            schema: Vec<Point>,
            also: [],
            doc: "Points to add to the sweep, each with a value for every axis.",
            readme: "adds whole points, each with a value for every axis",
        }
        exclude {
            value: Vec<Exclusion>,
            read: Self::exclusions,
            schema: Exclusions,
            also: ["skip", "without", "exclude_if"],
            doc: "Points to remove from the sweep: those that have all the given values, or for which an expression is true, such as \
                  `\"l1 > l2\"`.",
            readme: "removes the points that have all the given values, or for which an expression is true: `\"l1 > l2\"`",
        }
        with {
            value: Vec<(At<String>, At<Given>)>,
            read: Self::constants,
            schema: Constants,
            also: ["vars", "variables", "constants", "const", "let"],
            doc: "Further parameters: constants, and what is made of others, such as `${l1 * 8}`.",
            readme: "constants, and parameters that are made of others: `{l2: \"${l1 * 8}\"}`",
        }
        repeat {
            value: At<Axis>,
            read: Self::repeat,
            schema: Times,
            also: ["repeats", "repetitions", "replicas", "replicates", "runs", "times"],
            doc: "Runs each point so often. `${repeat}` counts from 1; without it in `name`, `-r1`, `-r2`, … is added.",
            readme: "runs each point so often; `${repeat}` counts from 1, and names get `-r1`, `-r2`, …",
        }
        seeds {
            value: At<Axis>,
            read: Self::seeds,
            schema: Seeds,
            also: ["seed", "random_seeds", "random_seed"],
            doc: "Runs each point once for each seed: a list, or a number of seeds from 1. The script is given `${seed}`; without it \
                  in `name`, `-s1`, `-s2`, … is added.",
            readme: "runs each point for each seed, a list or how many from 1; pass `${seed}` on. Names get `-s1`, `-s2`, …",
        }
        needs {
            value: Vec<NeedRule>,
            read: Self::needs,
            schema: Vec<NeedForm>,
            also: ["depends_on", "depends", "dependencies", "after", "requires"],
            doc: "Simulations that must end ok first: names or globs. `${needs.NAME.outdir}` is the output directory of one. With \
                  `{name: NAME, when: ended}` it may end in whatever way.",
            readme: "simulations (names or globs) that must end ok first; `${needs.NAME.outdir}` is the output directory of \
                     one. `{name: NAME, when: ended}`: that may end in whatever way",
        }
        pool {
            value: PoolRule,
            read: Self::pool,
            schema: PoolRule,
            also: [],
            doc: "Runs at most `processes` simulations of this entry at once.",
            readme: "`{processes: N}`: at most N of this entry at once",
        }
        spawned {
            value: Settings,
            read: Self::spawned,
            schema: Defaults,
            also: ["spawns", "spawn", "children", "child"],
            doc: "The settings of what a `suite` spawns, such as `{memory: 4GiB, timeout: 6h}`, over those of `defaults`. The `gem5`, \
                  `cwd` and `prefix` of the suite hold for it too where it has none of its own, and its `gem5_args` and `env` are \
                  added to those of the suite; with a `gem5` of its own it has no `gem5_args` but its own.",
            readme: "of a `suite`: settings of what it spawns, such as `{memory: 4GiB, timeout: 6h, watch: [\"*.ipc\"]}`; any of the \
                     next table",
        }
        on_suite_end {
            value: OnSuiteEnd,
            read: Self::on_suite_end,
            schema: SuiteEnd,
            also: ["on_end", "when_suite_ends", "orphans"],
            doc: "What becomes of the simulations of a `suite` that has died or was killed: `go-on`, when left out, or `cancel`. The next \
                  attempt of the suite finds those that went on.",
            readme: "of a `suite`: what becomes of its simulations when it has died: `go-on`, so that its next attempt finds them, or \
                     `cancel`",
        }
        fresh {
            value: bool,
            read: Self::yes_or_no,
            schema: YesOrNo,
            also: ["rerun", "no_cache", "anew"],
            doc: "Whether a `suite` runs everything anew. Without it a call whose function, arguments, gem5 and inputs are unchanged \
                  returns the value from before.",
            readme: "of a `suite`: `true` runs every call anew; without it unchanged ones return their value from before",
        }
    } };
}

/// Settings: keys of a simulation, and of `defaults` for those that have none of their own.
macro_rules! settings {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        gem5 {
            value: Gem5,
            read: Self::gem5,
            schema: Gem5,
            also: ["binary", "executable", "gem5_binary", "gem5_path", "exe"],
            doc: "The gem5 executable: a path, relative to the experiment file, or a name on PATH; or a list, whose last word \
                  it is, behind a command.",
            readme: "another gem5 than the one at the top",
        }
        gem5_args {
            value: Vec<At<Template>>,
            read: Self::templates,
            schema: Vec<Value>,
            also: ["gem5_options", "options", "flags", "gem5_flags", "debug_flags"],
            doc: "Options for gem5 itself, before the script, such as `--debug-flags=Cache`. Those of a simulation come \
                  after those of `defaults`.",
            readme: "gem5's own options; those of a simulation come after the defaults'",
        }
        prefix {
            value: Vec<At<Template>>,
            read: Self::templates,
            schema: Vec<Value>,
            also: ["wrapper", "command_prefix", "launcher", "wrap"],
            doc: "A command in front of gem5 and its options, or of a step, one item for each word, such as `[taskset, -c, \"0-3\"]` or \
                  `[perf, stat]`. Those of a simulation take the place of those of `defaults`. It is no part of what decides a \
                  result.",
            readme: "a command in front of gem5 or of a step, such as `[numactl, -N, \"0\"]` or `[perf, stat]`",
        }
        outputs {
            value: Vec<At<Template>>,
            read: Self::templates,
            schema: Vec<String>,
            also: ["output_files", "outfiles", "artifacts", "produces", "writes"],
            doc: "Files that the run writes outside of its own directory, relative to its working directory, such as \
                  `results/${name}.csv`; the file name may be a glob. No two simulations may write the same one. What is there \
                  before an attempt starts is kept: what an earlier attempt wrote, as `results/a.csv.attempt-1`; anything \
                  else keeps the attempt from starting. They are no inputs.",
            readme: "files that the run writes outside of its own directory, such as `[\"results/${name}.csv\"]`, from its \
                     working directory; a file name may be a glob. They are no inputs, no two simulations may share one, and none \
                     is overwritten: that of an earlier attempt becomes `results/a.csv.attempt-1`",
        }
        env {
            value: Vec<Variable>,
            read: Self::env,
            schema: Environment,
            also: ["environment", "environ", "env_vars"],
            doc: "Environment variables. An empty value removes the variable. Those of a simulation are laid over those of \
                  `defaults`. A value whose name speaks of a secret, such as one with `TOKEN`, `SECRET`, `PASS` or `KEY`, or \
                  that holds one, such as a URL with a password, is passed on and never recorded.",
            readme: "changes to the environment (no value removes a variable)",
        }
        cwd {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: ["workdir", "working_dir", "working_directory", "dir", "directory", "chdir"],
            doc: "The working directory, relative to the experiment file. The directory of the experiment file when left \
                  out.",
            readme: "the working directory; that of the file when left out",
        }
        timeout {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_timeout),
            schema: Span,
            also: ["time_limit", "limit", "max_time", "walltime"],
            doc: "The wall-clock limit, pauses excluded: `90s`, `6h`, `1h30m`, or a number of seconds. Also a limit of the job under a batch \
                  system.",
            readme: "wall-clock limit without pauses: `12h`, `90s`; a number alone is seconds. Also a limit of the job under a batch system",
        }
        time {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_time),
            schema: Span,
            also: ["expected_time", "run_time", "runtime", "duration", "takes", "estimated_time"],
            doc: "How long it takes, wall-clock time: `2h`. In a batch job, or with `--until`, it is not started where less time than                   this is left, and waits for the next engine. Nothing is ended by it. `timeout` counts in its place when left out.",
            readme: "how long it takes: in a batch job, or with `--until`, it is not started where less time is left. Nothing is ended \
                     by it; `timeout` counts when left out",
        }
        grace {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, units::duration),
            schema: Span,
            also: ["grace_period", "kill_after"],
            doc: "How long a cancelled gem5 may take to write its stats before it is terminated. 60 seconds when left out.",
            readme: "how long a cancel waits between SIGINT and SIGTERM (60 s)",
        }
        stall {
            value: StallRule,
            read: Self::stall,
            schema: StallRule,
            also: ["stalled", "stall_timeout", "no_progress", "hang", "hung", "watchdog", "idle_timeout"],
            doc: "Ends a simulation that has made no tick, written nothing and used no CPU time for so long, pauses \
                  excluded: `30m`. Its outcome is `stalled`. At least 10 seconds. A log that only repeats one line, or \
                  up to eight in turn, numbers apart, is no output, and while it does CPU time does not count either: only a tick, stats, the guest's \
                  console or another line do. As `{progress: 30m, guest: 10m}` also one whose simulated system has failed, \
                  or waited at a prompt, for so long.",
            readme: "ends a simulation that shows no tick, no output and no CPU time for so long; pauses and suspends do \
                     not count. While its log only repeats one line, or up to eight in turn, numbers apart, neither that \
                     nor CPU time counts, unless \
                     a number in it counts up and it is no warning. `{guest: 10m}`: one whose guest has panicked or waits at a prompt for so long",
        }
        on_guest {
            value: GuestRule,
            read: Self::on_guest,
            schema: GuestRule,
            also: ["on_panic", "kernel_panic", "guest"],
            doc: "What to do when the console of the simulated system tells that it has failed.",
            readme: "`{panic: cancel}` ends a simulation as soon as its guest's kernel has failed, with its stats",
        }
        max_output {
            value: At<Deferred<u64>>,
            read: |d, field| d.deferred(field, read_size),
            schema: Size,
            also: ["max_size", "output_limit", "max_output_size", "disk_limit", "disk"],
            doc: "The most that a simulation may write below its directory, such as `20GiB`. One that writes more is ended \
                  with its stats, outcome `disk`.",
            readme: "ends a simulation that has written more than this",
        }
        retries {
            value: At<Retries>,
            read: Self::retries,
            schema: RetryRule,
            also: ["retry", "attempts", "max_retries"],
            doc: "How often a failed attempt is followed by another one: a number, or a number for each outcome, such as \
                  `{segv: 2, any: 1}`. `{oom: {times: 2, memory: 1.5x}, timeout: {times: 1, time: 1.5x}}` raises what ran out each time, \
                  until a person asks for an attempt.",
            readme: "a number, or a number by outcome, such as `{segv: 2, oom: 1}`; waits 1 s, 2 s, 4 s, … in between. \
                     `{oom: {times: 2, memory: 1.5x}, timeout: {times: 1, time: 1.5x}}` raises `memory`, or `timeout` and the limit of the \
                     job, each time, until a person asks for an attempt",
        }
        memory {
            value: At<Deferred<u64>>,
            read: |d, field| d.deferred(field, read_size),
            schema: Size,
            also: ["mem", "ram"],
            doc: "The memory that one simulation needs, such as `4GiB`. It counts against the `memory` of the experiment. Also a limit of the job \
                  under a batch system.",
            readme: "what one simulation needs. The larger of this and what was seen counts; half as much again after an \
                     `oom`. Also a limit of the job under a batch system",
        }
        executor {
            value: Executor,
            read: Self::own_executor,
            schema: OwnExecutor,
            also: ["scheduler", "backend", "batch_system", "cluster"],
            doc: "Where it runs: `local`, `slurm`, or `{slurm: {time: 2d}}`, whose keys come before those at the top. Of a `suite` it is where \
                  what it spawns runs; its script runs beside the engine.",
            readme: "`local`, `slurm` or `{slurm: {time: 2d}}`, whose keys come before those at the top. Of a `suite` it is for what it spawns: the \
                     script itself runs beside the engine",
        }
        priority {
            value: At<Deferred<i32>>,
            read: |d, field| d.deferred(field, read_priority),
            schema: Integer,
            also: ["prio", "nice", "order", "rank", "urgency"],
            doc: "Of the simulations that could start, those with a higher number start first. 0 when left out; within one number the \
                  order of the file decides. It is no part of what decides a result.",
            readme: "a whole number, 0 when left out: of those that could start, the higher ones start first",
        }
        poll_stats {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_poll),
            schema: Span,
            also: ["stats_interval", "dump_stats", "dump_interval", "stats_every", "poll"],
            doc: "Asks gem5 for a dump of its stats (SIGUSR1) so often while it simulates, such as `5m`. Such dumps stand in \
                  `stats.txt`, are marked, and are left out of results. At least 5 seconds; never when left out.",
            readme: "asks gem5 for its stats so often (SIGUSR1); such dumps are shown, marked, and are no results",
        }
        success {
            value: Conditions,
            read: Self::success,
            schema: Conditions,
            also: ["ok", "ok_if", "success_if", "passed_if", "check", "verify"],
            doc: "What success is, where gem5's own word does not tell. All conditions that are named must hold.",
            readme: "what ok means: `{exit_codes: 0, exit_causes: \"m5_exit*\", stats: \"*.ipc\", log: \"regular \
                     expression\"}`; all that are named must hold",
        }
        exit_line {
            value: String,
            read: Self::exit_line,
            schema: String,
            also: ["exit_pattern", "end_line"],
            doc: "What the script's own line about its end looks like, for scripts that print it otherwise than those of gem5: a \
                  regular expression with the groups `(?<tick>…)` and `(?<cause>…)`, and `(?<code>…)` where it tells one.",
            readme: "what the script's own line about its end looks like: a regular expression with the groups `tick` and \
                     `cause`, and `code` if it tells one",
        }
        logs {
            value: Vec<String>,
            read: Self::logs,
            schema: OneOrMore,
            also: ["log", "log_file", "log_files", "logfile", "logfiles"],
            doc: "Logs of gem5 beside its standard output and standard error, for runs behind a redirect: globs of paths below \
                  the output directory, or of names in the attempt's directory, such as `[log.txt, \"*.out\"]`. Without it a \
                  file there that begins as gem5 does is found where the two say nothing.",
            readme: "other logs of gem5, for runs behind a redirect: `[log.txt, \"*.out\"]`, below the output directory or \
                     beside it. A file that begins with gem5's banner is found without",
        }
        watch {
            value: Vec<At<String>>,
            read: Self::watch,
            schema: Vec<String>,
            also: ["stats", "metrics", "columns"],
            doc: "Globs of the stats to show as columns, such as `\"*.ipc\"`. Those of a simulation are added to those of \
                  `defaults`.",
            readme: "globs of stats to show, such as `\"*.ipc\"`; `*` matches anything",
        }
        dump {
            value: Choice,
            read: Self::dump,
            schema: Choice,
            also: ["result_dump", "which_dump", "result"],
            doc: "Which of its dumps is the result, once it has ended: `last`, which is the default, `first`, a number such as `2`, or \
                  `-2` from the end, `{label: \"ROI*\"}` for the last one with such a `message`, or `{roi: 2}` for the second \
                  interval of ticks, where dumps that repeat one and empty ones do not count. Dumps that were asked for do not count. \
                  Another choice runs nothing again.",
            readme: "which of its dumps is the result: `last`, `first`, a number (`-2` from the end), `{label: \"ROI*\"}` or `{roi: 2}`. \
                     Another choice runs nothing again",
        }
        goal {
            value: GoalRule,
            read: Self::goal,
            schema: GoalRule,
            also: [],
            doc: "How much the simulation simulates, for progress and the time left. What lies before the checkpoint that it is \
                  restored from does not count.",
            readme: "`{ticks: N}`, `{instructions: N}` or `{seconds: S}` that this run simulates, for progress and the time \
                     left: counted from the checkpoint that it is restored from, over resets of the stats",
        }
    } };
}

/// Keys of `goal`.
macro_rules! goal_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        ticks {
            value: At<Deferred<u64>>,
            read: |d, field| d.deferred(field, read_goal),
            schema: Count,
            also: [],
            doc: "Simulated ticks, such as `10_000_000_000`, from where the run begins: after a restore, from the checkpoint on.",
            readme: "",
        }
        instructions {
            value: At<Deferred<u64>>,
            read: |d, field| d.deferred(field, read_goal),
            schema: Count,
            also: [],
            doc: "Simulated instructions.",
            readme: "",
        }
        seconds {
            value: At<Deferred<f64>>,
            read: |d, field| d.deferred(field, read_goal_seconds),
            schema: Seconds,
            also: [],
            doc: "Simulated seconds, such as `0.01`.",
            readme: "",
        }
    } };
}

/// Keys of `stall`.
macro_rules! stall_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        progress {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_stall),
            schema: Span,
            also: ["host"],
            doc: "No tick, no output and no CPU time for so long.",
            readme: "",
        }
        guest {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_stall),
            schema: Span,
            also: ["console"],
            doc: "The console of the simulated system tells of a failure, or ends in a prompt, for so long.",
            readme: "",
        }
    } };
}

/// Keys of `on_guest`.
macro_rules! guest_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        panic {
            value: bool,
            read: Self::cancel,
            schema: Cancel,
            also: ["oops"],
            doc: "`cancel`: end it as a cancel does, so that gem5 writes its stats.",
            readme: "",
        }
    } };
}

/// Keys of an item of `needs` that is more than a name.
macro_rules! need_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        name {
            value: At<Template>,
            read: Self::template,
            schema: String,
            also: [],
            doc: "The name of a simulation, or a glob.",
            readme: "",
        }
        when {
            value: When,
            read: Self::when,
            schema: WhenForm,
            also: ["condition", "if", "on", "status"],
            doc: "`ok`, when left out: it must end ok. `ended`: it may end in whatever way, and may never start because of what it \
                  needs itself.",
            readme: "",
        }
    } };
}

/// Keys of `stop_after`.
macro_rules! stop_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        alike {
            value: u32,
            read: Self::alike,
            schema: AlikeCount,
            also: ["same", "failures", "failed", "errors", "count"],
            doc: "So many simulations of one program that failed for the same reason, while none of it is ok. 0 for never.",
            readme: "",
        }
    } };
}

/// Keys of `pool`.
macro_rules! pool_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        processes {
            value: At<u32>,
            read: Self::processes,
            schema: Positive,
            also: [],
            doc: "How many.",
            readme: "",
        }
    } };
}

/// Keys of `success`.
macro_rules! success_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        exit_codes {
            value: Vec<i32>,
            read: Self::exit_codes,
            schema: ExitCodes,
            also: [],
            doc: "The exit codes that are a success: one, or a list. Only 0 when left out.",
            readme: "",
        }
        exit_causes {
            value: Vec<String>,
            read: Self::globs,
            schema: OneOrMore,
            also: [],
            doc: "Globs for the exit cause that the log tells, such as `m5_exit*`; one must match.",
            readme: "",
        }
        stats {
            value: Vec<String>,
            read: Self::globs,
            schema: OneOrMore,
            also: [],
            doc: "Globs of stats, such as `\"*.ipc\"`; for each, the last dump must have a stat.",
            readme: "",
        }
        log {
            value: String,
            read: Self::log_pattern,
            schema: String,
            also: [],
            doc: "A regular expression that a line of standard output or standard error must match.",
            readme: "",
        }
    } };
}

/// Keys of `results` that a view has too.
macro_rules! table_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        baseline {
            value: Vec<(At<String>, At<String>)>,
            read: Self::baseline,
            schema: Selected,
            also: ["base", "reference", "normalize_to", "normalise_to"],
            doc: "What others are compared with: values of parameters, such as `{l2: 256KiB}`. Each simulation is compared with the one that \
                  has these and is equal in every other parameter.",
            readme: "",
        }
        compare {
            value: Compare,
            read: Self::compare,
            schema: Compare,
            also: ["normalise", "normalize", "relative", "ratio"],
            doc: "How it is compared: `ratio`, the default where there is a baseline, `percent`, `difference`, or `none`.",
            readme: "",
        }
        replicas {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["repeats", "seeds", "repeat"],
            doc: "Parameters that only repeat a point, such as `seed`: a mean with its 95 % interval is made over them. Those of `repeat` and \
                  `seeds` when left out.",
            readme: "",
        }
        workloads {
            value: Workloads,
            read: Self::workloads,
            schema: Workloads,
            also: ["workload", "benchmarks", "mean", "average"],
            doc: "Parameters over which a mean is made, such as `workload` or `{over: workload, mean: geomean}`. A parameter called \
                  `workload` or `benchmark` when left out.",
            readme: "",
        }
        rows {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["row", "index", "lines"],
            doc: "Parameters that make the rows of a table.",
            readme: "",
        }
        columns {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["cols", "column", "col"],
            doc: "Parameters that make the columns of a table.",
            readme: "",
        }
    } };
}

/// Keys of `results` that a view does not have.
macro_rules! results_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        metrics {
            value: Vec<At<MetricRule>>,
            read: Self::metrics,
            schema: Metrics,
            also: ["metric", "stats", "values"],
            doc: "What is told of each simulation, by name: an expression over stats, such as `1000 * sum('*.l2*.overallMisses::total') / simInsts`.",
            readme: "",
        }
        dump {
            value: ResultDump,
            read: Self::result_dump,
            schema: ResultDump,
            also: ["which_dump", "result_dump", "dumps"],
            doc: "Which dump is read, in place of the one that `dump` of each simulation means. Also `{sum: all}`, all dumps added up \
                  where none counts what another one does, or `each`, a row for each of them and no table.",
            readme: "",
        }
        simpoints {
            value: Simpoints,
            read: Self::simpoints,
            schema: Simpoints,
            also: ["simpoint", "weights", "weighted"],
            doc: "Simulations that stand for one together, each with its weight.",
            readme: "",
        }
        views {
            value: Vec<(At<String>, View)>,
            read: Self::views,
            schema: Views,
            also: ["view", "tables"],
            doc: "Tables with a name, for `gem5-tui results EXP NAME`. What a view does not say is as above.",
            readme: "",
        }
        plots {
            value: Vec<(At<String>, PlotKeys)>,
            read: Self::plots,
            schema: Plots,
            also: ["plot", "figures", "charts"],
            doc: "Figures with a name, for `gem5-tui plot EXP NAME`.",
            readme: "",
        }
    } };
}

/// Keys of a figure.
macro_rules! plot_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        kind {
            value: PlotKind,
            read: Self::plot_kind,
            schema: PlotKind,
            also: ["type", "style", "chart"],
            doc: "`bars`, which is the default: a group for each column of the table, a bar for each row. `lines` over the parameter of the rows that \
                  is a number or a size. `heat`: a shade for each cell. `stacked`: bars of `parts`. `scatter`: points over `x` and `y`.",
            readme: "",
        }
        view {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["table", "of"],
            doc: "The view whose table it draws; the table where no view is named when left out.",
            readme: "",
        }
        metric {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["metrics", "stat", "value"],
            doc: "The metrics, each of which is a figure: those of the view when left out.",
            readme: "",
        }
        parts {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["stack", "components"],
            doc: "The metrics that stand on one another in a bar of `kind: stacked`, from below. They are not compared with the baseline.",
            readme: "",
        }
        total {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["whole", "sum"],
            doc: "The metric that they are parts of. What they leave of it is shown as `other`, and parts that add up to more are told.",
            readme: "",
        }
        x {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["horizontal", "abscissa"],
            doc: "The metric that `kind: scatter` tells to the right. Where `better` of both is said, the points that no other one beats are joined.",
            readme: "",
        }
        y {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["vertical", "ordinate"],
            doc: "The metric that it tells upwards.",
            readme: "",
        }
    } };
}

/// Keys of a view that `results` does not have.
macro_rules! view_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        metric {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["metrics", "stat", "value"],
            doc: "The metrics that it shows; all when left out.",
            readme: "",
        }
        only {
            value: Vec<(At<String>, At<String>)>,
            read: Self::baseline,
            schema: Selected,
            also: ["where", "filter", "when"],
            doc: "Only the simulations that have these values, such as `{assoc: 16}`.",
            readme: "",
        }
        dump {
            value: ResultDump,
            read: Self::result_dump,
            schema: ResultDump,
            also: ["which_dump", "result_dump", "dumps"],
            doc: "Which dump is read, in place of the one that `results` says; also `{sum: all}` or `each`.",
            readme: "",
        }
    } };
}

/// Keys of a metric.
macro_rules! metric_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        value {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["expression", "formula", "expr"],
            doc: "An expression over stats.",
            readme: "",
        }
        stat {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["name", "glob"],
            doc: "In place of `value`: the name of one stat, or a glob that matches one.",
            readme: "",
        }
        better {
            value: Better,
            read: Self::better,
            schema: Better,
            also: ["best", "direction", "goal"],
            doc: "Whether `higher` or `lower` is better. A ratio is then above 1 where it is better.",
            readme: "",
        }
        unit {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["units"],
            doc: "The unit that is shown, in place of the one that follows from those of gem5.",
            readme: "",
        }
        digits {
            value: u8,
            read: Self::digits,
            schema: Digits,
            also: ["precision", "decimals"],
            doc: "Digits behind the point that are shown.",
            readme: "",
        }
        absent {
            value: f64,
            read: Self::finite_number,
            schema: Number,
            also: ["missing", "default", "nozero"],
            doc: "What a stat counts that a complete dump does not have: gem5 leaves out some that are 0. Without it such a value is missing.",
            readme: "",
        }
    } };
}

/// Keys of `simpoints`.
macro_rules! simpoint_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        over {
            value: At<String>,
            read: Self::text,
            schema: String,
            also: ["parameter", "axis"],
            doc: "The parameter that tells them apart.",
            readme: "",
        }
        weights {
            value: At<Weights>,
            read: Self::weights,
            schema: Weights,
            also: ["weight", "file"],
            doc: "The weight of each: a parameter such as `$weight`, a map such as `{0: 0.3, 1: 0.7}`, or the `.weights` file of the program `simpoint`.",
            readme: "",
        }
        coverage {
            value: f64,
            read: Self::coverage,
            schema: Share,
            also: ["least", "min_coverage"],
            doc: "The part of the weights that must be there for a value to be in means: `95%`. All of them when left out.",
            readme: "",
        }
    } };
}

/// Keys of `workloads`.
macro_rules! workload_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        over {
            value: Vec<At<String>>,
            read: Self::one_or_more_names,
            schema: OneOrMore,
            also: ["parameter", "axis", "parameters"],
            doc: "The parameters.",
            readme: "",
        }
        mean {
            value: MeanKind,
            read: Self::mean_kind,
            schema: MeanKind,
            also: ["kind", "average"],
            doc: "`geomean`, `arithmetic` or `harmonic`. What is right follows from the unit when left out; `none` makes no mean.",
            readme: "",
        }
    } };
}

/// Keys of `slurm`.
macro_rules! slurm_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        partition {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["queue", "partitions"],
            doc: "sbatch's `--partition`: a partition, or several with commas between them.",
            readme: "`--partition` of sbatch",
        }
        account {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["project", "charge", "allocation"],
            doc: "sbatch's `--account`: who is charged.",
            readme: "`--account`",
        }
        qos {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["quality_of_service"],
            doc: "sbatch's `--qos`.",
            readme: "`--qos`",
        }
        time {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_timeout),
            schema: Span,
            also: ["walltime", "time_limit", "timelimit", "limit", "runtime", "timeout"],
            doc: "The time limit of the job, such as `2d`: that of the simulation (`timeout`) and some time to end when left out.",
            readme: "the time limit of the job, where it is not the `timeout` of the simulation and some time to end",
        }
        constraint {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["constraints", "feature", "features"],
            doc: "sbatch's `--constraint`: features that the node must have, such as `zen4`. How long a simulation takes is comparable on \
                  equal nodes only.",
            readme: "`--constraint`, such as `zen4`",
        }
        exclude {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["exclude_nodes", "excluded", "not_on"],
            doc: "sbatch's `--exclude`: nodes on which nothing is started.",
            readme: "`--exclude`: nodes on which nothing is started",
        }
        gres {
            value: At<Template>,
            read: Self::template,
            schema: Value,
            also: ["gpus", "resources"],
            doc: "sbatch's `--gres`, such as `gpu:1`.",
            readme: "`--gres`",
        }
        cpus {
            value: At<Deferred<u32>>,
            read: |d, field| d.deferred(field, read_cpus),
            schema: Cpus,
            also: ["cpus_per_task", "cores", "ncpus", "threads"],
            doc: "sbatch's `--cpus-per-task`: CPUs of the job, one when left out.",
            readme: "`--cpus-per-task`; one when left out",
        }
        extra {
            value: Vec<At<Template>>,
            read: Self::templates,
            schema: Vec<Value>,
            also: ["args", "options", "flags", "sbatch", "sbatch_args", "extra_args"],
            doc: "Further options of sbatch, such as `[--reservation=lab]`. One that gem5-tui sets itself is refused.",
            readme: "further options of sbatch, such as `[--reservation=lab]`. One that gem5-tui sets itself is refused",
        }
    } };
}

/// Keys of one outcome under `retries`.
macro_rules! retry_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        times {
            value: At<u32>,
            read: Self::times,
            schema: RetryTimes,
            also: ["count", "max", "retries", "attempts"],
            doc: "How often.",
            readme: "",
        }
        memory {
            value: At<Factor>,
            read: Self::factor,
            schema: Factor,
            also: ["mem", "more_memory"],
            doc: "After `oom`: so many times the memory, such as `1.5x`.",
            readme: "",
        }
        time {
            value: At<Factor>,
            read: Self::factor,
            schema: Factor,
            also: ["timeout", "limit", "more_time"],
            doc: "After `timeout`: so many times the limits of time, such as `1.5x`.",
            readme: "",
        }
    } };
}

/// Keys of a batch system, whichever it is, that hold for all jobs.
macro_rules! courtesy_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        max_queued {
            value: At<u32>,
            read: Self::processes,
            schema: Positive,
            also: ["max_jobs", "queue_limit", "max_submitted", "max_pending"],
            doc: "So many jobs at most wait there or run. 200 when left out.",
            readme: "at the top only: so many jobs at most wait there or run; 200 when left out",
        }
        engine {
            value: EngineAt,
            read: Self::engine_at,
            schema: EngineAt,
            also: ["engine_in", "run_engine", "coordinator"],
            doc: "Where the engine runs that the dashboard starts: `here`, when left out, or `job`, a small job of Slurm of its own, where login \
                  nodes end what stays there. Clients reach it by `srun`.",
            readme: "at the top only, for Slurm: where the engine runs that the dashboard starts: `here`, or `job`, a small job of its own, \
                     where login nodes end what stays",
        }
        poll {
            value: At<Duration>,
            read: Self::poll,
            schema: FixedSpan,
            also: ["poll_interval", "interval", "refresh", "every"],
            doc: "How often the batch system is asked what has become of the jobs, all at once; at least `1s`. By their number when left out.",
            readme: "at the top only: how often the batch system is asked what has become of the jobs, all at once; by their number when left out",
        }
    } };
}

/// Keys of `command`.
macro_rules! command_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        name {
            value: At<String>,
            read: Self::system_name,
            schema: String,
            also: ["system", "label"],
            doc: "What the batch system is called in what is said of it. The first word of `submit` when left out.",
            readme: "what the batch system is called; the first word of `submit` when left out",
        }
        submit {
            value: Vec<Part>,
            read: |d, field| d.submit(field),
            schema: Parts,
            also: ["sub", "submission", "enqueue", "launch"],
            doc: "Hands in a job: a list of words, or one text. `{script}` is the script to run; `{name}` a name for the job, `{dir}` the \
                  directory of the attempt, `{log}` a file for what the job prints, `{cpus}`, `{memory_mib}`, `{minutes}` and `{seconds}` what it \
                  may use. A list in the list, as `[-l, \"mem={memory_mib}mb\"]`, is left out where nothing is said of that.",
            readme: "hands in a job: a list of words, or one text; no shell reads it. `{script}` is the script to run, `{name}` a name for the job, \
                     `{dir}` the directory of the attempt, `{log}` a file for what the job prints, `{cpus}`, `{memory_mib}`, `{minutes}` and `{seconds}` \
                     what it may use. A list in the list, as `[-l, \"mem={memory_mib}mb\"]`, is left out where nothing is said of that",
        }
        status {
            value: Vec<String>,
            read: |d, field| d.command(field, &STATUS),
            schema: Words,
            also: ["list", "stat", "query", "jobs"],
            doc: "Prints the jobs that wait or run, of `{user}` at least: a line for each, which begins with its number. A job whose number was not \
                  understood is found by its name, if the line has that, too.",
            readme: "prints the jobs that wait or run, of `{user}` at least: a line for each, which begins with its number. A job whose number was not \
                     understood is found by its name, if the line has that, too",
        }
        cancel {
            value: Vec<String>,
            read: |d, field| d.command(field, &CANCEL),
            schema: Words,
            also: ["delete", "del", "kill", "remove"],
            doc: "Ends the job `{id}`.",
            readme: "ends the job `{id}`",
        }
        signal {
            value: Vec<String>,
            read: |d, field| d.command(field, &SIGNAL),
            schema: Words,
            also: ["send_signal", "sig"],
            doc: "Sends `{signal}`, such as `TERM`, to the script of the job `{id}`. Without it nothing is paused or asked for stats, and a cancel is \
                  what `cancel` does.",
            readme: "sends `{signal}`, such as `TERM`, to the script of the job `{id}`. Without it nothing is paused or asked for stats, and a cancel is \
                     what `cancel` does",
        }
        id {
            value: String,
            read: Self::log_pattern,
            schema: String,
            also: ["job_id", "jobid", "id_regex", "pattern"],
            doc: "A regular expression that finds the job's number in what `submit` prints: its first group, or the whole match. The first number when left out.",
            readme: "a regular expression that finds the job's number in what `submit` prints: its first group, or all of it. The first number when left out",
        }
        cpus {
            value: At<Deferred<u32>>,
            read: |d, field| d.deferred(field, read_cpus),
            schema: Cpus,
            also: ["cores", "ncpus", "threads", "slots"],
            doc: "What `{cpus}` is; one when left out.",
            readme: "what `{cpus}` is; one when left out",
        }
        time {
            value: At<Deferred<Duration>>,
            read: |d, field| d.deferred(field, read_timeout),
            schema: Span,
            also: ["walltime", "time_limit", "limit", "runtime", "timeout"],
            doc: "The time limit of the job, of which `{minutes}` and `{seconds}` tell: that of the simulation (`timeout`) and some time to end when left out.",
            readme: "the time limit of the job, where it is not the `timeout` of the simulation and some time to end",
        }
    } };
}

/// Keys of an item of `notify`.
macro_rules! notify_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        on {
            value: Vec<At<Occasion>>,
            read: Self::occasions,
            schema: Occasions,
            also: ["when", "events", "event", "for", "if"],
            doc: "What is told: `done` (everything has ended), `failed` (a simulation, and it is not tried again), `stalled`, `disk`, or a \
                  watched stat, as in `{stat: system.cpu.ipc, below: 0.1}`, once for each attempt. The four words when left out. What \
                  happens within two seconds is told at once with its number, and of each kind there is one notice in a minute.",
            readme: "what is told: `done`, `failed`, `stalled`, `disk`, or a watched stat, as in `{stat: system.cpu.ipc, below: 0.1}`, once for \
                     each attempt; the four words when left out. Many at once are one notice with their number, and of each kind there is \
                     one in a minute",
        }
        run {
            value: Vec<At<String>>,
            read: Self::command_words,
            schema: Words,
            also: ["command", "cmd", "exec", "program", "shell", "script"],
            doc: "A command, one item for each word, such as `[notify-send, gem5]`. No shell reads it. A bare name is looked for on PATH, a path \
                  with a slash is relative to the experiment file. It gets what happened as `GEM5_TUI_EVENT`, `GEM5_TUI_TEXT`, \
                  `GEM5_TUI_EXPERIMENT`, `GEM5_TUI_OUTDIR`, `GEM5_TUI_SIMULATION`, `GEM5_TUI_ATTEMPT`, `GEM5_TUI_OUTCOME`, `GEM5_TUI_REASON`, \
                  `GEM5_TUI_COUNT`, `GEM5_TUI_STAT` and `GEM5_TUI_VALUE`, as far as there is such a thing, and as a JSON object on its \
                  standard input. After 10 s it is ended.",
            readme: "a command, one item for each word; no shell reads it. It gets what happened in its environment (`GEM5_TUI_EVENT`, \
                     `_TEXT`, `_EXPERIMENT`, `_OUTDIR`, `_SIMULATION`, `_ATTEMPT`, `_OUTCOME`, `_REASON`, `_COUNT`, `_STAT`, `_VALUE`) and as a \
                     JSON object on its standard input. After 10 s it is ended",
        }
        post {
            value: At<EnvText>,
            read: Self::address,
            schema: Address,
            also: ["url", "webhook", "hook", "http", "https", "endpoint"],
            doc: "The address of a webhook: the JSON object is sent there. `${env:NAME}` stands for a variable of the engine's environment, for \
                  what is secret. No redirect is followed; it may take 10 s.",
            readme: "or the address of a webhook, to which the JSON object is posted: `https://host/${env:HOOK}`, where `${env:NAME}` is a \
                     variable of the environment. Of the address nothing but the host is ever written down",
        }
        headers {
            value: Vec<(String, EnvText)>,
            read: Self::headers,
            schema: Headers,
            also: ["header", "auth"],
            doc: "Headers of the request, such as `{Authorization: \"Bearer ${env:TOKEN}\"}`.",
            readme: "headers of that, such as `{Authorization: \"Bearer ${env:TOKEN}\"}`",
        }
    } };
}

/// Keys of a stat under `on`.
macro_rules! threshold_keys {
    ($($then:tt)*) => { $crate::experiment::table::lay_out! { [$($then)*]
        stat {
            value: At<String>,
            read: Self::stat_name,
            schema: String,
            also: ["name", "metric", "of"],
            doc: "A stat, written as it stands under `watch`.",
            readme: "",
        }
        below {
            value: f64,
            read: Self::any_number,
            schema: AnyNumber,
            also: ["under", "less_than", "lt", "min", "less"],
            doc: "It is told when the stat is less than this.",
            readme: "",
        }
        above {
            value: f64,
            read: Self::any_number,
            schema: AnyNumber,
            also: ["over", "more_than", "gt", "max", "more", "greater_than"],
            doc: "It is told when the stat is more than this.",
            readme: "",
        }
    } };
}

/// Hands the rows to the macro that lays them out, behind what it wants to know besides.
macro_rules! lay_out {
    ([$then:ident $($extra:tt)*] $($rows:tt)*) => { $then! { [$($extra)*] $($rows)* } };
}

pub(super) use {
    command_keys, courtesy_keys, file_keys, goal_keys, guest_keys, lay_out, metric_keys, need_keys, notify_keys,
    plot_keys, pool_keys, results_keys, retry_keys, settings, simpoint_keys, simulation_keys, slurm_keys, stall_keys,
    stop_keys, success_keys, table_keys, threshold_keys, view_keys, workload_keys,
};

/// What is known of one key.
#[derive(Debug)]
pub(super) struct Row {
    /// The key.
    pub(super) key: &'static str,
    /// What other tools call it.
    pub(super) also: &'static [&'static str],
    /// What README.md says of it.
    readme: &'static str,
}

macro_rules! rows {
    ([$name:ident] $($key:ident {
        value: $_value:ty, read: $_read:expr, schema: $_schema:ty, also: [$($also:literal),*], doc: $_doc:literal,
        readme: $readme:literal,
    })*) => {
        static $name: &[Row] = &[$(Row { key: stringify!($key), also: &[$($also),*], readme: $readme }),*];
    };
}

file_keys!(rows FILE);
simulation_keys!(rows SIMULATION);
settings!(rows SETTINGS);
goal_keys!(rows GOAL);
pool_keys!(rows POOL);
stop_keys!(rows STOP);
need_keys!(rows NEED);
stall_keys!(rows STALL);
guest_keys!(rows GUEST);
success_keys!(rows SUCCESS);
results_keys!(rows RESULTS);
table_keys!(rows TABLE);
view_keys!(rows VIEW);
plot_keys!(rows PLOT);
metric_keys!(rows METRIC);
simpoint_keys!(rows SIMPOINTS);
workload_keys!(rows WORKLOADS);
slurm_keys!(rows SLURM);
retry_keys!(rows RETRY);
command_keys!(rows COMMAND);
courtesy_keys!(rows COURTESY);
notify_keys!(rows NOTIFY);
threshold_keys!(rows THRESHOLD);

/// A part of the file that has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Experiment,
    Defaults,
    Simulation,
    Spawned,
    Goal,
    Pool,
    StopAfter,
    Need,
    Stall,
    Guest,
    Success,
    Axis,
    Results,
    View,
    Plot,
    Metric,
    Simpoints,
    Workloads,
    Slurm,
    Command,
    Retry,
    Notify,
    Threshold,
}

impl Section {
    /// All sections that a key may have strayed from.
    pub(super) const MAIN: [Self; 3] = [Self::Experiment, Self::Defaults, Self::Simulation];

    /// The keys that it may have.
    pub(super) fn rows(self) -> impl Iterator<Item = &'static Row> {
        const fn row(key: &'static str, also: &'static [&'static str]) -> Row {
            Row { key, also, readme: "" }
        }
        static AXIS: &[Row] = &[
            row("range", &["linspace", "seq"]),
            row("glob", &["files", "pattern"]),
            row("from", &["made"]),
            row("lines", &["list", "text", "file"]),
            row("csv", &["table", "tsv"]),
            row("json", &["jsonl"]),
        ];
        let (own, shared): (&[Row], &[Row]) = match self {
            Self::Experiment => (FILE, &[]),
            Self::Defaults | Self::Spawned => (&[], SETTINGS),
            Self::Simulation => (SIMULATION, SETTINGS),
            Self::Goal => (GOAL, &[]),
            Self::Pool => (POOL, &[]),
            Self::StopAfter => (STOP, &[]),
            Self::Need => (NEED, &[]),
            Self::Stall => (STALL, &[]),
            Self::Guest => (GUEST, &[]),
            Self::Success => (SUCCESS, &[]),
            Self::Axis => (AXIS, &[]),
            Self::Results => (RESULTS, TABLE),
            Self::View => (VIEW, TABLE),
            Self::Plot => (PLOT, &[]),
            Self::Metric => (METRIC, &[]),
            Self::Simpoints => (SIMPOINTS, &[]),
            Self::Workloads => (WORKLOADS, &[]),
            Self::Slurm => (SLURM, COURTESY),
            Self::Command => (COMMAND, COURTESY),
            Self::Retry => (RETRY, &[]),
            Self::Notify => (NOTIFY, &[]),
            Self::Threshold => (THRESHOLD, &[]),
        };
        own.iter().chain(shared)
    }

    /// Their names.
    pub(super) fn keys(self) -> impl Iterator<Item = &'static str> {
        self.rows().map(|row| row.key)
    }

    /// Whether it has the key.
    pub(super) fn has(self, key: &str) -> bool {
        self.keys().any(|known| known == key)
    }
}

/// The tables of keys in README.md.
pub fn readme() -> String {
    let tables = [
        ("at the top", FILE, "| `x-…` | anything, for YAML anchors; `<<:` merges |\n"),
        ("a simulation", SIMULATION, ""),
        ("also under `defaults` and `spawned`", SETTINGS, ""),
        ("under `executor: {slurm: …}`", SLURM, ""),
        ("under `executor: {command: …}`, at the top only", COMMAND, ""),
        ("under either of them", COURTESY, ""),
        ("an item of `notify`", NOTIFY, ""),
    ];
    let line = |row: &Row| format!("| `{}` | {} |\n", row.key, row.readme);
    let lines = |rows: &[Row]| rows.iter().map(line).collect::<Vec<_>>().concat();
    let table = |(title, rows, more)| format!("| {title} | |\n|---|---|\n{}{more}", lines(rows));
    tables.map(table).join("\n")
}
