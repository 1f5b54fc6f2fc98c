"""Draws the kit's pictures with matplotlib, each for light and for dark pages."""

import dataclasses
import re

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot, ticker  # noqa: E402 (after the choice of what draws)

FONT = "DejaVu Sans"  # What texts are measured with. Readers have others, which are no wider.
READERS_FONTS = "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
KEPT_UP = 0.98  # Of the rate that was asked for.
QUANTILES = (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"))


@dataclasses.dataclass(frozen=True)
class Theme:
    name: str
    page: str
    ink: str
    quiet: str
    grid: str
    shade: str
    lines: tuple  # For p50, p99 and p99.9 or the maximum.


THEMES = (
    Theme("light", "#ffffff", "#1f2328", "#59636e", "#e4e7eb", "#eef2ff",
          ("#2563eb", "#c2700a", "#c81e3a")),
    Theme("dark", "#0d1117", "#e6edf3", "#9198a1", "#262c36", "#1a2233",
          ("#6ea8fe", "#f0b429", "#ff7b86")),
)


def apply(theme):
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "florin", "font.family": FONT, "font.size": 11,
        "figure.facecolor": theme.page, "axes.facecolor": theme.page, "text.color": theme.ink,
        "axes.labelcolor": theme.quiet, "axes.edgecolor": theme.grid, "xtick.color": theme.quiet,
        "ytick.color": theme.quiet, "grid.color": theme.grid, "axes.grid": True,
        "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
        "axes.titlesize": 11.5, "axes.titlelocation": "left", "axes.titlepad": 10,
        "xtick.major.size": 0, "ytick.major.size": 0, "ytick.minor.size": 0,
        "lines.linewidth": 2, "lines.markersize": 5, "lines.solid_joinstyle": "round"})


def duration_tick(value, _):
    """Milliseconds as an axis tells them."""
    return f"{value * 1000:g} us" if value < 1 else f"{value:g} ms" if value < 1000 else "1 s"


def rate_tick(value, _):
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value > 0 else "0"


def set_latency_axis(axes, low, high):
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(duration_tick))
    axes.yaxis.set_minor_locator(ticker.NullLocator())


def save(figure, path, theme, about):
    """`about` is the machine that the picture is of: readers of the file find it there."""
    told = f"{about['processor']['model']}, {about['processors']['usable']:g} processors, " \
           f"{about['kernel']}, commit {about['commit']}"
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None,
                                                 "Description": f"Measured on: {told}"})
    pyplot.close(figure)
    text = path.read_text(encoding="utf-8")
    # A tenth of a point is enough, and half the size.
    text = re.sub(r"(\d+\.\d)\d{3,}", r"\1", text)
    text = re.sub(rf"(font: [^;'\"]*)'{FONT}'[^;\"]*", rf"\1{READERS_FONTS}", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)  # As everywhere in the repository.
    path.write_text(text, encoding="utf-8")
    return f"{path} ({len(text) / 1000:.0f} kB, {theme.name})"


def label_ends(axes, ends, theme):
    """A name at the end of each line instead of a legend; `ends` has (x, y, text), lowest first.
    Names that would overlap are moved up, by steps of the logarithmic axis."""
    low, high = axes.get_ylim()
    step, above = (high / low) ** 0.065, 0
    for index, (x, y, text) in enumerate(ends):
        above = max(y, above * step)
        axes.annotate(text, (x, min(above, high)), xytext=(8, 0), textcoords="offset points",
                      va="center", color=theme.lines[index], fontweight="bold", fontsize=10,
                      annotation_clip=False)


def kept_up(points):
    """Those at rates that were kept: beyond, latency tells only how long the load went on."""
    return [p for p in points if p["rate"] >= KEPT_UP * p["asked"]] or points[:1]


def draw_curves(curves, path, theme):
    """Each curve: {title, machine, points: [{asked, rate, p50, p99, p999}]}: the rate that was
    asked for and that which was made, latencies in microseconds."""
    apply(theme)
    curves = [{**curve, "points": kept_up(curve["points"])} for curve in curves]
    figure, panels = pyplot.subplots(1, len(curves), figsize=(9.6, 3.9), sharey=True)
    latencies = [p[key] / 1000 for c in curves for p in c["points"] for key, _ in QUANTILES]
    for axes, curve in zip(panels, curves):
        set_latency_axis(axes, min(latencies) / 1.5, max(latencies) * 1.8)
        rates = [point["rate"] for point in curve["points"]]
        ends = []
        for index, (key, label) in enumerate(QUANTILES):
            values = [point[key] / 1000 for point in curve["points"]]
            axes.plot(rates, values, marker="o", color=theme.lines[index],
                      markeredgecolor=theme.page)
            ends.append((rates[-1], values[-1], label))
        axes.set_xlim(0, max(rates) * 1.02)
        label_ends(axes, ends, theme)
        axes.xaxis.set_major_formatter(ticker.FuncFormatter(rate_tick))
        axes.xaxis.set_major_locator(ticker.MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.set_xlabel("transfers/s, durable when answered")
        axes.set_title(curve["title"], fontweight="bold")
    panels[0].set_ylabel("latency of a request")
    figure.tight_layout(w_pad=4, rect=(0, 0, 0.97, 1))
    return save(figure, path, theme, curves[0]["machine"])


def draw_snapshot(snapshot, path, theme):
    """{title, machine, timeline}: the rows of florin bench --timeline, as numbers, with `event`."""
    timeline = snapshot["timeline"]
    apply(theme)
    figure, axes = pyplot.subplots(figsize=(9.6, 3.6))
    rows = [row for row in timeline if row["requests"] > 0]
    seconds = [row["ms"] / 1000 for row in rows]
    values = {key: [row[f"{key}_us"] / 1000 for row in rows] for key in ("p50", "p99", "max")}
    set_latency_axis(axes, min(values["p50"]) / 1.5, max(values["max"]) * 3)
    axes.set_xlim(0, seconds[-1])
    asked, complete = (next((row["ms"] / 1000 for row in timeline if text in row["event"]),
                            seconds[-1]) for text in ("asked", "complete"))
    axes.axvspan(asked, complete, color=theme.shade, lw=0, zorder=0)
    axes.annotate(f"snapshot: {complete - asked:.1f} s", (asked, axes.get_ylim()[1]),
                  xytext=(6, -14), textcoords="offset points", color=theme.ink)
    ends = []
    for index, key in enumerate(("p50", "p99", "max")):
        axes.plot(seconds, values[key], color=theme.lines[index], lw=1.4 if key != "max" else 0.8)
        ends.append((seconds[-1], sorted(values[key][-100:])[50], key))
    label_ends(axes, ends, theme)
    axes.set_xlabel("seconds")
    axes.set_ylabel("latency of a request, per 10 ms")
    axes.set_title(snapshot["title"], fontweight="bold")
    figure.tight_layout(rect=(0, 0, 0.97, 1))
    return save(figure, path, theme, snapshot["machine"])
