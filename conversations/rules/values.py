"""Routing rules as values, and the pure judgement of which one takes a contact (SYS-02)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.call import Media, Priority
from callflow.hours import DAYS_OF_WEEK, Span, WorkingHours, opening
from callflow.ids import LinkId, QueueId, RuleId
from conversations.directory.people import fold
from conversations.directory.values import DEFAULT_QUEUE, Named


class Channel(StrEnum):
    """How a contact comes in. The text channels will be others."""

    CALL = "call"


class Attribute(StrEnum):
    """What a rule may ask of a customer."""

    NAME = "name"
    ADDRESS = "address"
    CITY = "city"
    COUNTRY = "country"


class Comparison(StrEnum):
    """How an attribute is compared, always without case."""

    EQUALS = "equals"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class CustomerTest:
    """One thing that must be true of the customer."""

    attribute: Attribute
    comparison: Comparison
    value: str

    def holds(self, known: str | None) -> bool:
        """Say whether it is true of what is known; nothing is true of what is not known."""
        if known is None:
            return False
        mine, theirs = fold(self.value), fold(known)
        return mine == theirs if self.comparison is Comparison.EQUALS else mine in theirs


@dataclass(frozen=True, slots=True)
class TimeTest:
    """On some weekdays, 0 for Monday, within one span of each; a span that ends on the day after belongs to both."""

    zone: ZoneInfo
    days: frozenset[int]
    span: Span

    def holds(self, at: datetime) -> bool:
        """Say whether a moment lies within."""
        week = tuple((self.span,) if day in self.days else () for day in range(DAYS_OF_WEEK))
        return opening(WorkingHours(self.zone, week), at).open


@dataclass(frozen=True, slots=True)
class Conditions:
    """All that are given must hold; without any the rule takes everything."""

    channels: frozenset[Channel] = frozenset()
    links: frozenset[LinkId] = frozenset()
    """Any of these."""
    label: str = ""
    """Part of the link's label."""
    customer: tuple[CustomerTest, ...] = ()
    media: Media | None = None
    time: TimeTest | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and what it sets."""

    id: RuleId
    name: str
    enabled: bool
    conditions: Conditions
    queue: Named
    priority: Priority | None
    """None leaves it as it is."""
    tags: tuple[Named, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact, as the rules see it."""

    at: datetime
    channel: Channel
    media: Media
    link: LinkId | None = None
    label: str = ""
    name: str | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None

    def known(self, attribute: Attribute) -> str | None:
        """Return an attribute of the customer."""
        match attribute:
            case Attribute.NAME:
                return self.name
            case Attribute.ADDRESS:
                return self.address
            case Attribute.CITY:
                return self.city
            case Attribute.COUNTRY:
                return self.country


class Mismatch(StrEnum):
    """The first thing that keeps a rule from taking a contact."""

    OFF = "off"
    CHANNEL = "channel"
    LINK = "link"
    LABEL = "label"
    NAME = "name"
    ADDRESS = "address"
    CITY = "city"
    COUNTRY = "country"
    MEDIA = "media"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a contact goes. `rule` is None when none took it."""

    queue: QueueId
    rule: RuleId | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    """Ids of tags."""


def first_match(rules: Iterable[Rule], arrival: Arrival, fallback: QueueId | None) -> Route:
    """Return the route by the first rule that takes the contact; else its own queue, else the Default queue."""
    for rule in rules:
        if mismatch(rule, arrival) is None:
            return Route(QueueId(rule.queue.id), rule.id, rule.priority, tuple(tag.id for tag in rule.tags))
    return Route(fallback or DEFAULT_QUEUE)


def mismatch(rule: Rule, arrival: Arrival) -> Mismatch | None:
    """Return what keeps a rule from taking a contact, None when it takes it."""
    return next((why for why, fails in _tests(rule, arrival) if fails), None)


def _tests(rule: Rule, arrival: Arrival) -> Sequence[tuple[Mismatch, bool]]:
    wanted = rule.conditions
    return [
        (Mismatch.OFF, not rule.enabled),
        (Mismatch.CHANNEL, bool(wanted.channels) and arrival.channel not in wanted.channels),
        (Mismatch.LINK, bool(wanted.links) and arrival.link not in wanted.links),
        (Mismatch.LABEL, fold(wanted.label) not in fold(arrival.label)),
        *((Mismatch(test.attribute.value), not test.holds(arrival.known(test.attribute))) for test in wanted.customer),
        (Mismatch.MEDIA, wanted.media not in (None, arrival.media)),
        (Mismatch.TIME, wanted.time is not None and not wanted.time.holds(arrival.at)),
    ]
