"""Synthetic workloads: what a program would touch, line by line.

A workload is cut into batches. `batch(k)` gives the k-th one as a kernel (what one visit costs the CPU) and a list of
visits. A visit is one cache line together with the consecutive accesses that a loop makes to it: all but the first of
those are certain to hit, so the model need not look them up one by one. It is encoded as `line * 2 + is_write`.

Batches depend on nothing but their number. A checkpoint therefore needs no more than that number and an offset.
"""
import random
from collections import namedtuple

from .simobject import Param, SimObject
from .util import to_bytes

# The lines of one batch, roughly: a few milliseconds of host time, so that a signal is answered soon.
BATCH = 4096
LINE = 64
DOUBLES_PER_LINE = 8
# Code lies below the data, which starts at 1 MiB.
CODE_LINE = 4096 // LINE
DATA_LINE = 2**20 // LINE

# What one visit is: `accesses` loads (or stores, when the visit writes), `integers` and `floats` other instructions,
# `ilp` instructions that could issue in one cycle, `dependent` when the address comes from the visit before.
Kernel = namedtuple("Kernel", "name accesses integers floats ilp dependent")


class Workload(SimObject):
    """The base of the workloads."""

    params = {
        # 0 is for ever: the script decides how long to simulate.
        "max_visits": Param(int, 0),
        # A file that must exist, as the program of a real simulation must. The stand-in does not look into it.
        "executable": Param(str, ""),
        # Why and with what code the program ends when it has made all its visits. Without a cause it waits for ever for
        # what never comes, as a guest does whose last thread sleeps.
        "exit_cause": Param(str, "exiting with last active thread context"),
        "exit_code": Param(int, 0),
        # What the guest does on the way, in order: (visits, "print", text) or (visits, "exit", cause), which returns to
        # the script, as `workbegin` does, and lets the guest go on when the script does.
        "acts": Param(list, ()),
    }

    def prepare(self):
        """Called once, when the configuration is complete."""

    def batch(self, number):
        """The kernel and the visits of one batch. Never empty."""
        raise NotImplementedError


class StreamBenchmark(Workload):
    """Four vector kernels in turn (copy, scale, add, triad), each once over whole arrays."""

    params = {"array_size": Param(to_bytes, "2MiB")}

    # The kernel, the arrays that it reads and the one that it writes.
    _PASSES = (
        (Kernel("copy", 8, 8, 0, 4.0, False), (0,), 2),
        (Kernel("scale", 8, 8, 4, 4.0, False), (2,), 1),
        (Kernel("add", 8, 6, 3, 4.0, False), (0, 1), 2),
        (Kernel("triad", 8, 6, 6, 4.0, False), (1, 2), 0),
    )

    def prepare(self):
        self.__dict__["_lines"] = max(1, self.array_size // LINE)

    def batch(self, number):
        step = BATCH // 3
        batches_per_pass = -(-self._lines // step)
        kernel, sources, target = self._PASSES[number // batches_per_pass % len(self._PASSES)]
        first = number % batches_per_pass * step
        last = min(first + step, self._lines)
        reads = [(DATA_LINE + source * self._lines) << 1 for source in sources]
        write = (DATA_LINE + target * self._lines) << 1 | 1
        if len(reads) == 1:
            read = reads[0]
            return kernel, [v for i in range(first * 2, last * 2, 2) for v in (read + i, write + i)]
        read, other = reads
        return kernel, [v for i in range(first * 2, last * 2, 2) for v in (read + i, other + i, write + i)]


class PointerChase(Workload):
    """A linked list: built in the order of memory, then walked for ever in a random order, each node leading to the next."""

    params = {"size": Param(to_bytes, "512KiB"), "seed": Param(int, 1)}

    _BUILD = Kernel("build", 2, 6, 0, 3.0, False)
    _WALK = Kernel("walk", 1, 15, 0, 3.0, True)

    def prepare(self):
        nodes = [(DATA_LINE + i) << 1 for i in range(max(1, self.size // LINE))]
        self.__dict__["_build"] = [node | 1 for node in nodes]
        random.Random(self.seed).shuffle(nodes)
        self.__dict__["_walk"] = nodes

    def batch(self, number):
        batches = -(-len(self._walk) // BATCH)
        if number < batches:
            return self._BUILD, self._build[number * BATCH : (number + 1) * BATCH]
        first = number % batches * BATCH
        return self._WALK, self._walk[first : first + BATCH]


class RandomAccess(Workload):
    """Updates of random places in a table, each independent of the others."""

    params = {"size": Param(to_bytes, "4MiB"), "seed": Param(int, 1)}

    _UPDATE = Kernel("update", 2, 16, 0, 3.0, False)

    def prepare(self):
        table = range(DATA_LINE, DATA_LINE + max(1, self.size // LINE))
        self.__dict__["_table"] = [line << 1 | 1 for line in table]

    def batch(self, number):
        # A generator of its own for every batch, so that a restored run draws what the first one would have drawn.
        return self._UPDATE, random.Random(self.seed * 1000003 + number).choices(self._table, k=BATCH)


class MatrixMultiply(Workload):
    """C += A * B on square matrices of doubles. Each band of `block` rows is computed twice: plainly, then in blocks."""

    params = {"order": Param(int, 256), "block": Param(int, 32)}

    _PLAIN = Kernel("plain", 8, 4, 4, 4.0, False)
    _BLOCKED = Kernel("blocked", 8, 4, 4, 4.0, False)

    def prepare(self):
        if self.block <= 0 or self.block % DOUBLES_PER_LINE or self.order <= 0 or self.order % self.block:
            raise ValueError("the order must be a multiple of the block, and the block of %d" % DOUBLES_PER_LINE)

    def batch(self, number):
        blocks = self.order // self.block
        plain_batches = self.block * blocks
        band, rest = divmod(number, plain_batches + blocks * blocks)
        top = band % blocks * self.block
        if rest < plain_batches:
            # One row of C, which needs all of B, in pieces of `block` rows of B.
            row, k_block = divmod(rest, blocks)
            return self._PLAIN, self._row(top + row, k_block, 0, self.order)
        # All rows of one block of C, which need one block of B again and again.
        j_block, k_block = divmod(rest - plain_batches, blocks)
        visits = []
        for row in range(top, top + self.block):
            visits.extend(self._row(row, k_block, j_block * self.block, self.block))
        return self._BLOCKED, visits

    def _row(self, row, k_block, column, width):
        """C[row, columns] += A[row, k] * B[k, columns] for the k of one block."""
        lines_per_row = self.order // DOUBLES_PER_LINE
        matrix = self.order * lines_per_row
        a = DATA_LINE + row * lines_per_row
        first, last = column // DOUBLES_PER_LINE, (column + width) // DOUBLES_PER_LINE
        c = DATA_LINE + 2 * matrix + row * lines_per_row
        visits = []
        for k in range(k_block * self.block, (k_block + 1) * self.block):
            visits.append((a + k // DOUBLES_PER_LINE) << 1)
            b = DATA_LINE + matrix + k * lines_per_row
            visits.extend([v for j in range(first, last) for v in ((b + j) << 1, (c + j) << 1 | 1)])
        return visits


class LeakyAccess(RandomAccess):
    """Keeps more of the host's memory with every batch and never gives it back, as leaks in gem5 have done."""

    params = {"leak": Param(to_bytes, "1MiB")}

    def prepare(self):
        super().prepare()
        self.__dict__["_kept"] = []

    def batch(self, number):
        # Zeroed memory is not resident until it is written.
        self._kept.append(bytearray(b"\x55") * self.leak)
        return super().batch(number)
