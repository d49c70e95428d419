"""The media plane, played: it carries no packets, and remembers what it was asked for."""

from dataclasses import dataclass, field

from callflow.ids import CallId, LegId, PromptId
from callflow.wiring import NO_TAPS, Answer, Stream, Taps, Wiring


@dataclass
class Wire:
    """Remembers the wiring it was told, and which legs were closed."""

    wiring: dict[CallId, Wiring] = field(default_factory=dict[CallId, Wiring])
    taps: dict[CallId, Taps] = field(default_factory=dict[CallId, Taps])
    opened: set[LegId] = field(default_factory=set[LegId])
    """Legs that have a transport."""
    closed: set[LegId] = field(default_factory=set[LegId])
    played: list[tuple[LegId, PromptId]] = field(default_factory=list[tuple[LegId, PromptId]])
    saying: dict[LegId, PromptId] = field(default_factory=dict[LegId, PromptId])
    """What is being said to a leg now."""
    cut: list[tuple[LegId, PromptId]] = field(default_factory=list[tuple[LegId, PromptId]])
    """What was cut, and is to be reported as ended."""

    async def open(self, call: CallId, leg: LegId, offer: str, codecs: tuple[str, ...]) -> Answer:
        raise NotImplementedError

    async def reopen(self, leg: LegId, offer: str) -> Answer:
        raise NotImplementedError

    def wire(self, call: CallId, epoch: int, wiring: Wiring, taps: Taps = NO_TAPS) -> None:
        self.taps[call] = taps
        before, self.wiring[call] = self.wiring.get(call, {}), wiring
        for leg in self.saying.keys() & (before.keys() | wiring.keys()):
            if before.get(leg, {}).get(Stream.VOICE) != wiring.get(leg, {}).get(Stream.VOICE):
                self._cut(leg)

    def play(self, leg: LegId, prompt: PromptId) -> None:
        self._cut(leg)
        self.saying[leg] = prompt
        self.played.append((leg, prompt))

    def hush(self, leg: LegId) -> None:
        self._cut(leg)

    def _cut(self, leg: LegId) -> None:
        if leg in self.saying:
            self.cut.append((leg, self.saying.pop(leg)))

    def close(self, leg: LegId) -> None:
        self.closed.add(leg)
        self.lose(leg)

    def lose(self, leg: LegId) -> None:
        """A leg's transport is gone, with whatever was being said to it."""
        self.opened.discard(leg)
        self.saying.pop(leg, None)

    def die(self) -> None:
        """All of it is gone, and nobody can say so."""
        for gone in (self.wiring, self.saying, self.cut, self.opened):
            gone.clear()
