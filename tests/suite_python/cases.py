"""What a suite promises, one function a promise. `cases.py --list` names them; `cases.py NAME INTERPRETER ONE_LINER` tries one.

Each writes a script and what it imports, runs it under the small engine of `engine.py`, and compares what has come of it.
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import time

import engine as engine_module
from engine import Engine, plain

SIM = """
    import os, sys, time

    class Trouble(Exception):
        pass

    class Awkward(Exception):
        def __init__(self, one, two):
            super().__init__("%s and %s" % (one, two))

    class Machine:
        def __init__(self, **parts):
            self.__dict__.update(parts)
        def __eq__(self, other):
            return type(self) is type(other) and vars(self) == vars(other)
        def ticks(self, factor=1):
            return self.cores * factor
        def __call__(self, number):
            return number

    given = []

    def prepare(*args):
        given.extend(args)

    def prepared(_number):
        return list(given)

    def run_sim(name, *more, **named):
        return [name, os.getpid()]

    def square(number):
        return number * number

    def add(one, two=10):
        return one + two

    def same(value):
        return value

    def slow(number):
        # The first take longest.
        time.sleep(0.6 - 0.2 * number)
        return number

    def wait_for_ever(*_args):
        time.sleep(3600)

    def fail(kind="Trouble"):
        raise globals()[kind]("no cache") if kind != "Awkward" else Awkward(1, 2)

    def fail_if_odd(number):
        if number % 2:
            raise Trouble("odd %d" % number)
        return number

    def leave(code):
        sys.exit(code)

    def die(number=0):
        os.kill(os.getpid(), 9)

    def lambda_value():
        return lambda: 1

    def surroundings():
        import multiprocessing
        return {"argv": sys.argv, "path": sys.path[0], "name": multiprocessing.current_process().name}

    def start_another():
        from gem5.utils.multiprocessing import Pool
        return Pool(2).map(square, [1])
"""
IMPORTS = """
from gem5.utils.multiprocessing import Pool, Process
import sim
"""
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def script(engine, text, name="test.py"):
    engine.write("sim.py", textwrap.dedent(SIM))
    engine.write(name, IMPORTS + textwrap.dedent(text))


def run(engine, text, args=()):
    """Runs a script that must end well. Returns the last line it has printed, as JSON."""
    script(engine, text)
    status, out, err = engine.run("test.py", args)
    assert status == 0, (status, out, err)
    last = out.splitlines()[-1] if out.splitlines() else ""
    return json.loads(last) if last[:1] in ("[", "{", '"') else None


def fails(engine, text):
    """Runs a script that must not end well. Returns (status, output, errors)."""
    script(engine, text)
    found = engine.run("test.py")
    assert found[0] != 0, found
    return found


def labels(engine):
    return [simulation.request["label"] for simulation in engine.simulations]


@case
def twelve_calls_run_at_most_four_at_once(engine):
    # The two begin before either may end, and four of the ten.
    values = run(
        engine,
        """
        import json
        if __name__ == '__m5_main__' or __name__ == '__main__':
            p1 = Process(target=sim.run_sim, args=('bob',))
            p2 = Process(target=sim.run_sim, args=('jane',))
            p1.start(); p2.start(); p2.join(); p1.join()
            assert (p1.exitcode, p2.exitcode) == (0, 0)
            assert isinstance(p1.pid, int) and p1.pid != p2.pid and p1.ident == p1.pid
            with Pool(processes=4, maxtasksperchild=1) as pool:
                results = pool.map(sim.run_sim, range(10))
            print(json.dumps(results))
        """,
    )
    assert [value[0] for value in values] == list(range(10)), values
    assert len({value[1] for value in values}) == 10, "no two tasks share a process"
    assert labels(engine) == ["run_sim-bob", "run_sim-jane"] + ["run_sim-%d" % n for n in range(10)]
    assert engine.most_at_once(engine.simulations[:2]) == 2
    assert engine.most_at_once() == 4
    first, third = engine.simulations[0].request, engine.simulations[2].request
    assert first["parameters"] == [["function", "sim.run_sim"], ["name", "bob"]] and first["pool"] is None
    assert third["pool"] == {"number": 1, "processes": 4} and third["occurrence"] == 1
    assert [request.request["number"] for request in engine.simulations] == list(range(1, 13))


@case
def chunks_never_share_a_gem5(engine):
    values = run(
        engine,
        """
        import json
        pool = Pool(2)
        print(json.dumps([pool.map(sim.run_sim, range(6), chunksize=3), list(pool.imap(sim.run_sim, range(4), 4))]))
        """,
    )
    assert len({pid for part in values for _, pid in part}) == 10, values


@case
def values_come_back_as_themselves(engine):
    engine.cap = 3
    run(
        engine,
        """
        import datetime, fractions
        values = [
            {1: (2, 3), "set": {4, 5}, None: b"bytes"}, float("nan"), float("inf"), 10**40, sim.Machine(cores=2, tags={"a"}),
            fractions.Fraction(1, 3), datetime.timedelta(1), "\\udcff", "x" * 1000, bytes(range(256)) * 100000, sim.Trouble("kept"),
        ]
        found = Pool().map(sim.same, values)
        assert str(found.pop(1)) == "nan" and values.pop(1) != 0
        trouble = found.pop()
        assert type(trouble) is sim.Trouble and trouble.args == values.pop().args
        assert found == values, found
        """,
    )
    values = [engine_module.read_json(os.path.join(s.answer["directory"], "result.json"))["result"] for s in engine.simulations]
    assert all(value["pickled"] for value in values)
    # People see what JSON can say, and a part of the rest.
    assert values[8]["value"] == "x" * 1000 and "shown" not in values[8]
    assert values[4]["value"] is None and "Machine" in values[4]["shown"]
    assert values[9]["value"] is None and len(values[9]["shown"]) == 1000


@case
def an_exception_comes_back_as_itself_with_its_traceback(engine):
    run(
        engine,
        """
        import traceback
        from gem5.utils.multiprocessing import ProcessError, SimulationFailed
        pool = Pool(4)
        try:
            pool.apply(sim.fail)
        except sim.Trouble as error:
            assert error.args == ("no cache",)
            assert 'raise globals()[kind]("no cache")' in str(error.__cause__), error.__cause__
            assert "suite.fail" in str(error.__cause__)
            assert 'raise globals()[kind]("no cache")' in traceback.format_exc()
        else:
            raise AssertionError("no error came")
        # One whose pickle cannot be read again tells of itself.
        try:
            pool.apply(sim.fail, ("Awkward",))
        except SimulationFailed as error:
            assert isinstance(error, ProcessError)
            assert "Awkward: 1 and 2" in error.cause and "Awkward" in str(error.__cause__), error
        else:
            raise AssertionError("no error came")
        # All are waited for, then the first in order is raised.
        result = pool.map_async(sim.fail_if_odd, range(6))
        result.wait()
        assert result.ready() and not result.successful()
        try:
            result.get()
        except sim.Trouble as error:
            assert str(error) == "odd 1"
        # A value that cannot travel is an error and no silence.
        try:
            pool.apply(sim.lambda_value)
        except Exception as error:
            assert "lambda" in str(error), error
        else:
            raise AssertionError("no error came")
        """,
    )
    assert all(simulation.answer for simulation in engine.simulations)


@case
def a_killed_child_is_an_error_and_no_hang(engine):
    engine.on_start = lambda simulation: simulation.request["parameters"][-1][1] == 3 and os.kill(simulation.pid, signal.SIGKILL)
    directory = run(
        engine,
        """
        import json, sim
        from gem5.utils.multiprocessing import SimulationFailed
        with Pool(processes=2) as pool:
            result = pool.map_async(sim.same, range(6))
            try:
                result.get()
            except SimulationFailed as error:
                assert error.simulation == "suite.same-3" and error.outcome == "killed", error
                assert error.cause and all(str(part) in str(error) for part in error.args)
                directory = error.directory
            try:
                pool.apply(sim.leave, (0,))
            except SimulationFailed as error:
                assert "sys.exit(0)" in str(error)
            else:
                raise AssertionError("no error came")
            assert pool.apply(sim.same, (7,)) == 7
        for target, code in ((sim.die, -9), (sim.fail, 1), (sim.same, 1)):
            process = Process(target=target)
            process.start()
            process.join()
            assert process.exitcode == code and not process.is_alive(), (target, process)
        print(json.dumps(directory))
        """,
    )
    assert os.path.exists(os.path.join(directory, "result.json"))


@case
def retries_happen_before_the_script_hears_of_it(engine):
    engine.retries = 1
    engine.on_start = lambda simulation: simulation.attempt == 1 and os.kill(simulation.pid, signal.SIGKILL)
    run(engine, "assert Pool(3).map(sim.square, range(3)) == [0, 1, 4]")
    assert [simulation.attempt for simulation in engine.simulations] == [2, 2, 2]


KEYS = """
    import functools
    words = ["w%d" % n for n in range(40)]
    shared = ["shared"]
    cycle = []
    cycle.append(cycle)
    deep = []
    for _ in range(200):
        deep = [deep, deep]
    machine = sim.Machine(cores=2, tags=set(words), nested=[{frozenset(words), 1}])
    values = [
        1, True, 1.0, "1", None, (1,), [1], {"a": 1, "b": 2}, {"b": 2, "a": 1}, set(words), frozenset(words),
        {frozenset([w, 1]) for w in words}, [shared, shared], machine, sim.square, sim.Machine, cycle, deep, [set(words), cycle],
    ]
    pool = Pool(8)
    results = [pool.apply_async(sim.prepared, (value,)) for value in values]
    # Equal, but not the same objects.
    again = pool.apply_async(sim.prepared, ([["shared"], ["sha" + "red".lower()]],))
    results += [pool.apply_async(sim.prepared, (1,)), pool.apply_async(sim.prepared, (), {"_number": 1})]
    results.append(pool.apply_async(functools.partial(sim.prepared, 1)))
    results.append(Pool(8, sim.prepare, (1,)).apply_async(sim.prepared, (1,)))
    [result.get() for result in results + [again]]
"""


@case
def equal_calls_have_equal_keys_in_every_interpreter(engine):
    found = []
    # Nobody is to run anything here.
    engine.known = lambda request: {
        "ok": True, "outcome": "ok", "exit": {"code": 0}, "simulation": "known", "directory": None, "line": "known",
    }
    for seed in ("1", "2"):
        engine.env["PYTHONHASHSEED"] = seed
        script(engine, KEYS.replace("result.get()", "result.wait()"))
        status, out, err = engine.run("test.py")
        assert status == 0, (out, err)
        found.append([(s.request["key"], s.request["occurrence"], s.request["parameters"]) for s in engine.simulations])
    assert found[0] == found[1]
    keys = [key for key, _, _ in found[0]]
    assert all(len(key) == 64 for key in keys)
    # Order of sets and identity do not matter, everything else does.
    same = [(12, 19), (0, 20)]
    assert all(keys[one] == keys[two] for one, two in same), same
    assert len(set(keys)) == len(keys) - len(same)
    assert found[0][20][1] == 2, "the second call of that kind"


@case
def the_files_of_a_call_are_the_scripts_own_modules(engine):
    engine.write("lib/__init__.py", "")
    engine.write("lib/part.py", "from lib.deep import thing\nimport json\nclass Config: pass\n")
    engine.write("lib/deep.py", "def thing(): pass\n")
    engine.write("unused.py", "")
    engine.write("top.py", "import lib.part\ndef function(*args): return 1\n")
    run(
        engine,
        """
        import top, unused
        from lib.part import Config
        def in_main(): pass
        Pool().map(top.function, [1]); Pool().map(sim.same, [2]); Pool().map(sim.same, [Config()]); Pool().map(len, [[]])
        """,
    )
    names = [[os.path.relpath(path, engine.directory) for path in s.request["modules"]] for s in engine.simulations]
    lib = ["lib/__init__.py", "lib/deep.py", "lib/part.py"]
    assert names == [lib + ["top.py"], ["sim.py"], lib + ["sim.py"], []], names


@case
def arguments_are_shown_as_parameters(engine):
    run(
        engine,
        """
        import functools
        pool = Pool()
        pool.apply(sim.run_sim, ("bob", 1, [2]), {"function": float("inf"), "l2": "1MiB"})
        pool.apply(sim.run_sim, (object(), 2**80))
        pool.apply(functools.partial(sim.add, 3), (), {"two": 4})
        pool.map(sim.Machine(cores=4).ticks, [2])
        pool.map(sim.Machine(cores=4), ["../x y" * 100])
        pool.map(abs, [-1.5])
        named = Process(target=sim.run_sim, args=(1,), name="bob's", kwargs={"a": "\\udc80"})
        named.start()
        """,
    )
    shown = [simulation.request["parameters"] for simulation in engine.simulations]
    assert shown[0] == [
        ["function", "sim.run_sim"], ["name", "bob"], ["more1", 1], ["more2", "[2]"], ["function_2", "inf"], ["l2", "1MiB"],
    ], shown[0]
    assert shown[1][1:] == [["name", "<object object>"], ["more1", str(2**80)]], shown[1]
    assert shown[2] == [["function", "sim.add"], ["two", 4]], shown[2]
    assert shown[3] == [["function", "sim.Machine.ticks"], ["factor", 2]], shown[3]
    assert shown[4][0] == ["function", "sim.Machine"] and len(shown[4][1][1]) == 600, shown[4]
    assert shown[5] == [["function", "builtins.abs"], ["x", -1.5]], shown[5]
    assert shown[6][-1] == ["a", "\\udc80"], shown[6]
    assert labels(engine)[0] == "run_sim-bob-1-inf-1MiB", labels(engine)
    assert all(len(label) <= 60 and "/" not in label and label[0] != "." for label in labels(engine)[:-1]), labels(engine)
    assert labels(engine)[-1] == "bob's"


@case
def what_cannot_work_is_refused_with_advice(engine):
    run(
        engine,
        """
        import multiprocessing, os, queue
        import gem5.utils.multiprocessing as ours
        from gem5.utils.multiprocessing.context import gem5Context
        context = gem5Context()

        def in_main(*args): return 1
        class Main:
            def __call__(self): pass
        class Own(Process):
            def run(self): pass
        def outer():
            def inner(*args): return 1
            return inner
        pool = Pool(2)

        def refused(word, function, *args, **kwargs):
            try:
                function(*args, **kwargs)
            except Exception as error:
                assert word in str(error), (word, type(error), error)
                return
            raise AssertionError("not refused: " + word)

        for target in (in_main, Main, Main()):
            refused("module of its own", Process(target=target).start)
            refused("module of its own", pool.map, target, [1])
        refused("module of its own", pool.map, sim.same, [1, 2, Main()])
        refused("module of its own", pool.map, sim.same, [1, [Main]])
        refused("module of its own", Pool(2, in_main).map, sim.same, [1])
        refused("lambda", pool.map, lambda x: x, [1])
        refused("lambda", pool.map, sim.same, [{"f": lambda x: x}])
        refused("inside of a function", Process(target=outer()).start)
        refused("run() of its own", Own)
        refused("no target", Process().start)
        refused("function", Process(target=3).start)
        refused("cannot travel", pool.map, sim.same, [open(os.devnull)])
        refused("cannot travel", pool.map, sim.same, [(n for n in [])])
        refused("pool objects", pool.map, sim.same, [pool])
        refused("Process stays", pool.map, sim.same, [Process(target=sim.same)])
        refused("maxtasksperchild", Pool, 2, maxtasksperchild=2)
        refused("maxtasksperchild", context.Pool, 2, None, (), 5)
        refused("at least 1", Pool, 0)
        refused("initializer", Pool, 2, initializer=3)
        refused("fork", context.get_context, "fork")
        for name in ("Queue JoinableQueue SimpleQueue Pipe Lock RLock Semaphore BoundedSemaphore Event Condition Barrier "
                     "Manager Value Array RawValue RawArray").split():
            refused("does not reach", getattr(ours, name))
            refused("does not reach", getattr(context, name), 1)
        for name in ("_command_line", "popen_spawn_gem5"):
            refused("starts the processes itself", __import__, "gem5.utils.multiprocessing." + name)
        process = Process(target=sim.same, args=(1,))
        refused("started process", process.join)
        process.start()
        refused("twice", process.start)
        refused("already started", setattr, process, "daemon", True)
        refused("running", process.close)
        process.join()
        process.close()
        refused("closed", process.is_alive)
        refused("still running", pool.join)
        pool.close()
        refused("not running", pool.apply, sim.same, (1,))
        assert context.get_context() is context and context.get_context("spawn") is context
        assert context.cpu_count() == multiprocessing.cpu_count() and context.get_start_method() == "spawn_gem5"
        assert ours.ProcessError is multiprocessing.ProcessError and ours.TimeoutError is multiprocessing.TimeoutError
        assert ours.current_process() is multiprocessing.current_process()
        """,
    )
    # A call that is wrong starts nothing, not even those of its map that are right.
    assert labels(engine) == ["same-1"], labels(engine)


@case
def only_the_script_itself_starts_anything(engine):
    run(
        engine,
        """
        import os
        try:
            Pool(1).apply(sim.start_another)
        except RuntimeError as error:
            assert "only the script of a suite" in str(error), error
        else:
            raise AssertionError("not refused")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                Process(target=sim.same, args=(1,)).start()
            except RuntimeError as error:
                code = 0 if "forked" in str(error) else 2
            finally:
                os._exit(code)
        assert os.waitpid(pid, 0)[1] == 0
        """,
    )
    assert len(engine.simulations) == 1


@case
def iterators_keep_their_order(engine):
    run(
        engine,
        """
        import multiprocessing
        pool = Pool()
        assert list(pool.imap(sim.slow, range(3))) == [0, 1, 2]
        assert list(pool.imap_unordered(sim.slow, iter(range(3)))) == [2, 1, 0]
        found, iterator = [], pool.imap(sim.fail_if_odd, range(4))
        while True:
            try:
                found.append(next(iterator))
            except sim.Trouble as error:
                found.append(str(error))
            except StopIteration:
                break
        assert found == [0, "odd 1", 2, "odd 3"], found
        assert list(pool.imap(sim.same, [])) == [] and pool.map(sim.same, []) == []
        waiting = pool.imap(sim.wait_for_ever, [1])
        try:
            waiting.next(timeout=0.05)
        except multiprocessing.TimeoutError:
            pass
        else:
            raise AssertionError("it has not ended")
        """,
    )


@case
def results_and_callbacks(engine):
    run(
        engine,
        """
        import multiprocessing, threading
        heard = []
        with Pool(4, sim.prepare, ("a", 1)) as pool:
            assert pool.apply(sim.prepared, (0,)) == ["a", 1]
            assert pool.starmap(sim.add, [(1,), (2, 3)]) == [11, 5]
            one = pool.apply_async(sim.add, (1,), {"two": 2}, callback=heard.append)
            assert one.get() == 3 and one.ready() and one.successful() and one.get(0) == 3
            many = pool.map_async(sim.square, range(3), callback=heard.append)
            assert many.get(100) == [0, 1, 4]
            bad = pool.starmap_async(sim.fail_if_odd, [(1,)], error_callback=lambda error: heard.append(str(error)))
            bad.wait(100)
            assert heard == [3, [0, 1, 4], "odd 1"], heard
            # A callback that fails keeps nobody from a value, and one that starts more may.
            def broken(value):
                raise KeyError("callback")
            assert pool.apply_async(sim.same, (5,), callback=broken).get() == 5
            more, done = [], threading.Event()
            def go_on(value):
                more.append(pool.apply_async(sim.same, (value + 1,), callback=lambda value: done.set()))
            pool.apply_async(sim.same, (6,), callback=go_on)
            assert done.wait(100) and more[0].get() == 7
            # One that waits would wait for ever.
            def waits(value):
                try:
                    pool.apply(sim.same, (1,))
                except RuntimeError as error:
                    heard.append("refused")
            pool.apply_async(sim.same, (8,), callback=waits).get()
            assert heard[-1] == "refused"
            late = pool.apply_async(sim.wait_for_ever)
            for wait in (late.get, late.successful):
                try:
                    wait(*([0.05] if wait == late.get else []))
                except (multiprocessing.TimeoutError, ValueError):
                    continue
                raise AssertionError("it has not ended")
            pool.terminate()
            pool.join()
            try:
                late.get()
            except multiprocessing.ProcessError as error:
                assert error.outcome == "cancelled"
        assert pool._suite is not None
        """,
    )
    assert "callback" in engine.run("test.py")[2]


@case
def processes_have_their_verbs(engine):
    run(
        engine,
        """
        import time
        from multiprocessing.connection import wait
        import gem5.utils.multiprocessing as ours
        first = Process(target=sim.wait_for_ever, name="first")
        second = ours.get_context().Process(target=sim.slow, args=(2,))
        assert (first.name, second.name) == ("first", "Spawn_gem5Process-1"), second
        assert first.pid is None and first.exitcode is None and not first.is_alive() and "initial" in repr(first)
        first.start(); second.start()
        assert first.is_alive() and first.exitcode is None and "started" in repr(first)
        assert set(ours.active_children()) == {first, second}
        assert first.join(0.01) is None and first.is_alive()
        assert wait([first.sentinel, second.sentinel]) == [second.sentinel]
        second.join()
        assert second.exitcode == 0 and wait([second.sentinel], 0) == [second.sentinel]
        assert wait([first.sentinel], 0.01) == []
        while first.pid is None:
            time.sleep(0.01)
        time.sleep(0.3)
        first.terminate()
        assert wait([first.sentinel], 100) and first.exitcode == -15, first
        third = Process(target=sim.wait_for_ever)
        third.start(); third.kill(); third.join()
        assert third.exitcode == -9 and third.name == "Process-2" and third.sentinel > 2
        third.kill(); third.terminate(); third.close()
        assert ours.active_children() == []
        """,
    )


@case
def an_end_that_nobody_looks_at_fails_the_suite(engine):
    status, _, err = fails(
        engine,
        """
        bad, worse, seen, good = (Process(target=t) for t in (sim.fail, sim.die, sim.die, sim.surroundings))
        for process in (bad, worse, seen, good):
            process.start()
        for process in (bad, worse, seen, good):
            process.join()
        assert seen.exitcode == -9
        """,
    )
    assert status == 1, err
    said = err.partition("SimulationFailed:")[2]
    assert "suite.fail" in said and "Trouble: no cache" in said and "suite.die" in said and "suite.die+" not in said, err
    assert "Traceback" not in said
    # And each was told at once.
    assert err.count("gem5-tui: suite.die") == 2, err
    # So does one whose end the script did not even wait for.
    status, _, err = fails(engine, "Process(target=sim.fail).start()\nimport sys; sys.exit(0)")
    assert status == 1 and "suite.fail" in err
    # A status that the script has chosen stays.
    status, _, err = fails(engine, "Process(target=sim.square, args=(2,)).start()\nimport sys; sys.exit(3)")
    assert status == 3 and engine.simulations[0].answer["ok"], err


@case
def the_end_of_the_script_ends_daemons_and_waits_for_the_others(engine):
    run(
        engine,
        """
        import threading, time
        daemon = Process(target=sim.wait_for_ever, daemon=True)
        daemon.start()
        for number in (0, 1):
            Process(target=sim.slow, args=(number,)).start()
        left = Pool(1).map_async(sim.wait_for_ever, range(3))
        def later():
            time.sleep(0.3)
            Process(target=sim.same, args=("late",)).start()
        threading.Thread(target=later).start()
        """,
    )
    ends = {simulation.request["label"]: simulation.answer["outcome"] for simulation in engine.simulations}
    assert ends.pop("wait_for_ever") == "cancelled", ends
    assert [ends.pop("wait_for_ever-%d" % number) for number in range(3)] == ["cancelled"] * 3
    assert ends == {"slow-0": "ok", "slow-1": "ok", "same-late": "ok"}, ends


@case
def a_script_that_fails_leaves_what_runs_alone(engine):
    status, _, err = fails(
        engine,
        """
        Process(target=sim.wait_for_ever, daemon=True).start()
        with Pool(2) as pool:
            pool.map_async(sim.wait_for_ever, range(2))
            while not all(process.pid for process in __import__("gem5.utils.multiprocessing").utils.multiprocessing.active_children()):
                pass
            raise KeyError("analysis")
        """,
    )
    assert status == 1 and "KeyError" in err and "analysis" in err, err
    assert not any(name.endswith(".stop.json") for name in os.listdir(engine.spawns))
    assert len(engine.simulations) == 3


@case
def an_interrupt_ends_the_suite_at_once(engine):
    if engine.gem5:
        return
    script(engine, "Process(target=sim.wait_for_ever).start(); Pool(2).map(sim.wait_for_ever, range(2))")
    engine.on_round = lambda: (
        len([s for s in engine.simulations if s.pid]) == 3 and engine.suite and os.kill(engine.suite, signal.SIGINT)
    )
    status, _, err = engine.run("test.py")
    assert status in (-signal.SIGINT, 1, 130) and "KeyboardInterrupt" in err, (status, err)
    assert not any(name.endswith(".stop.json") for name in os.listdir(engine.spawns))


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
    return os.path.join(engine_module.REPOSITORY, "assets", "standin")


@case
def the_same_script_runs_without_any_engine(engine):
    text = """
        import json
        if __name__ == '__m5_main__' or __name__ == '__main__':
            process = Process(target=sim.square, args=(1,))
            process.start()
            process.join()
            with Pool(processes=2, maxtasksperchild=1) as pool:
                print(json.dumps([process.exitcode, pool.map(sim.square, range(3))]))
    """
    assert run(engine, text) == [0, [0, 1, 4]]
    if engine.gem5:
        # gem5's own module cannot, with this set: its children print their build information instead.
        env = {name: value for name, value in engine.env.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = os.path.join(engine.directory, "cache")
        status, out, err = plain([engine.interpreter, os.path.join(engine.directory, "test.py")], engine.directory, env)
        assert status == 0 and json.loads(out.splitlines()[-1]) == [0, [0, 1, 4]], (out, err)


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
        if engine.simulations and engine.simulations[0].pid and not moved:
            attempt = os.path.dirname(engine.spawns)
            os.rename(attempt, attempt + "-moved")
            engine.spawns = os.path.join(attempt + "-moved", "spawns")
            moved.append(attempt + "-moved")

    engine.on_round = move
    script(engine, "print(Pool(1).map(sim.square, [1, 2]), Pool(1).map(sim.square, [3]))")
    try:
        status, out, err = engine.run("test.py")
    except FileNotFoundError as error:
        # The log has moved as well.
        assert moved and error.filename.startswith(moved[0][: -len("-moved")])
        return
    assert status == 0, (out, err)


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
def many_threads_may_ask_at_once(engine):
    run(
        engine,
        """
        import threading
        pool, found = Pool(8), {}
        def ask(number):
            found[number] = pool.map(sim.square, [number, number + 1])
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert found == {number: [number * number, (number + 1) ** 2] for number in range(8)}
        """,
    )
    numbers = [simulation.request["number"] for simulation in engine.simulations]
    assert sorted(numbers) == list(range(1, 17))


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


def main(words):
    if words == ["--list"]:
        print("\n".join(CASES))
        return
    name, interpreter, one_liner = words
    engine = Engine(os.path.realpath(tempfile.mkdtemp(prefix="suite-")), interpreter, one_liner)
    try:
        CASES[name](engine)
    finally:
        engine.remove()


if __name__ == "__main__":
    main(sys.argv[1:])
