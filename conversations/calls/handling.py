"""Calls that nobody answered, and who has seen to them: marked by a person, or by a later call that was answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from callflow.call import Call, EndReason
from callflow.facts import AUTOMATION, Actor, Fact, FactKind
from callflow.ids import AgentId, CallId, ConversationId, QueueId
from conversations.calls.outcomes import wants_handling
from conversations.calls.tables import CallRow
from conversations.db.base import Base
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.errors import AlreadyHandledError, RefusedError


class HandlingRow(Base):
    """A call that nobody answered was taken care of. That there is one row for a call is the compare-and-set."""

    __tablename__ = "call_handlings"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Who marked it; empty when it was automation."""
    by_call_id: Mapped[str | None] = mapped_column(String(40))
    """The later call of the same customer whose answer did it."""


async def handle(write: Write, actor: Actor, user: AgentId, call: CallId, queues: Sequence[QueueId] | None) -> None:
    """Note that a person has seen to a call, and with it to the same customer's earlier ones in these queues.

    Who calls a customer back has seen to every try of his. None stands for all queues. Raises NotFoundError,
    RefusedError ``was_answered`` or ``not_over``, AlreadyHandledError with the name of who was first.
    """
    row = await locked(write.session, CallRow, call)
    if row.ended_at is None:
        raise RefusedError("not_over", "This call is not over yet.")
    if row.answered_at is not None and row.end_reason is not EndReason.MESSAGE_LEFT:
        raise RefusedError("was_answered", "This call was answered: there is nothing to handle.")
    done = await write.session.get(HandlingRow, call)
    if done is not None:
        names = await names_of_users(write.session, [done.user_id] if done.user_id else [])
        raise AlreadyHandledError(names.get(done.user_id or ""), done.at)
    tries = _open_calls(row.customer_id, until=row.started_at)
    if queues is not None:
        tries = tries.where(CallRow.queue_id.in_(queues))
    found = (await write.session.scalars(tries)).all()
    await _note(write, actor, user, [row, *(one for one in found if one.id != row.id)], None)


async def handled_by_answer(write: Write, fact: Fact, call: Call) -> None:
    """See to a customer's unanswered calls when an agent talks to him. A projection of the store of calls."""
    if fact.kind is FactKind.CALL_ANSWERED:
        found = (await write.session.scalars(_open_calls(call.customer))).all()
        await _note(write, AUTOMATION, None, found, call.id)


def _open_calls(customer: str, until: datetime | None = None) -> Select[CallRow]:
    """Select a customer's calls that nobody answered and nobody has seen to, up to a moment, each locked."""
    handled = select(HandlingRow.call_id)
    found = select(CallRow).where(CallRow.customer_id == customer, wants_handling(), CallRow.id.not_in(handled))
    if until is not None:
        found = found.where(CallRow.started_at <= until)
    return found.order_by(CallRow.id).with_for_update(key_share=True)


async def _note(write: Write, actor: Actor, user: AgentId | None, rows: Sequence[CallRow], by: CallId | None) -> None:
    if not rows:
        return
    now = write.clock.now()
    values = [{"call_id": row.id, "at": now, "user_id": user, "by_call_id": by} for row in rows]
    await write.session.execute(insert(HandlingRow), values)
    for row in rows:
        write.fact(
            Fact(
                FactKind.CALL_HANDLED,
                actor,
                conversation=ConversationId(row.conversation_id),
                call=CallId(row.id),
                agent=user,
                queue=QueueId(row.queue_id),
                data={} if by is None else {"by_call": by},
            )
        )
