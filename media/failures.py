"""Why a sound could not be made, as a value that passes between processes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failed:
    """A stable word and a sentence for a person.

    The words are ``no_speech``, ``unknown_voice``, ``nothing_to_say``, ``not_a_sound``, ``damaged``, ``too_short``,
    ``too_long``, ``sound_failed``.
    """

    code: str
    sentence: str


class SoundError(Exception):
    """A `Failed` on its way to whoever asked."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.sentence)
        self.code = failed.code
