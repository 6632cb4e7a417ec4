"""Statistics: what is counted, and when it is written."""
import math
import time

from . import endings, release
from .model import DATA, INST, LINE, REQUESTORS
from .simulate import curTick, machine
from .stats_files import Samples, open_url

_TICKS_PER_SECOND = 10**12

_output = None
_last_dump = 0
_host_start = time.monotonic()


def open_output(url, outdir):
    """Opens the stats file that `--stats-file` names. gem5 does so before the script, so an empty one proves nothing."""
    global _output
    close_output()
    _output = open_url(url, outdir)


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
    _output.begin(now, machine().start_tick)
    _write_simulation(_output, machine(), now)
    _write_cpu(_output, machine(), now)
    for cache in machine().caches():
        _write_cache(_output, cache, _requestors(machine(), cache))
    _write_memory(_output, machine(), now)
    _output.end()


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


def _write_simulation(out, machine, now):
    ticks = now - machine.start_tick
    host_seconds = max(time.monotonic() - _host_start, 1e-6)
    count = machine.cpu.instructions
    out.scalar("simSeconds", ticks / _TICKS_PER_SECOND, "Number of seconds simulated", "Second")
    out.scalar("simTicks", ticks, "Number of ticks simulated", "Tick")
    final = "Number of ticks from beginning of simulation (restored from checkpoints and never reset)"
    out.scalar("finalTick", now, final, "Tick")
    frequency = "The number of ticks per simulated second"
    out.scalar("simFreq", _TICKS_PER_SECOND, frequency, "(Tick/Second)")
    out.scalar("hostSeconds", host_seconds, "Real time elapsed on the host", "Second", 2)
    rate = "The number of ticks simulated per host second (ticks/s)"
    out.scalar("hostTickRate", ticks / host_seconds, rate, "(Tick/Second)", 0)
    out.scalar("hostMemory", endings.memory_usage(), "Number of bytes of host memory used", "Byte")
    if count:
        out.scalar("simInsts", count, "Number of instructions simulated", "Count")
        out.scalar("simOps", count, "Number of ops (including micro ops) simulated", "Count")
        rate = "Simulator instruction rate (inst/s)"
        out.scalar("hostInstRate", count / host_seconds, rate, "(Count/Second)", 0)
        rate = "Simulator op (including micro ops) rate (op/s)"
        out.scalar("hostOpRate", count / host_seconds, rate, "(Count/Second)", 0)
    domain = machine.system.path() + ".clk_domain"
    out.scalar(domain + ".clock", machine.period, "Clock period in ticks", "Tick")


def _write_cpu(out, machine, now):
    cpu, path = machine.cpu, machine.cpu.path
    visits = sorted(cpu.visits_by_kernel.items())
    what = "Number of cache lines visited, by kernel of the synthetic workload"
    out.vector(path + ".workload.visits", visits, what, "Count", total=sum(n for _, n in visits))
    cycles = (now - machine.start_tick) // machine.period
    insts = cpu.instructions
    cpi, ipc = _ratio(cycles, insts), _ratio(insts, cycles)
    out.scalar(path + ".numCycles", cycles, "Number of cpu cycles simulated", "Cycle")
    # In order, CPUs had no cpi and ipc of their own before 23.0.
    if release.since(23, 0) or cpu.window:
        out.scalar(path + ".cpi", cpi, "CPI: cycles per instruction (core level)", "(Cycle/Count)", 6)
        out.scalar(path + ".ipc", ipc, "IPC: instructions per cycle (core level)", "(Count/Cycle)", 6)
    if not release.since(23, 0):
        _write_old_cpu(out, path, insts)
        return
    thread = path + ".commitStats0"
    out.scalar(thread + ".numInsts", insts, "Number of instructions committed (thread level)", "Count")
    ops = "Number of ops (including micro ops) committed (thread level)"
    out.scalar(thread + ".numOps", insts, ops, "Count")
    out.scalar(thread + ".cpi", cpi, "CPI: cycles per instruction (thread level)", "(Cycle/Count)", 6)
    out.scalar(thread + ".ipc", ipc, "IPC: instructions per cycle (thread level)", "(Count/Cycle)", 6)
    references = cpu.loads + cpu.stores
    out.scalar(thread + ".numMemRefs", references, "Number of memory references committed", "Count")
    out.scalar(thread + ".numFpInsts", cpu.floats, "Number of float instructions", "Count")
    integers = insts - references - cpu.floats
    out.scalar(thread + ".numIntInsts", integers, "Number of integer instructions", "Count")
    out.scalar(thread + ".numLoadInsts", cpu.loads, "Number of load instructions", "Count")
    out.scalar(thread + ".numStoreInsts", cpu.stores, "Number of store instructions", "Count")
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
    out.vector(name, classes, "Class of committed instruction.", "Count", total=insts, shares=True)


def _write_old_cpu(out, path, insts):
    """Up to 22.1 there was no group of its own for what a thread has committed."""
    out.scalar(path + ".committedInsts", insts, "Number of instructions committed", "Count")
    out.scalar(path + ".committedOps", insts, "Number of ops (including micro ops) committed", "Count")


def _write_cache(out, cache, requestors):
    names = [REQUESTORS[requestor] for requestor in requestors]

    def vector(name, values, total, what, unit):
        # gem5 says everything twice: for demand accesses, and for all. There are no others here.
        for prefix, word in (("demand", "demand (read+write)"), ("overall", "overall")):
            entries = list(zip(names, values))
            out.vector(
                "%s.%s%s" % (cache.path, prefix, name), entries, what % word, unit, total=total, nozero=True, nonan=True
            )

    accesses = [cache.accesses[requestor] for requestor in requestors]
    misses = [cache.misses(requestor) for requestor in requestors]
    ticks = [cache.miss_ticks(requestor) for requestor in requestors]
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
    out.scalar(cache.path + ".avgBlocked::no_mshrs", math.nan, blocked, "(Cycle/Count)")
    out.scalar(cache.path + ".avgBlocked::no_targets", math.nan, blocked, "(Cycle/Count)")
    written = [("writebacks", cache.writebacks)]
    what = "number of writebacks"
    out.vector(cache.path + ".writebacks", written, what, "Count", total=cache.writebacks, nozero=True, nonan=True)
    out.scalar(cache.path + ".replacements", cache.replacements, "number of replacements", "Count")
    samples, width = Samples(cache.miss_cycles()), 20
    what = "Latency of misses, in cycles (of the stand-in)"
    out.histogram(cache.path + ".missLatencyHist", samples, what, "Unspecified", 10 * width - 1, width, oneline=True)
    in_use = sum(len(ways) for ways in cache.sets)
    what = "Ratio of occupied blocks and all blocks, per task id"
    out.scalar(cache.path + ".tags.ratioOccsTaskId::1024", in_use * LINE / cache.size, what, "Ratio")


def _write_memory(out, machine, now):
    dram = machine.dram
    seconds = (now - machine.start_tick) / _TICKS_PER_SECOND
    controller = dram.path.rpartition(".")[0]
    reads_by_requestor = dram.reads()
    count = sum(reads_by_requestor)
    out.scalar(controller + ".readReqs", count, "Number of read requests accepted", "Count")
    out.scalar(controller + ".writeReqs", dram.writes, "Number of write requests accepted", "Count")
    reads = [(REQUESTORS[requestor], n * LINE) for requestor, n in enumerate(reads_by_requestor)]
    writes = [("writebacks", dram.writes * LINE)]
    moved = (count + dram.writes) * LINE
    what = "Number of bytes read from this memory"
    out.vector(dram.path + ".bytesRead", reads, what, "Byte", total=count * LINE)
    what = "Number of bytes written to this memory"
    out.vector(dram.path + ".bytesWritten", writes, what, "Byte", total=dram.writes * LINE)
    bandwidths = [(name, round(_ratio(n, seconds))) for name, n in writes + reads if seconds]
    what = "Total bandwidth to/from this memory"
    total = round(moved / seconds) if seconds else math.nan
    out.vector(dram.path + ".bwTotal", bandwidths, what, "(Byte/Second)", total=total)
    out.scalar(dram.path + ".readBursts", count, "Number of DRAM read bursts", "Count")
    out.scalar(dram.path + ".writeBursts", dram.writes, "Number of DRAM write bursts", "Count")
    access_ticks = sum(ticks * n for ticks, n in dram.read_latencies.items())
    what = "Average memory access latency per DRAM burst"
    out.scalar(dram.path + ".avgMemAccLat", _ratio(access_ticks, count), what, "(Tick/Count)", 2)
    out.scalar(dram.path + ".readRowHits", dram.row_hits, "Number of row buffer hits during reads", "Count")
    what = "Row buffer hit rate for reads"
    out.scalar(dram.path + ".readRowHitRate", 100 * _ratio(dram.row_hits, count), what, "Ratio", 2)
    samples = Samples({lines * LINE: n for lines, n in dram.lines_per_activate.items()})
    largest = dram.max_accesses_per_row * LINE
    what = "Bytes accessed per row activation"
    out.histogram(dram.path + ".bytesPerActivate", samples, what, "Byte", largest + 2 * LINE - 1, 2 * LINE)
    what = "Accesses per row activation (of the stand-in)"
    out.sparse_histogram(dram.path + ".accessesPerActivate", Samples(dram.lines_per_activate), what, "Count")
    rows = [(REQUESTORS[requestor], list(enumerate(reads))) for requestor, reads in enumerate(dram.bank_reads)]
    what = "Read bursts of each requestor from each bank (of the stand-in)"
    out.vector2d(dram.path + ".requestorBankReads", rows, what, "Count", total=count)
    samples = Samples(dram.read_nanoseconds())
    what = "Latency of reads, in nanoseconds (of the stand-in)"
    out.distribution(dram.path + ".readLatencyDist", samples, what, "Unspecified", 20, 99, 10)
    # Without any write this is infinite, and without any access not a number.
    ratio = math.inf if count and not dram.writes else _ratio(count, dram.writes)
    out.scalar(controller + ".readsPerWrite", ratio, "Read requests for each write request (of the stand-in)", "Ratio")
