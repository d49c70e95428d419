"""A rule's conditions as its row keeps them, and what is refused of those that people give."""

from collections.abc import Mapping
from typing import Any

from callflow.call import Media
from callflow.hours import DAYS_OF_WEEK, Span
from callflow.ids import LinkId
from conversations.directory.hours import zone_of
from conversations.directory.people import NAME_LIMIT
from conversations.errors import InvalidError
from conversations.rules.values import Attribute, Channel, Comparison, Conditions, CustomerTest, TimeTest
from conversations.values import clean_line

LINKS_LIMIT = 100
TESTS_LIMIT = 10
VALUE_LIMIT = 254


def checked(wanted: Conditions) -> Conditions:
    """Return conditions that can be kept. Raises InvalidError."""
    if len(wanted.links) > LINKS_LIMIT:
        raise InvalidError("links", f"A rule can name at most {LINKS_LIMIT} links.")
    if len(wanted.customer) > TESTS_LIMIT:
        raise InvalidError("customer", f"A rule can ask at most {TESTS_LIMIT} things of the customer.")
    return Conditions(
        channels=wanted.channels,
        links=wanted.links,
        label=clean_line("label", wanted.label, NAME_LIMIT, least=0),
        customer=tuple(
            CustomerTest(test.attribute, test.comparison, clean_line("customer", test.value, VALUE_LIMIT))
            for test in wanted.customer
        ),
        media=wanted.media,
        time=wanted.time and time_test(wanted.time.zone.key, wanted.time.days, wanted.time.span),
    )


def time_test(zone: str, days: frozenset[int], span: Span) -> TimeTest:
    """Return a time that can be. Raises InvalidError for an unknown zone, no day, or a span that is reversed."""
    if not days or not days <= frozenset(range(DAYS_OF_WEEK)):
        raise InvalidError("time", "A time needs at least one weekday.")
    if not span.possible:
        raise InvalidError("time", "A time must end after it begins, at most a day later.")
    return TimeTest(zone_of(zone), days, span)


def stored(conditions: Conditions) -> dict[str, Any]:
    """Return conditions as plain JSON; what is not given is left out."""
    time = conditions.time
    json: dict[str, Any] = {
        "channels": sorted(conditions.channels),
        "links": sorted(conditions.links),
        "label": conditions.label,
        "customer": [[test.attribute, test.comparison, test.value] for test in conditions.customer],
        "media": conditions.media,
        "time": time and [time.zone.key, sorted(time.days), time.span.start, time.span.end],
    }
    return {name: value for name, value in json.items() if value}


def from_stored(json: Mapping[str, Any]) -> Conditions:
    """Return the conditions that `stored` wrote."""
    time = json.get("time")
    return Conditions(
        channels=frozenset(Channel(channel) for channel in json.get("channels", ())),
        links=frozenset(LinkId(link) for link in json.get("links", ())),
        label=json.get("label", ""),
        customer=tuple(
            CustomerTest(Attribute(attribute), Comparison(comparison), value)
            for attribute, comparison, value in json.get("customer", ())
        ),
        media=Media(json["media"]) if "media" in json else None,
        time=TimeTest(zone_of(time[0]), frozenset(time[1]), Span(time[2], time[3])) if time else None,
    )
