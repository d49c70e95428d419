"""What the services refuse: one tree, each with a stable `code` for programs and a sentence for people.

`RefusedError` is the call flow's own and the root here too: a request was impossible, nothing was changed.
Codes used by this room and by the call links, beside those of the classes below: ``wrong_credentials``,
``weak_password``, ``login_taken``, ``name_taken``, ``last_admin``, ``not_an_agent``, ``not_empty``,
``no_channel``, ``name_needed``, ``queue_closed``, ``queue_in_use``,
``default_queue``, ``too_many``, ``link_not_yet``, ``link_in_use``, ``link_used``,
``link_expired``, ``link_revoked``.
"""

from datetime import datetime

from callflow.errors import RefusedError
from callflow.ids import ConversationId

__all__ = ["AlreadyHandledError", "AlreadyOpenError", "InvalidError", "NotFoundError", "RefusedError", "StaleError"]


class NotFoundError(RefusedError):
    """There is no such thing, or none that this person may see."""

    def __init__(self, sentence: str = "There is nothing here by that name.") -> None:
        super().__init__("not_found", sentence)


class InvalidError(RefusedError):
    """A value is not acceptable; `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__("invalid", sentence)
        self.field = field


class StaleError(RefusedError):
    """Somebody else changed it since it was read; `current` is the value as it is now."""

    def __init__(self, current: object) -> None:
        super().__init__("stale", "Somebody changed this in the meantime. Look at it again and repeat your change.")
        self.current = current


class AlreadyHandledError(RefusedError):
    """Somebody has seen to this call already; `holder` is the name, None for automation."""

    def __init__(self, holder: str | None, at: datetime) -> None:
        super().__init__("already_handled", f"{holder or 'The system'} has handled this call already.")
        self.holder = holder
        self.at = at


class AlreadyOpenError(RefusedError):
    """The customer has a conversation that is not closed; `holder` is the name of its assignee."""

    def __init__(self, conversation: ConversationId, holder: str | None) -> None:
        who = f"{holder} has" if holder else "There is"
        super().__init__("already_open", f"{who} an open conversation with this customer.")
        self.conversation = conversation
        self.holder = holder
