"""What the people of a small centre do in engine tests: customers call, agents answer, pages come and go."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from callflow.agent import Sound, Status, ThreadStatus
from callflow.agent_machine import (
    AgentEvent,
    MoreTime,
    PanelArrived,
    PanelsGone,
    StatusChosen,
    WrapUpFinished,
    WrapUpWritten,
)
from callflow.call import Call, CallingBack, Leg, LegState, Media, Priority, Ring, Role, Talking
from callflow.errors import RefusedError
from callflow.events import AgentAccepted, AgentDeclined, HungUp, TransportOpened
from callflow.ids import AgentId, CallId, ConversationId, CustomerId, LegId, QueueId, TransportId
from callflow.limits import SETUP_LIMIT
from callflow.wiring import LegDown, LegUp, LostBecause, MediaEvent
from conversations.threads.joining import thread_for_call
from tests.callflow.stage import Stage


def leg_of(call: Call, role: Role) -> Leg | None:
    """The leg of the customer, or of the agent who talks."""
    return call.customer_leg if role is Role.CUSTOMER else call.agent_leg


def ring_of(call: Call | None, agent: AgentId) -> Ring | None:
    """The ring of a call at this agent."""
    return next((ring for ring in call.rings if ring.agent == agent), None) if call is not None else None


class World(Stage):
    """A stage and the people on it."""

    async def thread(self, tx: Any, customer: CustomerId, queue: QueueId, now: datetime) -> ConversationId:
        """The conversation that a call belongs to."""
        return await thread_for_call(tx.write, customer, queue, now)

    async def arrive(
        self, customer: CustomerId, queue: QueueId | None = None, priority: Priority = Priority.NORMAL
    ) -> Call | None:
        """A customer calls, unless one of his calls is live."""
        queue = queue or self.queue
        if any(call.customer == customer for call in await self.store.live_calls()):
            return None

        async def make(tx: Any) -> Call:
            now = self.clock.now()
            thread = await self.thread(tx, customer, queue, now)
            number = len(self.calls)
            return Call(
                id=CallId(f"call_{number:04}"),
                conversation=thread,
                customer=customer,
                queue=queue,
                priority=priority,
                link=None,
                media=Media.AUDIO,
                started_at=now,
                wait_until=now + self.plan.longest,
                customer_leg=Leg(LegId(f"leg_c{number}"), LegState.CONNECTING, now + SETUP_LIMIT),
                plan=self.plan,
            )

        call = await self.engine.arrive(make)
        self.calls.append(call.id)
        self.arrived[call.id] = call.started_at
        await self.settle()
        return call

    async def offer(self, call: Call, role: Role) -> TransportId | None:
        """A page posts an offer for its leg."""
        return await self.offer_leg(call, leg_of(call, role))

    async def offer_leg(self, call: Call, leg: Leg | None) -> TransportId | None:
        """The page of any party posts an offer."""
        if leg is None or not call.live:
            return None
        transport = TransportId(f"tr_{next(self._numbers)}")
        if await self.tell(call.id, TransportOpened(leg.id, transport, "tab")):
            self.wire.opened.add(leg.id)
        return transport

    async def connect(self, call: Call, role: Role) -> None:
        """A page posts an offer, and its transport comes up."""
        await self.connect_leg(call, leg_of(call, role))

    async def connect_leg(self, call: Call, leg: Leg | None) -> None:
        """The page of any party posts an offer, and its transport comes up."""
        transport = await self.offer_leg(call, leg)
        if transport is not None and leg is not None:
            self.cut_off.discard(leg.id)
            await self.see(LegUp(leg.id, transport))

    async def lose(self, call: Call, role: Role) -> None:
        """A leg falls silent."""
        await self.lose_leg(leg_of(call, role))

    async def lose_leg(self, leg: Leg | None) -> None:
        """Any party's leg falls silent."""
        if leg is not None and leg.transport is not None:
            await self.see(LegDown(leg.id, leg.transport, LostBecause.SILENT))

    async def see(self, event: MediaEvent) -> None:
        """The media plane saw something. An engine that has just started knows no legs, so it looks them up first."""
        await self._know()
        self.engine.media_event(event)
        await self.settle()

    async def accept(self, agent: AgentId, *, times: int = 1) -> None:
        """Press Answer, if it rings."""
        call = await self.call_of(agent)
        ring = ring_of(call, agent)
        if call is not None and ring is not None:
            for _ in range(times):
                await self.tell(call.id, AgentAccepted(ring.reservation.id, agent, "tab"))

    async def talk(self, customer: CustomerId, agent: AgentId) -> None:
        """A customer calls, and an agent answers whoever rings him then."""
        await self.ready(agent)
        call = await self.arrive(customer)
        if call is not None:
            await self.connect(call, Role.CUSTOMER)
        await self.accept(agent)
        answered = await self.call_of(agent)
        if answered is not None:
            await self.connect(answered, Role.AGENT)

    async def take(self, queue: QueueId, agent: AgentId) -> None:
        """Ask for the first caller of a queue."""
        with contextlib.suppress(RefusedError):
            await self.engine.take(queue, agent)
        await self.settle()

    async def decline(self, agent: AgentId) -> None:
        """Press Decline, if it rings."""
        call = await self.call_of(agent)
        ring = ring_of(call, agent)
        if call is not None and ring is not None:
            await self.tell(call.id, AgentDeclined(ring.reservation.id, agent))

    async def hang_up(self, call: Call, role: Role) -> None:
        """Press Hang up."""
        if call.live and (role is Role.CUSTOMER or isinstance(call.phase, Talking | CallingBack)):
            await self.tell(call.id, HungUp(role))

    async def panel(self, agent: AgentId, *, open: bool, silent: bool = False) -> None:
        """A panel opens, closes or dies."""
        await self.do(agent, PanelArrived(Sound.READY) if open else PanelsGone(silent))

    async def ready(self, agent: AgentId) -> None:
        """Sign in, open a panel, go Active."""
        await self.panel(agent, open=True)
        await self.do(agent, StatusChosen(Status.ACTIVE))

    def levels(self, queue: QueueId) -> Mapping[AgentId, int]:
        """Who is in a queue, at which level."""
        policy = self.policies.get(queue)
        return policy.levels if policy else dict.fromkeys(self.agents, 1)

    def hands_out(self, queue: QueueId) -> bool:
        """Whether a queue offers its callers by itself; in others agents take them."""
        policy = self.policies.get(queue)
        return policy is None or policy.auto_assign

    async def wrap_up(self, agent: AgentId, what: str) -> None:
        """Press a button of the wrap-up window, if it is there."""
        call = (await self.agent(agent)).call
        if call is None:
            return
        async with self.store.write() as tx:
            policy = await tx.agent_policy(agent)
        events: dict[str, AgentEvent] = {
            "write": WrapUpWritten(call, "A draft", ThreadStatus.WAITING),
            "more": MoreTime(call, policy),
            "finish": WrapUpFinished(call, "Done", ThreadStatus.SOLVED),
        }
        await self.do(agent, events[what])
