"""A call, as its customer's page shows it."""

from callflow.call import Call, CallingBack, Ended, LegState, Ringing, Role, Talking, Waiting
from callflow.clock import Clock
from callink.values import LinkState
from conversations.db.database import Session
from conversations.directory.people import names_of_users
from conversations.threads.entries import Entry, Message
from conversations.threads.timeline import messages_of_call
from recording.rules import consent_text
from signaling.models.guests import AgentInCall, GuestCall, GuestMessage, GuestPhase, VoiceMessageSpoken
from signaling.views import recorded


class GuestViews:
    """Reads what the customer's page shows; it never sees more than its own call and the messages to and fro."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def call(self, session: Session, call: Call, link_state: LinkState) -> GuestCall:
        """Show a call, live or over."""
        phase = call.phase
        ended = phase if isinstance(phase, Ended) else None
        legs = [call.customer_leg, *([phase.agent_leg] if isinstance(phase, Talking) else [])]
        grace = [leg.deadline for leg in legs if leg.state is LegState.RECONNECTING and leg.deadline]
        messages = await messages_of_call(session, call.conversation, call.id)
        return GuestCall(
            id=call.id,
            media=call.media,
            phase=_phase(call),
            held_at=phase.held_at if isinstance(phase, Talking) else None,
            callback_at=call.callback_at,
            leaves_messages=call.plan.messages,
            voice_message=_spoken(call),
            started_at=call.started_at,
            answered_at=call.answered_at,
            ended_at=ended.at if ended else None,
            now=self._clock.now(),
            end_reason=ended.reason if ended else None,
            ended_by=ended.by if ended else None,
            mine=call.customer_leg.state,
            transport=call.customer_leg.transport,
            agent=await _agent(session, phase) if isinstance(phase, Talking | CallingBack) else None,
            grace_until=min(grace, default=None) if call.live else None,
            wait_until=call.wait_until,
            messages=[shown for entry in messages if (shown := guest_message(entry)) is not None],
            link_state=link_state,
            consent=await consent_text(session),
            recorded=recorded(call) if isinstance(phase, Talking) else None,
        )


def _spoken(call: Call) -> VoiceMessageSpoken | None:
    return VoiceMessageSpoken(since=call.message.since, until=call.message.until) if call.message else None


def _phase(call: Call) -> GuestPhase:
    match call.phase:
        case Waiting():
            return "waiting"
        case Ringing(transferred_by=by):
            return "waiting" if by is None else "transferring"
        case Talking():
            return "talking"
        case CallingBack():
            return "calling_back"
        case Ended():
            return "ended"


def guest_message(entry: Entry) -> GuestMessage | None:
    """Show a message to the customer; nothing else in a thread is for him (MSG-03)."""
    if not isinstance(entry.what, Message):
        return None
    return GuestMessage(
        number=entry.number,
        at=entry.at,
        from_=Role(entry.what.sender.value),
        name=entry.actor.name,
        text=entry.what.text,
    )


async def _agent(session: Session, phase: Talking | CallingBack) -> AgentInCall:
    names = await names_of_users(session, [phase.agent])
    away = phase.agent_leg.state is LegState.RECONNECTING
    return AgentInCall(name=names.get(phase.agent, ""), state="reconnecting" if away else "up")
