groups, parts = ordered(rows, "group"), [part for part in ordered(rows, "part") if part]
places, names, at = {}, [], 0.0
for group in groups:
    at += 0.5
    for bar in ordered([row for row in rows if row["group"] == group], "bar"):
        places[group, bar] = at
        names.append(" ".join(text for text in (bar, group if len(groups) > 1 or not bar else "") if text))
        at += 1.0
reached = dict.fromkeys(places, 0.0)
for one, part in enumerate(parts):
    is_rest = HAS_REST and one + 1 == len(parts)
    colour, hatch = ("white", "////") if is_rest else (COLOURS[one % len(COLOURS)], look(one, HATCHES))
    label = plain(part)
    for row in rows:
        if row["part"] == part:
            place = row["group"], row["bar"]
            axes.bar(places[place], number(row, "value"), 0.8, reached[place], color=colour, hatch=hatch,
                     edgecolor="#bbbbbb" if is_rest else "white", linewidth=0, label=label)
            axes.bar(places[place], number(row, "value"), 0.8, reached[place], color="none", edgecolor="#222222",
                     linewidth=0.4)
            reached[place] += number(row, "value")
            label = None
for row in rows:
    place = places[row["group"], row["bar"]]
    if row["why"]:
        axes.text(place, 0, " " + plain(row["why"]), rotation=90, ha="center", va="bottom", fontsize=5, color="#777777")
    if row["total"]:
        axes.hlines(number(row, "total"), place - 0.45, place + 0.45, color="#222222", linewidth=1.2)
axes.set_xticks(list(places.values()), [plain(name) for name in names], rotation=90 if len(names) > 4 else 0)
axes.set_ylabel(plain(MEASURE))
