for one, name in enumerate(ordered(rows, "line")):
    points = [row for row in rows if row["line"] == name]
    # A line has a gap where a number is missing.
    values = [float("nan") if number(row, "value") is None else number(row, "value") for row in points]
    errors = [number(row, "error") or 0.0 for row in points]
    axes.errorbar([number(row, "x") for row in points], values, errors if any(errors) else None, elinewidth=0.6,
                  color=COLOURS[one % len(COLOURS)], linestyle=look(one, DASHES), linewidth=1, markersize=3,
                  marker=look(one, MARKERS), markeredgecolor="white", markeredgewidth=0.4, label=plain(name))
if IS_LOG2:
    axes.set_xscale("log", base=2)
axes.minorticks_off()
ticks = sorted({(number(row, "x"), row["label"]) for row in rows})
axes.set_xticks([x for x, _ in ticks], [plain(label) for _, label in ticks])
axes.set_xlabel(plain(AXIS))
axes.set_ylabel(plain(MEASURE))
