"""Where a suite runs: its interpreter, its directory, and how it waits there."""
import json
import os
import shutil
import signal
import sys
import tempfile
import time

from engine import REPOSITORY, plain
from trial import case, fails, run, script


@case
def the_script_finds_what_it_finds_when_gem5_runs_it(engine):
    text = """
        import json, os, sys
        found = {
            "name": __name__, "file": __file__, "argv": sys.argv, "path": sys.path[:2], "globals": sorted(set(globals()) - {"sim"}),
            "main": sorted(name for name in sys.modules if "main__" in name),
        }
        if "m5" in sys.modules:
            import m5
            found["options"] = {
                name: value for name, value in dict(getattr(m5.options, "__dict__", m5.options)).items()
                if name not in ("outdir", "tracer")
            }
        found["child"] = Pool(1).apply(sim.surroundings) if "--suite" in sys.argv else None
        print(json.dumps(found))
    """
    engine.options = ["--path=/a:/b", "--stats-file=s.txt"]
    found = run(engine, text, ["--suite", "--cores", "2 3"])
    path = os.path.join(engine.directory, "test.py")
    assert found["file"] == path and found["argv"] == [path, "--suite", "--cores", "2 3"], found
    assert found["name"] == "__m5_main__"
    child = found.pop("child")
    assert child == {"argv": found["argv"], "path": engine.directory, "name": "Spawn_gem5PoolWorker-1"}, child
    words = [engine.interpreter] + engine.options if engine.gem5 else [sys.executable]
    status, out, err = plain(words + [path, "--cores", "2 3"], engine.directory, dict(engine.env, PYTHONPATH=standin()))
    assert status == 0, (out, err)
    direct = json.loads(out.splitlines()[-1])
    found["argv"].remove("--suite")
    direct.pop("child")
    if not engine.gem5:
        # Plain Python has another word for it, and puts more beside the script's names.
        for facts in (found, direct):
            facts["globals"] = [name for name in facts["globals"] if not name.startswith("__")]
            facts["name"] = None
            facts["path"] = facts["path"][:1]
    assert found == direct, (found, direct)


def standin():
    return os.path.join(REPOSITORY, "assets", "standin")


@case
def the_same_script_runs_without_any_engine(engine):
    text = """
        import json
        if __name__ == '__m5_main__' or __name__ == '__main__':
            process = Process(target=sim.square, args=(1,))
            process.start()
            process.join()
            with Pool(processes=2, maxtasksperchild=1) as pool:
                answer = json.dumps([process.exitcode, pool.map(sim.square, range(3))])
            with open('answer.json', 'w') as file:
                file.write(answer)
            print(answer)
    """
    assert run(engine, text) == [0, [0, 1, 4]]
    answered = os.path.join(engine.directory, "answer.json")
    os.remove(answered)
    if engine.gem5:
        # gem5's own module cannot, with this set: its children print their build information instead.
        env = {name: value for name, value in engine.env.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = os.path.join(engine.directory, "cache")
        status, out, err = plain([engine.interpreter, os.path.join(engine.directory, "test.py")], engine.directory, env)
        # From a file: the children of gem5's own module print to the same place, in the middle of a line too.
        assert status == 0, (out, err)
        with open(answered) as file:
            assert json.load(file) == [0, [0, 1, 4]], (out, err)


@case
def debug_flags_are_allowed(engine):
    if engine.gem5:
        engine.options = ["--debug-flags=Cache", "--debug-start=5", "--verbose"]
    run(engine, "assert Pool(2).map(sim.square, [3]) == [9]")


@case
def no_bell_is_needed(engine):
    engine.bell = False
    run(engine, "assert Pool(2).map(sim.square, range(4)) == [0, 1, 4, 9]")
    # And where no bell can be made, neither is an error.
    run(engine, "import os\ndef none(*args, **kwargs): raise OSError(1, 'no')\nos.mkfifo = none\nassert Pool(2).map(sim.same, [1]) == [1]")


@case
def a_moved_directory_is_followed(engine):
    moved = []

    def move():
        if not engine.simulations or moved:
            return
        attempt = os.path.dirname(engine.spawns)
        os.rename(attempt, attempt + "-moved")
        engine.spawns = os.path.join(attempt + "-moved", "spawns")
        moved.append(attempt)
        engine.cap = 2

    # Nothing starts before: a process that does is told where its call lies.
    engine.cap = 0
    engine.on_round = move
    run(engine, "assert Pool(1).map(sim.square, [1, 2]) == [1, 4] and Pool(1).map(sim.square, [3]) == [9]")
    assert moved


@case
def a_removed_directory_is_an_error_and_no_hang(engine):
    removed = []

    def remove():
        if engine.simulations and engine.simulations[0].pid and not removed:
            aside = tempfile.mkdtemp()
            shutil.rmtree(engine.spawns)
            engine.spawns = aside
            removed.append(aside)

    engine.on_round = remove
    status, _, err = fails(engine, "Pool(1).map(sim.wait_for_ever, [1])")
    shutil.rmtree(removed[0])
    assert status == 1 and "is gone" in err, err


@case
def a_suite_that_waits_costs_nothing(engine):
    counted = []

    def switches():
        total = 0
        for task in os.listdir("/proc/%d/task" % engine.suite):
            with open("/proc/%d/task/%s/status" % (engine.suite, task)) as status:
                total += int([line.split()[1] for line in status if line.startswith("voluntary_ctxt_switches")][0])
        return total

    def count():
        now = time.monotonic()
        if len([s for s in engine.simulations if s.pid]) < 2 or not engine.suite:
            return
        if not counted:
            counted.append((now + 3, None))
        elif counted[-1][1] is None and now > counted[-1][0]:
            counted.append((now + 4, switches()))
        elif counted[-1][1] is not None and now > counted[-1][0] and len(counted) == 2:
            counted.append((now, switches()))
            for simulation in engine.simulations:
                os.kill(simulation.pid, signal.SIGKILL)

    engine.on_round = count
    script(engine, "Pool(2).map(sim.wait_for_ever, range(2))")
    assert engine.run("test.py")[0] == 1
    wakeups = counted[2][1] - counted[1][1]
    print("%d wakeups in 4 s" % wakeups)
    assert wakeups <= 20, counted
