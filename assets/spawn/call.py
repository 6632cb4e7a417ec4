"""Calls one function in a fresh gem5 or Python process.

The command line carries one line of code that reads a message from descriptor
3 and runs this text with the message as `message`. The result goes back on
descriptor 4 as one JSON object. Everything is kept in one function, so that
the called module finds a clean `__m5_main__`.

A function of an experiment file is named in the message, and arguments and
value are JSON. A call that a suite has made lies pickled in a file, and so its
value, or the exception, goes to descriptor 5 as a pickle besides.
"""


def call_one_function(message):
    import importlib
    import json
    import os
    import pickle
    import sys
    import traceback

    pickled = message.get("pickled")
    # As the suite's side has it: every Python since 3.4 can read it.
    protocol = 4
    # A value of a suite is shown to people out of the JSON, which need not hold all of it.
    max_shown_bytes = 64 * 1024
    max_shown_characters = 1000

    # A copy that the function makes of the process may come back from it as well, and the result is not its affair.
    process = os.getpid()

    # Processes that the function starts have no business with the result.
    os.set_inheritable(4, False)
    if pickled:
        os.set_inheritable(5, False)

    def as_json(value, errors="strict"):
        # Text, not escapes: a lone surrogate has no place in JSON and is
        # found here instead of in the reader.
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8", errors)

    def send(outcome, errors="strict"):
        data = as_json(outcome, errors)
        if len(data) > message["max_result_bytes"]:
            raise ValueError(
                "the value takes %d bytes as JSON, and %d are allowed; "
                "write large results to a file in the output directory"
                % (len(data), message["max_result_bytes"])
            )
        with open(4, "wb", closefd=False) as place:
            place.write(data)
        os.close(4)

    def write_pickle(value):
        with open(5, "wb", closefd=False) as place:
            place.seek(0)
            place.truncate()
            pickle.Pickler(place, protocol).dump(value)

    def exception_travels(error):
        # An exception that wants more arguments than it keeps fails only
        # where it is read, and one that ends an interpreter would end the
        # suite's.
        if not isinstance(error, Exception):
            return False
        try:
            if type(pickle.loads(pickle.dumps(error, protocol))) is not type(error):
                return False
            write_pickle(error)
        except Exception:
            return False
        return True

    def words_of(error):
        try:
            return str(error)
        except Exception as failed:
            return "<its str() failed: %s>" % type(failed).__name__

    def send_raised(error, text=None):
        shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        limit = message["max_result_bytes"] // 16
        outcome = {
            "kind": "raised",
            "exception": type(error).__name__,
            "message": (text or words_of(error))[:limit],
            "traceback": shown[-limit:],
        }
        if pickled:
            outcome["pickled"] = exception_travels(error)
        send(outcome, errors="replace")

    def send_pickled(value):
        # First the pickle: the JSON says that it is there and whole.
        write_pickle(value)
        outcome = {"kind": "returned", "value": None, "pickled": True}
        try:
            if len(as_json(value)) > max_shown_bytes:
                raise ValueError("the value is too large to be shown")
            outcome["value"] = value
        except (TypeError, ValueError, RecursionError):
            try:
                outcome["shown"] = repr(value)[:max_shown_characters]
            except Exception as error:
                outcome["shown"] = "<its repr() failed: %s>" % type(error).__name__
        send(outcome, errors="replace")

    def call_by_name():
        sys.path.insert(0, message["search_path"])
        target = importlib.import_module(message["module"])
        for name in message["function"].split("."):
            target = getattr(target, name)
        return target(*message["args"], **message["kwargs"])

    def call_by_pickle():
        import multiprocessing.process

        finder = {"__name__": "gem5_tui_finder"}
        exec(compile(message["finder"], "<gem5-tui>/finder.py", "exec"), finder)
        finder["install"](message["sources"], None)
        with open(pickled, "rb") as source:
            given = pickle.load(source)
        # The call itself is a pickle in the pickle: it imports the modules,
        # which takes the path.
        sys.path[:] = given["sys_path"]
        sys.argv = given["sys_argv"]
        multiprocessing.process.current_process().name = given["name"]
        target, args, kwargs, initializer, initargs = pickle.loads(given["call"])
        if initializer is not None:
            initializer(*initargs)
        return target(*args, **kwargs)

    try:
        value = call_by_pickle() if pickled else call_by_name()
    except SystemExit as error:
        # The function chose its own exit code, and keeps it.
        if os.getpid() != process:
            raise
        send_raised(error, "the function left by sys.exit(%r) instead of returning" % (error.code,))
        raise
    except BaseException as error:
        traceback.print_exc()
        if os.getpid() != process:
            sys.exit(1)
        send_raised(error)
        sys.exit(1)

    if os.getpid() != process:
        return
    try:
        if pickled:
            send_pickled(value)
        else:
            send({"kind": "returned", "value": value})
    except Exception as error:
        how = "as a pickle" if pickled else "as JSON"
        text = "the returned value cannot travel %s: %s" % (how, error)
        print(text, file=sys.stderr)
        send_raised(error, text)
        sys.exit(1)


call_one_function(message)
