"""The settings of the centre."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId
from conversations.db.audit import audit
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.directory.people import NAME_LIMIT
from conversations.directory.tables import DispositionMode, SettingsRow, UserRow
from conversations.directory.values import Settings, settings_of
from conversations.errors import InvalidError, StaleError
from conversations.values import UNSET, Unset, clean_line, clean_text

TEXT_LIMIT = 1000
WRAP_UP_LIMIT = 3600
WRAP_UP_CAP_LIMIT = 86_400
LINK_DAYS_LIMIT = 365
MISSES_LIMIT = 100
_TEXTS = ("welcome_text", "not_yet_text", "expired_text", "closed_text")


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """What to change; None leaves a setting as it is."""

    centre_name: str | None = None
    welcome_text: str | None = None
    not_yet_text: str | None = None
    expired_text: str | None = None
    closed_text: str | None = None
    wrap_up_seconds: int | None = None
    wrap_up_cap_seconds: int | Unset | None = UNSET
    link_days: int | None = None
    misses_before_away: int | None = None
    disposition_mode: DispositionMode | None = None


class SettingsService:
    """Reads and changes the settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self) -> Settings:
        """Return the settings."""
        async with self._database.read() as session:
            return await read_settings(session)

    async def change(self, actor: Actor, version: int, change: SettingsChange) -> Settings:
        """Change some. A running wrap-up keeps its deadline. Raises StaleError, InvalidError."""
        async with self._database.write() as write:
            row = await locked(write.session, SettingsRow, 1)
            if row.version != version:
                raise StaleError(settings_of(row))
            before = _audited(row)
            _apply(row, change)
            row.version += 1
            await audit(write, actor, "settings", "1", row.centre_name, before, _audited(row))
            write.fact(Fact(FactKind.SETTINGS_CHANGED, actor))
            return settings_of(row)


async def read_settings(session: AsyncSession) -> Settings:
    """Return the settings."""
    return settings_of(await session.get_one(SettingsRow, 1))


async def wrap_up_seconds_for(session: AsyncSession, agent: AgentId) -> tuple[int, int | None]:
    """Return how long this agent's wrap-up is and how long it may become; the agent's own value wins (WRAP-02)."""
    settings = await session.get_one(SettingsRow, 1)
    user = await session.get(UserRow, agent)
    own = user.wrap_up_seconds if user else None
    return settings.wrap_up_seconds if own is None else own, settings.wrap_up_cap_seconds


def _audited(row: SettingsRow) -> dict[str, Any]:
    kept = asdict(settings_of(row))
    kept.pop("version")
    return kept


def _apply(row: SettingsRow, change: SettingsChange) -> None:
    if change.centre_name is not None:
        row.centre_name = clean_line("centre_name", change.centre_name, NAME_LIMIT)
    for field in _TEXTS:
        text: str | None = getattr(change, field)
        if text is not None:
            setattr(row, field, clean_text(field, text, TEXT_LIMIT))
    if change.wrap_up_seconds is not None:
        row.wrap_up_seconds = _within("wrap_up_seconds", change.wrap_up_seconds, 0, WRAP_UP_LIMIT)
    if isinstance(change.wrap_up_cap_seconds, int):
        row.wrap_up_cap_seconds = _within("wrap_up_cap_seconds", change.wrap_up_cap_seconds, 0, WRAP_UP_CAP_LIMIT)
    elif change.wrap_up_cap_seconds is None:
        row.wrap_up_cap_seconds = None
    if change.link_days is not None:
        row.link_days = _within("link_days", change.link_days, 1, LINK_DAYS_LIMIT)
    if change.misses_before_away is not None:
        row.misses_before_away = _within("misses_before_away", change.misses_before_away, 0, MISSES_LIMIT)
    if change.disposition_mode is not None:
        row.disposition_mode = change.disposition_mode


def _within(field: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise InvalidError(field, f"This must be between {least} and {most}.")
    return value
