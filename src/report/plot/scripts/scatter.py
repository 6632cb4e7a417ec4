import itertools

series = ordered([row for row in rows if row["x"]], "series")
for one, name in enumerate(series):
    points = [row for row in rows if row["series"] == name and row["x"]]
    axes.scatter([number(row, "x") for row in points], [number(row, "y") for row in points], s=10,
                 color=COLOURS[one % len(COLOURS)], marker=look(one, MARKERS), edgecolor="white", linewidth=0.4,
                 label=plain(name), zorder=3)
    for row in points:
        axes.annotate(plain(row["name"]), (number(row, "x"), number(row, "y")), (2.5, 2), textcoords="offset points",
                      fontsize=5)
# What no point beats, with the corners of what it beats.
for one, name in enumerate(series if BY_SERIES else [None]):
    front = sorted({(number(row, "x"), number(row, "y")) for row in rows
                    if row["front"] == "true" and name in (None, row["series"])})
    steps = front[:1]
    for (last_x, last_y), (x, y) in itertools.pairwise(front):
        steps += [(x, last_y) if X_IS_BETTER_LOWER else (last_x, y), (x, y)]
    axes.plot([x for x, _ in steps], [y for _, y in steps], linewidth=0.8, zorder=2,
              color=COLOURS[one % len(COLOURS)] if BY_SERIES else "#777777", linestyle=look(one, DASHES) if BY_SERIES else "--")
axes.set_xlabel(plain(AXIS))
axes.set_ylabel(plain(MEASURE))
