"""All media workers as one `MediaPort`: which of them carries which call, and what follows when one dies."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from callflow.ids import CallId, LegId, PromptId
from callflow.wiring import NO_TAPS, Answer, LegDown, LostBecause, MediaEvent, MediaRefusedError, Stream, Taps, Wiring
from media.figures import StreamFigures
from media.settings import MediaSettings
from signaling.media_worker.messages import (
    Answered,
    Close,
    Count,
    Counted,
    Hush,
    Open,
    Order,
    Play,
    Question,
    Refused,
    Reopen,
    WireCall,
)
from signaling.media_worker.worker import Worker, WorkerGoneError

log = logging.getLogger(__name__)

RESTART_PAUSES_S: Final = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Before each new start of a worker that dies again and again; the last one repeats."""
STEADY_AFTER_S: Final = 30.0
"""A worker that lived for so long begins at the first pause again."""
AWAY_LIMIT_S: Final = 5.0
"""How long an offer waits for a worker, when all are being started."""


class MediaAwayError(MediaRefusedError):
    """No worker can answer now; one is being started."""

    def __init__(self) -> None:
        super().__init__("media_away", "The sound of this server is being started again. Try again in a moment.")


@dataclass(slots=True, eq=False)
class Slot:
    """One worker's place, with the same port in each of its lives."""

    number: int
    settings: MediaSettings
    worker: Worker | None = None


class MediaWorkers:
    """The media plane in one process or several. Implements `MediaPort`.

    All legs of a call are in the same worker. When that dies, each of its legs is told of as lost, and the call's next
    offer finds another worker. The wiring needs no memory here: the engine states it again for each leg that comes.
    """

    def __init__(
        self, settings: MediaSettings, count: int, log_level: str, on_event: Callable[[MediaEvent], None]
    ) -> None:
        ports = [settings.port + number if settings.port else 0 for number in range(count)]
        self._slots = [Slot(number, replace(settings, port=port, worker=number)) for number, port in enumerate(ports)]
        self._log_level = log_level
        self._on_event = on_event
        self._legs: dict[LegId, tuple[CallId, Slot]] = {}
        self._calls: dict[CallId, Slot] = {}
        self._ready = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def workers(self) -> list[Worker]:
        """Those that run now."""
        return [slot.worker for slot in self._slots if slot.worker is not None]

    @property
    def has_room(self) -> bool:
        """Say whether there is room for one more call, at the worker that would get it."""
        slot = self._least_busy()
        return self._carried(slot) < slot.settings.max_calls

    async def start(self) -> None:
        """Start all workers, and keep them running. Raises `OSError` when one cannot start."""
        started = await asyncio.gather(*(self._spawn(slot) for slot in self._slots), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                await self.stop()
                raise OSError(str(failure)) from failure
        for slot in self._slots:
            self._keepers.append(asyncio.create_task(self._keep(slot), name=f"media worker {slot.number}"))

    async def stop(self) -> None:
        """End all workers. May be repeated."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        for slot in self._slots:
            slot.worker = None

    # -- the port ---------------------------------------------------------------------------------------------------

    async def open(self, call: CallId, leg: LegId, offer: str, codecs: tuple[str, ...]) -> Answer:
        """Make a leg of a call, where the call is already. Raises `MediaRefusedError`."""
        slot = await self._slot_for(call)
        try:
            answer = await self._answer(slot, lambda asked: Open(asked, call, leg, offer, codecs))
        except (MediaAwayError, asyncio.CancelledError):
            self._order(slot, Close(leg))  # it may be made all the same, and the next offer must not find it there
            self._forget_if_empty(call)
            raise
        except MediaRefusedError:
            self._forget_if_empty(call)
            raise
        self._legs[leg] = (call, slot)
        return answer

    async def reopen(self, leg: LegId, offer: str) -> Answer:
        """Give a leg a new transport. Raises `MediaRefusedError`, ``unknown_leg`` when its worker has died since."""
        if leg not in self._legs:
            raise MediaRefusedError("unknown_leg", "There is no such leg.")
        return await self._answer(self._legs[leg][1], lambda asked: Reopen(asked, leg, offer))

    def wire(self, call: CallId, epoch: int, wiring: Wiring, taps: Taps = NO_TAPS) -> None:
        """State the whole wanted wiring of a call, and which legs are recorded."""
        slot = self._calls.get(call)
        if slot is None and wiring:
            slot = self._calls[call] = self._least_busy()
        self._order(slot, WireCall(call, epoch, wiring, taps))
        if not wiring:
            self._forget_if_empty(call)

    def play(self, leg: LegId, prompt: PromptId) -> None:
        """Play a prompt once."""
        self._order(self._slot_of(leg), Play(leg, prompt))

    def hush(self, leg: LegId) -> None:
        """End what is being said to a leg."""
        self._order(self._slot_of(leg), Hush(leg))

    def close(self, leg: LegId) -> None:
        """End a leg and forget it."""
        self._order(self._slot_of(leg), Close(leg))
        if leg in self._legs:
            call, _ = self._legs.pop(leg)
            self._forget_if_empty(call)

    # -- beside the port --------------------------------------------------------------------------------------------

    async def counters(self) -> dict[LegId, Mapping[Stream, StreamFigures]]:
        """Return what each open leg has sent and was sent, packet by packet, per stream."""
        replies = await asyncio.gather(*(worker.ask(Count) for worker in self.workers), return_exceptions=True)
        counted = [reply for reply in replies if isinstance(reply, Counted)]
        return {leg: figures for reply in counted for leg, figures in reply.counters.items()}

    # -- who carries what -------------------------------------------------------------------------------------------

    async def _slot_for(self, call: CallId) -> Slot:
        slot = self._calls.get(call)
        if slot is None or slot.worker is None:
            try:
                async with asyncio.timeout(AWAY_LIMIT_S):
                    await self._ready.wait()
            except TimeoutError:
                raise MediaAwayError from None
            slot = self._calls.get(call)  # another leg of the call may have waited as well
            if slot is None or slot.worker is None:
                slot = self._calls[call] = self._least_busy()
        return slot

    def _least_busy(self) -> Slot:
        return min(self._slots, key=lambda slot: (slot.worker is None, self._carried(slot)))

    def _carried(self, slot: Slot) -> int:
        return sum(of is slot for of in self._calls.values())

    def _slot_of(self, leg: LegId) -> Slot | None:
        return self._legs[leg][1] if leg in self._legs else None

    def _forget_if_empty(self, call: CallId) -> None:
        if not any(of == call for of, _ in self._legs.values()):
            self._calls.pop(call, None)

    def _order(self, slot: Slot | None, order: Order) -> None:
        if slot is not None and slot.worker is not None:
            slot.worker.send(order)

    async def _answer(self, slot: Slot, make: Callable[[int], Question]) -> Answer:
        try:
            if slot.worker is None:
                raise MediaAwayError
            reply = await slot.worker.ask(make)
        except WorkerGoneError as error:
            raise MediaAwayError from error
        match reply:
            case Answered(answer=answer):
                return answer
            case Refused(code=code, sentence=sentence):
                raise MediaRefusedError(code, sentence)
            case Counted():
                raise AssertionError("counters are no answer")

    # -- life -------------------------------------------------------------------------------------------------------

    async def _spawn(self, slot: Slot) -> None:
        slot.worker = await Worker.spawn(slot.settings, self._log_level, self._on_event)
        self._ready.set()

    async def _keep(self, slot: Slot) -> None:
        """Start a worker anew whenever it has ended."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            if slot.worker is not None:
                began = loop.time()
                await slot.worker.ended.wait()
                deaths = 1 if loop.time() - began > STEADY_AFTER_S else deaths + 1
                await self._bury(slot, slot.worker)
            await asyncio.sleep(RESTART_PAUSES_S[min(deaths, len(RESTART_PAUSES_S)) - 1])
            try:
                await self._spawn(slot)
            except Exception as error:  # whatever it was, calls need a worker: try again
                deaths += 1
                log.error("media worker %s cannot start: %s", slot.number, error)

    async def _bury(self, slot: Slot, worker: Worker) -> None:
        """Take a dead worker away, and tell of its legs. The other workers notice nothing."""
        slot.worker = None
        if not self.workers:
            self._ready.clear()
        lost = [leg for leg, (_, place) in self._legs.items() if place is slot]
        for call in [call for call, place in self._calls.items() if place is slot]:
            del self._calls[call]
        for leg in lost:
            del self._legs[leg]
        for leg in lost:
            try:
                self._on_event(LegDown(leg, None, LostBecause.WORKER))
            except Exception:
                log.exception("nobody took that %s lost its media process", leg)
        await worker.stop()
