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


class StoreAwayError(Exception):
    """The database did not answer in time, or takes no changes at present; to be tried again in a moment.

    Raised before the end of a transaction, nothing was changed. Who only waits for somebody else's transaction may
    be told so although it is committed yet.
    """


class StoreBrokeOffError(StoreAwayError):
    """The connection broke before a transaction was committed: nothing was written, and it may be done over another."""
