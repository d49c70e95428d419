"""A conversation's priority is its calls' too: who is made urgent moves in line (CNV-03)."""

from collections.abc import Sequence

from callflow.call import Priority
from callflow.engine import Engine
from callflow.events import PriorityChanged
from callflow.facts import FactKind
from conversations.calls.reading import live_calls_in
from conversations.calls.store import CallTransaction
from conversations.db.database import Database
from conversations.db.facts import LoggedFact


class Urgency:
    """Tells live calls what has become of their conversations."""

    def __init__(self, database: Database, engine: Engine[CallTransaction]) -> None:
        self._database = database
        self._engine = engine

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Tell the calls whose conversation has another priority. A reader of the feed."""
        for fact in (logged.fact for logged in facts):
            changed = fact.kind is FactKind.CONVERSATION_CHANGED and fact.data.get("field") == "priority"
            if changed and fact.conversation is not None:
                async with self._database.read() as session:
                    calls = await live_calls_in(session, fact.conversation)
                for call in calls:
                    self._engine.post(call, PriorityChanged(Priority(str(fact.data["new"]))))
