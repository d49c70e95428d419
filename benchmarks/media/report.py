"""The table of medians, and how they stand to the bars that Parley set itself."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.media.results import Measured

Runs = Mapping[tuple[str, str], Sequence[Measured | str]]
"""For each load and server its measurements in the order of the runs, or why there is none."""

Figure = Callable[[Measured], float | None]

COLUMNS = (
    "calls", "CPU ms/call-s", "x Janus", "us/packet", "p50 ms", "p99 ms", "x Janus", "delivered", "other load",
    "late ms", "runs",
)  # fmt: skip


def table(runs: Runs) -> str:
    """Return one line for each load and server: medians over the runs."""
    lines = [_line("load", "server", COLUMNS)]
    for (load, server), tries in runs.items():
        done = [one for one in tries if isinstance(one, Measured)]
        if not done:
            lines.append(f"{load:6}{server:14} {tries[0] if tries else 'not run'}")
            continue
        lines.append(_line(load, server, _cells(runs, load, server, done)))
    return "\n".join(lines)


def _line(load: str, server: str, cells: Sequence[str]) -> str:
    return f"{load:6}{server:14}" + "".join(
        f"{cell:>{max(8, len(head) + 2)}}" for cell, head in zip(cells, COLUMNS, strict=True)
    )


def _cells(runs: Runs, load: str, server: str, done: Sequence[Measured]) -> tuple[str, ...]:
    forwards = load != "music" and server in ("parley", "janus", "rtpengine")
    against = (load, "janus")
    return (
        str(done[0].order.calls),
        f"{median(one.ms_per_call_second for one in done):.2f}",
        _shown(_ratio(runs, (load, server), against, cpu_per_call)) if forwards else "",
        f"{median(one.us_per_packet for one in done):.1f}",
        _shown(_median(done, p50)),
        _shown(_median(done, p99)),
        _shown(_ratio(runs, (load, server), against, p99)) if forwards else "",
        _percent(_median(done, lambda one: one.delivered_share)),
        _percent(_median(done, lambda one: one.other_load), digits=0),
        f"{median(one.counted.late_ms for one in done):.1f}",
        str(len(done)),
    )


def cpu_per_call(one: Measured) -> float:
    """Server time for one second of one call."""
    return one.ms_per_call_second


def cpu_per_packet(one: Measured) -> float:
    """Server time for one delivered packet."""
    return one.us_per_packet


def p50(one: Measured) -> float | None:
    """The median of the added latency."""
    return one.counted.p50_ms


def p99(one: Measured) -> float | None:
    """The 99th percentile of the added latency."""
    return one.counted.p99_ms


def verdicts(runs: Runs) -> str:
    """Return one line for each bar: the median of the ratios of each run, their range, and whether it is met."""
    lines: list[str] = []
    for words, ours, theirs, figure, bar, aim in (
        ("audio, CPU per call, of Janus'", ("audio", "parley"), ("audio", "janus"), cpu_per_call, 0.5, 0.4),
        ("audio, p99, of Janus'", ("audio", "parley"), ("audio", "janus"), p99, 0.5, None),
        ("video, CPU per call, of Janus'", ("video", "parley"), ("video", "janus"), cpu_per_call, 0.6, 0.45),
        ("video, p99, of Janus'", ("video", "parley"), ("video", "janus"), p99, 0.5, None),
        (
            "audio, CPU per packet, of the relay's",
            ("audio", "parley"),
            ("audio", "relay"),
            cpu_per_packet,
            1 / 25,
            None,
        ),
        (
            "video, CPU per packet, of the relay's",
            ("video", "parley"),
            ("video", "relay"),
            cpu_per_packet,
            1 / 25,
            None,
        ),
        (
            "music, CPU per leg, of a MediaPlayer's",
            ("music", "parley"),
            ("music", "media-players"),
            cpu_per_call,
            1 / 40,
            None,
        ),
    ):
        ratios = _ratios(runs, ours, theirs, figure)
        if not ratios:
            lines.append(f"{words:40} not measured")
            continue
        got = median(ratios)
        judged = "missed" if got > bar else "met" if aim is None or got > aim else f"met, with its aim of {aim}"
        lines.append(f"{words:40} {got:.3f} ({min(ratios):.3f} to {max(ratios):.3f}), bar {bar:.3g}: {judged}")
    return "\n".join(lines)


def _ratio(runs: Runs, ours: tuple[str, str], theirs: tuple[str, str], figure: Figure) -> float | None:
    ratios = _ratios(runs, ours, theirs, figure)
    return median(ratios) if ratios else None


def _ratios(runs: Runs, ours: tuple[str, str], theirs: tuple[str, str], figure: Figure) -> list[float]:
    """Return the ratio of each run by itself, because what disturbs the machine disturbs neighbours alike."""
    ratios: list[float] = []
    for mine, other in zip(runs.get(ours, ()), runs.get(theirs, ()), strict=False):
        if isinstance(mine, Measured) and isinstance(other, Measured):
            above, below = figure(mine), figure(other)
            if above is not None and below:
                ratios.append(above / below)
    return ratios


def _median(done: Sequence[Measured], figure: Figure) -> float | None:
    values = [value for value in map(figure, done) if value is not None]
    return median(values) if values else None


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _percent(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{100 * value:.{digits}f} %"
