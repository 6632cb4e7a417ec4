handles, labels = axes.get_legend_handles_labels()
if len(labels) > 1:
    figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=6)
figure.savefig(OUT)
