"""Calls and what becomes of them."""
import os
import pickle
import signal

from engine import read_json
from trial import case, labels, run


@case
def twelve_calls_run_at_most_four_at_once(engine):
    # The two are asked for before either starts.
    engine.cap = 0
    engine.on_round = lambda: setattr(engine, "cap", 8 if len(engine.simulations) >= 2 else 0)
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
            {1: (2, 3), "set": {4, 5}, None: b"bytes"}, float("nan"), float("inf"), 10**40, 10**5000, sim.Machine(cores=2, tags={"a"}),
            fractions.Fraction(1, 3), datetime.timedelta(1), "\\udcff", "x" * 1000, bytes(range(256)) * 100000, sim.Trouble("kept"),
        ]
        found = Pool().map(sim.same, values)
        assert str(found.pop(1)) == "nan" and values.pop(1) != 0
        trouble = found.pop()
        assert type(trouble) is sim.Trouble and trouble.args == values.pop().args
        assert found == values, found
        """,
    )
    values = [read_json(os.path.join(s.answer["directory"], "result.json"))["result"] for s in engine.simulations]
    assert all(value["pickled"] for value in values)
    # People see what JSON can say, and a part of the rest.
    assert values[9]["value"] == "x" * 1000 and "shown" not in values[9]
    assert values[5]["value"] is None and "Machine" in values[5]["shown"]
    assert values[10]["value"] is None and len(values[10]["shown"]) == 1000


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
        # One that has no words for itself.
        try:
            pool.apply(sim.fail, ("Speechless",))
        except sim.Speechless:
            pass
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
            try:
                pool.apply(sim.vanish)
            except SimulationFailed as error:
                assert error.outcome == "no-value" and "no result" in error.cause, error
            else:
                raise AssertionError("no error came")
            # The copy comes back as well, and is not asked.
            assert pool.apply(sim.fork) == "parent"
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


@case
def iterators_keep_their_order(engine):
    run(
        engine,
        """
        import multiprocessing
        pool = Pool()
        # Nothing to ask for, before anything was.
        assert pool.map(sim.same, []) == []
        assert list(pool.imap(sim.slow, range(3))) == [0, 1, 2]
        # The last first: each is let go when the one behind it has come.
        order = []
        open("go-2", "w").close()
        for number in pool.imap_unordered(sim.when_let_go, iter(range(3))):
            order.append(number)
            open("go-%d" % (number - 1), "w").close()
        assert order == [2, 1, 0], order
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
        import multiprocessing, sys, threading
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
                sys.exit("callback")
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
def hundreds_of_calls_are_answered_from_before(engine):
    directory = os.path.dirname(engine.write("before/result.json", '{"result": {"kind": "returned", "pickled": true}}'))
    with open(os.path.join(directory, "value.pickle"), "wb") as file:
        pickle.dump({"ticks"}, file)
    end = {"simulation": "before", "directory": directory, "ok": True, "outcome": "ok", "line": "ok", "exit": {"code": 0}}
    engine.known = lambda request: end
    run(engine, "assert Pool(4).map(sim.wait_for_ever, range(300)) == [{'ticks'}] * 300")
