"""The media plane: everything behind `callflow.wiring.MediaPort`."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Final

from callflow.ids import CallId, LegId, PromptId
from callflow.wiring import (
    NO_TAPS,
    Answer,
    LegDown,
    LegUp,
    LostBecause,
    MediaEvent,
    MediaRefusedError,
    PromptEnded,
    Stream,
    Wiring,
)
from callflow.wiring import Taps as TappedLegs
from media import pictures, prompts, sockets
from media.addresses import answered
from media.dtls import make_certificate
from media.figures import StreamFigures
from media.leg import Leg
from media.measuring import Measuring
from media.mixer import Mixer
from media.patchbay import Patchbay
from media.player import Player, Playing
from media.sdp import read_offer
from media.settings import MediaSettings
from media.shelf import Packets, Shelf
from media.streams import Out
from media.tap import Taps
from media.tapping import Tapping
from media.transport import TICK_S, Transport
from media.turns import Turns

log = logging.getLogger(__name__)

LATE_TICK_S: Final = 1.0
"""After a longer pause of the event loop the watchdog waits a round: what arrived meanwhile is not read yet."""


class MediaPlane:
    """Legs, their transports and the packets between them, on one UDP port. Implements `MediaPort`.

    `on_event` is called on the event loop, between packets, so it should hand the event on and return. `taps` are
    stopped with the plane.
    """

    def __init__(self, settings: MediaSettings, on_event: Callable[[MediaEvent], None], taps: Taps) -> None:
        self._settings = settings
        self._on_event = on_event
        self._certificate = make_certificate()
        self._registry = sockets.Registry()
        self._sockets: dict[int, list[sockets.MediaSocket]] = {}
        self._port = 0
        self._legs: dict[LegId, Leg] = {}
        self._shelf = Shelf(settings, self._prompt_ready)
        self._turns = Turns(settings.handshakes_at_once)
        self._player = Player(self._prompt_sent)
        self._mixer = Mixer()
        self._patchbay = Patchbay(self._legs, self._shelf, self._player, self._mixer)
        self._taps = taps
        self._tapping = Tapping(self._legs, taps, settings.spool)
        self._measuring = Measuring(settings.worker, self._legs, self._registry, self._tell)
        self._ticker: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The UDP port, once started."""
        return self._port

    async def start(self) -> None:
        """Prepare the built-in prompts and open the port.

        Raises `OSError` when the port is taken or no announced address can be reached, `PromptError` for a bad file.
        """
        await self._shelf.start()
        self._port, self._sockets = sockets.bind(self._settings.port, self._registry, self._settings.announced)
        if not answered(self._settings, self._sockets):
            await self.stop()
            raise OSError("no announced address is of a kind that this host has: is IPv6 switched off?")
        self._ticker = asyncio.create_task(self._tick_forever(), name="media tick")
        self._measuring.lag.start()

    async def stop(self) -> None:
        """Close every leg and the port, and write the taps to their end. May be repeated."""
        for leg in list(self._legs):
            self.close(leg)
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self._measuring.lag.stop()
        await self._shelf.stop()
        await self._player.close()
        await self._mixer.close()
        await asyncio.gather(*self._farewells, return_exceptions=True)
        for sock in itertools.chain(*self._sockets.values()):
            sock.close()
        self._sockets.clear()
        await asyncio.to_thread(self._taps.stop)

    @property
    def has_room(self) -> bool:
        """Say whether there is room for one more call."""
        return len({leg.call for leg in self._legs.values()}) < self._settings.max_calls

    # -- the port ---------------------------------------------------------------------------------------------------

    async def open(self, call: CallId, leg: LegId, offer: str, codecs: tuple[str, ...]) -> Answer:
        """Make a leg of a call and answer its first offer. Raises `MediaRefusedError`."""
        if leg in self._legs:
            raise MediaRefusedError("leg_exists", "This leg is open already; a new offer reopens it.")
        if len(self._legs) >= self._settings.max_legs:
            raise MediaRefusedError("too_many_legs", "The server has as many calls as it can carry.")
        made = Leg(call, leg, codecs)
        answer = self._new_transport(made, offer)
        self._legs[leg] = made
        self._patchbay.settle_leg(leg)
        return answer

    async def reopen(self, leg: LegId, offer: str) -> Answer:
        """Give a leg a new transport; the old one keeps working until the new one is up. Raises `MediaRefusedError`."""
        found = self._legs.get(leg)
        if found is None:
            raise MediaRefusedError("unknown_leg", "There is no such leg.")
        return self._new_transport(found, offer)

    def wire(self, call: CallId, epoch: int, wiring: Wiring, taps: TappedLegs = NO_TAPS) -> None:
        """State the whole wanted wiring of a call, and which of its legs are recorded; the taps are set first.

        An epoch lower than the last one given is ignored. A voice that is wired to another source than before cuts the
        prompt that `play` began, which ends.
        """
        if self._patchbay.late(call, epoch):
            return
        self._tapping.state(call, taps)
        for leg, prompt in self._patchbay.wire(call, epoch, wiring):
            self._tell_soon(PromptEnded(leg, prompt))

    def play(self, leg: LegId, prompt: PromptId) -> None:
        """Play a prompt once over whatever the leg's voice is wired to; one that plays already is replaced, and ends.

        One that is not known ends at once, and so does one for a leg whose browser receives no voice.
        """
        found = self._legs.get(leg)
        if found is None or (found.once is not None and found.once.prompt == prompt):
            return
        packets = self._shelf.find(prompt)
        if packets is None and self._shelf.reading(prompt):
            found.awaited = prompt
        else:
            self._begin_prompt(found, prompt, packets)

    def hush(self, leg: LegId) -> None:
        """End what `play` began, at once: the leg hears what its voice is wired to."""
        prompt = self._patchbay.cut(leg)
        if prompt is not None:
            self._patchbay.settle_leg(leg)
            self._tell_soon(PromptEnded(leg, prompt))

    def close(self, leg: LegId) -> None:
        """End a leg and forget it. Closing an unknown leg does nothing."""
        found = self._legs.pop(leg, None)
        if found is None:
            return
        self._measuring.close(found)
        for transport in (found.pending, found.current):
            if transport is not None:
                self._end(transport)
        found.current = found.pending = None
        found.stop_tap()
        self._tapping.forget(leg)
        self._patchbay.forget(leg)
        self._patchbay.settle_around(leg)

    # -- beside the port --------------------------------------------------------------------------------------------

    async def add_prompt(self, prompt: PromptId, sound: Path) -> None:
        """Encode a sound file, off the event loop, and keep it under a name. Raises `PromptError`."""
        self._shelf.keep(prompt, await asyncio.to_thread(lambda: prompts.encode(prompts.read_sound(sound))))

    def counters(self) -> dict[LegId, dict[Stream, StreamFigures]]:
        """Return what each open leg has sent and was sent, packet by packet, per stream."""
        return {
            leg.id: {
                stream: StreamFigures(count.received, count.forwarded, count.sent, dict(count.dropped))
                for stream, count in leg.counts.items()
            }
            for leg in self._legs.values()
        }

    def refused(self) -> dict[str, int]:
        """Return how many datagrams reached no stream, by reason."""
        return self._registry.all_refused()

    # -- transports -------------------------------------------------------------------------------------------------

    def _new_transport(self, leg: Leg, offer: str) -> Answer:
        transport = Transport(leg.id, read_offer(offer, leg.codecs), self._certificate, leg.counts, self, self._turns)
        sdp = transport.answer(answered(self._settings, self._sockets), self._port)
        if leg.pending is not None:
            self._end(leg.pending)
        leg.pending = transport
        self._registry.add(transport)
        transport.start(self._settings.setup_limit_s)
        return Answer(sdp, transport.id)

    def transport_up(self, transport: Transport) -> None:
        """A transport is secured: it takes over from the one before, with everything wired to and from the leg."""
        leg = self._legs.get(transport.leg)
        if leg is None or leg.pending is not transport:
            return
        self._measuring.leave(leg)
        before, leg.current, leg.pending = leg.current, transport, None
        pictures.keep_ready(transport)
        leg.meter.begin(time.monotonic())
        self._tapping.settle(leg.id)
        self._patchbay.settle_around(leg.id)
        if before is not None:
            self._end(before)
        self._tell(LegUp(leg.id, transport.id))
        self._end_unheard_prompt(leg)

    def transport_lost(self, transport: Transport, because: LostBecause) -> None:
        """A transport ended. Told as `LegDown`, or as `LegUp` of another one that works."""
        leg = self._legs.get(transport.leg)
        if leg is not None and leg.current is transport:
            self._measuring.leave(leg)
        self._end(transport)
        if leg is None:
            return
        if leg.pending is transport:
            leg.pending = None
            if leg.current is not None and leg.current.is_up and not leg.current.silent:
                self._tell(LegUp(leg.id, leg.current.id))
                return
        self._patchbay.settle_around(leg.id)
        self._tell(LegDown(leg.id, transport.id, because))

    def _end(self, transport: Transport) -> None:
        self._registry.remove(transport)
        self._patchbay.release(transport.outs.values())
        transport.detach()
        self._later(transport.stop(), f"media farewell {transport.id}")

    def _later(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def _tell_soon(self, event: MediaEvent) -> None:
        """Tell after what is being done, for whoever asked for it does not expect to be told meanwhile."""
        asyncio.get_running_loop().call_soon(self._tell, event)

    def _tell(self, event: MediaEvent) -> None:
        try:
            self._on_event(event)
        except Exception:
            log.exception("%s was not taken", event)

    # -- time -------------------------------------------------------------------------------------------------------

    async def _tick_forever(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            try:
                self._tick(now, watchful=now - before < LATE_TICK_S)
            except Exception:
                log.exception("the media tick failed")
            before = now

    def _tick(self, now: float, watchful: bool) -> None:
        self._registry.strangers_left = sockets.STRANGERS_PER_TICK
        for leg in list(self._legs.values()):
            for transport in (leg.pending, leg.current):
                if transport is None:
                    continue
                transport.renew_allowance()
                for address in transport.expire_consent(now):
                    self._registry.drop_address(address, transport)
            if leg.current is not None and leg.current.is_up:
                pictures.care(leg.current, now)
                if watchful:
                    self._watch(leg, leg.current, now)
        self._measuring.tick(now)

    def _watch(self, leg: Leg, transport: Transport, now: float) -> None:
        """Tell when a transport falls silent and when it is heard again."""
        heard = max(transport.heard_media_at, transport.heard_control_at)
        sends_media = heard - transport.heard_media_at < self._settings.silent_after_s
        limit = self._settings.silent_after_s if sends_media else self._settings.listener_silent_after_s
        silent = now - heard > limit
        if silent == transport.silent:
            return
        transport.silent = silent
        if silent:
            self._tell(LegDown(leg.id, transport.id, LostBecause.SILENT))
        else:
            self._tell(LegUp(leg.id, transport.id))

    # -- prompts ----------------------------------------------------------------------------------------------------

    def _begin_prompt(self, leg: Leg, prompt: PromptId, packets: Packets | None) -> None:
        leg.awaited = None
        if packets is None:
            log.warning("prompt %s is not known", prompt)
            self._patchbay.settle_leg(leg.id)
            self._tell_soon(PromptEnded(leg.id, prompt))
            return
        if leg.once is not None:
            self._tell_soon(PromptEnded(leg.id, leg.once.prompt))
        leg.once = Playing(prompt, packets, repeat=False)
        self._patchbay.settle_leg(leg.id)
        self._end_unheard_prompt(leg)

    def _prompt_ready(self, prompt: PromptId, packets: Packets | None) -> None:
        for leg in list(self._legs.values()):
            if leg.awaited == prompt:
                self._begin_prompt(leg, prompt, packets)
        self._patchbay.prompt_ready(prompt, packets)

    def _end_unheard_prompt(self, leg: Leg) -> None:
        if leg.once is None or leg.current is None or not leg.current.is_up or Stream.VOICE in leg.current.outs:
            return
        prompt, leg.once = leg.once.prompt, None
        self._tell_soon(PromptEnded(leg.id, prompt))

    def _prompt_sent(self, out: Out, playing: Playing) -> None:
        leg = self._legs.get(out.transport.leg)
        if leg is not None and leg.once is playing:
            leg.once = None
            self._patchbay.settle_leg(leg.id)
            self._tell(PromptEnded(leg.id, playing.prompt))
