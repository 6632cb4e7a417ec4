//! Engines in odd places: inside a job, away from who looks, as another user, before a disk that is full.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::site::{LONG, Site, finish};
use crate::stage::{Running, wait_for, within};

#[test]
fn an_engine_inside_a_job_hands_in_jobs_of_their_own() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a", "b"]);
    let program = env!("CARGO_BIN_EXE_gem5-tui");
    let script =
        format!("#!/bin/sh\n{program} run exp.yaml --json >run.out 2>&1\necho $? >code.new\nmv code.new code\n");
    let script = site.stage.write("engine.sh", &script);
    let mut sbatch = site.command("");
    let mut submit = Command::new("sbatch");
    submit.envs(sbatch.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
    sbatch = submit;
    let chdir = format!("--chdir={}", site.stage.path("").display());
    // What it asks for itself is nothing that its jobs ask for.
    sbatch.args(["--parsable", "--partition=main", "--mem=300", "--cpus-per-task=1", "--output=/dev/null", &chdir]);
    sbatch.env("SBATCH_COMMENT", "outer");
    let said = sbatch.arg(script).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    site.stage.wait_entered(&["a", "b"]);
    let engine = String::from_utf8(said.stdout).unwrap().trim().to_owned();
    let jobs = [site.job("a", 1), site.job("b", 1)];
    assert!(!jobs.contains(&engine) && jobs[0] != jobs[1], "{jobs:?}");
    site.stage.open_all(&["a", "b"], 0);
    let code = within(LONG, || fs::read_to_string(site.stage.path("code")).ok());
    assert_eq!(code.as_deref(), Some("0\n"), "{:?}", fs::read_to_string(site.stage.path("run.out")));
    site.ran_once(&["a", "b"]);
}

/// Another host, as far as its name tells.
fn elsewhere(site: &Site, args: &str) -> Command {
    let program = env!("CARGO_BIN_EXE_gem5-tui");
    let mut command = Command::new("unshare");
    let surroundings = site.command("");
    command.envs(surroundings.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
    command.current_dir(site.stage.path("")).args(["--uts", "sh", "-c"]);
    command.arg(format!("hostname node17 && exec {program} {args}"));
    // Nor has it the sockets of the other host.
    command.env("XDG_RUNTIME_DIR", site.stage.path("run-elsewhere"));
    command
}

#[test]
fn whoever_looks_from_another_host_than_the_engines_sees_what_the_records_tell() {
    let Some(site) = Site::new(&[]) else { return };
    site.gates("", &["a"]);
    if !elsewhere(&site, "--version").output().is_ok_and(|said| said.status.success()) {
        eprintln!("skipped: no name of a host can be changed here");
        return;
    }
    let run = site.start("run exp.yaml --json");
    site.stage.wait_word("a", "running");
    let said = Running::start(elsewhere(&site, "status exp.yaml --json")).finish();
    let a = said.json().into_iter().find(|line| line["name"] == "a").unwrap();
    assert_eq!(a["status"]["state"], "running", "{a}");
    // Nobody begins a second engine beside it.
    let second = Running::start(elsewhere(&site, "run exp.yaml --json")).finish();
    assert_ne!(second.code, Some(0), "{second:?}");
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
}

/// The user who is nobody.
const NOBODY: u32 = 65_534;

fn as_nobody(mut command: Command) -> Running {
    command.uid(NOBODY).gid(NOBODY).env("HOME", "/nonexistent");
    Running::start(command)
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            give_away(&entry.path());
        } else {
            chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}

#[test]
fn what_only_an_administrator_may_do_is_refused_in_slurms_words() {
    let Some(site) = Site::new(&[]) else { return };
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can be two users");
        return;
    }
    site.gates("", &["a"]);
    site.holds();
    give_away(&site.stage.path(""));
    let run = as_nobody(site.command("run exp.yaml --json"));
    let told = || as_nobody(site.command("status exp.yaml --json")).finish().out;
    let id = site.job("a", 1);
    // Not his own hold any more.
    site.cluster.tell(&format!("scontrol release {id}"));
    site.cluster.tell(&format!("scontrol update jobid={id} priority=0"));
    within(LONG, || told().contains("JobHeldAdmin").then_some(())).expect("whose hold it is");
    let said = as_nobody(site.command("resume exp.yaml a")).finish();
    let words = || format!("{}{}{}", said.out, said.err, told());
    wait_for("Slurm's words", || words().to_lowercase().contains("denied").then_some(()));
    site.cluster.tell(&format!("scontrol release {id}"));
    site.stage.wait_entered(&["a"]);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
}

/// A small disk, until this is dropped.
struct Disk(PathBuf);

impl Disk {
    fn at(path: PathBuf, bytes: u64) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let options = format!("size={bytes},mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).status();
        mount.is_ok_and(|status| status.success()).then(|| Self(path))
    }

    /// Until not one more byte fits.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filling");
        let mut file = fs::File::create(&path).unwrap();
        for bytes in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; bytes]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_job_that_finds_the_disk_full_has_not_started_and_is_handed_in_again() {
    let Some(site) = Site::new(&[]) else { return };
    // The program lies there, too.
    let program = fs::metadata(env!("CARGO_BIN_EXE_gem5-tui")).unwrap().len();
    let Some(disk) = Disk::at(site.stage.path("out"), program + (4 << 20)) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    fs::set_permissions(&disk.0, fs::Permissions::from_mode(0o755)).unwrap();
    site.gates("min_free_disk: 64KiB", &["a"]);
    site.holds();
    let run = site.start("run exp.yaml --json");
    let first = site.job("a", 1);
    let filling = disk.fill();
    site.cluster.tell(&format!("scontrol release {first}"));
    site.cluster.wait_state(&first, "FAILED");
    wait_for("the attempt to be taken back", || (!site.stage.has_attempt("a", 1)).then_some(()));
    let told = site.notice();
    assert!(!told.contains("nothing more is started on"), "it is no fault of a node: {told}");
    fs::remove_file(filling).unwrap();
    let again = within(LONG, || Some(site.job("a", 1)).filter(|id| *id != first)).expect("it handed in again");
    site.cluster.tell(&format!("scontrol release {again}"));
    site.stage.wait_entered(&["a"]);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a"]);
    drop(disk);
}
