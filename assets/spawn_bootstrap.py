"""Calls one function in a fresh gem5 or Python process.

The command line carries one line of code that reads a message from descriptor
3 and runs this text with the message as `message`. The result goes back on
descriptor 4 as one JSON object. Everything is kept in one function, so that
the called module finds a clean `__m5_main__`.
"""


def call_one_function(message):
    import importlib
    import json
    import os
    import sys
    import traceback

    # Processes that the function starts have no business with the result.
    os.set_inheritable(4, False)

    def send(outcome, errors="strict"):
        # Text, not escapes: a lone surrogate has no place in JSON and is
        # found here instead of in the reader.
        data = json.dumps(outcome, allow_nan=False, ensure_ascii=False)
        data = data.encode("utf-8", errors)
        if len(data) > message["max_result_bytes"]:
            raise ValueError(
                "the value takes %d bytes as JSON, and %d are allowed; "
                "write large results to a file in the output directory"
                % (len(data), message["max_result_bytes"])
            )
        with open(4, "wb", closefd=False) as place:
            place.write(data)
        os.close(4)

    def send_raised(error, text=None):
        shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        limit = message["max_result_bytes"] // 16
        send(
            {
                "kind": "raised",
                "exception": type(error).__name__,
                "message": (text or str(error))[:limit],
                "traceback": shown[-limit:],
            },
            errors="replace",
        )

    try:
        sys.path.insert(0, message["search_path"])
        target = importlib.import_module(message["module"])
        for name in message["function"].split("."):
            target = getattr(target, name)
        value = target(*message["args"], **message["kwargs"])
    except SystemExit as error:
        # The function chose its own exit code, and keeps it.
        send_raised(error, "the function left by sys.exit(%r) instead of returning" % (error.code,))
        raise
    except BaseException as error:
        traceback.print_exc()
        send_raised(error)
        sys.exit(1)

    try:
        send({"kind": "returned", "value": value})
    except (TypeError, ValueError, RecursionError) as error:
        text = "the returned value cannot travel as JSON: %s" % error
        print(text, file=sys.stderr)
        send_raised(error, text)
        sys.exit(1)


call_one_function(message)
