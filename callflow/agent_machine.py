"""The agent machine: pure decisions about one agent.

    Idle --Reserve--> Rung --Engage--> InCall --BeginWrapUp--> WrapUp --finished, time--> Idle
                       +--Release--> Idle
    Idle --Dial--> InCall        Idle --Observe--> Observing --Release--> Idle

The status (what he chose) and whether his panel is reachable run beside this. A status that he chooses while a
call or a wrap-up holds him begins when that is over. No clock, no I/O.
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
    Group,
    Idle,
    InCall,
    Observing,
    Rung,
    Sound,
    Status,
    StatusReason,
    Tally,
    ThreadStatus,
    WrapUp,
)
from callflow.call import Call
from callflow.errors import RefusedError
from callflow.events import AgentOrder, AgentPolicy, BeginWrapUp, Dial, Engage, Observe, Release, Reserve
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId, CallId, ConversationId, DispositionId, ReservationId, StatusId


# ---- events -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StatusChosen:
    """A status was chosen (AP-02, AST-06): by the agent, or by a supervisor or automation, who give the reason."""

    status: Status
    reason: StatusReason | None = None
    by: Actor | None = None
    """Who forces it. None: the agent, or automation where there is a reason."""


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
    disposition: DispositionId | None = None


@dataclass(frozen=True, slots=True)
class MoreTime:
    """The agent pressed "+10 s" (WRAP-04)."""

    call: CallId
    policy: AgentPolicy


@dataclass(frozen=True, slots=True)
class WrapUpFinished:
    """The agent pressed Finish. `required`: the centre wants a disposition of each call."""

    call: CallId
    summary: str
    thread_status: ThreadStatus | None
    disposition: DispositionId | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """A supervisor ended the wrap-up; the draft is kept (PLUS-08, PLUS-20)."""

    by: Actor


@dataclass(frozen=True, slots=True)
class StatusRedefined:
    """A status was deleted, or moved to another group: this is what it is for whoever is in it (AST-01)."""

    old: StatusId
    new: Status


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
    | WrapUpEnded
    | StatusRedefined
    | AgentTimePassed
)


@dataclass(frozen=True, slots=True)
class SaveReport:
    """Write the brief report into the thread, in the same transaction (WRAP-01, WRAP-05)."""

    call: CallId
    conversation: ConversationId
    summary: str
    thread_status: ThreadStatus | None
    disposition: DispositionId | None = None


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
            wrap = _written(agent, event)
            return AgentDecision(replace(agent, activity=wrap), (_fact(agent, FactKind.WRAP_UP_CHANGED),))
        case MoreTime():
            return _more_time(agent, event)
        case WrapUpFinished():
            wrap = _written(agent, event)
            if event.required and wrap.disposition is None:
                raise RefusedError("disposition_needed", "Choose how the call ended, then finish.")
            return _finish(agent, wrap, now)
        case WrapUpEnded(by=by):
            if not isinstance(agent.activity, WrapUp):
                raise RefusedError("no_wrap_up", "This agent is in no wrap-up.")
            return _finish(agent, agent.activity, now, by)
        case StatusRedefined():
            return _redefine(agent, event, now)
        case AgentTimePassed():
            return _time_passed(agent, now)
    assert_never(event)


def obey(agent: Agent, order: AgentOrder, call: Call, policy: AgentPolicy, now: datetime) -> AgentDecision:
    """Decide what a call's decision means for one of its agents. Raises `RefusedError` when he is not free."""
    match order:
        case Reserve():
            free = agent.reachable_idle if order.transfer else agent.available
            if not free or not isinstance(agent.activity, Idle):
                raise RefusedError("not_available", "This agent cannot be offered a call now.")
            rung = replace(agent, tally=replace(agent.tally, rung_at=now))
            return _turn(rung, Rung(now, order.call, order.reservation, agent.activity.since))
        case Engage():
            if not isinstance(agent.activity, Rung) or agent.activity.call != order.call:
                raise RefusedError("too_late", "This call is not ringing here any more.")
            return _turn(replace(agent, misses=0), InCall(now, order.call, order.conversation))
        case Dial():
            if not agent.reachable_idle:
                raise RefusedError("not_available", "You cannot begin a call now.")
            return _turn(agent, InCall(now, order.call, order.conversation))
        case Observe():
            if not isinstance(agent.activity, Idle):  # a supervisor who takes no calls is never reachable for one
                raise RefusedError("busy", "You are busy with another call.")
            return _turn(agent, Observing(now, order.call))
        case Release(away=away):
            if agent.call != order.call:
                return AgentDecision(agent)
            free = _free(agent, now)
            return free if away is None else _taken_out(free, away, policy, now)
        case BeginWrapUp():
            if agent.call != order.call:
                return AgentDecision(agent)
            talked = _talked(agent, now)
            if policy.wrap_up <= timedelta(0):
                return _free(talked, now)
            return _turn(talked, WrapUp(now, order.call, call.conversation, now + policy.wrap_up))
    assert_never(order)


def _taken_out(free: AgentDecision, reason: StatusReason, policy: AgentPolicy, now: datetime) -> AgentDecision:
    """Set an agent Away who did not answer, unless he may miss more calls than that in a row."""
    agent = free.agent
    if agent.status.group is not Group.AVAILABLE:
        return free
    if reason is StatusReason.MISSED:
        agent = replace(agent, misses=agent.misses + 1)
        if not 0 < policy.misses <= agent.misses:
            return replace(free, agent=agent)
    moved = _with_status(agent, Status.AWAY, reason, now)
    return AgentDecision(moved, (*free.facts, _status_fact(moved, AUTOMATION)))


def _choose(agent: Agent, event: StatusChosen, now: datetime) -> AgentDecision:
    """Take a choice: at once, or, of an agent whom a call or a wrap-up holds, for when that is over; the last wins."""
    own = event.by is None and event.reason is None
    if own and not isinstance(agent.activity, Idle | Rung):
        later = replace(agent, then=None if event.status == agent.status else event.status)
        then = later.then.id if later.then else None
        return AgentDecision(later, (_fact(later, FactKind.AGENT_NEXT, then=then),))
    return _begin_status(agent, event, now)


def _begin_status(agent: Agent, event: StatusChosen, now: datetime) -> AgentDecision:
    changed = replace(_with_status(agent, event.status, event.reason, now), then=None)
    if event.reason is None and event.status.group is Group.AVAILABLE:
        changed = replace(changed, misses=0)
    if event.status.group is Group.UNAVAILABLE:
        changed = replace(changed, offline_at=None)
    elif not agent.reachable and agent.offline_at is None:  # nobody is there only because he says so (AST-05)
        changed = replace(changed, offline_at=now + OFFLINE_GRACE)
    actor = event.by or (AUTOMATION if event.reason else Actor(ActorKind.AGENT, agent.id))
    facts = (_status_fact(changed, actor),)
    if isinstance(agent.activity, Rung) and event.status.group is not Group.AVAILABLE:
        return AgentDecision(changed, facts, lose=LoseRing(agent.activity.call, agent.activity.reservation))
    return AgentDecision(changed, facts)


def _free(agent: Agent, now: datetime) -> AgentDecision:
    """Let go of an agent: he keeps his turn after a ring, and the status that he chose meanwhile begins."""
    since = agent.activity.idle_since if isinstance(agent.activity, Rung) else now
    free = _turn(agent, Idle(since))
    if agent.then is None:
        return free
    begun = _begin_status(free.agent, StatusChosen(agent.then), now)
    return replace(begun, facts=(*free.facts, *begun.facts))


def _talked(agent: Agent, now: datetime) -> Agent:
    """Count a call that is over for the agent."""
    if not isinstance(agent.activity, InCall):
        return agent
    tally = agent.tally
    talked = tally.talked + max(now - agent.activity.since, timedelta(0))
    return replace(agent, tally=replace(tally, calls=tally.calls + 1, talked=talked))


def _gone(agent: Agent, event: PanelsGone, now: datetime) -> AgentDecision:
    if not agent.reachable:
        return AgentDecision(agent)
    activity = agent.activity
    if isinstance(activity, Rung):
        activity = replace(activity, lost_at=now if event.silent else now + RING_GRACE)
    offline_at = None if agent.status.group is Group.UNAVAILABLE else now + OFFLINE_GRACE
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


def _written(agent: Agent, draft: WrapUpWritten | WrapUpFinished) -> WrapUp:
    return replace(
        _wrap_up(agent, draft.call),
        summary=draft.summary,
        thread_status=draft.thread_status,
        disposition=draft.disposition,
    )


def _redefine(agent: Agent, event: StatusRedefined, now: datetime) -> AgentDecision:
    then = event.new if agent.then is not None and agent.then.id == event.old else agent.then
    if agent.status.id != event.old or agent.status == event.new:
        return AgentDecision(replace(agent, then=then))
    moved = _begin_status(agent, StatusChosen(event.new, StatusReason.REMOVED), now)
    return replace(moved, agent=replace(moved.agent, then=then))


def _more_time(agent: Agent, event: MoreTime) -> AgentDecision:
    wrap = _wrap_up(agent, event.call)
    until = wrap.until + MORE_TIME
    if event.policy.cap is not None:
        until = max(wrap.until, min(until, wrap.since + event.policy.cap))
    longer = replace(agent, activity=replace(wrap, until=until))
    return AgentDecision(longer, (_fact(agent, FactKind.WRAP_UP_CHANGED),))


def _finish(agent: Agent, wrap: WrapUp, now: datetime, by: Actor | None = None) -> AgentDecision:
    free = _free(agent, now)
    actor = by or Actor(ActorKind.AGENT, agent.id)
    wrapped = Fact(FactKind.CALL_WRAPPED, actor, wrap.conversation, wrap.call, agent.id)
    report = SaveReport(wrap.call, wrap.conversation, wrap.summary, wrap.thread_status, wrap.disposition)
    return AgentDecision(free.agent, (*free.facts, wrapped), report)


def _turn(agent: Agent, activity: Activity) -> AgentDecision:
    turned = replace(agent, activity=activity)
    call = turned.call or agent.call
    return AgentDecision(turned, (_fact(turned, FactKind.AGENT_STATE, call=call, state=activity_name(activity)),))


def _with_status(agent: Agent, status: Status, reason: StatusReason | None, now: datetime) -> Agent:
    activity, tally = agent.activity, agent.tally
    if status.group is Group.AVAILABLE and agent.status.group is not Group.AVAILABLE:
        tally = Tally(rung_at=tally.rung_at)  # counters begin anew when one becomes available (mission 3.1)
        if isinstance(activity, Idle):
            activity = Idle(now)
    since = agent.status_since if agent.status == status else now
    return replace(agent, status=status, reason=reason, status_since=since, activity=activity, tally=tally)


ActivityName = Literal["idle", "ringing", "in_call", "wrapping", "observing"]


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
        case Observing():
            return "observing"


def _status_fact(agent: Agent, actor: Actor) -> Fact:
    data: dict[str, Value] = {"status": agent.status.id, "group": agent.status.group, "reason": agent.reason}
    return Fact(FactKind.AGENT_STATUS, actor, agent=agent.id, data=data)


def _fact(agent: Agent, kind: FactKind, call: CallId | None = None, **data: Value) -> Fact:
    return Fact(kind, Actor(ActorKind.AGENT, agent.id), call=call, agent=AgentId(agent.id), data=data)
