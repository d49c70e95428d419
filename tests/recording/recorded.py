"""Calls that were recorded, as rows, with taps in the spool, and a keeper that finishes them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from callflow.call import Call, Recording
from callflow.facts import Actor, ActorKind, FactKind
from callflow.ids import CallId, RecordingId
from callflow.recorded import recording_of
from callflow.roles import Role
from conversations.calls.store import CallStore
from conversations.db.facts import facts_after
from recording.finisher import Finisher
from recording.finishing import Facts, Finished, finish
from recording.following import follow_call
from recording.keeper import Keeper
from recording.tables import RecordingRow
from tests.conversations.centre import Centre, fact_of
from tests.recording import talk


class Workshop(Finisher):
    """Finishes in this process, which is quicker. `step` is awaited before and after each."""

    def __init__(self, step: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__()
        self._step = step
        self.done: list[RecordingId] = []

    async def finish(self, folder: Path, into: Path, facts: Facts) -> Finished:
        if self._step is not None:
            await self._step()
        finished = finish(folder, into, facts)
        self.done.append(facts.recording)
        if self._step is not None:
            await self._step()
        return finished


@dataclass
class Archive:
    """A centre whose calls are recorded."""

    centre: Centre
    folder: Path

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def keeper(self, finisher: Finisher | None = None) -> Keeper:
        """Return a keeper, as each start of the server makes one."""
        return Keeper(self.centre.database, finisher or Workshop(), self.folder, self.spool)

    async def talks(self, customer: str = "Cora") -> Call:
        """Ana answers a call, and it is recorded."""
        call = await self.centre.call((await self.centre.customer(customer)).id)
        call = await self.centre.answer(call, self.centre.ana)
        call = replace(call, recording=Recording(recording_of(call.id), True, False))
        await self._follow(call, FactKind.RECORDING_STARTED)
        return call

    async def ended(self, call: Call) -> RecordingId:
        """The customer hangs up."""
        ended = await self.centre.end(replace(call, recording=None))
        await self._follow(replace(ended, recording=call.recording), FactKind.CALL_ENDED)
        return recording_of(call.id)

    def tapped(self, call: CallId, *, closed: bool = True, seconds: float = 2.0) -> Path:
        """Both sides' taps lie in the spool."""
        made = talk.Call(self.spool)
        made.path = self.spool / recording_of(call)
        made.tap(talk.CUSTOMER, Role.CUSTOMER, talk.voice(talk.CUSTOMER_HZ, 0, seconds), closed=closed)
        made.tap(talk.AGENT, Role.AGENT, talk.voice(talk.AGENT_HZ, 0, seconds), closed=closed)
        return made.path

    async def row(self, recording: RecordingId) -> RecordingRow:
        """Read the row."""
        async with self.centre.database.read() as session:
            return await session.get_one(RecordingRow, recording)

    async def told(self) -> list[tuple[object, object]]:
        """Return what was told of recordings: states and reasons."""
        async with self.centre.database.read() as session:
            facts = [logged.fact for logged in await facts_after(session, 0, 1000)]
        changed = [fact for fact in facts if fact.kind is FactKind.RECORDING_CHANGED]
        return [(fact.data["state"], fact.data["why"]) for fact in changed]

    async def _follow(self, call: Call, kind: FactKind) -> None:
        actor = Actor(ActorKind.CUSTOMER, call.customer)
        async with CallStore(self.centre.database).write() as tx:
            await follow_call(tx.write, replace(fact_of(call, kind, actor), agent=call.agent), call)
