"""The SimObjects that a configuration script of the stand-in can use. Names and parameters follow gem5's."""
import os

from .simobject import Param, SimObject
from .util import to_bytes, to_period, to_ticks
from .workloads import LeakyAccess, MatrixMultiply, PointerChase, RandomAccess, StreamBenchmark

__all__ = [
    "AddrRange",
    "Cache",
    "DDR3_1600_8x8",
    "L2XBar",
    "LeakyAccess",
    "MatrixMultiply",
    "MemCtrl",
    "MinorCPU",
    "O3CPU",
    "PointerChase",
    "RandomAccess",
    "Root",
    "SrcClockDomain",
    "StreamBenchmark",
    "System",
    "SystemXBar",
    "Terminal",
    "TimingSimpleCPU",
    "VoltageDomain",
]


class AddrRange:
    """A range of addresses that starts at zero: the stand-in has one memory."""

    def __init__(self, size):
        self.size = to_bytes(size)

    def __str__(self):
        return "0:%d" % self.size


def _as_range(value):
    return value if isinstance(value, AddrRange) else AddrRange(value)


def _as_ranges(values):
    return [_as_range(value) for value in values]


class Root(SimObject):
    """The top of the tree. A script makes exactly one, and `instantiate()` finds it."""

    params = {"full_system": Param(bool, False)}
    instance = None

    def __init__(self, **values):
        if Root.instance is not None:
            raise RuntimeError("Attempt to allocate multiple instances of Root.")
        Root.instance = self
        super().__init__(**values)


class Terminal(SimObject):
    """A guest's console: a file in the output directory, named as the object is, in which every byte is there at once."""

    def open(self, outdir):
        """Creates the file. gem5 does so when it builds the object."""
        self.__dict__["_file"] = open(os.path.join(outdir, self.path()), "wb", buffering=0)

    def write(self, text):
        """One line from the guest."""
        self._file.write((text + "\r\n").encode())


class VoltageDomain(SimObject):
    """The voltage; it has no influence on the model."""

    params = {"voltage": Param(float, 1.0)}


class SrcClockDomain(SimObject):
    """The clock of everything below the system."""

    params = {"clock": Param(to_period)}


class System(SimObject):
    """The machine: clock, CPU, caches, buses and memory."""

    params = {
        "cache_line_size": Param(int, 64),
        "mem_mode": Param(str, "timing"),
        "mem_ranges": Param(_as_ranges, ["512MiB"]),
    }
    port_names = ("system_port",)


class BaseCPU(SimObject):
    """A CPU of one thread."""

    params = {
        "max_insts_any_thread": Param(int, 0),
        "numThreads": Param(int, 1),
        # Ticks between two progress reports in the log; 0 for none.
        "progress_interval": Param(to_ticks, 0),
        # The two numbers that make one CPU differ from another in the model, see `model.py`.
        "issueWidth": Param(int),
        "windowSize": Param(int),
    }
    port_names = ("icache_port", "dcache_port")

    def createThreads(self):
        """Gives the CPU its instruction set. gem5 refuses a CPU without one."""
        self.__dict__["_isas"] = self.numThreads

    def createInterruptController(self):
        """Nothing interrupts the stand-in's CPU; scripts for gem5 call this."""

    @property
    def isas(self):
        """For how many threads `createThreads()` has made an instruction set."""
        return self.__dict__.get("_isas", 0)


class TimingSimpleCPU(BaseCPU):
    """In order, one instruction a cycle, and it waits for every access to memory."""

    params = {"issueWidth": Param(int, 1), "windowSize": Param(int, 0)}


class MinorCPU(BaseCPU):
    """In order, two instructions a cycle, with a few more in flight while it waits."""

    params = {"issueWidth": Param(int, 2), "windowSize": Param(int, 8)}


class O3CPU(BaseCPU):
    """Out of order: misses overlap as far as the reorder buffer reaches."""

    params = {"issueWidth": Param(int, 8), "windowSize": Param(int, 192)}


class Cache(SimObject):
    """A set-associative, write-back cache with LRU replacement."""

    params = {
        "size": Param(to_bytes),
        "assoc": Param(int),
        "tag_latency": Param(int),
        "data_latency": Param(int),
        "response_latency": Param(int),
        "mshrs": Param(int),
        "tgts_per_mshr": Param(int, 20),
    }
    port_names = ("cpu_side", "mem_side")


class BaseXBar(SimObject):
    """A bus: it adds its latency and has no contention."""

    params = {"frontend_latency": Param(int), "forward_latency": Param(int), "response_latency": Param(int)}
    port_names = ("cpu_side_ports", "mem_side_ports")


class L2XBar(BaseXBar):
    """The bus between the first-level caches and the second."""

    params = {"frontend_latency": Param(int, 1), "forward_latency": Param(int, 0), "response_latency": Param(int, 1)}


class SystemXBar(BaseXBar):
    """The bus in front of the memory."""

    params = {"frontend_latency": Param(int, 3), "forward_latency": Param(int, 4), "response_latency": Param(int, 2)}


class DDR3_1600_8x8(SimObject):
    """One channel of DDR3-1600, eight banks, with open rows."""

    params = {
        "range": Param(_as_range),
        "banks_per_rank": Param(int, 8),
        "row_size": Param(to_bytes, "8KiB"),
        "max_accesses_per_row": Param(int, 16),
        "tCL": Param(to_ticks, "13.75ns"),
        "tRCD": Param(to_ticks, "13.75ns"),
        "tRP": Param(to_ticks, "13.75ns"),
        "tBURST": Param(to_ticks, "5ns"),
    }


class MemCtrl(SimObject):
    """The memory controller in front of one DRAM channel."""

    params = {
        "static_frontend_latency": Param(to_ticks, "10ns"),
        "static_backend_latency": Param(to_ticks, "10ns"),
    }
    port_names = ("port",)
