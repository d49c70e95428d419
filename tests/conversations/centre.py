"""A small centre to test with: three people, one queue, and the services that a server has."""

from dataclasses import dataclass, replace
from datetime import timedelta

from callflow.call import Call, Ended, EndedBy, EndReason, Leg, LegState, Media, Talking
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind
from callflow.ids import CallId, ConversationId, CustomerId, LegId, LinkId, QueueId, new_id
from callflow.waiting import MAX_WAIT
from conversations.calls.store import CallStore
from conversations.db.database import Database
from conversations.directory.people import add_user
from conversations.directory.queue_service import Queues
from conversations.directory.queues import add_queue
from conversations.directory.settings import SettingsService
from conversations.directory.tables import UserRole
from conversations.directory.values import Queue, User
from conversations.threads.customers import Customer, add_customer
from conversations.threads.joining import thread_for_call
from conversations.threads.service import Threads


@dataclass(frozen=True)
class Centre:
    """Sam leads; Ana and Ben are agents; Ana is in the queue."""

    database: Database
    sam: User
    ana: User
    ben: User
    desk: Queue
    threads: Threads
    queues: Queues
    settings: SettingsService

    @classmethod
    async def make(cls, database: Database, suffix: str = "") -> "Centre":
        """`suffix` goes behind the logins, where there are others already."""
        async with database.write() as write:
            sam, ana, ben = [
                await add_user(
                    write,
                    AUTOMATION,
                    login=f"{name.lower()}{suffix}",
                    name=name,
                    roles=frozenset({role}),
                    password_hash="-",
                    must_change_password=False,
                )
                for name, role in (("Sam", UserRole.SUPERVISOR), ("Ana", UserRole.AGENT), ("Ben", UserRole.AGENT))
            ]
            desk = await add_queue(write, AUTOMATION, "Desk", [ana.id])
        return cls(database, sam, ana, ben, desk, Threads(database), Queues(database), SettingsService(database))

    async def customer(self, name: str = "Cora") -> Customer:
        async with self.database.write() as write:
            return await add_customer(write, AUTOMATION, name)

    async def call(self, customer: CustomerId, *, queue: QueueId | None = None, link: LinkId | None = None) -> Call:
        """A customer calls: the call waits in its thread."""
        queue = queue or self.desk.id
        async with CallStore(self.database).write() as tx:
            now = self.database.clock.now()
            call = new_call(CallId(new_id("call")), self.database, customer, queue, link)
            call = replace(call, conversation=await thread_for_call(tx.write, customer, queue, now))
            await tx.add_call(call)
            data = {"direction": "inbound", "media": call.media}
            await tx.record(fact_of(call, FactKind.CALL_STARTED, Actor(ActorKind.CUSTOMER, customer), **data), call)
        return call

    async def answer(self, call: Call, agent: User) -> Call:
        """An agent answers: the store assigns the thread."""
        now = self.database.clock.now()
        async with CallStore(self.database).write() as tx:
            leg = Leg(LegId(new_id("leg")), LegState.UP, None)
            talking = replace(call, phase=Talking(agent.id, leg, now), answered_at=now)
            await tx.save_call(talking)
            waited = (now - call.started_at).total_seconds()
            fact = fact_of(talking, FactKind.CALL_ANSWERED, agent.actor, waited_seconds=waited)
            await tx.record(replace(fact, agent=agent.id), talking)
        return replace(talking, epoch=talking.epoch + 1)

    async def end(self, call: Call) -> Call:
        """The customer hangs up."""
        now = self.database.clock.now()
        answered = call.answered_at
        async with CallStore(self.database).write() as tx:
            ended = replace(call, phase=Ended(now, EndReason.HUNG_UP, EndedBy.CUSTOMER, call.agent))
            await tx.save_call(ended)
            data = {
                "by": EndedBy.CUSTOMER,
                "reason": EndReason.HUNG_UP,
                "waited_seconds": ((answered or now) - call.started_at).total_seconds(),
                "talked_seconds": (now - answered).total_seconds() if answered else None,
            }
            await tx.record(
                fact_of(ended, FactKind.CALL_ENDED, Actor(ActorKind.CUSTOMER, call.customer), **data), ended
            )
        return replace(ended, epoch=ended.epoch + 1)


def new_call(key: CallId, database: Database, customer: CustomerId, queue: QueueId, link: LinkId | None = None) -> Call:
    """A call that waits; its thread is still to be named."""
    now = database.clock.now()
    return Call(
        id=key,
        conversation=ConversationId(""),
        customer=customer,
        queue=queue,
        link=link,
        media=Media.VIDEO,
        started_at=now,
        wait_until=now + MAX_WAIT,
        customer_leg=Leg(LegId(new_id("leg")), LegState.CONNECTING, now + timedelta(seconds=15)),
    )


def fact_of(call: Call, kind: FactKind, actor: Actor, **data: str | float | None) -> Fact:
    return Fact(kind, actor, call.conversation, call.id, call.agent, call.queue, data)
