"""Reads the results in the working directory with pandas, as their users do."""

import glob, math, pandas
frame = pandas.read_csv("long.csv", float_precision="round_trip")
assert str(frame.ok.dtype) == "bool", frame.ok.dtype
good = frame.query("ok").query("dump == 1")
table = good.pivot(index="l2", columns="workload", values="metric_ipc")
assert table.loc["256KiB", "stream"] == 0.82134, table
assert math.isnan(table.loc["256KiB", "chase"]) if "chase" in table and "256KiB" in table.index else True
assert table.loc["1MiB", "chase"] == 2.0, table
assert good.sort_values("l2_bytes").l2_bytes.iloc[0] == 262144
assert frame.metric_ipc.iloc[2] == 0.1 + 0.2 and frame.mpki.iloc[0] == 123456789012345680.0
assert str(frame.mpki.dtype) == "float64" and frame.mpki.isna().sum() == 3, frame.mpki
assert frame.why_mpki.iloc[2] == "absent" and frame.why_ipc.iloc[3] == "segv"
assert frame.reason.iloc[3] == "killed by SIGSEGV, core dumped"
assert frame.dump_label.iloc[2] == 'ROI, "end"'
tabs = pandas.read_csv("long.tsv", sep="\t", float_precision="round_trip")
pandas.testing.assert_frame_equal(frame, tabs)
lines = pandas.read_json("long.jsonl", lines=True, precise_float=True)
assert list(lines.columns) == list(frame.columns)
assert lines.ipc.iloc[5] == ["--pf", "--degree=4"] and lines.param_ok.iloc[5] == True
assert lines.query("ok").simulation.tolist() == frame.query("ok").simulation.tolist()
table = pandas.read_csv("table.csv")
assert str(table.chase.dtype) == "float64" and math.isnan(table.chase.iloc[2]) and math.isnan(table.random.iloc[1])
assert table.why.iloc[2].startswith("chase: segv (killed by SIGSEGV"), table.why.iloc[2]
assert table.baseline.tolist() == [True, False, False]
commented = pandas.read_csv("commented.csv", comment="#")
pandas.testing.assert_frame_equal(table, commented)
for name in glob.glob("*.any.csv"):
    pandas.read_csv(name)
