"""Functions that the tests call in fresh processes."""

import os
import signal
import sys
import time


def echo(*args, **kwargs):
    return {"args": args, "kwargs": kwargs}


def large(length):
    return "x" * length


def fail(text):
    raise ValueError(text)


def leave(code):
    sys.exit(code)


def returns_a_set():
    return {1, 2}


def returns_nan():
    return float("nan")


def returns_a_surrogate():
    return "\udc80"


def returns_a_loop():
    loop = []
    loop.append(loop)
    return loop


def die_halfway():
    os.kill(os.getpid(), signal.SIGKILL)


def send_half():
    os.write(4, b'{"kind":"returned","value":[1,')
    os._exit(0)


def write_without_end():
    try:
        while True:
            os.write(4, b"[" * 100_000)
    except OSError:
        os._exit(9)


def leave_a_holder():
    if os.fork() == 0:
        print("holding", flush=True)
        time.sleep(600)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)


def open_descriptors():
    names = os.listdir("/proc/self/fd")
    return sorted(n for n in names if os.path.exists("/proc/self/fd/" + n))


def pid():
    return os.getpid()


def timed(seconds):
    start = time.monotonic()
    time.sleep(seconds)
    return [start, time.monotonic(), os.getpid()]


def die_on(number, fatal):
    if number == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def add(left, right):
    return left + right


def sleep_for_ever():
    print("sleeping", flush=True)
    time.sleep(600)
