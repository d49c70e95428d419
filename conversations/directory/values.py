"""People, queues and settings, as the rest of Parley sees them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from callflow.facts import Actor, ActorKind
from callflow.hours import Opening, WorkingHours, opening
from callflow.ids import AgentId, QueueId
from callflow.queueing import CallOrder
from conversations.directory.tables import DispositionMode, SettingsRow, UserRole, UserRow, WhenGone

DEFAULT_QUEUE: Final = QueueId("queue_default")
"""The queue of all that belongs to no other (SYS-02). A migration makes it, and it stays."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an id, and the name to show for it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in."""

    id: AgentId
    login: str
    name: str
    roles: frozenset[UserRole]
    disabled: bool
    must_change_password: bool
    wrap_up_seconds: int | None
    """Overrides the centre's wrap-up (WRAP-02)."""
    text_capacity: int | None
    """Overrides the usual number of open conversations in text (AST-04)."""
    phone: str | None = field(repr=False)
    """The agent's own phone, for routing only and for supervisors' eyes (PHONE-02)."""
    version: int

    @property
    def leads(self) -> bool:
        """Whether this person sees everything: a supervisor or an administrator."""
        return bool(self.roles & {UserRole.SUPERVISOR, UserRole.ADMIN})

    @property
    def actor(self) -> Actor:
        """How facts name this person (LOG-01)."""
        return Actor(ActorKind.SUPERVISOR if self.leads else ActorKind.AGENT, self.id)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A user and a password that is told once and then only known as a hash."""

    user: User
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in a queue; level 1 is the best."""

    id: AgentId
    name: str
    level: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue with the agents in it, by level and name (SYS-03)."""

    id: QueueId
    name: str
    open: bool
    """Not closed by hand."""
    members: tuple[Member, ...]
    order: CallOrder
    weight: int
    auto_assign: bool
    ring_seconds: int
    level_wait_seconds: int
    target_percent: int
    """The service level aimed at: this share of the calls is answered within `target_seconds`."""
    target_seconds: int
    consult: bool
    when_gone: WhenGone
    hours: WorkingHours | None
    """None is around the clock."""
    version: int

    @property
    def is_default(self) -> bool:
        """Whether this is the Default queue."""
        return self.id == DEFAULT_QUEUE

    def opening(self, now: datetime) -> Opening:
        """Say whether it takes calls now, and when that changes; who closed it by hand has not said when."""
        return opening(self.hours, now) if self.open else Opening(False)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a supervisor can set for the whole centre."""

    centre_name: str
    welcome_text: str
    not_yet_text: str
    expired_text: str
    closed_text: str
    wrap_up_seconds: int
    wrap_up_cap_seconds: int | None
    """The longest that a wrap-up can become by "+10 s"; None is no limit (WRAP-04)."""
    link_days: int
    """How long a link of the expiry type is valid (LNK-03)."""
    misses_before_away: int
    """How many calls in a row an agent misses before the status becomes Away; 0 is never (mission 3.2)."""
    disposition_mode: DispositionMode
    version: int


def user_of(row: UserRow) -> User:
    """Return the user of a row."""
    return User(
        id=AgentId(row.id),
        login=row.login,
        name=row.name,
        roles=row.roles,
        disabled=row.disabled,
        must_change_password=row.must_change_password,
        wrap_up_seconds=row.wrap_up_seconds,
        text_capacity=row.text_capacity,
        phone=row.phone,
        version=row.version,
    )


def settings_of(row: SettingsRow) -> Settings:
    """Return the settings of the row."""
    return Settings(
        centre_name=row.centre_name,
        welcome_text=row.welcome_text,
        not_yet_text=row.not_yet_text,
        expired_text=row.expired_text,
        closed_text=row.closed_text,
        wrap_up_seconds=row.wrap_up_seconds,
        wrap_up_cap_seconds=row.wrap_up_cap_seconds,
        link_days=row.link_days,
        misses_before_away=row.misses_before_away,
        disposition_mode=row.disposition_mode,
        version=row.version,
    )
