"""The engine: it runs the machines against the store and the media plane.

For each event: read the call, `step` it, write the call, the agents it touches and the facts in one
transaction, each by compare-and-set; after the commit, and only then, perform the live commands. A hang-up
is the exception: media stops first. The deadline in a row is the timer; the alarm only wakes on time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Generic, TypeVar

from callflow import agent_machine, call_machine, consent, recorded
from callflow.agent import Agent
from callflow.agent_machine import AgentEvent, AgentTimePassed, LoseRing, PanelsGone
from callflow.attempts import until_won
from callflow.call import Call
from callflow.clock import Clock
from callflow.errors import RefusedError, StoreAwayError
from callflow.events import (
    CallEvent,
    Decision,
    DriverFailed,
    HungUp,
    LegConnected,
    LegLost,
    PromptFinished,
    RecordingPolicy,
    RingLost,
    ServerRestarted,
    TimePassed,
)
from callflow.hangup_journal import HangupJournal
from callflow.ids import AgentId, CallId, QueueId
from callflow.mailbox import Mailbox
from callflow.outage import Outage
from callflow.patience import Patience
from callflow.performing import perform, silence
from callflow.ports import Store, Transaction
from callflow.router import Router
from callflow.seen import Seen
from callflow.unended import MOMENT, Unended
from callflow.waiting import Place
from callflow.wiring import LegDown, LegUp, MediaEvent, MediaPort, PromptEnded
from callflow.writing import follow, save_agent

log = logging.getLogger(__name__)

T = TypeVar("T", bound=Transaction)

SWEEP_EVERY = timedelta(seconds=1)
SOONEST = timedelta(milliseconds=20)
NOT_RECORDED = RecordingPolicy()


class Engine(Generic[T]):
    """Runs every call of this process."""

    def __init__(self, store: Store[T], media: MediaPort, clock: Clock, hangups: HangupJournal | None = None) -> None:
        self._store = store
        self._media = media
        self._clock = clock
        self._mailboxes: dict[CallId, Mailbox[CallEvent, Call]] = {}
        self._seen = Seen()
        self._route_wanted = asyncio.Event()
        self._router = Router(store, clock, self.ask)
        self._unended = Unended(hangups)
        self._outage = Outage(clock)
        self._patience = Patience()
        self._swept_well = True
        self._tasks: list[asyncio.Task[None]] = []

    # ---- life ------------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Take up what the last process left, then wake on every deadline and route on every change."""
        await self.recover()
        self._tasks = [
            asyncio.create_task(self._forever(self._alarm), name="alarm"),
            asyncio.create_task(self._forever(self._route), name="router"),
        ]

    async def stop(self) -> None:
        """End all tasks. Calls stay as they are stored."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._patience.close()
        for mailbox in list(self._mailboxes.values()):
            await mailbox.close()

    async def recover(self) -> None:
        """After a start: no panel and no transport is there; everybody gets the grace to come back (PLUS-01)."""
        for agent in await self._store.agents():
            if agent.reachable:
                await self.agent(agent.id, PanelsGone())
        await self._unended.take_up()
        for call in await self._store.live_calls():
            self.adopt(call)
            try:
                await self._take_up(call.id)
            except StoreAwayError:
                self.post(call.id, ServerRestarted())
            except Exception:
                log.exception("call %s could not be taken up", call.id)

    async def _take_up(self, call: CallId) -> None:
        """Tell a call that it was left, unless somebody had hung up, which the last process could not write."""
        why = self._unended.why(call)
        if why is not None:
            with suppress(RefusedError):
                await self.ask(call, why)
                return
        await self.ask(call, ServerRestarted())

    # ---- what the edge asks ----------------------------------------------------------------------------
    async def arrive(self, make: Callable[[T], Awaitable[Call]]) -> Call:
        """Begin the call that `make` builds, in the same transaction as whatever `make` writes."""

        async def begin() -> Call:
            async with self._store.write() as tx:
                decision = call_machine.arrive(await make(tx))
                await tx.add_call(decision.call)
                await follow(tx, decision, self._clock.now())
            self._committed(decision.call)
            return decision.call

        return await self._patience.within(until_won(begin))  # a race may be lost to the agent who begins it

    def post(self, call: CallId, event: CallEvent) -> None:
        """Leave an event for a call; it is handled soon, in order."""
        self._mailbox(call).post(event)

    async def ask(self, call: CallId, event: CallEvent) -> Call:
        """Leave an event for a call and return the call after it. Raises `RefusedError` and `StoreAwayError`."""
        return await self._mailbox(call).ask(event)

    async def hang_up(self, call: CallId, event: HungUp) -> None:
        """Take a hang-up whatever the database does: silent at once, and written when it can be.

        Raises `RefusedError`.
        """
        self._stop_media(call, event)
        try:
            await self._mailbox(call).ask(event, MOMENT)
        except (StoreAwayError, asyncio.QueueFull):
            await self._unended.keep(call, event)

    async def agent(self, agent: AgentId, event: AgentEvent) -> Agent:
        """Perform an event of an agent and return the agent after it. Raises `RefusedError` and `StoreAwayError`."""

        async def change() -> Agent:
            async with self._store.write() as tx:
                decision = agent_machine.step(await tx.agent(agent), event, self._clock.now())
                await save_agent(tx, decision, None)
            if isinstance(decision.lose, LoseRing):
                self.post(decision.lose.call, RingLost(decision.lose.reservation))
            self._route_wanted.set()
            return decision.agent

        return await self._patience.within(until_won(change))

    def media_event(self, event: MediaEvent) -> None:
        """Take what the media plane saw to the call whose leg it is."""
        match event:
            case LegUp(leg=leg, transport=transport):
                happened = LegConnected(leg, transport)
            case LegDown(leg=leg, transport=transport):
                happened = LegLost(leg, transport)
            case PromptEnded(leg=leg, prompt=prompt):
                happened = PromptFinished(leg, prompt)
            case _:
                return
        call = self._seen.of_leg(leg)
        if call is not None:
            self.post(call, happened)

    def adopt(self, call: Call) -> None:
        """Take note of a call that another engine has left, so that its legs are known here."""
        self._committed(call)

    def live(self, call: CallId) -> Call | None:
        """Return a live call as last committed by this process."""
        return self._seen.call(call)

    # ---- time and routing ----------------------------------------------------------------------------
    async def sweep(self) -> None:
        """Tell every call and agent whose deadline has come."""
        self._swept_well = True
        for call, why in self._unended.all():
            if not await self._sweep(f"call {call}", lambda call=call, why=why: self.ask(call, why)):
                break
        await self._unended.tidy()
        await self._tell_the_time()
        for call, mailbox in list(self._mailboxes.items()):
            if self._seen.call(call) is None and mailbox.idle:
                del self._mailboxes[call]
                await mailbox.close()

    async def route(self) -> bool:
        """Offer waiting calls to free agents; say whether anything was offered (PLUS-06)."""
        return await self._router.route()

    def offer_nothing(self) -> None:
        """Offer no waiting call any more: who waits keeps the place until the next start."""
        self._router.offers = False

    @property
    def carried(self) -> int:
        """How many calls are talked in or ring, or take a message, with anybody there."""
        return self._seen.carried

    async def take(self, queue: QueueId, agent: AgentId) -> None:
        """Ring an agent who asks for work for the first caller of his queue (SYS-03). Raises `RefusedError`."""
        await self._router.take(queue, agent)

    async def drained(self) -> None:
        """Wait until no event waits in any mailbox."""
        while busy := [mailbox for mailbox in self._mailboxes.values() if not mailbox.idle]:
            for mailbox in busy:
                await mailbox.drained()

    async def _tell_the_time(self) -> None:
        calls, agents = await self._store.due(self._clock.now())
        places = await self._places(calls)
        looks = [(f"call {call}", lambda call=call: self.ask(call, TimePassed(places.get(call)))) for call in calls]
        looks += [(f"agent {agent}", lambda agent=agent: self.agent(agent, AgentTimePassed())) for agent in agents]
        for what, look in looks:
            if self._outage.holds_deadlines:
                self._swept_well = False  # they are due yet
                return
            await self._sweep(what, look)

    async def _places(self, calls: Collection[CallId]) -> Mapping[CallId, Place]:
        """Say where the callers of these calls stand, since they may have to be told (PLUS-12)."""
        try:
            return await self._store.places(calls) if calls else {}
        except Exception:
            log.exception("the places of %d calls could not be read", len(calls))
            return {}  # a deadline is kept, whatever cannot be said

    async def _sweep(self, what: str, look: Callable[[], Awaitable[object]]) -> bool:
        """Do one thing that is due; say whether the database is there."""
        try:
            await look()
        except StoreAwayError as error:
            self._missed(what, error)
            self._swept_well = False
            return False
        except RefusedError as error:
            log.info("%s refused what was due: %s", what, error.code)
        except Exception:
            self._swept_well = False
            log.exception("the deadline of %s could not be kept", what)
        return True

    def _missed(self, what: str, error: StoreAwayError) -> None:
        self._outage.missed()
        log.warning("%s waits for the database: %s", what, error)

    async def _route(self) -> None:
        await self._route_wanted.wait()
        self._route_wanted.clear()
        try:
            await self.route()
        except Exception:
            self._route_wanted.set()  # what was wanted is still to be done
            raise

    async def _alarm(self) -> None:
        now = self._clock.now()
        due = [await self._store.next_deadline(), self._router.look_again, now + SWEEP_EVERY]
        wait = min(when for when in due if when is not None) - now
        least = SOONEST if self._swept_well else SWEEP_EVERY
        await asyncio.sleep(max(wait, least).total_seconds())
        await self.sweep()
        if self._router.look_again is not None and self._router.look_again <= self._clock.now():
            self._router.look_again = None
            self._route_wanted.set()

    async def _forever(self, turn: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await turn()
            except StoreAwayError as error:
                self._missed(turn.__name__, error)
                await asyncio.sleep(1)
            except Exception:
                log.exception("%s failed and goes on", turn.__name__)
                await asyncio.sleep(1)

    # ---- one event -------------------------------------------------------------------------------------
    def _mailbox(self, call: CallId) -> Mailbox[CallEvent, Call]:
        mailbox = self._mailboxes.get(call)
        if mailbox is None:

            async def handle(event: CallEvent) -> Call:
                return await self._handle(call, event)

            mailbox = Mailbox(call, handle, lambda event, error: self._trouble(call, event, error))
            self._mailboxes[call] = mailbox
        return mailbox

    async def _handle(self, call_id: CallId, event: CallEvent) -> Call:
        try:
            if isinstance(event, HungUp):
                return await self._hung_up(call_id, event)
            return await self._written(call_id, event)
        except StoreAwayError:
            self._outage.missed()
            raise

    async def _hung_up(self, call_id: CallId, event: HungUp) -> Call:
        self._stop_media(call_id, event)
        try:
            return await self._written(call_id, event)
        except RefusedError:
            self._unended.over(call_id)
            raise
        except Exception:
            self._unended.note(call_id, event)  # nobody hears anybody any more: the sweeper sees that it ends
            raise

    async def _written(self, call_id: CallId, event: CallEvent) -> Call:
        before, decision = await until_won(lambda: self._transact(call_id, event))
        if decision.call != before:
            self._committed(decision.call)
        if not decision.call.live:
            self._unended.over(call_id)
        self._perform(decision)
        return decision.call

    async def _transact(self, call_id: CallId, event: CallEvent) -> tuple[Call, Decision]:
        now = self._clock.now()
        async with self._store.write() as tx:
            before = await tx.call(call_id)
            if before is None:
                raise RefusedError("no_call", "There is no such call.")
            decision = call_machine.step(before, event, now)
            if decision.call == before:
                return before, decision
            agent = recorded.begins_to_talk(before, decision.call)
            policy = await tx.recording_policy(agent, decision.call) if agent else NOT_RECORDED
            decision = consent.follow(before, recorded.follow(before, decision, policy), now)
            await tx.save_call(decision.call)
            await follow(tx, decision, now)
        return before, replace(decision, call=replace(decision.call, epoch=before.epoch + 1))

    def _committed(self, call: Call) -> None:
        """Remember the call as it is now, and look for work to hand out."""
        self._seen.note(call)
        self._route_wanted.set()

    def _stop_media(self, call_id: CallId, event: HungUp) -> None:
        """A slow database must not keep a microphone open (design, section 2)."""
        call = self._seen.call(call_id)
        if call is not None:
            try:
                silence(self._media, call, event)
            except Exception:
                log.exception("the media of call %s could not be stopped", call_id)

    def _perform(self, decision: Decision) -> None:
        """Perform the commands of a decision that is committed; a call whose commands fail ends."""
        call = decision.call
        for command in decision.commands:
            try:
                perform(self._media, call, command)
            except Exception as error:
                log.error("%s of call %s failed", type(command).__name__, call.id, exc_info=error)
                if call.live:
                    self.post(call.id, DriverFailed())

    def _trouble(self, call: CallId, event: CallEvent, error: Exception) -> None:
        """End a call whose event could not be handled, so that its agent is free; others notice nothing."""
        if isinstance(error, RefusedError):
            log.info("call %s refused an event: %s", call, error.code)
            return
        log.error("call %s failed at %s and is ended", call, type(event).__name__, exc_info=error)
        self._unended.note(call, DriverFailed())
        if not isinstance(event, DriverFailed):  # else the sweeper tries again, and not this moment
            self.post(call, DriverFailed())
