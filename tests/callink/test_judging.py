"""What a link is worth: pure, on values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.ids import LinkId, QueueId
from callink.tables import LinkKind
from callink.texts import text_for
from callink.values import Link, LinkState, judge
from conversations.directory.values import DispositionMode, Settings
from conversations.threads.guests import GuestId

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ADA, BOB = GuestId("guest_ada"), GuestId("guest_bob")

FRAME = Link(
    id=LinkId("link_1"),
    kind=LinkKind.TIME_FRAME,
    label="",
    queue=QueueId("queue_1"),
    identity=None,
    customer=None,
    audio_only=False,
    starts_at=NOON,
    ends_at=NOON + timedelta(hours=1),
    created_by=None,
    created_at=NOON - timedelta(days=1),
    revoked_at=None,
    holder=None,
    used_at=None,
)
ONCE = replace(FRAME, kind=LinkKind.ONE_TIME, ends_at=None)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (NOON - timedelta(seconds=1), LinkState.NOT_YET),
        (NOON - TICK, LinkState.NOT_YET),
        (NOON, LinkState.ACTIVE),
        (NOON + timedelta(hours=1) - TICK, LinkState.ACTIVE),
        (NOON + timedelta(hours=1), LinkState.EXPIRED),
        (NOON + timedelta(hours=1, seconds=1), LinkState.EXPIRED),
    ],
)
def test_a_window_holds_its_first_moment_and_not_its_last(moment: datetime, state: LinkState) -> None:
    """LNK-03."""
    assert judge(FRAME, None, moment) is state
    assert judge(FRAME, ADA, moment) is state


def test_a_one_time_link_belongs_to_the_browser_whose_call_lives_then_is_used_or_free_again() -> None:
    """LNK-11, PLUS-18."""
    late = NOON + timedelta(days=400)
    held = replace(ONCE, holder=ADA)
    assert [judge(held, who, late) for who in (ADA, BOB, None)] == ["active", "in_use", "in_use"]
    answered = replace(held, used_at=NOON)
    assert [judge(answered, who, late) for who in (ADA, BOB, None)] == ["active", "in_use", "in_use"]
    over = replace(answered, holder=None)
    assert [judge(over, who, late) for who in (ADA, BOB, None)] == ["used", "used", "used"]
    assert judge(ONCE, BOB, late) is LinkState.ACTIVE


@given(
    kind=st.sampled_from(LinkKind),
    holder=st.sampled_from([None, ADA]),
    used=st.booleans(),
    seconds=st.integers(-9000, 9000),
    guest=st.sampled_from([None, ADA, BOB]),
)
def test_a_revoked_link_is_revoked_whatever_else_it_is(
    kind: LinkKind, holder: GuestId | None, used: bool, seconds: int, guest: GuestId | None
) -> None:
    link = replace(FRAME, kind=kind, holder=holder, used_at=NOON if used else None, revoked_at=NOON)
    assert judge(link, guest, NOON + timedelta(seconds=seconds)) is LinkState.REVOKED


def test_every_state_has_its_text() -> None:
    """LNK-05."""
    settings = Settings("Centre", "welcome", "not yet", "expired", "closed", 30, None, 1, 1, DispositionMode.OFF, 1)
    texts = {state: text_for(state, settings) for state in LinkState}
    assert texts[LinkState.ACTIVE] == "welcome"
    assert texts[LinkState.NOT_YET] == "not yet"
    assert {texts[state] for state in (LinkState.USED, LinkState.EXPIRED, LinkState.REVOKED)} == {"expired"}
    assert "another browser" in texts[LinkState.IN_USE]
