"""The figures of the wallboard, worked out from calls, agents and queues as they are (AP-03, PLUS-20). Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum

from callflow.agent import Agent, Group
from callflow.agent_machine import activity_name
from callflow.call import EndReason
from callflow.ids import AgentId, QueueId
from conversations.calls.service_level import Served, ServiceLevel, service_level
from conversations.directory.values import Named, Queue

NOT_GIVEN_UP = (EndReason.FAILED, EndReason.MESSAGE_LEFT)
"""A caller who could not be connected waited for nobody; who left a message is to be called back."""


class AgentWord(StrEnum):
    """What an agent is to the wallboard: what he does, or else what his status allows."""

    AVAILABLE = "available"
    UNREADY = "unready"
    """Available by status, but no panel of his can ring: he is offered nothing (PLUS-04)."""
    RINGING = "ringing"
    IN_CALL = "in_call"
    WRAPPING = "wrapping"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class CallLine:
    """What the wallboard needs of one call."""

    queue: QueueId
    phase: str
    started_at: datetime
    waiting_since: datetime | None = None
    """Since when it waits again, after it was answered."""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: EndReason | None = None
    on_the_line: bool = True
    """False for a customer who waits to be called back."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a queue, or of all of them."""

    waiting: int
    waiting_since: datetime | None
    """Since when the caller waits who has waited the longest."""
    callbacks: int
    """Customers who wait to be called back."""
    talking: int
    answered: int
    abandoned: int
    """Today: who left, or waited in vain."""
    level: ServiceLevel
    target_percent: int | None
    target_seconds: int | None
    """Both None for all queues when these do not agree."""
    agents: Mapping[AgentWord, int] = field(default_factory=dict[AgentWord, int])


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One row."""

    queue: Named
    open: bool
    figures: Figures


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the wallboard."""

    day_began: datetime
    total: Figures
    queues: tuple[QueueFigures, ...]


def board(
    calls: Collection[CallLine],
    agents: Mapping[AgentId, AgentWord],
    queues: Sequence[Queue],
    day_began: datetime,
    now: datetime,
) -> Board:
    """Work out all figures. Calls of a queue that is gone count in the total only."""
    targets = {(queue.target_percent, queue.target_seconds) for queue in queues}
    percent, seconds = next(iter(targets)) if len(targets) == 1 else (None, None)
    limits = {queue.id: float(queue.target_seconds) for queue in queues}
    total = _figures(calls, limits, agents.values(), day_began, percent, seconds)
    rows: list[QueueFigures] = []
    for queue in queues:
        own = [call for call in calls if call.queue == queue.id]
        members = [agents[member.id] for member in queue.members if member.id in agents]
        figures = _figures(own, limits, members, day_began, queue.target_percent, queue.target_seconds)
        rows.append(QueueFigures(Named(queue.id, queue.name), queue.opening(now).open, figures))
    return Board(day_began, total, tuple(rows))


def word_of(agent: Agent) -> AgentWord:
    """Return what an agent is to the wallboard; who watches over a call is busy."""
    match activity_name(agent.activity):
        case "idle":
            return _of_status(agent)
        case "ringing":
            return AgentWord.RINGING
        case "in_call":
            return AgentWord.IN_CALL
        case "wrapping":
            return AgentWord.WRAPPING
        case "observing":
            return AgentWord.BUSY


def beginning_of_day(now: datetime, zone: tzinfo | None) -> datetime:
    """Return the last midnight in a time zone, None for that of this machine; right on days of 23 and 25 hours."""
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    return midnight.astimezone(UTC)


def _of_status(agent: Agent) -> AgentWord:
    match agent.status.group:
        case Group.AVAILABLE:
            return AgentWord.AVAILABLE if agent.available else AgentWord.UNREADY
        case Group.BUSY:
            return AgentWord.BUSY
        case Group.AWAY:
            return AgentWord.AWAY
        case Group.UNAVAILABLE:
            return AgentWord.OFFLINE


def _figures(
    calls: Collection[CallLine],
    limits: Mapping[QueueId, float],
    agents: Iterable[AgentWord],
    day_began: datetime,
    percent: int | None,
    seconds: int | None,
) -> Figures:
    queued = [call for call in calls if call.phase in ("waiting", "ringing")]
    waiting = [call for call in queued if call.on_the_line]
    answered = [call for call in calls if call.answered_at is not None and call.answered_at >= day_began]
    abandoned = [call for call in calls if _abandoned(call, day_began)]
    return Figures(
        waiting=len(waiting),
        waiting_since=min((call.waiting_since or call.started_at for call in waiting), default=None),
        callbacks=sum(not call.on_the_line for call in queued) + sum(call.phase == "calling_back" for call in calls),
        talking=sum(call.phase == "talking" for call in calls),
        answered=len(answered),
        abandoned=len(abandoned),
        level=service_level(_served(call, limits) for call in (*answered, *abandoned)),
        target_percent=percent,
        target_seconds=seconds,
        agents=Counter(agents),
    )


def _abandoned(call: CallLine, day_began: datetime) -> bool:
    return (
        call.ended_at is not None
        and call.ended_at >= day_began
        and call.answered_at is None
        and call.reason not in NOT_GIVEN_UP
    )


def _served(call: CallLine, limits: Mapping[QueueId, float]) -> Served:
    until = call.answered_at or call.ended_at or call.started_at
    waited = (until - call.started_at).total_seconds()
    return Served(waited, limits.get(call.queue, DEFAULT_TARGET), call.answered_at is not None)


DEFAULT_TARGET = 20.0
"""Seconds, for calls of a queue that is gone (mission section 4)."""
