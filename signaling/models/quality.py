"""How well the network of a call's legs does, as the media plane measures it."""

from typing import Literal

from callflow.call import Role
from signaling.models.common import Model, Ref


class LineQuality(Model):
    """One direction. `loss` is a share, 0 to 1; null where nothing was there to measure."""

    loss: float | None
    jitter_ms: float | None
    mos: float | None
    bits_per_second: int
    width: int
    height: int
    frames_per_second: float
    freezes: int


class LegQuality(Model):
    """One leg. `up` is from the person to the server."""

    up: LineQuality
    down: LineQuality
    round_trip_ms: float | None


class MeasuredLeg(Model):
    """One leg over its life. The worst figures are those of a few seconds, in either direction."""

    role: Role
    agent: Ref | None
    seconds: float
    average: LegQuality
    worst_loss: float | None
    worst_jitter_ms: float | None
    worst_round_trip_ms: float | None
    worst_mos: float | None


class CallQuality(Model):
    """How the lines of the panel's call are at the moment; every 2 s, and never part of the state."""

    type: Literal["quality"] = "quality"
    call_id: str
    mine: LegQuality | None
    theirs: LegQuality | None
