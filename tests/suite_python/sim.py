"""What the scripts of the cases import: the functions and classes that travel."""
import os, sys, time


class Trouble(Exception):
    pass


class Awkward(Exception):
    def __init__(self, one, two):
        super().__init__("%s and %s" % (one, two))


class Speechless(Exception):
    def __str__(self):
        raise RuntimeError("no words")


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


def when_let_go(number):
    while not os.path.exists("go-%d" % number):
        time.sleep(0.005)
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


def vanish():
    os._exit(0)


def fork():
    child = os.fork()
    if child == 0:
        return "child"
    os.waitpid(child, 0)
    return "parent"


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
