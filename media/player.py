"""The playing of prompts: every 20 ms each listener gets the next packet of what it hears."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from callflow.ids import PromptId
from media.forward import send_ready
from media.frame_clock import FrameClock
from media.streams import Out

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Playing:
    """A prompt on its way to one leg; it keeps its place when the leg changes its transport."""

    prompt: PromptId
    packets: tuple[bytes, ...]
    repeat: bool
    position: int = 0


class Player:
    """Plays prompts to outputs. `ended` is called when one that is not repeated has been sent whole."""

    def __init__(self, ended: Callable[[Out, Playing], None]) -> None:
        self._ended = ended
        self._listeners: dict[Out, Playing] = {}
        self._task: asyncio.Task[None] | None = None

    def play(self, out: Out, playing: Playing) -> None:
        """Send `playing` to an output that follows no leg, from its present position on."""
        if self._listeners.get(out) is not playing:
            out.restart()
        self._listeners[out] = playing
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="media player")

    def stop(self, out: Out) -> None:
        """Send no more to an output."""
        self._listeners.pop(out, None)

    async def close(self) -> None:
        """Stop the clock."""
        self._listeners.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        clock = FrameClock()
        try:
            while self._listeners:
                self._tick(await clock.next())
        finally:
            self._task = None

    def _tick(self, now: float) -> None:
        for out, playing in list(self._listeners.items()):
            try:
                send_ready(out, playing.packets[playing.position], now)
            except Exception:
                log.exception("a prompt packet for %s was not sent", out.transport.leg)
            playing.position += 1
            if playing.position == len(playing.packets):
                playing.position = 0
                if not playing.repeat:
                    self.stop(out)
                    self._ended(out, playing)
