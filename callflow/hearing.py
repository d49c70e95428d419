"""What a waiting caller is told when: greeting, that calls are recorded, announcements in turn, the last message.

The end of a prompt is an event; should it never come, `SAYING_LIMIT` stands for it. An answer stops everything,
since another wiring cuts what is being said (PLUS-14), but for what `consent` is about.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from callflow.call import Call, LegState, Ringing, Waiting
from callflow.deciding import fact
from callflow.events import Decision, Play, PromptFinished
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import PromptId
from callflow.waiting import Hearing, Place, SpokenPlaces

SAYING_LIMIT = timedelta(minutes=10, seconds=10)
"""A little more than the longest prompt."""


def begin(call: Call, now: datetime) -> Decision:
    """Greet a caller whose leg is up for the first time (WSV-02), or go on after it was away."""
    hearing = call.hearing
    if not _listens(call) or hearing.saying is not None or hearing.next_at is not None:
        return Decision(call)
    greeting = None if hearing.greeted else call.plan.greeting
    consent = None if hearing.consented else call.plan.consent
    first = tuple(prompt for prompt in (greeting, consent) if prompt is not None)
    return say(call, first, now) if first else Decision(_later(call, now))


def go_on(call: Call, now: datetime) -> Call:
    """Let the announcements begin again for a caller who is back in the queue after an answer stopped them."""
    idle = call.hearing.saying is None and call.hearing.next_at is None
    return _later(call, now) if idle and _listens(call) else call


def said(call: Call, event: PromptFinished, now: datetime) -> Decision:
    """Go on when a prompt has come to its end. After the last message the caller decides nothing: see `ending`."""
    if event.leg != call.customer_leg.id or event.prompt != call.hearing.saying:
        return Decision(call)
    if event.prompt != call.plan.consent:
        return over(call, now)
    told = replace(call, hearing=replace(call.hearing, consented=True))
    return replace(over(told, now), facts=(fact(told, FactKind.RECORDING_ANNOUNCED, AUTOMATION),))


def over(call: Call, now: datetime) -> Decision:
    """Say what follows, or wait for the next announcement."""
    if call.hearing.then:
        return say(call, call.hearing.then, now)
    return Decision(_later(call, now))


def announce(call: Call, place: Place | None, now: datetime) -> Decision:
    """Say where the caller stands, and the next of the announcements (WSV-04, PLUS-12)."""
    plan, hearing = call.plan, call.hearing
    if call.customer_leg.state is not LegState.UP:
        return Decision(_later(call, now))
    prompts = _spoken(plan.spoken, place) if plan.spoken is not None and place is not None else ()
    if plan.announcements:
        prompts = (*prompts, plan.announcements[hearing.turn % len(plan.announcements)])
    call = replace(call, hearing=replace(hearing, next_at=None, turn=hearing.turn + 1))
    if not prompts:
        return Decision(_later(call, now))
    return say(call, prompts, now)


def farewell(call: Call, prompt: PromptId, now: datetime) -> Decision:
    """Say the last message; the call ends after it (WSV-05)."""
    said = say(replace(call, hearing=replace(call.hearing, next_at=None)), (prompt,), now)
    return replace(said, call=replace(said.call, hearing=replace(said.call.hearing, farewell=True)))


def stopped(hearing: Hearing) -> Hearing:
    """Nothing more is said: the call was answered, or the caller waits to be called back."""
    return Hearing(greeted=True, consented=hearing.consented)


def silenced(call: Call) -> Call:
    """Forget what was being said: the media that said it is gone. `begin` goes on when the caller is back."""
    hearing = call.hearing
    return replace(call, hearing=Hearing(hearing.greeted, turn=hearing.turn, consented=hearing.consented))


def say(call: Call, prompts: tuple[PromptId, ...], now: datetime) -> Decision:
    """Say one prompt after the other."""
    first, *rest = prompts
    hearing = replace(
        call.hearing, greeted=True, saying=first, then=tuple(rest), saying_until=now + SAYING_LIMIT, next_at=None
    )
    return Decision(replace(call, hearing=hearing), commands=(Play(call.customer_leg.id, first),))


def _later(call: Call, now: datetime) -> Call:
    plan = call.plan
    next_at = now + plan.every if plan.announcements or plan.spoken is not None else None
    hearing = replace(call.hearing, greeted=True, saying=None, then=(), saying_until=None, next_at=next_at)
    return replace(call, hearing=hearing)


def _listens(call: Call) -> bool:
    """Whether the plan is running: in the queue, not in a transfer's ring, nor while the caller leaves a message."""
    waits = isinstance(call.phase, Waiting) or (isinstance(call.phase, Ringing) and call.phase.transferred_by is None)
    return waits and call.customer_leg.state is LegState.UP and call.message is None


def _spoken(spoken: SpokenPlaces, place: Place) -> tuple[PromptId, ...]:
    position = spoken.positions[min(place.position, len(spoken.positions)) - 1]
    if place.wait is None or not spoken.waits:
        return (position,)
    fitting = (prompt for longest, prompt in spoken.waits if place.wait <= longest)
    return (position, next(fitting, spoken.waits[-1][1]))
