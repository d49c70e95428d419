"""A leg: one party's media path in a call, whichever transport it has at the moment."""

from collections.abc import Mapping

from callflow.ids import CallId, LegId, PromptId, TransportId
from callflow.wiring import Source, Stream
from media.meter import LegMeter
from media.player import Playing
from media.streams import StreamCount
from media.tap import Tap, TappedStreams
from media.transport import Transport


class Leg:
    """What outlives a transport: what it shall receive, its counters and meter, its tap, how far its prompts are."""

    def __init__(self, call: CallId, leg: LegId, codecs: tuple[str, ...]) -> None:
        self.id = leg
        self.call = call
        self.codecs = codecs
        self.current: Transport | None = None
        """The transport that is up, or was last."""
        self.pending: Transport | None = None
        """A transport that is being set up, to take over."""
        self.wanted: Mapping[Stream, Source] = {}
        self.counts = {stream: StreamCount() for stream in Stream}
        self.meter = LegMeter(call, leg, self.counts)
        self.tap: Tap | None = None
        self.tapped: frozenset[Stream] = frozenset()
        """What the tap takes at present."""
        self._told_tap: TransportId | None = None
        """The transport that the tap was told of last."""
        self.once: Playing | None = None
        """A prompt that was given to `play`, heard over whatever is wired."""
        self.awaited: PromptId | None = None
        """A prompt that was given to `play` and is still being read."""
        self.music: Playing | None = None
        """A prompt that is wired as the voice."""

    def let_tap(self, streams: frozenset[Stream]) -> bool:
        """Let the tap take these streams from now on, none while it pauses; say whether one is new."""
        more = streams - self.tapped
        self.tapped = streams
        transport = self.current
        if transport is None or not transport.is_up or self.tap is None:
            return False
        if transport.id != self._told_tap:
            self._describe(transport, self.tap)
        for stream, source in transport.ins.items():
            source.tap = self.tap if stream in streams else None
        transport.tap = self.tap if streams else None
        return bool(more)

    def stop_tap(self) -> None:
        """Close the tap, if there is one."""
        if self.tap is None:
            return
        self.let_tap(frozenset())
        self.tap.close()
        self.tap, self._told_tap = None, None

    def _describe(self, transport: Transport, tap: Tap) -> None:
        streams: TappedStreams = {
            stream: {
                "payload_type": source.payload_type,
                "repair_payload_type": source.repair_payload_type,
                "codec": "opus" if stream is Stream.VOICE else "VP8",
            }
            for stream, source in transport.ins.items()
        }
        tap.start(transport.id, streams)
        self._told_tap = transport.id
