"""The service levels and the figures of the wallboard, by examples worked out by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callflow.agent import Group, InCall, Rung, Sound, Status, WrapUp, new_agent
from callflow.call import EndReason
from callflow.ids import AgentId, CallId, ConversationId, QueueId, ReservationId
from callflow.queueing import CallOrder
from conversations.calls.board import AgentWord, Board, CallLine, beginning_of_day, board, word_of
from conversations.calls.service_level import Served, ServiceLevel, service_level
from conversations.directory.tables import WhenGone
from conversations.directory.values import Member, Queue

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DESK, SALES = QueueId("queue_desk"), QueueId("queue_sales")
ANA, BEN = AgentId("user_ana"), AgentId("user_ben")


def served(*waits: float, answered: bool = True, target: float = 20) -> list[Served]:
    return [Served(waited, target, answered) for waited in waits]


@pytest.mark.parametrize(
    ("answered", "abandoned", "sl1", "sl2"),
    [
        ((5, 10, 15, 40), (), 3 / 4, 3 / 4),
        ((5, 10, 15, 40), (3,), 3 / 4, 4 / 5),  # who left at once was not kept waiting
        ((5, 10, 15, 40), (90,), 3 / 4, 3 / 5),  # who left late was
        ((5, 10, 15, 40), (3, 90), 3 / 4, 4 / 6),
        ((20,), (), 1.0, 1.0),  # the last moment is in time
        ((20.001,), (), 0.0, 0.0),
        ((), (3, 30), None, 1 / 2),
        ((), (), None, None),
    ],
)
def test_the_service_levels_are_these(
    answered: tuple[float, ...], abandoned: tuple[float, ...], sl1: float | None, sl2: float | None
) -> None:
    """SYS-03, PLUS-20: SL1 = answered ≤ T / answered; SL2 = (answered ≤ T + abandoned ≤ T) / (answered + abandoned)."""
    calls = [*served(*answered), *served(*abandoned, answered=False)]
    assert service_level(calls) == ServiceLevel(sl1, sl2)


def test_each_call_is_judged_by_the_target_of_its_own_queue() -> None:
    """SYS-03."""
    assert service_level([*served(30, target=20), *served(30, target=60)]) == ServiceLevel(0.5, 0.5)


def queue(key: QueueId, *members: AgentId, percent: int = 80, seconds: int = 20) -> Queue:
    return Queue(
        id=key,
        name=key,
        open=True,
        members=tuple(Member(member, member, 1) for member in members),
        order=CallOrder.LONGEST_IDLE,
        weight=0,
        auto_assign=True,
        ring_seconds=20,
        level_wait_seconds=0,
        target_percent=percent,
        target_seconds=seconds,
        consult=False,
        when_gone=WhenGone.KEEP,
        hours=None,
        version=1,
    )


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def over(queue: QueueId, began: datetime, waited: float, talked: float | None = None, **more: EndReason) -> CallLine:
    """A call that ended after this wait: answered when it was talked in."""
    answer = began + timedelta(seconds=waited)
    if talked is None:
        return CallLine(queue, "ended", began, ended_at=answer, reason=more.get("reason", EndReason.ABANDONED))
    ended = answer + timedelta(seconds=talked)
    return CallLine(queue, "ended", began, answered_at=answer, ended_at=ended, reason=EndReason.HUNG_UP)


def shown(calls: Iterable[CallLine], agents: dict[AgentId, AgentWord] | None = None, *queues: Queue) -> Board:
    return board(list(calls), agents or {}, queues or (queue(DESK), queue(SALES)), MIDNIGHT, NOW)


def test_who_waits_is_counted_from_the_first_second_until_the_answer() -> None:
    """PLUS-20: a call that rings still waits, one that waits to be called back is not on the line;
    one that came back from an agent waits since then."""
    calls = [
        CallLine(DESK, "waiting", ago(30)),
        CallLine(DESK, "ringing", ago(90)),
        CallLine(DESK, "waiting", ago(500), on_the_line=False),
        CallLine(SALES, "waiting", ago(300), waiting_since=ago(10), answered_at=ago(280)),
        CallLine(SALES, "talking", ago(60), answered_at=ago(50)),
    ]
    got = shown(calls)
    assert (got.total.waiting, got.total.waiting_since, got.total.callbacks) == (3, ago(90), 1)
    assert (got.total.talking, got.total.answered) == (1, 2)
    desk, sales = (row.figures for row in got.queues)
    assert (desk.waiting, desk.waiting_since, desk.talking) == (2, ago(90), 0)
    assert (sales.waiting, sales.waiting_since, sales.talking) == (1, ago(10), 1)


def test_today_begins_at_midnight_and_who_could_not_be_connected_or_left_a_message_did_not_give_up() -> None:
    """PLUS-12, PLUS-20: a call is of the day on which it was answered, or given up."""
    calls = [
        over(DESK, ago(600), 5, 60),
        over(DESK, ago(500), 45, 60),
        over(DESK, ago(400), 10),
        over(DESK, ago(400), 600, reason=EndReason.NO_ANSWER),
        over(DESK, ago(400), 15, reason=EndReason.FAILED),
        over(DESK, ago(400), 25, reason=EndReason.MESSAGE_LEFT),
        over(DESK, MIDNIGHT - timedelta(seconds=60), 30, 3600),
        over(DESK, MIDNIGHT - timedelta(seconds=60), 90),
    ]
    figures = shown(calls).queues[0].figures
    assert (figures.answered, figures.abandoned) == (2, 3)
    assert figures.level == ServiceLevel(1 / 2, 2 / 5)
    assert shown([]).queues[0].figures.level == ServiceLevel(None, None)


def test_all_queues_have_a_target_together_only_when_they_agree() -> None:
    """SYS-03."""
    same = shown([], {}, queue(DESK), queue(SALES)).total
    other = shown([], {}, queue(DESK), queue(SALES, seconds=60)).total
    assert (same.target_percent, same.target_seconds) == (80, 20)
    assert (other.target_percent, other.target_seconds) == (None, None)


def test_an_agent_counts_once_in_all_and_in_each_of_the_own_queues() -> None:
    """AP-03."""
    agents = {ANA: AgentWord.AVAILABLE, BEN: AgentWord.IN_CALL}
    got = shown([], agents, queue(DESK, ANA, BEN), queue(SALES, BEN))
    assert got.total.agents == {AgentWord.AVAILABLE: 1, AgentWord.IN_CALL: 1}
    assert [row.figures.agents for row in got.queues] == [got.total.agents, {AgentWord.IN_CALL: 1}]


def test_calls_of_a_queue_that_is_gone_count_in_the_total() -> None:
    """PLUS-20."""
    got = shown([over(QueueId("queue_gone"), ago(60), 5, 10)])
    assert (got.total.answered, got.total.level.of_all) == (1, 1.0)
    assert [row.figures.answered for row in got.queues] == [0, 0]


def test_an_agent_is_what_he_does_and_else_what_the_status_allows() -> None:
    """AP-03, AST-07: available means that a call could be offered now."""
    agent = new_agent(ANA, NOW)
    ready = replace(agent, status=Status.ACTIVE, reachable=True, sound=Sound.READY)
    call, thread = CallId("call_1"), ConversationId("conv_1")
    words = {
        AgentWord.OFFLINE: agent,
        AgentWord.AVAILABLE: ready,
        AgentWord.UNREADY: replace(ready, sound=Sound.BLOCKED),
        AgentWord.BUSY: replace(ready, status=Status.BUSY),
        AgentWord.AWAY: replace(ready, status=replace(Status.AWAY, group=Group.AWAY)),
        AgentWord.RINGING: replace(ready, activity=Rung(NOW, call, ReservationId("res_1"), NOW)),
        AgentWord.IN_CALL: replace(ready, status=Status.BUSY, activity=InCall(NOW, call, thread)),
        AgentWord.WRAPPING: replace(ready, activity=WrapUp(NOW, call, thread, NOW)),
    }
    assert {word: word_of(agent) for word, agent in words.items()} == {word: word for word in words}


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("UTC", "2026-11-22T12:00Z", "2026-11-22T00:00Z"),
        ("Europe/Zagreb", "2026-11-22T23:30Z", "2026-11-22T23:00Z"),
        ("Europe/Zagreb", "2026-03-29T12:00Z", "2026-03-28T23:00Z"),  # 23 hours
        ("Europe/Zagreb", "2026-10-25T12:00Z", "2026-10-24T22:00Z"),  # 25 hours
        ("America/New_York", "2026-11-22T03:00Z", "2026-11-21T05:00Z"),
    ],
)
def test_a_day_begins_at_midnight_where_the_centre_is(zone: str, now: str, midnight: str) -> None:
    """PLUS-20: also on the days on which the clocks are changed."""
    assert beginning_of_day(datetime.fromisoformat(now), ZoneInfo(zone)) == datetime.fromisoformat(midnight)


def test_without_a_zone_the_day_is_the_machines() -> None:
    """PLUS-20."""
    began = beginning_of_day(NOW, None)
    assert began <= NOW < began + timedelta(hours=25)
    assert began.astimezone().time().isoformat() == "00:00:00"
