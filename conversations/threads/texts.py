"""Messages and notes: what people write into a thread."""

from sqlalchemy import select

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, ConversationId, QueueId, new_id
from conversations.db.database import Write
from conversations.threads.changing import PREVIEW_LIMIT
from conversations.threads.tables import ConversationRow, PreviewKind, Sender, TextKind, TextRow
from conversations.values import clean_line, clean_text

TEXT_LIMIT = 4000
KEY_LIMIT = 64

_KINDS = {TextKind.MESSAGE: FactKind.MESSAGE_ADDED, TextKind.NOTE: FactKind.NOTE_ADDED}


async def text_with_key(write: Write, conversation: ConversationId, key: str) -> str | None:
    """Return the id of the text that was added with this key before. Raises InvalidError."""
    return await write.session.scalar(
        select(TextRow.id).where(TextRow.conversation_id == conversation, TextRow.key == _key(key))
    )


async def add_text(
    write: Write, actor: Actor, row: ConversationRow, kind: TextKind, sender: Sender, text: str, key: str
) -> str:
    """Add a message or note to a conversation that the caller has locked; return its id.

    The same key again adds nothing and returns the same id. Raises InvalidError.
    """
    conversation = ConversationId(row.id)
    text = clean_text("text", text, TEXT_LIMIT)
    known = await text_with_key(write, conversation, key)
    if known is not None:
        return known
    added = TextRow(id=new_id("text"), conversation_id=conversation, kind=kind, sender=sender, text=text, key=_key(key))
    write.session.add(added)
    if kind is TextKind.MESSAGE:
        row.preview, row.preview_kind = " ".join(text.split())[:PREVIEW_LIMIT], PreviewKind.MESSAGE
    write.fact(
        Fact(
            _KINDS[kind],
            actor,
            conversation,
            agent=AgentId(row.assignee_id) if row.assignee_id else None,
            queue=QueueId(row.queue_id) if row.queue_id else None,
            data={"text": added.id},
        )
    )
    return added.id


def _key(key: str) -> str:
    return clean_line("key", key, KEY_LIMIT)
