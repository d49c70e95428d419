"""Routing rules, as supervisors keep them."""

from typing import Annotated, Self

from pydantic import Field

from callflow.call import Media, Priority
from callflow.hours import Span as SpanValue
from callflow.ids import LinkId
from conversations.directory.tags import TAG_LIMIT
from conversations.rules.service import RULES_LIMIT, TAGS_LIMIT
from conversations.rules.stored import LINKS_LIMIT, TESTS_LIMIT, VALUE_LIMIT, time_test
from conversations.rules.values import Attribute, Channel, Comparison, Mismatch
from conversations.rules.values import Conditions as ConditionsValue
from conversations.rules.values import CustomerTest as TestValue
from conversations.rules.values import TimeTest as TimeValue
from signaling.models.common import Id, Line, Model, Moment, Name, Ref, Version
from signaling.models.queues import Minutes, ZoneName

Value = Annotated[str, Field(min_length=1, max_length=VALUE_LIMIT)]
Tag = Annotated[Name, Field(max_length=TAG_LIMIT)]


class CustomerTest(Model):
    """One thing that must be true of the customer; compared without case."""

    attribute: Attribute
    comparison: Comparison
    value: Value


class TimeTest(Model):
    """On some weekdays, 0 for Monday, from one minute of the day to another; more than 1440 is the day after."""

    zone: ZoneName
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=1, max_length=7)]
    start: Minutes
    end: Minutes

    @classmethod
    def of(cls, time: TimeValue) -> Self:
        """Show a time."""
        return cls(zone=time.zone.key, days=sorted(time.days), start=time.span.start, end=time.span.end)

    def value(self) -> TimeValue:
        """Return what the rules know. Raises InvalidError."""
        return time_test(self.zone, frozenset(self.days), SpanValue(self.start, self.end))


class Conditions(Model):
    """What must hold, all of it; what is left out may be anything. A rule without any takes every contact."""

    channels: Annotated[list[Channel], Field(max_length=len(Channel), default_factory=list[Channel])]
    links: Annotated[list[Id], Field(max_length=LINKS_LIMIT, default_factory=list[Id])]
    label: Annotated[Line, Field(max_length=100)] = ""
    customer: Annotated[list[CustomerTest], Field(max_length=TESTS_LIMIT, default_factory=list[CustomerTest])]
    media: Media | None = None
    time: TimeTest | None = None

    @classmethod
    def of(cls, value: ConditionsValue) -> Self:
        """Show conditions."""
        return cls(
            channels=sorted(value.channels),
            links=sorted(value.links),
            label=value.label,
            customer=[CustomerTest.model_validate(test) for test in value.customer],
            media=value.media,
            time=TimeTest.of(value.time) if value.time else None,
        )

    def value(self) -> ConditionsValue:
        """Return what the rules know. Raises InvalidError."""
        return ConditionsValue(
            channels=frozenset(self.channels),
            links=frozenset(LinkId(link) for link in self.links),
            label=self.label,
            customer=tuple(TestValue(test.attribute, test.comparison, test.value) for test in self.customer),
            media=self.media,
            time=self.time.value() if self.time else None,
        )


class RoutingRule(Model):
    """A rule. The first one that takes a contact sets its queue, and its priority and tags if it names any."""

    id: str
    name: str
    enabled: bool
    conditions: Conditions
    queue: Ref
    priority: Priority | None
    tags: list[Ref]
    version: int


class NewRoutingRule(Model):
    """A rule to add after all others. Tags are given by name; new ones are made."""

    name: Name
    enabled: bool = True
    conditions: Conditions
    queue_id: Id
    priority: Priority | None = None
    tags: Annotated[list[Tag], Field(max_length=TAGS_LIMIT, default_factory=list[Tag])]


class RoutingRuleChange(NewRoutingRule):
    """A rule in place of the one whose version was seen; its place in the order stays."""

    version: Version


class RuleOrder(Model):
    """All rules, in the order in which they are to be asked."""

    ids: Annotated[list[Id], Field(max_length=RULES_LIMIT)]


class RoutingRules(Model):
    """All rules in order."""

    rules: list[RoutingRule]


class RuleTrial(Model):
    """A contact to try the rules with. `at` is now unless given; `link_id` is a link of the centre."""

    media: Media = Media.VIDEO
    link_id: Id | None = None
    at: Moment | None = None
    name: Line = ""
    address: Line = ""
    city: Line = ""
    country: Line = ""


class TriedRule(Model):
    """A rule, and the first thing that keeps it from taking the contact; null when nothing does."""

    id: str
    why_not: Mismatch | None


class TriedRoute(Model):
    """Where the contact would go. `rule_id` is null when no rule takes it, `tried` holds every rule."""

    rule_id: str | None
    queue: Ref
    priority: Priority | None
    tags: list[Ref]
    tried: list[TriedRule]
