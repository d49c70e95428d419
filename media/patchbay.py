"""Who receives what: the wanted wiring of each call, and putting it into effect on the transports there are.

Wiring names legs, packets pass between transports. Whenever a leg gets a transport, loses one or is named in another
wiring, what the leg should receive is compared with what its outputs follow, and only what differs is changed.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from callflow.ids import CallId, LegId, PromptId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromMix, FromPrompt, Source, Stream, Wiring
from media.leg import Leg
from media.mixer import Mixer
from media.pictures import ask_key_frame
from media.player import Player, Playing
from media.shelf import Packets, Shelf
from media.streams import In, Out

log = logging.getLogger(__name__)

CALLS_REMEMBERED: Final = 4096
"""Calls whose last epoch is kept, so that a late and old wiring is still recognised after the call's end."""


class Patchbay:
    """Keeps the outputs of all legs as the calls want them."""

    def __init__(
        self,
        legs: Mapping[LegId, Leg],
        shelf: Shelf,
        player: Player,
        mixer: Mixer,
    ) -> None:
        self._legs = legs
        self._shelf = shelf
        self._player = player
        self._mixer = mixer
        self._calls: OrderedDict[CallId, tuple[int, Wiring]] = OrderedDict()
        self._call_of: dict[LegId, CallId] = {}

    def wire(self, call: CallId, epoch: int, wiring: Wiring) -> list[tuple[LegId, PromptId]]:
        """State the whole wanted wiring of a call; an epoch lower than the last one is ignored.

        Returns the prompts that it cut, with who heard them: those over a voice that has another source now (PLUS-14).
        """
        if self.late(call, epoch):
            return []
        known = call in self._calls
        _, before = self._calls.get(call, (epoch, {}))
        self._calls[call] = (epoch, {leg: dict(streams) for leg, streams in wiring.items()})
        self._calls.move_to_end(call)
        touched = [leg for leg in before if leg not in wiring and self._call_of.get(leg) == call]
        for leg in touched:
            del self._call_of[leg]
        for leg in wiring:
            self._call_of[leg] = call
        rewired = [leg for leg in (*touched, *wiring) if known and _voice(before, leg) != _voice(wiring, leg)]
        cut = [(leg, prompt) for leg in rewired if (prompt := self.cut(leg)) is not None]
        for leg in (*touched, *wiring):
            self.settle_leg(leg)
        self._forget_old_calls()
        return cut

    def late(self, call: CallId, epoch: int) -> bool:
        """Say whether a later wiring of the call is known already."""
        return call in self._calls and epoch < self._calls[call][0]

    def settle_leg(self, leg_id: LegId) -> None:
        """Put into effect what a leg should receive, if it is there."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        call = self._call_of.get(leg_id)
        leg.wanted = self._calls[call][1].get(leg_id, {}) if call is not None else {}
        self._keep_music(leg)
        for stream, out in self._outs(leg):
            if stream is Stream.VOICE and self._settle_made_voice(leg, out):
                out.follow(None)
                continue
            source = self._source(leg.wanted.get(stream), stream)
            if source is out.source:
                continue
            out.follow(source)
            if source is not None and stream is not Stream.VOICE and not out.paused:
                ask_key_frame(source)

    def _settle_made_voice(self, leg: Leg, out: Out) -> bool:
        """Play or mix what a leg should hear, and nothing else; say whether it hears what the server itself makes."""
        playing, wanted = leg.once or leg.music, leg.wanted.get(Stream.VOICE)
        mix = wanted if playing is None and isinstance(wanted, FromMix) else None
        if playing is None:
            self._player.stop(out)
        if mix is None:
            self._mixer.stop(out)
        if playing is not None:
            self._player.play(out, playing)
        if mix is not None:
            voices = [self._source(FromLeg(heard), Stream.VOICE) for heard in dict.fromkeys(mix.legs)]
            self._mixer.play(out, tuple(voice for voice in voices if voice is not None))
        return playing is not None or mix is not None

    def settle_around(self, leg_id: LegId) -> None:
        """A leg has another transport or none: settle it and everyone who receives it."""
        self.settle_leg(leg_id)
        for other in list(self._legs.values()):
            if other.id != leg_id and any(leg_id in _legs_of(source) for source in other.wanted.values()):
                self.settle_leg(other.id)

    def prompt_ready(self, prompt: PromptId, packets: Packets | None) -> None:
        """A prompt has been read, or is not there: let those hear it who wait for it, unless a greeting comes first."""
        for leg in list(self._legs.values()):
            if leg.music is None and leg.awaited is None and leg.wanted.get(Stream.VOICE) == FromPrompt(prompt):
                leg.music = self._music(prompt, packets)
                self.settle_leg(leg.id)

    def release(self, outs: Iterable[Out]) -> None:
        """Send nothing that the server makes to outputs that are going away."""
        for out in outs:
            self._player.stop(out)
            self._mixer.stop(out)

    def forget(self, leg_id: LegId) -> None:
        """A leg has ended: it belongs to no call any more."""
        self._call_of.pop(leg_id, None)

    def _keep_music(self, leg: Leg) -> None:
        wanted = leg.wanted.get(Stream.VOICE)
        if not isinstance(wanted, FromPrompt):
            leg.music = None
        elif leg.music is None or leg.music.prompt != wanted.prompt:
            packets = self._shelf.find(wanted.prompt)
            if packets is None and self._shelf.reading(wanted.prompt):
                leg.music = None  # for some milliseconds, until `prompt_ready`
            else:
                leg.music = self._music(wanted.prompt, packets)

    def _music(self, prompt: PromptId, packets: Packets | None) -> Playing | None:
        """Nobody waits in silence: what is not there is replaced by the hold music."""
        if packets is None:
            log.warning("prompt %s is not known; the hold music stands in", prompt)
            packets = self._shelf.find(HOLD_MUSIC)
        return Playing(prompt, packets, repeat=True) if packets else None

    def cut(self, leg_id: LegId) -> PromptId | None:
        """Say nothing more to a leg; return what was being said, or was about to be."""
        leg = self._legs.get(leg_id)
        if leg is None:
            return None
        prompt = leg.once.prompt if leg.once is not None else leg.awaited
        leg.once = leg.awaited = None
        return prompt

    def _outs(self, leg: Leg) -> list[tuple[Stream, Out]]:
        return list(leg.current.outs.items()) if leg.current is not None and leg.current.is_up else []

    def _source(self, wanted: Source | None, stream: Stream) -> In | None:
        if not isinstance(wanted, FromLeg):
            return None
        leg = self._legs.get(wanted.leg)
        if leg is None or leg.current is None or not leg.current.is_up:
            return None
        return leg.current.ins.get(stream)

    def _forget_old_calls(self) -> None:
        while len(self._calls) > CALLS_REMEMBERED:
            call = next(iter(self._calls))
            if any(self._call_of.get(leg) == call for leg in self._calls[call][1]):
                self._calls.move_to_end(call)  # it lives: only ended calls are forgotten
                return
            del self._calls[call]


def _voice(wiring: Wiring, leg: LegId) -> Source | None:
    return wiring.get(leg, {}).get(Stream.VOICE)


def _legs_of(source: Source) -> tuple[LegId, ...]:
    match source:
        case FromLeg(leg):
            return (leg,)
        case FromMix(legs):
            return legs
        case FromPrompt():
            return ()
