"""What is done with a call that is going on: hold, transfer, consultation, and a supervisor who takes part.

Whether something is possible is decided by the call machine in the transaction that does it; what is checked here
only makes the list of targets.
"""

from collections.abc import Mapping

from callflow.agent import Agent, Group, new_agent
from callflow.agent_machine import activity_name
from callflow.call import Call, Reservation
from callflow.clock import Clock
from callflow.engine import Engine
from callflow.events import (
    CallEvent,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    HoldAsked,
    ObserveAsked,
    ObserveEnded,
    ResumeAsked,
    TransferAsked,
)
from callflow.ids import AgentId, CallId, LegId, ReservationId, new_id
from callflow.queueing import QueuePolicy
from conversations.agents.statuses import names_of_statuses
from conversations.calls.reading import agents_by_id
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from conversations.directory.people import fold, names_of_users
from conversations.directory.queues import policies
from signaling.calls.agent_api import not_yours
from signaling.http.api import Api
from signaling.http.rules import AGENT, SUPERVISOR, SignedIn
from signaling.models.common import Ref
from signaling.models.control import Observation, Target, TransferTarget, TransferTargets

ORDER = {Group.AVAILABLE: 0, Group.BUSY: 1, Group.AWAY: 2, Group.UNAVAILABLE: 3}


class CallControl:
    """The control of a call that is going on (CALL-06, CALL-07, XFER-01 to XFER-05, PLUS-20, PLUS-21)."""

    def __init__(self, database: Database, store: CallStore, engine: Engine[CallTransaction], clock: Clock) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._clock = clock

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.post("/calls/{call_id}/hold", self.hold, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/resume", self.resume, rule=AGENT, tag="agent")
        api.get("/calls/{call_id}/transfer-targets", self.targets, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/transfer", self.transfer, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/consult", self.consult, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/consult/complete", self.complete, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/consult/return", self.give_back, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/observe", self.observe, rule=SUPERVISOR, tag="supervisor")
        api.post("/calls/{call_id}/observe/stop", self.stop_observing, rule=SUPERVISOR, tag="supervisor")

    async def hold(self, who: SignedIn, call_id: str) -> None:
        """Put the customer on hold: music, and nothing passes either way (PLUS-21)."""
        await self._ask(call_id, HoldAsked(who.user.id))

    async def resume(self, who: SignedIn, call_id: str) -> None:
        """Take the customer back from hold."""
        await self._ask(call_id, ResumeAsked(who.user.id))

    async def targets(self, who: SignedIn, call_id: str, *, search: str = "") -> TransferTargets:
        """List the agents of the call's queue who can be rung, the Available ones first; for a supervisor all."""
        call = await self._call(call_id)
        if call.agent != who.user.id:
            raise not_yours()
        async with self._database.read() as session:
            policy = (await policies(session)).get(call.queue, QueuePolicy(call.queue))
            names = await names_of_users(session, policy.levels)
            agents = await agents_by_id(session, policy.levels)
            statuses = await names_of_statuses(session)
        found = [
            _target(agents.get(key) or new_agent(key, self._clock.now()), names[key], statuses)
            for key in policy.levels
            if key != who.user.id and fold(search) in fold(names[key])
        ]
        shown = [one for one in found if one.free or who.user.leads]
        shown.sort(key=lambda one: (not one.free, ORDER[one.group], fold(one.agent.name)))
        return TransferTargets(items=shown, consult=policy.consult)

    async def transfer(self, who: SignedIn, call_id: str, target: Target) -> None:
        """Hand the call over without asking first; the own part is over, and the wrap-up begins (XFER-04)."""
        reservation, policy = await self._reserved(call_id, target)
        await self._ask(call_id, TransferAsked(who.user.id, reservation, policy))

    async def consult(self, who: SignedIn, call_id: str, target: Target) -> None:
        """Ask a colleague first, while the customer is on hold; where the queue allows it."""
        reservation, policy = await self._reserved(call_id, target)
        await self._ask(call_id, ConsultAsked(who.user.id, reservation, policy))

    async def complete(self, who: SignedIn, call_id: str) -> None:
        """Leave the call to the colleague with whom one talks."""
        await self._ask(call_id, ConsultCompleted(who.user.id))

    async def give_back(self, who: SignedIn, call_id: str) -> None:
        """End the consultation: who asked has the customer again, whoever of the two ends it."""
        await self._ask(call_id, ConsultReturned(who.user.id))

    async def observe(self, who: SignedIn, call_id: str, how: Observation) -> None:
        """Begin to listen, whisper or join in, or change between them; everybody can read it in the thread."""
        await self._ask(call_id, ObserveAsked(who.user.id, LegId(new_id("leg")), how.mode))

    async def stop_observing(self, who: SignedIn, call_id: str) -> None:
        """Take part no more."""
        await self._ask(call_id, ObserveEnded(who.user.id))

    async def _ask(self, call_id: str, event: CallEvent) -> None:
        await self._engine.ask((await self._call(call_id)).id, event)

    async def _call(self, call_id: str) -> Call:
        call = await self._store.call(CallId(call_id))
        if call is None:
            raise not_yours()
        return call

    async def _reserved(self, call_id: str, target: Target) -> tuple[Reservation, QueuePolicy]:
        """Return the ring that is asked for, as long as the call's queue says, and that queue as it is now."""
        call = await self._call(call_id)
        async with self._database.read() as session:
            policy = (await policies(session)).get(call.queue, QueuePolicy(call.queue))
        until = self._clock.now() + policy.ring_time
        agent = AgentId(target.agent_id)
        return Reservation(ReservationId(new_id("res")), agent, LegId(new_id("leg")), until), policy


def _target(agent: Agent, name: str, statuses: Mapping[str, str]) -> TransferTarget:
    return TransferTarget(
        agent=Ref(id=agent.id, name=name),
        status=agent.status.id,
        status_name=statuses.get(agent.status.id, agent.status.id),
        group=agent.status.group,
        state=activity_name(agent.activity),
        free=agent.reachable_idle,
    )
