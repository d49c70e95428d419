"""The wallboard (AP-03, PLUS-20): pushed to the panels that show it, and no part of their state."""

from typing import Annotated, Literal

from pydantic import Field

from signaling.models.common import Model, Moment, Ref

Share = Annotated[float, Field(ge=0, le=1)]


class AgentCounts(Model):
    """How many agents are in each state. `unready` are available by status, but no panel of theirs can ring."""

    available: int
    unready: int
    ringing: int
    in_call: int
    wrapping: int
    busy: int
    away: int
    offline: int


class WallboardFigures(Model):
    """The figures of a queue, or of all. `sl1` = answered in time / answered; `sl2` counts who gave up, too."""

    waiting: int
    waiting_since: Moment | None
    callbacks: int
    talking: int
    answered: int
    abandoned: int
    sl1: Share | None
    sl2: Share | None
    target_percent: int | None
    target_seconds: int | None
    agents: AgentCounts


class WallboardQueue(Model):
    """The row of one queue."""

    queue: Ref
    open: bool
    figures: WallboardFigures


class Wallboard(Model):
    """Everything on the wallboard. Answered, abandoned and the service levels count from `day_began` on."""

    type: Literal["wallboard"] = "wallboard"
    now: Moment
    day_began: Moment
    total: WallboardFigures
    queues: list[WallboardQueue]
    stuck: int
