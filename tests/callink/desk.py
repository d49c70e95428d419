"""A desk that issues links, and browsers that come with them."""

from dataclasses import dataclass, replace

from callflow.call import Call, Ended, EndedBy, EndReason, Leg, LegState, Talking, Waiting
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import CallId, LegId, new_id
from callink.admission import admit, follow_call
from callink.issuing import NewLink
from callink.links import Links
from callink.tables import LinkKind
from callink.values import LinkState
from conversations.calls.store import CallStore
from conversations.threads.guests import guest_by_token, new_guest
from conversations.threads.joining import thread_for_call
from tests.conversations.centre import Centre, fact_of, new_call


@dataclass(frozen=True)
class Desk:
    """A centre with its links, and calls that follow them as the server binds it."""

    centre: Centre

    @property
    def links(self) -> Links:
        return Links(self.centre.database)

    @property
    def store(self) -> CallStore:
        return CallStore(self.centre.database, [follow_call])

    async def issue(self, kind: LinkKind = LinkKind.ONE_TIME, **more: object) -> str:
        """Make a link and return its token."""
        wanted = replace(NewLink(kind, self.centre.desk.id), **more)
        return (await self.links.issue(self.centre.sam, wanted))[1]

    async def browser(self) -> str:
        """A new browser; return the token in its cookie."""
        async with self.centre.database.write() as write:
            return (await new_guest(write))[1]

    async def join(self, token: str, browser: str, name: str | None = "Cora") -> Call:
        """Press the call button."""
        database = self.centre.database
        async with self.store.write() as tx:
            guest = await guest_by_token(tx.write.session, browser)
            assert guest is not None
            key = CallId(new_id("call"))
            admission = await admit(tx.write, token, guest, name, key)
            thread = await thread_for_call(tx.write, admission.customer, admission.route.queue, database.clock.now())
            call = new_call(key, database, admission.customer, admission.route.queue, admission.link.id)
            call = replace(call, conversation=thread)
            await tx.add_call(call)
            await tx.record(fact_of(call, FactKind.CALL_STARTED, AUTOMATION, direction="inbound", media="video"), call)
        return call

    async def answer(self, call: Call) -> Call:
        leg = Leg(LegId(new_id("leg")), LegState.UP, None)
        talking = Talking(self.centre.ana.id, leg, self.centre.database.clock.now())
        return await self._turn(replace(call, phase=talking), FactKind.CALL_ANSWERED, waited_seconds=1)

    async def requeue(self, call: Call) -> Call:
        return await self._turn(replace(call, phase=Waiting()), FactKind.CALL_REQUEUED)

    async def end(self, call: Call) -> Call:
        ended = Ended(self.centre.database.clock.now(), EndReason.HUNG_UP, EndedBy.CUSTOMER, call.agent)
        return await self._turn(replace(call, phase=ended), FactKind.CALL_ENDED)

    async def state(self, token: str, browser: str | None = None) -> LinkState:
        return (await self.links.look(token, browser)).state

    async def _turn(self, call: Call, kind: FactKind, **data: float) -> Call:
        async with self.store.write() as tx:
            await tx.save_call(call)
            await tx.record(fact_of(call, kind, AUTOMATION, **data), call)
        return replace(call, epoch=call.epoch + 1)
