"""The agent machine: pure decisions about one agent.

    Idle --Reserve--> Rung --Engage--> InCall --BeginWrapUp--> WrapUp --finished, time--> Idle
                       +--Release--> Idle

The status (what he chose) and whether his panel is reachable run beside this. No clock, no I/O.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from callflow.agent import (
    MORE_TIME,
    OFFLINE_GRACE,
    RING_GRACE,
    Activity,
    Agent,
    Idle,
    InCall,
    Rung,
    Sound,
    Status,
    StatusReason,
    ThreadStatus,
    WrapUp,
)
from callflow.call import Call
from callflow.errors import RefusedError
from callflow.events import AgentOrder, BeginWrapUp, Engage, Release, Reserve, WrapUpPolicy
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId, CallId, ConversationId, ReservationId


# ---- events -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StatusChosen:
    """The agent chose a status, or signed out (AP-02, AST-06)."""

    status: Status
    reason: StatusReason | None = None


@dataclass(frozen=True, slots=True)
class PanelArrived:
    """The agent's first panel is connected."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class PanelsGone:
    """The agent's last panel is gone. A silent one has had its time already, a closed one may come back."""

    silent: bool = False


@dataclass(frozen=True, slots=True)
class SoundChanged:
    """The panel's sound was unlocked or blocked (PLUS-04)."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class WrapUpWritten:
    """The draft was typed on."""

    call: CallId
    summary: str
    thread_status: ThreadStatus | None


@dataclass(frozen=True, slots=True)
class MoreTime:
    """The agent pressed "+10 s" (WRAP-04)."""

    call: CallId
    policy: WrapUpPolicy


@dataclass(frozen=True, slots=True)
class WrapUpFinished:
    """The agent pressed Finish."""

    call: CallId
    summary: str
    thread_status: ThreadStatus | None


@dataclass(frozen=True, slots=True)
class AgentTimePassed:
    """A deadline may have been reached."""


AgentEvent = (
    StatusChosen
    | PanelArrived
    | PanelsGone
    | SoundChanged
    | WrapUpWritten
    | MoreTime
    | WrapUpFinished
    | AgentTimePassed
)


@dataclass(frozen=True, slots=True)
class SaveReport:
    """Write the brief report into the thread, in the same transaction (WRAP-01, WRAP-05)."""

    call: CallId
    conversation: ConversationId
    summary: str
    thread_status: ThreadStatus | None


@dataclass(frozen=True, slots=True)
class LoseRing:
    """Tell the call that its ring is lost."""

    call: CallId
    reservation: ReservationId


@dataclass(frozen=True, slots=True)
class AgentDecision:
    """What one event leads to."""

    agent: Agent
    facts: tuple[Fact, ...] = ()
    report: SaveReport | None = None
    lose: LoseRing | None = None


def step(agent: Agent, event: AgentEvent, now: datetime) -> AgentDecision:
    """Decide what an event leads to. Raises `RefusedError` when it is impossible."""
    match event:
        case StatusChosen():
            return _choose(agent, event, now)
        case PanelArrived(sound=sound):
            activity = agent.activity
            if isinstance(activity, Rung):
                activity = replace(activity, lost_at=None)
            back = replace(agent, reachable=True, offline_at=None, sound=sound, activity=activity)
            return AgentDecision(back, (_fact(back, FactKind.AGENT_REACH, reachable=True, sound=sound),))
        case PanelsGone():
            return _gone(agent, event, now)
        case SoundChanged(sound=sound):
            if sound is agent.sound:
                return AgentDecision(agent)
            return AgentDecision(replace(agent, sound=sound), (_fact(agent, FactKind.AGENT_REACH, sound=sound),))
        case WrapUpWritten():
            wrap = _wrap_up(agent, event.call)
            wrap = replace(wrap, summary=event.summary, thread_status=event.thread_status)
            return AgentDecision(replace(agent, activity=wrap), (_fact(agent, FactKind.WRAP_UP_CHANGED),))
        case MoreTime():
            return _more_time(agent, event)
        case WrapUpFinished():
            wrap = _wrap_up(agent, event.call)
            wrap = replace(wrap, summary=event.summary, thread_status=event.thread_status)
            return _finish(agent, wrap, now)
        case AgentTimePassed():
            return _time_passed(agent, now)
    assert_never(event)


def obey(agent: Agent, order: AgentOrder, call: Call, policy: WrapUpPolicy, now: datetime) -> AgentDecision:
    """Decide what a call's decision means for one of its agents. Raises `RefusedError` when he is not free."""
    match order:
        case Reserve():
            if not agent.available or not isinstance(agent.activity, Idle):
                raise RefusedError("not_available", "This agent cannot be offered a call now.")
            return _turn(agent, Rung(now, order.call, order.reservation, agent.activity.since))
        case Engage():
            if not isinstance(agent.activity, Rung) or agent.activity.call != order.call:
                raise RefusedError("too_late", "This call is not ringing here any more.")
            return _turn(agent, InCall(now, order.call, order.conversation))
        case Release(away=away):
            if agent.call != order.call:
                return AgentDecision(agent)
            since = agent.activity.idle_since if isinstance(agent.activity, Rung) else now
            free = _turn(agent, Idle(since))
            if away is None or agent.status is not Status.ACTIVE:
                return free
            moved = _with_status(free.agent, Status.AWAY, away, now)
            return AgentDecision(moved, (*free.facts, _status_fact(moved, AUTOMATION)))
        case BeginWrapUp():
            if agent.call != order.call:
                return AgentDecision(agent)
            if policy.length <= timedelta(0):
                return _turn(agent, Idle(now))
            return _turn(agent, WrapUp(now, order.call, call.conversation, now + policy.length))
    assert_never(order)


def _choose(agent: Agent, event: StatusChosen, now: datetime) -> AgentDecision:
    changed = _with_status(agent, event.status, event.reason, now)
    if event.status is Status.OFFLINE:
        changed = replace(changed, offline_at=None)
    elif not agent.reachable and agent.offline_at is None:  # nobody is there only because he says so (AST-05)
        changed = replace(changed, offline_at=now + OFFLINE_GRACE)
    actor = AUTOMATION if event.reason else Actor(ActorKind.AGENT, agent.id)
    facts = (_status_fact(changed, actor),)
    if isinstance(agent.activity, Rung) and event.status is not Status.ACTIVE:
        return AgentDecision(changed, facts, lose=LoseRing(agent.activity.call, agent.activity.reservation))
    return AgentDecision(changed, facts)


def _gone(agent: Agent, event: PanelsGone, now: datetime) -> AgentDecision:
    if not agent.reachable:
        return AgentDecision(agent)
    activity = agent.activity
    if isinstance(activity, Rung):
        activity = replace(activity, lost_at=now if event.silent else now + RING_GRACE)
    offline_at = None if agent.status is Status.OFFLINE else now + OFFLINE_GRACE
    gone = replace(agent, reachable=False, sound=Sound.OFF, offline_at=offline_at, activity=activity)
    return AgentDecision(gone, (_fact(gone, FactKind.AGENT_REACH, reachable=False),))


def _time_passed(agent: Agent, now: datetime) -> AgentDecision:
    match agent.activity:
        case WrapUp(until=until) if until <= now:
            return _finish(agent, agent.activity, now)  # the draft was saved as it was typed (WRAP-05)
        case Rung(lost_at=lost_at) if lost_at is not None and lost_at <= now:
            kept = replace(agent, activity=replace(agent.activity, lost_at=None))
            return AgentDecision(kept, lose=LoseRing(agent.activity.call, agent.activity.reservation))
        case _:
            pass
    if agent.offline_at is not None and agent.offline_at <= now:
        return _choose(agent, StatusChosen(Status.OFFLINE, StatusReason.DISCONNECTED), now)
    return AgentDecision(agent)


def _wrap_up(agent: Agent, call: CallId) -> WrapUp:
    if not isinstance(agent.activity, WrapUp) or agent.activity.call != call:
        raise RefusedError("no_wrap_up", "This wrap-up is over.")
    return agent.activity


def _more_time(agent: Agent, event: MoreTime) -> AgentDecision:
    wrap = _wrap_up(agent, event.call)
    until = wrap.until + MORE_TIME
    if event.policy.cap is not None:
        until = max(wrap.until, min(until, wrap.since + event.policy.cap))
    longer = replace(agent, activity=replace(wrap, until=until))
    return AgentDecision(longer, (_fact(agent, FactKind.WRAP_UP_CHANGED),))


def _finish(agent: Agent, wrap: WrapUp, now: datetime) -> AgentDecision:
    free = _turn(agent, Idle(now))
    actor = Actor(ActorKind.AGENT, agent.id)
    wrapped = Fact(FactKind.CALL_WRAPPED, actor, wrap.conversation, wrap.call, agent.id)
    report = SaveReport(wrap.call, wrap.conversation, wrap.summary, wrap.thread_status)
    return AgentDecision(free.agent, (*free.facts, wrapped), report)


def _turn(agent: Agent, activity: Activity) -> AgentDecision:
    turned = replace(agent, activity=activity)
    call = turned.call or agent.call
    return AgentDecision(turned, (_fact(turned, FactKind.AGENT_STATE, call=call, state=activity_name(activity)),))


def _with_status(agent: Agent, status: Status, reason: StatusReason | None, now: datetime) -> Agent:
    activity = agent.activity
    if status is Status.ACTIVE and agent.status is not Status.ACTIVE and isinstance(activity, Idle):
        activity = Idle(now)
    since = agent.status_since if agent.status is status else now
    return replace(agent, status=status, reason=reason, status_since=since, activity=activity)


ActivityName = Literal["idle", "ringing", "in_call", "wrapping"]


def activity_name(activity: Activity) -> ActivityName:
    """Return the word for an activity that panels and the log use (AST-07)."""
    match activity:
        case Idle():
            return "idle"
        case Rung():
            return "ringing"
        case InCall():
            return "in_call"
        case WrapUp():
            return "wrapping"


def _status_fact(agent: Agent, actor: Actor) -> Fact:
    data: dict[str, Value] = {"status": agent.status, "reason": agent.reason}
    return Fact(FactKind.AGENT_STATUS, actor, agent=agent.id, data=data)


def _fact(agent: Agent, kind: FactKind, call: CallId | None = None, **data: Value) -> Fact:
    return Fact(kind, Actor(ActorKind.AGENT, agent.id), call=call, agent=AgentId(agent.id), data=data)
