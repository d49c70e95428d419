"""Calls that are to end, because somebody hung up or something failed, and could not be ended yet.

A hang-up is taken whatever the database does (reliability S17): what it could not take within a moment is kept here,
and on disk where there is a journal, until the sweeper or the next start has ended the call.
"""

import logging
from typing import Final

from callflow.events import DriverFailed, HungUp
from callflow.hangup_journal import HangupJournal
from callflow.ids import CallId

log = logging.getLogger(__name__)

MOMENT: Final = 0.25
"""Seconds after which a hang-up that is not written is kept beside the database, and who hung up is answered."""


class Unended:
    """Why each of these calls is to end; the first reason stays."""

    def __init__(self, journal: HangupJournal | None) -> None:
        self._journal = journal
        self._why: dict[CallId, HungUp | DriverFailed] = {}
        self._on_disk = False

    def all(self) -> list[tuple[CallId, HungUp | DriverFailed]]:
        """Return what is to be done."""
        return list(self._why.items())

    def note(self, call: CallId, why: HungUp | DriverFailed) -> None:
        """Somebody hung up, or something failed. That somebody hung up says more."""
        if isinstance(why, HungUp):
            self._why[call] = why
        else:
            self._why.setdefault(call, why)

    def why(self, call: CallId) -> HungUp | DriverFailed | None:
        """Say why a call is to end, if it is."""
        return self._why.get(call)

    def over(self, call: CallId) -> None:
        """The call has ended, or needs not to."""
        self._why.pop(call, None)

    async def keep(self, call: CallId, hung_up: HungUp) -> None:
        """Note a hang-up so that it outlasts this process. A disk that refuses it as well does not refuse it."""
        self.note(call, hung_up)
        self._on_disk = True
        if self._journal is not None:
            try:
                await self._journal.keep(call, hung_up)
            except OSError as error:
                log.error("the hang-up of call %s is kept in memory only: %s", call, error)

    async def take_up(self) -> None:
        """Note what the last process could not end."""
        if self._journal is None:
            return
        try:
            kept = await self._journal.read()
        except OSError as error:
            log.error("hang-ups of before the start cannot be read: %s", error)
            return
        for call, hung_up in kept:
            self.note(call, hung_up)
        self._on_disk = True

    async def tidy(self) -> None:
        """Empty the journal when nothing waits any more."""
        if not self._on_disk or self._why or self._journal is None:
            return
        self._on_disk = False
        try:
            await self._journal.clear()
        except OSError as error:
            log.error("the journal of hang-ups cannot be emptied: %s", error)
