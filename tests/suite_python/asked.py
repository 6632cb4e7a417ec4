"""What a suite asks for: keys, files, parameters, and what it refuses to ask for."""
import os

from trial import case, labels, run, script

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
        import os, sys
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
        # A copy that comes to the end of the script neither ends nor awaits what is not its own.
        with Pool(1) as pool:
            result = pool.apply_async(sim.slow, (0,))
            pid = os.fork()
            if pid == 0:
                sys.exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            assert result.get() == 0
        """,
    )
    assert len(engine.simulations) == 2
