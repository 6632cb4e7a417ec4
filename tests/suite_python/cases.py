"""What a suite promises, one function a promise. `cases.py --list` names them; `cases.py NAME INTERPRETER ONE_LINER` tries one.

Each writes a script and what it imports, runs it under the small engine of `engine.py`, and compares what has come of it.
"""
import os
import sys
import tempfile

# Each of them adds its cases.
import asked  # noqa: F401
import calls  # noqa: F401
import ends  # noqa: F401
import places  # noqa: F401
from engine import Engine
from trial import CASES


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
