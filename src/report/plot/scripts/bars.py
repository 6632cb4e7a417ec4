groups, series = ordered(rows, "group"), ordered(rows, "bar")
means = {row["group"] for row in rows if row["mean"] == "true"}
cells = {(row["group"], row["bar"]): row for row in rows}
wide = 0.84 / len(series)
places, at = [], 0.0
for place, group in enumerate(groups):
    # The means stand apart from what they are means of.
    at += 1.4 if place and group in means and groups[place - 1] not in means else 1.0
    places.append(at)
for one, name in enumerate(series):
    for group, place in zip(groups, places):
        row = cells[group, name]
        x, value = place + (one - (len(series) - 1) / 2) * wide, number(row, "value")
        if value is None:
            axes.text(x, 0, " " + plain(row["why"]), rotation=90, ha="center", va="bottom", fontsize=5, color="#777777")
            continue
        axes.bar(x, value, wide, yerr=number(row, "error"), capsize=1.5, error_kw={"elinewidth": 0.6, "capthick": 0.6},
                 color=COLOURS[one % len(COLOURS)], hatch=look(one, HATCHES), edgecolor="white", linewidth=0)
        axes.bar(x, value, wide, color="none", edgecolor="#222222", linewidth=0.4)
    axes.bar(places[0], 0, 0, color=COLOURS[one % len(COLOURS)], hatch=look(one, HATCHES), edgecolor="white",
             linewidth=0, label=plain(name))
axes.axhline(0, color="#222222", linewidth=0.7)
axes.set_xticks(places, [plain(group) for group in groups], rotation=30 if len(groups) > 5 else 0)
axes.set_ylabel(plain(MEASURE))
