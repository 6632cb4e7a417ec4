"""What is aimed at: each aim once, with its limit. A row names the aim that it is measured for; the page says whether it is met."""

import dataclasses

import measured


@dataclasses.dataclass(frozen=True)
class Aim:
    """`of` is what the limit is for: the `value` of a row, or its `ratio` to its peer."""

    family: str
    what: str
    of: str
    limit: float
    unit: str = ""
    least: bool = False

    def text(self):
        """Such as `≤ 3 ms`, or `≤ 1.5 x`."""
        unit = " x" if self.of == "ratio" else f" {self.unit}" if self.unit else ""
        return f"{'≥' if self.least else '≤'} {self.limit:g}{unit}"

    def met(self, row):
        """Whether a row reaches it; None where that cannot be told."""
        if self.of == "ratio":
            reached = measured.ratio(row["ours"], row["theirs"], row["statistic"])
        else:
            reached = measured.value(row["ours"], row["statistic"])
        if reached is None:
            return None
        return reached >= self.limit if self.least else reached <= self.limit


AIMS = {
    "launch wall": Aim("E1", "wall time per simulation, beside two execs with 5 durable records", "ratio", 1.5),
    "launch wall, tmpfs": Aim("E1", "the same on a tmpfs", "ratio", 2),
    "launch CPU": Aim("E1", "CPU time per simulation", "value", 3, "ms"),
    "launch calls": Aim("E1", "system calls per simulation, of engine, shim and their forks", "value", 250),
    "launch growth": Aim("E1", "CPU time of the engine per simulation at 5,000 beside 100", "ratio", 1.1),
    "gap p50": Aim("E2", "a free slot until the next simulation, p50", "value", 3, "ms"),
    "gap p99": Aim("E2", "a free slot until the next simulation, p99", "value", 15, "ms"),
    "plan time": Aim("E3", "plan of 100,000 points", "value", 1000, "ms"),
    "plan memory": Aim("E3", "largest RSS of a plan of 100,000 points", "value", 150, "MB"),
    "status": Aim("E4", "status of 10,000 ended without an engine, beside find", "ratio", 1),
    "adopt": Aim("E4", "run of 10,000 ended, beside find", "ratio", 1.5),
    "whole list": Aim("E4", "whole list of 10,000 ended in a client, beside find", "ratio", 0.3),
    "log open": Aim("E5", "a large log, open at its end, beside less +G", "ratio", 2),
    "log memory": Aim("E5", "largest RSS of the client", "value", 32, "MB"),
    "log middle": Aim("E6", "to the middle of a large log, beside less +50p", "ratio", 2),
    "log search": Aim("E7", "search through a large log, beside rg", "ratio", 1.2),
    "idle engine at 200": Aim("E9", "engine with 200 running, of a core", "value", 0.5, "%"),
    "idle engine at 1,000": Aim("E9", "engine with 1,000 running, of a core", "value", 1, "%"),
    "idle client": Aim("E9", "wakeups of a client while nothing happens", "value", 2, "/s"),
    "key p99": Aim("E10", "from a key to the screen, p99", "value", 33, "ms"),
    "inspect": Aim("E12", "inspect of a stats.txt of 1 GB, beside wc -l", "ratio", 3),
    "shim memory": Aim("E13", "PSS of a shim", "value", 0.35, "MB"),
    "cancel p50": Aim("E14", "from a cancel until the process is gone, p50", "value", 3, "ms"),
    "cancel p99": Aim("E14", "from a cancel until the process is gone, p99", "value", 20, "ms"),
    "cancel 20": Aim("E14", "cancel of 20 at once", "value", 30, "ms"),
    "cancel 100": Aim("E14", "cancel of 100 at once", "value", 60, "ms"),
    "cancel 400": Aim("E14", "cancel of 400 at once", "value", 150, "ms"),
    "pause 20": Aim("E14", "pause of 20 at once", "value", 30, "ms"),
    "pause 100": Aim("E14", "pause of 100 at once", "value", 60, "ms"),
    "pause 400": Aim("E14", "pause of 400 at once", "value", 150, "ms"),
    "scale": Aim("scale", "simulations that run at once on one machine", "value", 2000, least=True),
}
