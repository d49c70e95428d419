"""Queues, as supervisors set them up."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from callflow.hours import Holiday as HolidayValue
from callflow.hours import Opening as OpeningValue
from callflow.hours import Span as SpanValue
from callflow.hours import WorkingHours as HoursValue
from callflow.queueing import CallOrder
from conversations.directory.hours import HOLIDAYS_LIMIT, SPANS_LIMIT, working_hours
from conversations.directory.values import WhenGone
from signaling.models.common import Id, Line, Model, Moment, Name, Version

Minutes = Annotated[int, Field(ge=0, le=2880)]
ZoneName = Annotated[str, Field(min_length=1, max_length=64)]
"""A time zone by its IANA name."""


class Span(Model):
    """An opening, in minutes after its day's midnight: 1440 is the midnight that ends it, more is the day after."""

    start: Minutes
    end: Minutes

    def value(self) -> SpanValue:
        """Return what the call flow knows."""
        return SpanValue(self.start, self.end)


Spans = Annotated[list[Span], Field(max_length=SPANS_LIMIT)]


class Holiday(Model):
    """A date that has openings of its own, mostly none."""

    date: date
    name: Annotated[Line, Field(max_length=100)] = ""
    spans: Annotated[Spans, Field(default_factory=list[Span])]


def _dates_once(holidays: list[Holiday]) -> list[Holiday]:
    if len({holiday.date for holiday in holidays}) < len(holidays):
        raise ValueError("must not name a date twice")
    return holidays


class WorkingHours(Model):
    """When a queue is open, in the time of its zone. The week begins on Monday."""

    zone: ZoneName
    week: Annotated[list[Spans], Field(min_length=7, max_length=7)]
    holidays: Annotated[
        list[Holiday], Field(max_length=HOLIDAYS_LIMIT, default_factory=list[Holiday]), AfterValidator(_dates_once)
    ]

    @classmethod
    def of(cls, hours: HoursValue) -> Self:
        """Show working hours."""
        holidays = [
            Holiday(date=day, name=holiday.name, spans=_shown(holiday.spans)) for day, holiday in hours.holidays.items()
        ]
        return cls(zone=hours.zone.key, week=[_shown(spans) for spans in hours.week], holidays=holidays)

    def value(self) -> HoursValue:
        """Return what the call flow knows. Raises InvalidError."""
        return working_hours(
            self.zone,
            [[span.value() for span in spans] for spans in self.week],
            {one.date: HolidayValue(one.name, tuple(span.value() for span in one.spans)) for one in self.holidays},
        )


class Opening(Model):
    """Whether it is open now, and when that changes; null when it does not, as far as is known."""

    open: bool
    changes_at: Moment | None

    @classmethod
    def of(cls, opening: OpeningValue) -> Self:
        """Show an opening."""
        return cls(open=opening.open, changes_at=opening.changes_at)


Level = Annotated[int, Field(ge=1, le=9)]


class QueueMember(Model):
    """An agent in a queue; level 1 is the best."""

    id: str
    name: str
    level: Level


class NewMember(Model):
    """An agent to have in a queue."""

    id: Id
    level: Level = 1


def _members_once(members: list[NewMember]) -> list[NewMember]:
    if len({member.id for member in members}) < len(members):
        raise ValueError("must not name an agent twice")
    return members


class Queue(Model):
    """A queue, its members, and how many callers wait in it."""

    id: str
    name: str
    default: bool
    open: bool
    """Not closed by hand."""
    opening: Opening
    """What hours and hand make of it now."""
    hours: WorkingHours | None
    members: list[QueueMember]
    order: CallOrder
    weight: int
    auto_assign: bool
    ring_seconds: int
    level_wait_seconds: int
    target_percent: int
    target_seconds: int
    consult: bool
    when_gone: WhenGone
    waiting: int
    version: int


class NewQueue(Model):
    """A queue to add."""

    name: Name


class QueueChange(Model):
    """What to change of a queue; what is left out stays. `hours` null opens it around the clock."""

    version: Version
    name: Name | None = None
    open: bool | None = None
    hours: WorkingHours | None = None
    members: Annotated[list[NewMember], Field(max_length=1000), AfterValidator(_members_once)] | None = None
    order: CallOrder | None = None
    weight: Annotated[int, Field(ge=0, le=100)] | None = None
    auto_assign: bool | None = None
    ring_seconds: Annotated[int, Field(ge=5, le=120)] | None = None
    level_wait_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    target_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    target_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    consult: bool | None = None
    when_gone: WhenGone | None = None


class QueueUses(Model):
    """Things of one kind that use a queue: how many, and the names of the first ones."""

    kind: Literal["conversations", "links", "rules", "strategies"]
    count: int
    names: list[str]


class QueueUsage(Model):
    """What uses a queue. With calls in it, waiting or talking, it cannot be deleted."""

    waiting: int
    talking: int
    uses: list[QueueUses]


class HoursTrial(Model):
    """Hours to try before they are saved. `at` is the moment to try them for, now unless given."""

    hours: WorkingHours
    at: Moment | None = None


def _shown(spans: tuple[SpanValue, ...]) -> list[Span]:
    return [Span(start=span.start, end=span.end) for span in spans]
