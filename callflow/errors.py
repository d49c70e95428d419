"""What the machines refuse."""


class RefusedError(Exception):
    """A local request was impossible in the present state; nothing was changed.

    `code` is a stable word: ``too_late``, ``not_your_call``, ``not_available``, ``no_wrap_up``, ``no_call``,
    ``nobody_waits``, ``not_in_queue``.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class LostRaceError(Exception):
    """A row was changed by somebody else between reading and writing; read again and decide again."""
