//! Batch systems that are known by their commands: each recipe of `configs/executors` with clients that stand in for the real ones.
//!
//! `GEM5_TUI_BATCH=sge,htcondor` names recipes whose real clients are on PATH, on systems where this user may submit: what can be seen
//! there is tried there, too.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gem5_tui::rundir::count_dumps;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stage::{PATIENCE, Running, Said, Stage, is_running, wait_for, within};

/// The clients of all of them, in one program.
const CLIENTS: &str = include_str!("executors/clients.py");

/// A recipe, the clients that it needs, and whether a signal can be sent.
struct Recipe {
    name: &'static str,
    clients: &'static [&'static str],
    signals: bool,
}

const RECIPES: [Recipe; 6] = [
    Recipe { name: "htcondor", clients: &["condor_submit", "condor_q", "condor_rm"], signals: false },
    Recipe { name: "sge", clients: &["qsub", "qstat", "qdel"], signals: false },
    Recipe { name: "pbs", clients: &["qsub", "qselect", "qsig", "qdel"], signals: true },
    Recipe { name: "lsf", clients: &["bsub", "bjobs", "bkill"], signals: true },
    Recipe { name: "flux", clients: &["flux"], signals: true },
    Recipe { name: "hyperqueue", clients: &["hq"], signals: false },
];

/// After so long a job of which nothing is heard any more counts as gone, and some more on a busy machine.
const GONE_WITHIN: Duration = Duration::from_mins(4);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/executors")
}

/// A stage on which a batch system can be reached.
struct Site {
    stage: Stage,
    recipe: &'static Recipe,
    is_real: bool,
}

impl Site {
    fn new(recipe: &'static Recipe) -> Self {
        let stage = Stage::new();
        fs::create_dir(stage.path("bin")).unwrap();
        let program = stage.write("bin/clients.py", CLIENTS);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        for client in recipe.clients {
            symlink(&program, stage.path("bin").join(client)).unwrap();
        }
        Self { stage, recipe, is_real: false }
    }

    fn real(recipe: &'static Recipe) -> Self {
        Self { stage: Stage::new(), recipe, is_real: true }
    }

    /// Writes `exp.yaml`: what the recipe says of the executor, the rest as given. It is asked every second.
    fn experiment(&self, gem5: &str, rest: &str) {
        let recipe = fs::read_to_string(folder().join(format!("{}.yaml", self.recipe.name))).unwrap();
        let (_, executor) = recipe.split_once("\nexecutor:\n  command:\n").unwrap();
        let (executor, _) = executor.split_once("\ndefaults:").unwrap();
        let head = format!("name: staged\ngem5: {gem5}\noutdir: out\nexecutor:\n  command:\n    poll: 1s\n");
        self.stage.write("exp.yaml", &format!("{head}{executor}\n{rest}"));
    }

    /// An experiment whose simulations wait at gates.
    fn gates(&self, rest: &str) {
        self.experiment("python3", &format!("defaults: {{gem5_args: [-S, -E]}}\nsimulations:\n{rest}"));
    }

    /// One of the stand-in gem5 that simulates until it is told to finish.
    fn endless(&self) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = source.join("configs/outcomes.py");
        let rest =
            format!("simulations: [{{name: a, script: {}, args: [--mode=forever], grace: 10m}}]", script.display());
        self.experiment(source.join("assets/standin/gem5-standin").to_str().unwrap(), &rest);
    }

    fn start(&self, args: &str) -> Running {
        let mut command = self.stage.command(args);
        if self.is_real {
            return Running::start(command);
        }
        let path = command.get_envs().find_map(|(name, value)| (name == "PATH").then_some(value?)).unwrap();
        let path = format!("{}:{}", self.stage.path("bin").display(), path.to_str().unwrap());
        // What is printed must not hang on the locale of whoever tests.
        command.env("PATH", path).env("PYTHONIOENCODING", "utf-8");
        Running::start(command)
    }

    fn call(&self, args: &str) -> Said {
        self.start(args).finish()
    }

    /// An engine that is ready.
    fn engine(&self) -> Running {
        let engine = self.start("engine exp.yaml");
        assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
        engine
    }

    /// The word for `a`, as soon as it is this one.
    fn wait_word(&self, word: &str, patience: Duration) {
        let mut last = String::new();
        let found = within(patience, || {
            let sims = self.call("status exp.yaml --json").json();
            let sim = sims.into_iter().find(|sim| sim["name"] == "a").unwrap();
            let outcome = sim["status"]["outcome"]["kind"].as_str();
            let now = outcome.or(sim["status"]["state"].as_str()).unwrap().to_owned();
            last = format!("{now}: {}", sim["reason"]);
            (now == word).then_some(())
        });
        found.unwrap_or_else(|| panic!("{}: waited too long for {word}; it is {last}", self.recipe.name));
    }

    /// What the clients were asked, each with its arguments.
    fn asked(&self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.stage.path("bin/asked")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often a job was handed in.
    fn submissions(&self) -> usize {
        let submits = |words: &&Vec<String>| {
            matches!(words[0].as_str(), "qsub" | "bsub" | "condor_submit")
                || words.get(1).is_some_and(|w| w == "submit")
        };
        self.asked().iter().filter(submits).count()
    }
}

impl Drop for Site {
    /// A job that has not started must not start when the stage is gone.
    fn drop(&mut self) {
        for job in fs::read_dir(self.stage.path("bin/jobs")).into_iter().flatten().flatten() {
            let _ = fs::remove_file(job.path().join("name"));
        }
    }
}

/// Does the same with each recipe, some at a time.
fn with_each(test: impl Fn(&Site) + Sync) {
    for some in RECIPES.chunks(3) {
        std::thread::scope(|scope| {
            for recipe in some {
                let test = &test;
                scope.spawn(move || test(&Site::new(recipe)));
            }
        });
    }
}

/// The recipes whose systems are here.
fn real() -> Vec<&'static Recipe> {
    let named = std::env::var("GEM5_TUI_BATCH").unwrap_or_default();
    let names: Vec<&str> = named.split(',').map(str::trim).collect();
    RECIPES.iter().filter(|recipe| names.contains(&recipe.name)).collect()
}

#[test]
fn every_recipe_is_an_experiment_that_can_be_planned() {
    let stage = Stage::new();
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let planned = stage.call_with(&["plan", path.to_str().unwrap(), "--json"]).expect(0).json();
        assert_eq!(
            planned.iter().filter(|line| line["executor"]["command"]["name"] == name.as_str()).count(),
            4,
            "{name}: {planned:#?}"
        );
        names.push(name);
    }
    names.sort();
    let mut tested = RECIPES.map(|recipe| recipe.name);
    tested.sort_unstable();
    assert_eq!(names, tested);
}

/// What may be asked for is asked for in the units of each system, and what nothing is said of is not asked for as zero.
#[test]
fn an_experiment_runs_to_its_end_on_each_system() {
    with_each(|site| {
        let sim = |name: &str, limits: &str| crate::stage::gate(name, limits);
        site.gates(&(sim("all", ", memory: 512MiB, timeout: 10m, grace: 60s") + &sim("none", "")));
        site.stage.open_all(&["all", "none"], 0);
        site.call("run exp.yaml").expect(0);
        assert_eq!((site.stage.left("all"), site.stage.left("none")), (1, 1));
        let asked = site.asked();
        let of = |name: &str| {
            let part = format!("-{name}-t1");
            asked.iter().find(|words| words.iter().any(|word| word.contains(&part))).unwrap().join(" ")
        };
        // A job may take as long as the simulation, its grace and five minutes.
        let limits: &[&str] = match site.recipe.name {
            "htcondor" => &["request_memory=512", "> 960", "request_memory", "periodic_remove"],
            "sge" => &["-l h_vmem=512M", "-l h_rt=960", "-l", "-pe"],
            "pbs" => &["-l mem=512mb", "-l walltime=960", "-l mem", "walltime"],
            "lsf" => &["-M 512MB -R rusage[mem=512MB]", "-W 16", "-M", "-W"],
            "flux" => &["--time-limit=16m", "--time-limit=16m", "memory", "--time-limit"],
            _ => &["--resource=mem=512", "--time-request=16m", "--resource", "--time"],
        };
        let (all, none) = (of("all"), of("none"));
        assert!(limits[..2].iter().all(|limit| all.contains(limit)), "{all}");
        assert!(!limits[2..].iter().any(|limit| none.contains(limit)), "{none}");
    });
}

/// Where a signal reaches each process of a job, gem5 gets one request to finish, too: a second one would end its last dump.
#[test]
fn a_cancelled_job_keeps_its_stats_on_each_system() {
    with_each(|site| {
        cancel_one(site);
        let has_term = |words: &Vec<String>| words.iter().any(|word| word.contains("TERM"));
        assert_eq!(site.asked().iter().any(has_term), site.recipe.signals, "{}", site.recipe.name);
    });
}

fn cancel_one(site: &Site) {
    site.endless();
    let engine = site.engine();
    let attempt = site.stage.attempt("a", 1);
    wait_for("gem5 to simulate", || {
        fs::read_to_string(attempt.simerr()).ok().filter(|log| log.contains("Entering event queue"))
    });
    site.wait_word("running", PATIENCE);
    site.call("cancel exp.yaml a").expect(0);
    site.wait_word("cancelled", PATIENCE);
    engine.finish().expect(0);
    let what = site.recipe.name;
    assert_eq!(count_dumps(&attempt.m5out().join("stats.txt")).unwrap(), 1, "{what}");
    assert!(!fs::read_to_string(attempt.simerr()).unwrap().contains("KeyboardInterrupt"), "{what}");
    let exit = site.stage.exit("a", 1);
    let taken: Vec<&str> = exit.taken.iter().map(|taken| taken.name.as_str()).collect();
    assert_eq!(taken.len(), 1, "{what}: {taken:?}");
}

#[test]
fn the_next_engine_goes_on_with_jobs_of_each_system() {
    with_each(|site| {
        go_on_with_one(site);
        assert_eq!(site.submissions(), 1, "{}", site.recipe.name);
    });
}

fn go_on_with_one(site: &Site) {
    site.gates(&crate::stage::gate("a", ""));
    let engine = site.engine();
    wait_for("a at its gate", || (site.stage.entered("a") > 0).then_some(()));
    engine.kill();
    let engine = site.engine();
    site.wait_word("running", PATIENCE);
    site.stage.open("a", 0);
    engine.finish().expect(0);
    site.wait_word("ok", PATIENCE);
    assert_eq!(site.stage.entered("a"), 1, "{}", site.recipe.name);
}

#[test]
fn real_systems_do_the_same() {
    let real = real();
    if real.is_empty() {
        eprintln!(
            "skipped: real_systems_do_the_same needs GEM5_TUI_BATCH=sge,… and the clients of these systems on PATH"
        );
    }
    for recipe in real {
        let site = Site::real(recipe);
        site.gates(&(crate::stage::gate("all", ", memory: 512MiB, timeout: 10m") + &crate::stage::gate("none", "")));
        site.stage.open_all(&["all", "none"], 0);
        site.call("run exp.yaml").expect(0);
        cancel_one(&Site::real(recipe));
        go_on_with_one(&Site::real(recipe));
    }
}

/// Its node has lost power, or all of it was killed.
#[test]
fn a_job_that_vanishes_is_lost_on_each_system() {
    with_each(|site| {
        site.gates(&crate::stage::gate("a", ""));
        let engine = site.engine();
        wait_for("a at its gate", || (site.stage.entered("a") > 0).then_some(()));
        let started = site.stage.started("a", 1);
        kill(Pid::from_raw(started.shim.pid), Signal::SIGKILL).unwrap();
        wait_for("the end of gem5", || (!is_running(started.gem5.pid)).then_some(()));
        site.wait_word("lost", GONE_WITHIN);
        engine.finish().expect(0);
        assert_eq!((site.submissions(), site.stage.left("a")), (1, 0), "{}", site.recipe.name);
    });
}

/// Whoever hands it in once more would have it twice.
#[test]
fn a_job_whose_number_was_not_understood_runs_once_on_each_system() {
    with_each(|site| {
        site.gates(&crate::stage::gate("a", ""));
        site.stage.write("bin/garbage", "");
        let engine = site.engine();
        wait_for("a at its gate", || (site.stage.entered("a") > 0).then_some(()));
        // All but PBS tell the names of jobs, whole.
        if site.recipe.name != "pbs" {
            let path = site.stage.attempt("a", 1).submitted();
            wait_for("its number", || path.exists().then_some(()));
        }
        site.wait_word("running", PATIENCE);
        site.stage.open("a", 0);
        engine.finish().expect(0);
        assert_eq!((site.submissions(), site.stage.entered("a")), (1, 1), "{}", site.recipe.name);
    });
}

/// What such an engine is handed lies in the experiment directory for as long as its job waits, and nothing may lie there that is
/// withheld from records.
#[test]
fn an_engine_in_a_job_is_not_handed_a_secret() {
    let stage = Stage::new();
    stage.write("done.py", "");
    let simulation = "  - {name: a, script: done.py, env: {API_TOKEN: hush-hush}}";
    stage.experiment("executor: {slurm: {engine: job}}", simulation);
    let said = stage.call("retry exp.yaml a").expect(1);
    assert!(said.err.contains("`API_TOKEN` of a") && !said.err.contains("hush-hush"), "{said:#?}");
    assert!(!stage.outdir().path().exists(), "nothing was begun");
}
