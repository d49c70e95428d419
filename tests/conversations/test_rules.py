"""Which routing rule takes a contact: the pure judgement."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.call import Media, Priority
from callflow.hours import Span
from callflow.ids import LinkId, QueueId, RuleId
from conversations.directory.values import DEFAULT_QUEUE, Named
from conversations.rules.stored import from_stored, stored
from conversations.rules.values import (
    Arrival,
    Attribute,
    Channel,
    Comparison,
    Conditions,
    CustomerTest,
    Mismatch,
    Route,
    Rule,
    TimeTest,
    first_match,
    mismatch,
)

pytestmark = pytest.mark.unit

SALES, VIP = QueueId("queue_sales"), QueueId("queue_vip")
CORA = Arrival(
    at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),  # a Monday
    channel=Channel.CALL,
    media=Media.VIDEO,
    link=LinkId("link_1"),
    label="Spring sale",
    name="Cora Čović",
    address="cora@example.org",
    city="Zagreb",
    country="HR",
)


def rule(key: str = "a", queue: QueueId = SALES, **wanted: Any) -> Rule:
    return Rule(RuleId(key), key, True, replace(Conditions(), **wanted), Named(queue, queue), None, (), 1)


def customer(attribute: Attribute, comparison: Comparison, value: str) -> tuple[CustomerTest, ...]:
    return (CustomerTest(attribute, comparison, value),)


def test_the_first_rule_that_matches_wins_and_sets_queue_priority_and_tags() -> None:
    """SYS-02."""
    vip = replace(
        rule("vip", VIP, label="sale"), priority=Priority.HIGH, tags=(Named("tag_1", "sale"), Named("tag_2", "vip"))
    )
    rules = [rule("audio only", media=Media.AUDIO), vip, rule("everything")]
    assert first_match(rules, CORA, SALES) == Route(VIP, RuleId("vip"), Priority.HIGH, ("tag_1", "tag_2"))


def test_without_a_match_the_links_own_queue_takes_it_and_else_the_default_queue() -> None:
    """SYS-02."""
    rules = [rule(media=Media.AUDIO)]
    assert first_match(rules, CORA, SALES) == Route(SALES)
    assert first_match(rules, CORA, None) == Route(DEFAULT_QUEUE)
    assert first_match([], CORA, None) == Route(DEFAULT_QUEUE)


def test_a_rule_without_conditions_takes_everything_unless_it_is_off() -> None:
    """SYS-02."""
    assert mismatch(rule(), CORA) is None
    assert mismatch(replace(rule(), enabled=False), CORA) is Mismatch.OFF


@pytest.mark.parametrize(
    ("wanted", "why_not"),
    [
        ({"channels": frozenset({Channel.CALL})}, None),
        ({"links": frozenset({LinkId("link_2"), LinkId("link_1")})}, None),
        ({"links": frozenset({LinkId("link_2")})}, Mismatch.LINK),
        ({"label": "SPRING"}, None),
        ({"label": "autumn"}, Mismatch.LABEL),
        ({"customer": customer(Attribute.NAME, Comparison.CONTAINS, "čOV")}, None),
        ({"customer": customer(Attribute.NAME, Comparison.EQUALS, "Cora")}, Mismatch.NAME),
        ({"customer": customer(Attribute.ADDRESS, Comparison.CONTAINS, "@example.com")}, Mismatch.ADDRESS),
        ({"customer": customer(Attribute.CITY, Comparison.EQUALS, " zagreb ")}, None),
        ({"customer": customer(Attribute.COUNTRY, Comparison.EQUALS, "SI")}, Mismatch.COUNTRY),
        ({"media": Media.VIDEO}, None),
        ({"media": Media.AUDIO}, Mismatch.MEDIA),
    ],
)
def test_every_condition_that_is_given_must_hold(wanted: dict[str, Any], why_not: Mismatch | None) -> None:
    """SYS-02."""
    assert mismatch(rule(**wanted), CORA) is why_not


def test_what_is_not_known_of_a_customer_is_like_nothing() -> None:
    """SYS-02."""
    nobody = replace(CORA, name=None, city=None)
    assert mismatch(rule(customer=customer(Attribute.CITY, Comparison.CONTAINS, "z")), nobody) is Mismatch.CITY


@pytest.mark.parametrize(
    ("zone", "days", "span", "holds"),
    [
        ("UTC", {0}, Span(540, 600), True),
        ("UTC", {0}, Span(540, 570), False),
        ("UTC", {1}, Span(540, 600), False),
        ("Asia/Tokyo", {0}, Span(18 * 60, 19 * 60), True),
        ("Pacific/Kiritimati", {0}, Span(23 * 60, 25 * 60), True),  # 23:30 there
        ("Pacific/Kiritimati", {6}, Span(23 * 60, 23 * 60 + 1440), False),  # Sunday night has ended at 23:00
        ("America/Los_Angeles", {6}, Span(22 * 60, 26 * 60), True),  # Monday 1:30 belongs to Sunday's night
    ],
)
def test_a_time_is_told_in_its_own_zone(zone: str, days: set[int], span: Span, holds: bool) -> None:
    """SYS-02."""
    test = TimeTest(ZoneInfo(zone), frozenset(days), span)
    assert mismatch(rule(time=test), CORA) is (None if holds else Mismatch.TIME)


def test_conditions_come_back_from_the_database_as_they_went() -> None:
    full = Conditions(
        channels=frozenset(Channel),
        links=frozenset({LinkId("link_1")}),
        label="sale",
        customer=customer(Attribute.CITY, Comparison.EQUALS, "Zagreb"),
        media=Media.AUDIO,
        time=TimeTest(ZoneInfo("Europe/Zagreb"), frozenset({0, 6}), Span(1320, 1560)),
    )
    assert from_stored(stored(full)) == full
    assert from_stored(stored(Conditions())) == Conditions()
