"""Calls that were recorded, as rows, with taps in the spool, and a keeper that finishes them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
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
from recording.finishing import Facts, Finished, FinishedFile, finish
from recording.following import follow_call
from recording.keeper import Keeper
from recording.preparer import Preparer
from recording.rules import RecordingRules, SettingsChange
from recording.server import Server
from recording.shelf import DatabaseShelf, KeptInPlace
from recording.side_by_side import make_side_by_side
from recording.tables import RecordingRow
from recording.targets import SecretKeys, TargetChange, Targets
from recording.uploader import Uploader
from tests.conversations.centre import Centre, fact_of
from tests.ftp_servers import PASSWORD
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


class Cutter(Finisher):
    """Makes side-by-side files in a thread of this process. `step` is awaited before each."""

    def __init__(self, step: Callable[[Path], Awaitable[None]] | None = None) -> None:
        super().__init__()
        self._step = step
        self.begun: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def side_by_side(self, folder: Path) -> FinishedFile:
        self.begun.append(folder.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self._step is not None:
                await self._step(folder)
            return await asyncio.to_thread(make_side_by_side, folder)
        finally:
            self.at_once -= 1


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

    async def talks(self, customer: str = "Cora", *, video: bool = False) -> Call:
        """Ana answers a call, and it is recorded."""
        call = await self.centre.call((await self.centre.customer(customer)).id)
        call = await self.centre.answer(call, self.centre.ana)
        call = replace(call, recording=Recording(recording_of(call.id), True, video))
        await self._follow(call, FactKind.RECORDING_STARTED)
        return call

    async def ended(self, call: Call) -> RecordingId:
        """The customer hangs up."""
        ended = await self.centre.end(replace(call, recording=None))
        await self._follow(replace(ended, recording=call.recording), FactKind.CALL_ENDED)
        return recording_of(call.id)

    def preparer(self, finisher: Finisher | None = None) -> Preparer:
        """Return a preparer, as each start of the server makes one."""
        return Preparer(self.centre.database, finisher or Cutter(), self.folder)

    def tapped(self, call: CallId, *, closed: bool = True, seconds: float = 2.0, video: bool = False) -> Path:
        """Both sides' taps lie in the spool: with video the customer is red and the agent blue."""
        made = talk.Call(self.spool)
        made.path = self.spool / recording_of(call)
        sides = (
            (talk.CUSTOMER, Role.CUSTOMER, talk.CUSTOMER_HZ, talk.RED),
            (talk.AGENT, Role.AGENT, talk.AGENT_HZ, talk.BLUE),
        )
        for leg, role, hertz, colour in sides:
            seen = talk.pictures([colour] * round(20 * seconds) if video else [], 0)
            made.tap(leg, role, [*talk.voice(hertz, 0, seconds), *seen], closed=closed)
        return made.path

    async def kept(self, customer: str = "Cora", *, video: bool = False, seconds: float = 1.0) -> RecordingId:
        """A finished recording."""
        call = await self.talks(customer, video=video)
        self.tapped(call.id, seconds=seconds, video=video)
        clock = self.centre.database.clock
        clock.advance(seconds)  # pyright: ignore
        recording = await self.ended(call)
        clock.advance(2)  # pyright: ignore
        assert await self.keeper().finish_one()
        return recording

    async def allow_download(self, on: bool = True) -> None:
        """Switch the download of video."""
        rules = RecordingRules(self.centre.database)
        version = (await rules.settings()).version
        await rules.change(self.centre.sam.actor, version, SettingsChange(download=on))

    async def configured(self, server: Server, secret: str = PASSWORD) -> DatabaseShelf:
        """Recordings go to a server from now on."""
        keys = SecretKeys(self.folder.parent / "secret.keys")
        targets = Targets(self.centre.database, keys)
        change = TargetChange(server, secret, failover=True, upload=True)
        await targets.change(self.centre.sam.actor, (await targets.current()).version, change)
        return DatabaseShelf(self.centre.database, keys, self.folder)

    @asynccontextmanager
    async def uploading(self, shelf: DatabaseShelf) -> AsyncGenerator[None]:
        """An uploader is at work."""
        uploader = Uploader(shelf, KeptInPlace(self.folder), self.centre.database.clock, look_every=0.02)
        task = asyncio.create_task(uploader.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

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
