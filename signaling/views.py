"""Conversations, threads and customers as the wire shows them."""

from typing import Any, assert_never

from callflow.call import Call, EndedBy, EndReason, Media, ObserverMode, Role
from conversations.calls.quality import MeasuredLeg as MeasuredLegValue
from conversations.directory.values import Named
from conversations.threads import entries
from conversations.threads.customers import Customer as CustomerValue
from conversations.threads.values import Conversation as ConversationValue
from conversations.threads.values import ConversationItem as ItemValue
from signaling.models import entries as wire
from signaling.models.common import Recorded, Ref
from signaling.models.conversations import Conversation, ConversationItem, Customer, PastConversation
from signaling.models.entries import Actor, ChangedField, Direction, Entry
from signaling.models.quality import LegQuality, MeasuredLeg


def ref(named: Named) -> Ref:
    """Show something by its id and name."""
    return Ref(id=named.id, name=named.name)


def ref_or_none(named: Named | None) -> Ref | None:
    """Show something that may be missing."""
    return None if named is None else ref(named)


def recorded(call: Call) -> Recorded | None:
    """Show whether the present talk of a call is recorded."""
    kept = call.recording
    if kept is None or not kept.on:
        return None
    if call.owes_consent:
        return "announcing"
    return "recording" if kept.paused_at is None else "paused"


def customer(value: CustomerValue) -> Customer:
    """Show a customer."""
    return Customer(
        id=value.id,
        name=value.name,
        address=value.address,
        city=value.city,
        country=value.country,
        created_at=value.created_at,
    )


def conversation_item(value: ItemValue) -> ConversationItem:
    """Show a conversation in a list."""
    return ConversationItem(customer=ref(value.customer), **_common(value))


def conversation(value: ConversationValue) -> Conversation:
    """Show a conversation with everything beside its thread."""
    return Conversation(
        **_common(value.item),
        customer=customer(value.customer),
        created_at=value.created_at,
        summary=value.summary,
        can_message=value.can_message,
        tags=[ref(tag) for tag in value.tags],
        history=[
            PastConversation(id=past.id, topic=past.topic, status=past.status, created_at=past.created_at)
            for past in value.history
        ],
    )


def measured_leg(value: MeasuredLegValue) -> MeasuredLeg:
    """Show how one leg's network did over its life."""
    summed = value.summed
    return MeasuredLeg(
        role=value.role,
        agent=ref_or_none(value.agent),
        seconds=summed.seconds,
        average=LegQuality.model_validate(summed.average),
        worst_loss=summed.worst_loss,
        worst_jitter_ms=summed.worst_jitter_ms,
        worst_round_trip_ms=summed.worst_round_trip_ms,
        worst_mos=summed.worst_mos,
    )


def _common(value: ItemValue) -> dict[str, Any]:
    """Return the members that a conversation has in a list and alone."""
    return {
        "id": value.id,
        "topic": value.topic,
        "status": value.status,
        "priority": value.priority,
        "queue": ref_or_none(value.queue),
        "assignee": ref_or_none(value.assignee),
        "last_customer_at": value.last_customer_at,
        "preview": value.preview,
        "preview_kind": value.preview_kind,
        "unread": value.unread,
        "live_call": value.live_call,
        "version": value.version,
    }


def entry(value: entries.Entry) -> Entry:
    """Show one thing in a thread."""
    base: dict[str, Any] = {
        "number": value.number,
        "at": value.at,
        "conversation_id": value.conversation,
        "actor": Actor(kind=value.actor.kind, id=value.actor.id, name=value.actor.name),
    }
    match value.what:
        case entries.Message(text, sender):
            return wire.MessageEntry(**base, text=text, from_=Role(sender.value))
        case entries.Note(text):
            return wire.NoteEntry(**base, text=text)
        case entries.CallStarted(call, direction, media):
            return wire.CallStartedEntry(**base, call_id=call, direction=Direction(direction), media=Media(media))
        case entries.CallAnswered(call, agent, waited):
            return wire.CallAnsweredEntry(**base, call_id=call, agent=ref(agent), waited_seconds=round(waited))
        case entries.CallMissed(call, agent):
            return wire.CallMissedEntry(**base, call_id=call, agent=ref(agent))
        case entries.CallDeclined(call, agent):
            return wire.CallDeclinedEntry(**base, call_id=call, agent=ref(agent))
        case entries.CallStep(call, step, agent, seconds):
            return wire.CallStepEntry(
                **base,
                call_id=call,
                step=step,
                agent=ref(agent) if agent else None,
                seconds=None if seconds is None else round(seconds),
            )
        case entries.CallTransferred(call, agent, talked):
            return wire.CallTransferredEntry(**base, call_id=call, agent=ref(agent), talked_seconds=round(talked))
        case entries.CallObserved(call, agent, mode):
            return wire.CallObservedEntry(
                **base, call_id=call, agent=ref(agent), mode=ObserverMode(mode) if mode else None
            )
        case entries.CallReconnecting(call, who):
            return wire.CallReconnectingEntry(**base, call_id=call, who=Role(who))
        case entries.CallReconnected(call, who):
            return wire.CallReconnectedEntry(**base, call_id=call, who=Role(who))
        case entries.MessageLeft(call, recording, seconds):
            return wire.MessageLeftEntry(**base, call_id=call, recording_id=recording, seconds=round(seconds))
        case entries.CallEnded(call, by, reason, talked, waited):
            return wire.CallEndedEntry(
                **base,
                call_id=call,
                by=EndedBy(by),
                reason=EndReason(reason),
                talked_seconds=None if talked is None else round(talked),
                waited_seconds=round(waited),
            )
        case entries.CallMeasured(call, legs):
            return wire.CallMeasuredEntry(**base, call_id=call, legs=[measured_leg(leg) for leg in legs])
        case entries.CallWrapped(call, agent, summary, disposition):
            return wire.CallWrappedEntry(
                **base, call_id=call, agent=ref(agent), summary=summary, disposition=ref_or_none(disposition)
            )
        case entries.Change(field, old, new):
            return wire.ChangeEntry(**base, field=ChangedField(field), old=old, new=new)
        case _:
            assert_never(value.what)
