"""A leg: one party's media path in a call, whichever transport it has at the moment."""

from collections.abc import Mapping

from callflow.ids import CallId, LegId, PromptId
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
        self.codecs = codecs
        self.current: Transport | None = None
        """The transport that is up, or was last."""
        self.pending: Transport | None = None
        """A transport that is being set up, to take over."""
        self.wanted: Mapping[Stream, Source] = {}
        self.counts = {stream: StreamCount() for stream in Stream}
        self.meter = LegMeter(call, leg, self.counts)
        self.tap: Tap | None = None
        self.once: Playing | None = None
        """A prompt that was given to `play`, heard over whatever is wired."""
        self.awaited: PromptId | None = None
        """A prompt that was given to `play` and is still being read."""
        self.music: Playing | None = None
        """A prompt that is wired as the voice."""

    def start_tap(self) -> None:
        """Let the tap, if there is one, take what the current transport receives."""
        transport, tap = self.current, self.tap
        if transport is None or not transport.is_up or tap is None:
            return
        streams: TappedStreams = {}
        for stream, source in transport.ins.items():
            streams[stream] = {
                "payload_type": source.payload_type,
                "repair_payload_type": source.repair_payload_type,
                "codec": "opus" if stream is Stream.VOICE else "VP8",
            }
            source.tap = tap
        tap.start(transport.id, streams)
        transport.tap = tap
