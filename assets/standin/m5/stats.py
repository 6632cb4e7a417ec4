"""Statistics: what is counted, and the text that gem5 writes for it.

The text keeps gem5's columns: name, value, share and running share, description, unit. Each line is a write of its own, as
in gem5, so that a reader can meet a block that is not complete yet.
"""
import gzip
import math
import os
import time
from urllib.parse import parse_qsl, urlsplit

from . import endings
from .model import DATA, INST, LINE, REQUESTORS
from .simulate import curTick, machine

_BEGIN = "\n---------- Begin Simulation Statistics ----------\n"
_END = "\n---------- End Simulation Statistics   ----------\n"
_TICKS_PER_SECOND = 10**12

_output = None
_last_dump = 0
_host_start = time.monotonic()


class UnsupportedOutput(Exception):
    """The kind of stats file that was asked for exists in gem5, but not here."""


class _TextFile:
    """A stats file, truncated when it is opened."""

    def __init__(self, path, descriptions, spaces):
        self._descriptions = descriptions
        self._widths = (40, 12, 10, 10) if spaces else (0, 0, 0, 0)
        if path.endswith(".gz"):
            self._file = gzip.open(path, "wb")
        else:
            self._file = open(path, "wb", buffering=0)

    def write(self, text):
        self._file.write(text.encode("ascii", "replace"))

    def line(self, name, value, description, unit, shares=None):
        name_width, value_width, pdf_width, cdf_width = self._widths
        text = "%-*s %*s" % (name_width, name, value_width, value)
        if shares is not None:
            text += " %*s %*s" % (pdf_width, "%.2f%%" % shares[0], cdf_width, "%.2f%%" % shares[1])
        elif pdf_width:
            text += " %*s %*s" % (pdf_width, "", cdf_width, "")
        if self._descriptions:
            text += " # %s (%s)" % (description, unit)
        self.write(text + "\n")

    def close(self):
        self._file.close()


def open_output(url, outdir):
    """Opens the stats file that `--stats-file` names. gem5 does so before the script, so an empty one proves nothing."""
    global _output
    parts = urlsplit(url)
    if parts.scheme not in ("", "file", "text"):
        raise UnsupportedOutput("Stat type '%s' is not supported by the stand-in" % parts.scheme)
    flags = {name: value.lower() not in ("false", "0", "no") for name, value in parse_qsl(parts.query)}
    path = os.path.join(outdir, parts.netloc + parts.path)
    _output = _TextFile(path, flags.get("desc", True), flags.get("spaces", True))


def close_output():
    """Ends a compressed file properly."""
    if _output is not None:
        _output.close()


def dump():
    """Writes a block, unless one was written at this very tick: gem5 has the same rule, and starts at tick 0."""
    global _last_dump
    now = curTick()
    if now == _last_dump:
        return
    _last_dump = now
    if _output is None or machine() is None:
        return
    _output.write(_BEGIN)
    _write_simulation(_output, machine(), now)
    _write_cpu(_output, machine(), now)
    for cache in machine().caches():
        _write_cache(_output, cache, _requestors(machine(), cache), now)
    _write_memory(_output, machine(), now)
    _output.write(_END)


def reset():
    """Starts all counts anew. `finalTick` alone goes on."""
    global _host_start
    _host_start = time.monotonic()
    if machine() is not None:
        machine().reset(curTick())


def _requestors(machine, cache):
    """Who can ask this cache: the first level has one requestor, the second has both."""
    return {machine.icache: (INST,), machine.dcache: (DATA,)}.get(cache, (INST, DATA))


def _ratio(part, whole):
    return part / whole if whole else math.nan


def _text(value, precision=None):
    """A value as gem5 prints it: whole numbers without a point, others with six digits, never an exponent."""
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if precision is None:
        precision = 0 if value == int(value) else 6
    return "%.*f" % (precision, value)


def _scalar(out, name, value, description, unit, precision=None):
    out.line(name, _text(value, precision), description, unit)


def _vector(out, name, entries, description, unit, total=None, shares=False):
    """A line for each entry of (subname, value), and one for the total if there is one."""
    whole = sum(value for _, value in entries)
    running = 0
    for subname, value in entries:
        running += value
        share = (100.0 * value / whole, 100.0 * running / whole) if shares and whole else None
        out.line("%s::%s" % (name, subname), _text(value), description, unit, share)
    if total is not None:
        out.line("%s::total" % name, _text(total), description, unit)


def _histogram(out, name, samples, bucket, description, unit):
    """`samples` maps a value to how often it was met. Empty buckets are left out, as gem5's `nozero` does."""
    count = sum(samples.values())
    total = sum(value * n for value, n in samples.items())
    squares = sum(value * value * n for value, n in samples.items())
    mean = _ratio(total, count)
    out.line(name + "::samples", _text(count), description, unit)
    out.line(name + "::mean", _text(mean), description, unit)
    if count:
        logs = sum(math.log(value) * n for value, n in samples.items())
        out.line(name + "::gmean", _text(math.exp(logs / count)), description, unit)
    variance = max(0.0, (squares - count * mean * mean) / (count - 1)) if count > 1 else math.nan
    out.line(name + "::stdev", _text(math.sqrt(variance)), description, unit)
    buckets = {}
    for value, n in samples.items():
        buckets[value // bucket] = buckets.get(value // bucket, 0) + n
    running = 0
    for index in sorted(buckets):
        running += buckets[index]
        label = "%d-%d" % (index * bucket, (index + 1) * bucket - 1)
        share = (100.0 * buckets[index] / count, 100.0 * running / count)
        out.line("%s::%s" % (name, label), _text(buckets[index]), description, unit, share)
    out.line(name + "::total", _text(count), description, unit)


def _write_simulation(out, machine, now):
    ticks = now - machine.start_tick
    host_seconds = max(time.monotonic() - _host_start, 1e-6)
    count = machine.cpu.instructions
    _scalar(out, "simSeconds", ticks / _TICKS_PER_SECOND, "Number of seconds simulated", "Second")
    _scalar(out, "simTicks", ticks, "Number of ticks simulated", "Tick")
    final = "Number of ticks from beginning of simulation (restored from checkpoints and never reset)"
    _scalar(out, "finalTick", now, final, "Tick")
    frequency = "The number of ticks per simulated second"
    _scalar(out, "simFreq", _TICKS_PER_SECOND, frequency, "(Tick/Second)")
    _scalar(out, "hostSeconds", host_seconds, "Real time elapsed on the host", "Second", 2)
    rate = "The number of ticks simulated per host second (ticks/s)"
    _scalar(out, "hostTickRate", ticks / host_seconds, rate, "(Tick/Second)", 0)
    _scalar(out, "hostMemory", endings.memory_usage(), "Number of bytes of host memory used", "Byte")
    if count:
        _scalar(out, "simInsts", count, "Number of instructions simulated", "Count")
        _scalar(out, "simOps", count, "Number of ops (including micro ops) simulated", "Count")
        rate = "Simulator instruction rate (inst/s)"
        _scalar(out, "hostInstRate", count / host_seconds, rate, "(Count/Second)", 0)
        rate = "Simulator op (including micro ops) rate (op/s)"
        _scalar(out, "hostOpRate", count / host_seconds, rate, "(Count/Second)", 0)
    domain = machine.system.path() + ".clk_domain"
    _scalar(out, domain + ".clock", machine.period, "Clock period in ticks", "Tick")


def _write_cpu(out, machine, now):
    cpu, path = machine.cpu, machine.cpu.path
    cycles = (now - machine.start_tick) // machine.period
    insts = cpu.instructions
    cpi, ipc = _ratio(cycles, insts), _ratio(insts, cycles)
    _scalar(out, path + ".numCycles", cycles, "Number of cpu cycles simulated", "Cycle")
    _scalar(out, path + ".cpi", cpi, "CPI: cycles per instruction (core level)", "(Cycle/Count)", 6)
    _scalar(out, path + ".ipc", ipc, "IPC: instructions per cycle (core level)", "(Count/Cycle)", 6)
    thread = path + ".commitStats0"
    _scalar(out, thread + ".numInsts", insts, "Number of instructions committed (thread level)", "Count")
    ops = "Number of ops (including micro ops) committed (thread level)"
    _scalar(out, thread + ".numOps", insts, ops, "Count")
    _scalar(out, thread + ".cpi", cpi, "CPI: cycles per instruction (thread level)", "(Cycle/Count)", 6)
    _scalar(out, thread + ".ipc", ipc, "IPC: instructions per cycle (thread level)", "(Count/Cycle)", 6)
    references = cpu.loads + cpu.stores
    _scalar(out, thread + ".numMemRefs", references, "Number of memory references committed", "Count")
    _scalar(out, thread + ".numFpInsts", cpu.floats, "Number of float instructions", "Count")
    integers = insts - references - cpu.floats
    _scalar(out, thread + ".numIntInsts", integers, "Number of integer instructions", "Count")
    _scalar(out, thread + ".numLoadInsts", cpu.loads, "Number of load instructions", "Count")
    _scalar(out, thread + ".numStoreInsts", cpu.stores, "Number of store instructions", "Count")
    classes = [
        ("No_OpClass", 0),
        ("IntAlu", integers),
        ("IntMult", 0),
        ("IntDiv", 0),
        ("FloatAdd", 0),
        ("FloatMult", 0),
        ("FloatMultAcc", cpu.floats),
        ("MemRead", cpu.loads),
        ("MemWrite", cpu.stores),
    ]
    name = thread + ".committedInstType"
    _vector(out, name, classes, "Class of committed instruction.", "Count", total=insts, shares=True)
    visits = sorted(cpu.visits_by_kernel.items())
    what = "Number of cache lines visited, by kernel of the synthetic workload"
    _vector(out, path + ".workload.visits", visits, what, "Count", total=sum(n for _, n in visits))


def _write_cache(out, cache, requestors, now):
    names = [REQUESTORS[requestor] for requestor in requestors]

    def vector(name, values, total, what, unit):
        # gem5 says everything twice: for demand accesses, and for all. There are no others here.
        for prefix, word in (("demand", "demand (read+write)"), ("overall", "overall")):
            entries = list(zip(names, values))
            _vector(out, "%s.%s%s" % (cache.path, prefix, name), entries, what % word, unit, total=total)

    accesses = [cache.accesses[requestor] for requestor in requestors]
    misses = [cache.misses[requestor] for requestor in requestors]
    ticks = [cache.miss_ticks[requestor] for requestor in requestors]
    hits = [a - m for a, m in zip(accesses, misses)]
    rates = [_ratio(m, a) for m, a in zip(misses, accesses)]
    averages = [_ratio(t, m) for t, m in zip(ticks, misses)]
    vector("Hits", hits, sum(hits), "number of %s hits", "Count")
    vector("Misses", misses, sum(misses), "number of %s misses", "Count")
    vector("MissLatency", ticks, sum(ticks), "number of %s miss ticks", "Tick")
    vector("Accesses", accesses, sum(accesses), "number of %s accesses", "Count")
    vector("MissRate", rates, _ratio(sum(misses), sum(accesses)), "miss rate for %s accesses", "Ratio")
    average = _ratio(sum(ticks), sum(misses))
    vector("AvgMissLatency", averages, average, "average %s miss latency in ticks", "(Tick/Count)")
    # Nothing ever blocks these caches, so there is no average: gem5 prints `nan` here as well.
    blocked = "average number of cycles each access was blocked"
    _scalar(out, cache.path + ".avgBlocked::no_mshrs", math.nan, blocked, "(Cycle/Count)")
    _scalar(out, cache.path + ".avgBlocked::no_targets", math.nan, blocked, "(Cycle/Count)")
    written = [("writebacks", cache.writebacks)]
    _vector(out, cache.path + ".writebacks", written, "number of writebacks", "Count", total=cache.writebacks)
    _scalar(out, cache.path + ".replacements", cache.replacements, "number of replacements", "Count")
    in_use = sum(len(ways) for ways in cache.sets)
    what = "Ratio of occupied blocks and all blocks, per task id"
    _scalar(out, cache.path + ".tags.ratioOccsTaskId::1024", in_use * LINE / cache.size, what, "Ratio")


def _write_memory(out, machine, now):
    dram = machine.dram
    seconds = (now - machine.start_tick) / _TICKS_PER_SECOND
    controller = dram.path.rpartition(".")[0]
    count = sum(dram.reads)
    _scalar(out, controller + ".readReqs", count, "Number of read requests accepted", "Count")
    _scalar(out, controller + ".writeReqs", dram.writes, "Number of write requests accepted", "Count")
    reads = [(REQUESTORS[requestor], n * LINE) for requestor, n in enumerate(dram.reads)]
    writes = [("writebacks", dram.writes * LINE)]
    moved = (count + dram.writes) * LINE
    what = "Number of bytes read from this memory"
    _vector(out, dram.path + ".bytesRead", reads, what, "Byte", total=count * LINE)
    what = "Number of bytes written to this memory"
    _vector(out, dram.path + ".bytesWritten", writes, what, "Byte", total=dram.writes * LINE)
    bandwidths = [(name, round(_ratio(n, seconds))) for name, n in writes + reads if seconds]
    what = "Total bandwidth to/from this memory"
    total = round(moved / seconds) if seconds else math.nan
    _vector(out, dram.path + ".bwTotal", bandwidths, what, "(Byte/Second)", total=total)
    _scalar(out, dram.path + ".readBursts", count, "Number of DRAM read bursts", "Count")
    _scalar(out, dram.path + ".writeBursts", dram.writes, "Number of DRAM write bursts", "Count")
    what = "Average memory access latency per DRAM burst"
    _scalar(out, dram.path + ".avgMemAccLat", _ratio(dram.access_ticks, count), what, "(Tick/Count)", 2)
    _scalar(out, dram.path + ".readRowHits", dram.row_hits, "Number of row buffer hits during reads", "Count")
    what = "Row buffer hit rate for reads"
    _scalar(out, dram.path + ".readRowHitRate", 100 * _ratio(dram.row_hits, count), what, "Ratio", 2)
    samples = {lines * LINE: n for lines, n in dram.lines_per_activate.items()}
    _histogram(out, dram.path + ".bytesPerActivate", samples, 2 * LINE, "Bytes accessed per row activation", "Byte")
