"""What the call page says in each state of a link (LNK-05)."""

from callink.values import LinkState
from conversations.directory.values import Settings

IN_USE_TEXT = "This link is open in another browser. Please go on there, or wait until that call is over."


def text_for(state: LinkState, settings: Settings) -> str:
    """Return the supervisor's text for a state; a used, expired and revoked link is told the same."""
    match state:
        case LinkState.ACTIVE:
            return settings.welcome_text
        case LinkState.NOT_YET:
            return settings.not_yet_text
        case LinkState.IN_USE:
            return IN_USE_TEXT
        case LinkState.USED | LinkState.EXPIRED | LinkState.REVOKED:
            return settings.expired_text
