"""What Prometheus reads at `/metrics`: calls, legs, streams, refused datagrams, the lines of live legs, loop lag."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from callflow.ids import LegId
from callflow.wiring import LegMeasured, LegSummed, LineQuality, LoopLag, MediaEvent, PlaneMeasured, TapWhy
from signaling.intake import Why

FORGOTTEN_AFTER: Final = 10.0
"""Seconds without news after which a leg, or a media worker, is shown no more."""
OPINIONS: Final = (1.5, 2.0, 2.5, 3.0, 3.5, 3.8, 4.0, 4.2, 4.3, 4.4)


@dataclass(frozen=True, slots=True)
class RecordingFigures:
    """What is counted of all recordings."""

    states: Mapping[str, int]
    failing: int
    """Files that the customer's server did not take when it was last tried."""
    orphans: int
    troubles: Mapping[str, int]
    """Legs that cannot be recorded now, by reason."""
    preparing: int
    """Side-by-side files that are asked for and not made."""


class Metrics(Collector):
    """The figures of one server. Figures of media workers count from a worker's start, as Prometheus expects."""

    def __init__(self) -> None:
        self._legs: dict[LegId, tuple[LegMeasured, float]] = {}
        self._planes: dict[int, tuple[PlaneMeasured, float]] = {}
        self._calls: Mapping[str, int] = {}
        self._stuck: Mapping[str, int] = {}
        self._lag = LoopLag(0.0, 0.0, 0.0)
        self._recorded = RecordingFigures({}, 0, 0, {}, 0)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._opinions = Histogram(
            "parley_ended_leg_mos",
            "Estimated mean opinion score of the voice of legs that are over, over their life",
            ("direction",),
            buckets=OPINIONS,
            registry=self._registry,
        )

        self._task_failures = Counter(
            "parley_task_failures",
            "Background tasks that failed and were begun again: this stays 0",
            ("task",),
            registry=self._registry,
        )

        self._calls_refused = Counter(
            "parley_calls_refused",
            "New calls that were sent away to try again, each try counted",
            ("why",),
            registry=self._registry,
        )
        for why in get_args(Why):
            self._calls_refused.labels(why)

    def call_refused(self, why: Why) -> None:
        """Count a new call that was sent away."""
        self._calls_refused.labels(why).inc()

    def task_failed(self, name: str) -> None:
        """Count that a background task failed."""
        self._task_failures.labels(name).inc()

    def take(self, event: MediaEvent) -> None:
        """Note a measure; returns at once."""
        now = time.monotonic()
        match event:
            case LegMeasured(leg=leg):
                self._legs[leg] = (event, now)
            case LegSummed(leg=leg, average=average):
                self._legs.pop(leg, None)
                for direction, line in (("up", average.up), ("down", average.down)):
                    if line.mos is not None:
                        self._opinions.labels(direction).observe(line.mos)
            case PlaneMeasured(worker=worker):
                self._planes[worker] = (event, now)
                self._forget(now)
            case _:
                return

    def worker_lags(self) -> list[LoopLag]:
        """Return how late the loops of the media workers woke that told of it lately."""
        self._forget(time.monotonic())
        return [plane.lag for plane, _ in self._planes.values()]

    def text(
        self, calls: Mapping[str, int], lag: LoopLag, stuck: Mapping[str, int], recorded: RecordingFigures
    ) -> bytes:
        """Write all figures in Prometheus' text form.

        `calls` counts live calls by phase, `lag` is the server's, `stuck` counts what is late by kind (PLUS-15),
        `orphans` what lies in the spool of recordings and belongs to no call, and `troubles` the legs that cannot be
        recorded by the reason.
        """
        self._calls, self._lag, self._stuck, self._recorded = calls, lag, stuck, recorded
        self._forget(time.monotonic())
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Give the figures that are not counted here but were told. Called by the registry."""
        calls = GaugeMetricFamily("parley_calls", "Live calls", labels=["phase"])
        for phase, count in self._calls.items():
            calls.add_metric([phase], count)
        yield calls
        late = GaugeMetricFamily(
            "parley_stuck", "Calls and agents whose deadline is over by more than 5 s: this stays 0", labels=["kind"]
        )
        for kind, count in self._stuck.items():
            late.add_metric([kind], count)
        yield late
        yield GaugeMetricFamily(
            "parley_recording_orphans",
            "What was recorded of calls that nobody knows: this stays 0",
            self._recorded.orphans,
        )
        trouble = GaugeMetricFamily(
            "parley_recording_trouble", "Legs that cannot be recorded now: this stays 0", labels=["why"]
        )
        for why in TapWhy:
            trouble.add_metric([why], self._recorded.troubles.get(why, 0))
        yield trouble
        kept = GaugeMetricFamily("parley_recordings", "Recordings that are not deleted", labels=["state"])
        for state, count in self._recorded.states.items():
            kept.add_metric([state], count)
        yield kept
        yield GaugeMetricFamily(
            "parley_uploads_failing", "Recorded files that the customer's server did not take", self._recorded.failing
        )
        yield GaugeMetricFamily(
            "parley_videos_preparing",
            "Files of both pictures that are asked for and not made",
            self._recorded.preparing,
        )
        yield from self._plane_figures()
        yield from self._lags()
        yield from self._leg_figures()

    def _plane_figures(self) -> Iterable[Metric]:
        legs = GaugeMetricFamily("parley_legs", "Open legs", labels=["worker"])
        packets = CounterMetricFamily("parley_packets", "Media packets", labels=["worker", "stream", "direction"])
        octets = CounterMetricFamily("parley_bytes", "Media bytes", labels=["worker", "stream", "direction"])
        refused = CounterMetricFamily(
            "parley_refused_datagrams", "Datagrams that reached no stream", labels=["worker", "reason"]
        )
        for worker, (plane, _) in self._planes.items():
            legs.add_metric([str(worker)], plane.legs)
            for stream, totals in plane.streams.items():
                packets.add_metric([str(worker), stream, "received"], totals.packets_received)
                packets.add_metric([str(worker), stream, "sent"], totals.packets_sent)
                octets.add_metric([str(worker), stream, "received"], totals.bytes_received)
                octets.add_metric([str(worker), stream, "sent"], totals.bytes_sent)
            for reason, count in plane.refused.items():
                refused.add_metric([str(worker), reason], count)
        return legs, packets, octets, refused

    def _lags(self) -> Iterable[Metric]:
        lag = GaugeMetricFamily(
            "parley_loop_lag_seconds", "How late event loops woke in the last 10 s", labels=["worker", "quantile"]
        )
        lags = {"server": self._lag} | {str(worker): plane.lag for worker, (plane, _) in self._planes.items()}
        for worker, figures in lags.items():
            for quantile, late_ms in (("0.5", figures.p50_ms), ("0.99", figures.p99_ms), ("1", figures.max_ms)):
                lag.add_metric([worker, quantile], late_ms / 1000)
        yield lag

    def _leg_figures(self) -> Iterable[Metric]:
        labels = ["call", "leg", "direction"]
        loss = GaugeMetricFamily("parley_leg_loss_ratio", "Packets lost, of a live leg", labels=labels)
        jitter = GaugeMetricFamily("parley_leg_jitter_seconds", "Jitter of a live leg's voice", labels=labels)
        opinion = GaugeMetricFamily("parley_leg_mos", "Estimated mean opinion score of a live leg", labels=labels)
        bits = GaugeMetricFamily("parley_leg_bits_per_second", "Bit rate of a live leg", labels=labels)
        trip = GaugeMetricFamily("parley_leg_round_trip_seconds", "Round trip of a live leg", labels=labels[:2])
        for measured, _ in self._legs.values():
            quality, names = measured.quality, [measured.call, measured.leg]
            if quality.round_trip_ms is not None:
                trip.add_metric(names, quality.round_trip_ms / 1000)
            for direction, line in (("up", quality.up), ("down", quality.down)):
                _add(line, [*names, direction], loss, jitter, opinion, bits)
        return loss, jitter, opinion, bits, trip

    def _forget(self, now: float) -> None:
        self._legs = {leg: told for leg, told in self._legs.items() if now - told[1] < FORGOTTEN_AFTER}
        self._planes = {worker: told for worker, told in self._planes.items() if now - told[1] < FORGOTTEN_AFTER}


def _add(
    line: LineQuality,
    labels: list[str],
    loss: GaugeMetricFamily,
    jitter: GaugeMetricFamily,
    opinion: GaugeMetricFamily,
    bits: GaugeMetricFamily,
) -> None:
    bits.add_metric(labels, line.bits_per_second)
    if line.loss is not None:
        loss.add_metric(labels, line.loss)
    if line.jitter_ms is not None:
        jitter.add_metric(labels, line.jitter_ms / 1000)
    if line.mos is not None:
        opinion.add_metric(labels, line.mos)
