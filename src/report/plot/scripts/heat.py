names, columns = ordered(rows, "row"), ordered(rows, "column")
values = [number(row, "value") for row in rows]
known = [value for value in values if value is not None]
low, high = min(known), max(known)
grid = [[float("nan")] * len(columns) for _ in names]
for row in rows:
    at = names.index(row["row"]), columns.index(row["column"])
    value = number(row, "value")
    is_dark = value is not None and high > low and (value - low) / (high - low) > 0.5
    text = plain(row["why"]) if value is None else f"{value:.4g}"
    axes.text(at[1], at[0], text, ha="center", va="center", fontsize=5, color="white" if is_dark else "#222222")
    if value is not None:
        grid[at[0]][at[1]] = value
image = axes.imshow(grid, cmap="Blues", vmin=low, vmax=high, aspect="auto")
axes.set_xticks(range(len(columns)), [plain(name) for name in columns], rotation=30 if len(columns) > 5 else 0)
axes.set_yticks(range(len(names)), [plain(name) for name in names])
axes.tick_params(length=0)
bar = figure.colorbar(image, orientation="horizontal", shrink=0.5, aspect=30)
bar.set_label(plain(MEASURE))
