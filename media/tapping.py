"""Which legs are recorded: keeps each leg's tap as its call wants it, whatever becomes of its transports."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from callflow.ids import CallId, LegId
from callflow.wiring import NO_TAPS, Stream, Tapped, Taps
from media.leg import Leg
from media.pictures import ask_key_frame
from media.tap import Tap
from media.tap import Taps as TapMaker

SOUND: Final = frozenset({Stream.VOICE})


class Tapping:
    """The taps of all legs of a plane. Without a spool nothing is recorded."""

    def __init__(self, legs: Mapping[LegId, Leg], maker: TapMaker, spool: Path | None) -> None:
        self._legs = legs
        self._maker = maker
        self._spool = spool
        self._wanted: OrderedDict[CallId, Taps] = OrderedDict()
        self._tapped: dict[LegId, Tapped] = {}

    def state(self, call: CallId, taps: Taps) -> None:
        """State which legs of a call are recorded from now on."""
        before = self._wanted.pop(call, NO_TAPS)
        if taps:
            self._wanted[call] = taps
        for leg in before.keys() - taps.keys():
            self._tapped.pop(leg, None)
            self.settle(leg)
        for leg, tapped in taps.items():
            self._tapped[leg] = tapped
            self.settle(leg)

    def settle(self, leg_id: LegId) -> None:
        """Put into effect what is wanted of a leg, if it is there."""
        leg, wanted = self._legs.get(leg_id), self._tapped.get(leg_id)
        if leg is None:
            return
        if leg.tap is not None and (wanted is None or leg.tap.recording != wanted.recording):
            leg.stop_tap()
        if wanted is None or self._spool is None:
            return
        began = leg.tap is None
        if leg.tap is None:
            leg.tap = self._open(leg_id, wanted, self._spool)
        streams = frozenset(Stream) if wanted.pictures else SOUND
        resumed = leg.let_tap(streams if wanted.running else frozenset())
        if (began or resumed) and leg.current is not None:
            for source in leg.current.ins.values():
                if source.tap is not None:
                    ask_key_frame(source)

    def forget(self, leg_id: LegId) -> None:
        """A leg has ended, and so has its tap."""
        self._tapped.pop(leg_id, None)

    def _open(self, leg: LegId, wanted: Tapped, spool: Path) -> Tap:
        return self._maker.open(leg, wanted.recording, spool / wanted.recording / f"{leg}.tap", wanted.role)
