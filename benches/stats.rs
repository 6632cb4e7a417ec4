//! Twenty stats of every dump of a `stats.txt` of 100 MB: our reader beside `grep -F` and a plain Python parser.
//!
//! ```text
//! cargo bench --bench stats [-- ROUNDS]
//! ```
//!
//! Each reads the same file in a process of its own and takes its turn in every round, so that a busy machine slows all
//! of them; what counts is the ratio of the medians. `grep` only finds the lines, in the locale that is fastest for it;
//! the others give numbers by dump. The file is in the page cache, as that of a simulation that writes is.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run says why and ends")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use gem5_tui::gem5::stats::{Dump, Watch};
use gem5_tui::rundir::StatsFile;

const BYTES: usize = 100_000_000;

/// What is looked for, from all parts of a dump.
const NAMES: [&str; 20] = [
    "simSeconds",
    "simTicks",
    "finalTick",
    "hostSeconds",
    "simInsts",
    "system.cpu.numCycles",
    "system.cpu.ipc",
    "system.cpu.commitStats0.committedInstType::IntAlu",
    "system.cpu.dcache.overallMissRate::total",
    "system.cpu.dcache.overallMisses::total",
    "system.cpu.icache.overallMissRate::total",
    "system.cpu.icache.demandHits::cpu.inst",
    "system.l2.overallMissRate::total",
    "system.l2.overallAccesses::total",
    "system.l2.tags.avgOccs::cpu.data",
    "system.l2.ReadSharedReq.missRate::total",
    "system.mem_ctrl.dram.bytesRead::total",
    "system.mem_ctrl.rdPerTurnAround::mean",
    "system.mem_ctrl.dram.avgMemAccLat",
    "system.membus.pktCount::total",
];

const PYTHON: &str = r"
import re, sys
names = set(sys.argv[2:])
line_form = re.compile(r'^(\S+)\s+(nan|-?inf|-?[\d.]+)')
dumps, block = [], None
with open(sys.argv[1]) as file:
    for line in file:
        if line.startswith('---------- Begin'):
            block = {}
        elif line.startswith('---------- End'):
            dumps.append(block)
            block = None
        elif block is not None:
            found = line_form.match(line)
            if found and found.group(1) in names:
                block[found.group(1)] = float(found.group(2))
print(len(dumps), len(dumps[-1]))
";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [pick, file] = &arguments[..]
        && pick == "pick"
    {
        return ours(Path::new(file));
    }
    let rounds = arguments.first().map_or(7, |rounds| rounds.parse().expect("the number of rounds"));
    let folder = tempfile::tempdir().unwrap();
    let (file, names) = (folder.path().join("stats.txt"), folder.path().join("names"));
    let dumps = write_file(&file);
    fs::write(&names, NAMES.join("\n")).unwrap();
    let this = std::env::current_exe().unwrap();
    let command = |program: &Path, before: &[&str], path: &Path, after: &[&str]| {
        let mut command = Command::new(program);
        command.args(before).arg(path).args(after).env("LC_ALL", "C");
        command
    };
    let mut peers = [
        ("our reader", command(&this, &["pick"], &file, &[]), Vec::new()),
        ("grep -F", command("grep".as_ref(), &["-F", "-f", names.to_str().unwrap()], &file, &[]), Vec::new()),
        ("Python", command("python3".as_ref(), &["-c", PYTHON], &file, &NAMES), Vec::new()),
    ];
    let mut said = String::new();
    for round in 0..rounds {
        for turn in 0..peers.len() {
            let at = (turn + round) % peers.len();
            let (name, command, times) = &mut peers[at];
            let started = Instant::now();
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut output = Vec::new();
            child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
            assert!(child.wait().unwrap().success(), "{name} failed");
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            match *name {
                "our reader" => said = String::from_utf8(output).unwrap(),
                "grep -F" => assert!(output.len() > dumps * NAMES.len() * 60, "grep found too little"),
                _ => assert_eq!(String::from_utf8(output).unwrap(), format!("{dumps} {}\n", NAMES.len())),
            }
        }
    }
    assert!(said.starts_with(&format!("{dumps} dumps, {} stats", NAMES.len())), "{said}");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{} MB, {dumps} dumps, {rounds} rounds, load {}; ours: {}",
        BYTES / 1_000_000,
        load.split(' ').next().unwrap_or("unknown"),
        said.trim()
    );
    let median = |times: &[f64]| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let base = median(&peers[0].2);
    for (name, _, times) in &peers {
        let (low, high) = times.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), t| (low.min(*t), high.max(*t)));
        let time = median(times);
        println!("{name:10} {time:8.1} ms  ({low:.1} to {high:.1}), ours / this = {:.2}", base / time);
    }
}

/// Reads the file as the dashboard does, and tells how much memory that took.
fn ours(file: &Path) {
    let mut stats = StatsFile::open(file, Arc::new(Watch::new(&NAMES).unwrap()));
    while stats.refresh(16 << 20).unwrap().behind {}
    let found = stats.dumps().latest().map(Dump::row).unwrap_or_default().into_iter().flatten().count();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim();
    println!("{} dumps, {found} stats, at most {peak} of memory", stats.dumps().count());
}

/// Writes dumps of 857 lines, as a system with two levels of caches writes them, with numbers that differ. Returns how
/// many.
fn write_file(path: &Path) -> usize {
    let names = names();
    let mut file = File::create(path).unwrap();
    let (mut bytes, mut dumps, mut seed) = (0, 0, 1_u64);
    while bytes < BYTES {
        let mut block = "\n---------- Begin Simulation Statistics ----------\n".to_owned();
        for (index, name) in names.iter().enumerate() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = seed >> 40;
            let value = match index % 5 {
                0 => format!("{:.6}", number as f64 / 16_777_216.0),
                1 if number % 7 == 0 => "nan".to_owned(),
                _ => number.to_string(),
            };
            let (pdf, cdf) = if index % 4 == 3 { ("12.50%", "62.50%") } else { ("", "") };
            let meaning = "number of accesses of this kind that were seen, cycles of them";
            writeln!(block, "{name:<40} {value:>12} {pdf:>10} {cdf:>10} # {meaning} (Count)").unwrap();
        }
        block.push_str("\n---------- End Simulation Statistics   ----------\n");
        file.write_all(block.as_bytes()).unwrap();
        bytes += block.len();
        dumps += 1;
    }
    dumps
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let kinds = ["demand", "overall", "ReadReq.", "WriteReq.", "ReadSharedReq.", "UpgradeReq."];
    let figures = ["Hits", "Misses", "Accesses", "MissLatency", "MissRate", "AvgMissLatency", "MshrHits"];
    for part in ["cpu.dcache", "cpu.icache", "l2"] {
        for kind in kinds {
            for figure in figures {
                for element in ["cpu.inst", "cpu.data", "total"] {
                    names.push(format!("system.{part}.{kind}{figure}::{element}"));
                }
            }
        }
    }
    for part in ["cpu.commitStats0.committedInstType", "cpu.statIssuedInstType_0", "cpu.statFuBusy"] {
        names.extend((0..75).map(|kind| format!("system.{part}::SimdFloatMult{kind}")));
    }
    for part in ["mem_ctrl.dram.rank0", "mem_ctrl.dram.rank1", "membus", "l2bus"] {
        names.extend((0..60).map(|bank| format!("system.{part}.perBankBursts::{bank}")));
    }
    let known: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    let mut all: Vec<String> = names.split_off(NAMES.len());
    all.retain(|name| !known.contains(name));
    all.truncate(857 - known.len());
    // What is looked for is spread over the dump, as it is in a real one.
    let step = all.len() / known.len();
    for (place, name) in known.into_iter().enumerate() {
        all.insert((place * (step + 1)).min(all.len()), name);
    }
    all
}
