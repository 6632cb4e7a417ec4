//! What the records of an experiment say, in words of no release: the shape of the types may change, the facts do not.

use std::fs;
use std::path::Path;

use gem5_tui::experiment::{Call, Concurrency, Gem5Run, Goal, Program, Run, Simulation};
use gem5_tui::gem5::SuccessRule;
use gem5_tui::rundir::atomic::{read_json, read_lines};
use gem5_tui::rundir::provenance::{Build, HashedFile, Provenance};
use gem5_tui::rundir::record::{
    CallResult, Cancelled, Controls, DumpRequest, End, Exit, ExperimentRecord, Identity, LeaseRecord, Moment,
    OutcomeRecord, PauseLine, ResultRecord, Retry, Spec, Started, Stop, StopReason, Takeover,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The record at `path`, as facts; null without one.
fn of<T: DeserializeOwned>(path: &Path, facts: impl FnOnce(&T) -> Value) -> Value {
    read_json(path).unwrap().map_or(Value::Null, |record| facts(&record))
}

/// All facts of the experiment directory `dir`.
pub(crate) fn of_experiment(dir: &Path) -> Value {
    let (mut simulations, mut attempts) = (Map::new(), Map::new());
    for name in directories(dir) {
        let sim = dir.join(&name);
        let wishes = json!({
            "cancelled": of(&sim.join("cancelled.json"), |record: &Cancelled| moment(record.at)),
            "retry": of(&sim.join("retry.json"), |record: &Retry| json!([moment(record.at), record.after])),
        });
        simulations.insert(name.clone(), wishes);
        for attempt in directories(&sim) {
            attempts.insert(format!("{name}/{attempt}"), of_attempt(&sim.join(attempt)));
        }
    }
    let takeovers: Vec<Takeover> = read_lines(&dir.join("takeovers.jsonl"));
    json!({
        "plan": of(&dir.join("experiment.json"), plan),
        "controls": of(&dir.join("controls.json"), |record: &Controls| {
            json!({"planned_cap": record.planned_cap, "cap": record.cap, "queue_paused": record.queue_paused})
        }),
        "lease": of(&dir.join("engine.lock"), |record: &LeaseRecord| {
            json!({
                "engine": identity(&record.engine),
                "socket": record.socket,
                "released": record.released,
                "alive_unix_ms": record.alive_unix_ms,
            })
        }),
        "takeovers": takeovers.iter().map(|t| json!([t.host, t.boot_id, t.by, moment(t.at)])).collect::<Vec<_>>(),
        "simulations": simulations,
        "attempts": attempts,
    })
}

fn directories(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut names: Vec<String> = entries.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn of_attempt(dir: &Path) -> Value {
    let pauses: Vec<PauseLine> = read_lines(&dir.join("pauses.jsonl"));
    let dumps: Vec<DumpRequest> = read_lines(&dir.join("requested_dumps.jsonl"));
    json!({
        "spec": of(&dir.join("spec.json"), spec),
        "provenance": of(&dir.join("provenance.json"), provenance),
        "started": of(&dir.join("started.json"), |record: &Started| {
            json!({
                "gem5": identity(&record.gem5),
                "shim": identity(&record.shim),
                "at": moment(record.at),
                "suspended_ms": record.suspended_ms,
                "group": record.group,
            })
        }),
        "pauses": pauses.iter().map(|line| json!([line.stopped, moment(line.at)])).collect::<Vec<_>>(),
        "requested_dumps": dumps.iter().map(|line| json!([line.stats_bytes, moment(line.at)])).collect::<Vec<_>>(),
        "stop": of(&dir.join("stop.json"), |record: &Stop| {
            json!({"reason": reason(record.reason), "signalled": record.signalled, "at": moment(record.at)})
        }),
        "exit": of(&dir.join("exit.json"), exit),
        "result": of(&dir.join("result.json"), |record: &ResultRecord| match &record.result {
            CallResult::Returned { value, .. } => json!({"returned": value}),
            CallResult::Raised { exception, message, traceback, .. } => json!({"raised": [exception, message, traceback]}),
            CallResult::None { reason } => json!({"none": reason}),
        }),
        "outcome": of(&dir.join("outcome.json"), |record: &OutcomeRecord| {
            let outcome = &record.outcome;
            json!([record.gem5_tui, outcome.kind.word(), outcome.cause, outcome.place, outcome.tick])
        }),
    })
}

fn moment(at: Moment) -> Value {
    json!([at.unix_ms, at.boot_ms])
}

fn identity(of: &Identity) -> Value {
    json!([of.host, of.boot_id, of.pid, of.start_ticks])
}

fn reason(reason: StopReason) -> Value {
    match reason {
        StopReason::Cancelled => json!(["cancelled"]),
        StopReason::Timeout { limit_ms } => json!(["timeout", limit_ms]),
        other => panic!("no attempt was stopped for {other:?}"),
    }
}

fn exit(record: &Exit) -> Value {
    let end = match &record.end {
        End::Exited { code } => json!(["exited", code]),
        End::Signaled { signal, name } => json!(["signaled", signal, name]),
        End::NotStarted { reason, of_machine } => json!(["not started", reason, of_machine]),
    };
    json!({
        "end": end,
        "at": moment(record.at),
        "wall_ms": record.wall_ms,
        "paused_ms": record.paused_ms,
        "usage": record.usage.map(|usage| [usage.user_ms, usage.system_ms, usage.max_rss]),
        "oom_kills": [record.oom_kills.cgroup, record.oom_kills.machine],
        "unsupervised": record.unsupervised,
    })
}

fn spec(record: &Spec) -> Value {
    let inputs = record.inputs.iter().map(|input| {
        json!([serde_json::to_value(input.role).unwrap(), input.path, input.bytes, input.modified_ns, input.sha256])
    });
    json!({
        "simulation": record.simulation,
        "attempt": record.attempt,
        "argv": record.argv,
        "cwd": record.cwd,
        "env": record.env,
        "call": record.call.as_ref().map(call),
        "output_subdir": record.output_subdir,
        "parameters": record.parameters,
        "retries_made": record.retries_made,
        "key": record.key,
        "spec_hash": record.spec_hash,
        "inputs": inputs.collect::<Vec<_>>(),
        "needs": record.needs.iter().map(|need| json!([need.name, need.attempt])).collect::<Vec<_>>(),
        "success": record.success.as_ref().map(success),
        "gem5_tui": record.gem5_tui,
        "at": moment(record.at),
    })
}

fn call(call: &Call) -> Value {
    json!([call.module, call.function, call.args, call.kwargs, call.search_path])
}

fn success(rule: &SuccessRule) -> Value {
    json!([rule.exit_codes, rule.exit_causes, rule.stats, rule.log])
}

fn provenance(record: &Provenance) -> Value {
    let file = |file: &HashedFile| json!([file.path, file.sha256]);
    let repositories = record.repositories.iter().map(|found| json!([found.path, found.head, found.dirty]));
    json!({
        "at": moment(record.at),
        "host": record.host,
        "kernel": record.kernel,
        "executable": record.executable.as_ref().map(build),
        "script": record.script.as_ref().map(file),
        "experiment": record.experiment.as_ref().map(file),
        "repositories": repositories.collect::<Vec<_>>(),
        "variables": record.variables,
        "gem5_config": record.gem5_config.as_ref().map(file),
    })
}

fn build(build: &Build) -> Value {
    let told = json!([build.version, build.compiled, build.is_script, build.note]);
    json!([build.path, build.bytes, build.modified_ms, build.sha256, told])
}

fn plan(record: &ExperimentRecord) -> Value {
    let plan = &record.plan;
    let concurrency = match plan.concurrency {
        Concurrency::Auto => json!("auto"),
        Concurrency::Fixed(cap) => json!(cap),
    };
    json!({
        "at": moment(record.at),
        "name": plan.name,
        "source": plan.source,
        "outdir": plan.outdir,
        "concurrency": concurrency,
        "memory": plan.memory,
        "min_free_disk": plan.min_free_disk,
        "simulations": plan.simulations.iter().map(simulation).collect::<Vec<_>>(),
    })
}

fn simulation(sim: &Simulation) -> Value {
    let ms = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap();
    let Run::Gem5(Gem5Run { gem5, gem5_args, program }) = &sim.run else { unreachable!("no release before had steps") };
    let program = match program {
        Program::Script { path, args } => json!(["script", path, args]),
        Program::MultiSim { path, id } => json!(["multisim", path, id]),
        Program::Function(called) => json!(["function", call(called)]),
        Program::Suite(suite) => json!(["suite", suite.path, suite.args]),
    };
    let goal = sim.goal.map(|goal| match goal {
        Goal::Ticks(ticks) => json!(["ticks", ticks]),
        Goal::Instructions(count) => json!(["instructions", count]),
        Goal::Seconds(seconds) => json!(["seconds", seconds]),
    });
    json!({
        "name": sim.name,
        "parameters": sim.parameters,
        "gem5": gem5,
        "gem5_args": gem5_args,
        "program": program,
        "env": sim.env,
        "cwd": sim.cwd,
        "timeout_ms": sim.timeout.map(ms),
        "stall_ms": sim.stall.map(ms),
        "max_output": sim.max_output,
        "poll_stats_ms": sim.poll_stats.map(ms),
        "success": sim.success.as_deref().map(success),
        "grace_ms": ms(sim.grace),
        "retries": [json!(sim.retries.any), json!(sim.retries.by_outcome)],
        "memory": sim.memory,
        "watch": sim.watch,
        "goal": goal,
        "needs": sim.needs,
        "pool": sim.pool.as_ref().map(|pool| json!([pool.id, pool.processes])),
        "gone": sim.gone,
    })
}
