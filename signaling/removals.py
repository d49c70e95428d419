"""Takes people out of calls whose account was disabled, or who lost the role that lets them take part (PLUS-05)."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

from callflow.agent import Group, Idle, InCall, Observing, Rung, Status, StatusReason, WrapUp
from callflow.agent_machine import StatusChosen, WrapUpEnded
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import AgentRemoved
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import AgentId
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from conversations.db.facts import LoggedFact
from conversations.directory.people import user_by_id
from conversations.directory.values import UserRole

log = logging.getLogger(__name__)

AGAIN_AFTER: Final = 1.0
"""Seconds after which who could not be taken out is looked at again."""


class Removals:
    """Sees to it that nobody is in a call, a wrap-up or a status for which he lacks the right."""

    def __init__(self, database: Database, store: CallStore, engine: Engine[CallTransaction]) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._noted: set[AgentId] = set()
        self._has_noted = asyncio.Event()

    async def start(self) -> None:
        """Look at everybody: the last process may have ended between a change of rights and what follows from it."""
        self._note(agent.id for agent in await self._store.agents())

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Note whose rights may have changed. A reader of the feed."""
        self._note(
            logged.fact.agent
            for logged in facts
            if logged.fact.kind is FactKind.USER_CHANGED and logged.fact.agent is not None
        )

    async def run(self) -> None:
        """Take out who was noted and may not stay, until cancelled."""
        while True:
            await self._has_noted.wait()
            self._has_noted.clear()
            noted, self._noted = self._noted, set()
            left = [agent for agent in noted if not await self._tried(agent)]
            if left:
                self._note(left)
                await asyncio.sleep(AGAIN_AFTER)

    def _note(self, agents: Iterable[AgentId]) -> None:
        self._noted.update(agents)
        if self._noted:
            self._has_noted.set()

    async def _tried(self, agent: AgentId) -> bool:
        try:
            return await self._take_out(agent)
        except RefusedError:
            return False  # what held him is over this moment
        except Exception:
            log.exception("agent %s could not be taken out of what he may not do any more; it is tried again", agent)
            return False

    async def _take_out(self, agent_id: AgentId) -> bool:
        """Take one person out of all that he may do no more; say whether he is."""
        async with self._database.read() as session:
            user = await user_by_id(session, agent_id)
        agent = await self._store.agent(agent_id)
        if user is None or agent is None:
            return True
        works = UserRole.AGENT in user.roles and not user.disabled
        if not works and (agent.status.group is not Group.UNAVAILABLE or agent.then is not None):
            # First, so that he is offered nothing else as soon as he is free.
            agent = await self._engine.agent(agent_id, StatusChosen(Status.OFFLINE, StatusReason.BARRED))
        match agent.activity:
            case Idle():
                return True
            case Observing(call=call):
                if user.leads and not user.disabled:
                    return True
            case WrapUp():
                if not works:
                    await self._engine.agent(agent_id, WrapUpEnded(AUTOMATION))
                return True
            case Rung(call=call) | InCall(call=call):
                if works:
                    return True
            case _:
                assert_never(agent.activity)
        await self._engine.ask(call, AgentRemoved(agent_id))
        after = await self._store.agent(agent_id)
        return after is None or after.call is None
