"""Waiting strategies as they are kept, and the plan that a call gets."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import LinkId, PromptId, QueueId, StrategyId
from callflow.waiting import WaitingPlan
from callflow.wiring import HOLD_MUSIC
from conversations.db.audit import AuditRow
from conversations.errors import InvalidError, NotFoundError, RefusedError, StaleError
from conversations.waiting.places import MINUTES, can_say_places, spoken_places
from conversations.waiting.plans import plan_for, plan_of
from conversations.waiting.strategies import SUBJECT, Strategies
from conversations.waiting.values import (
    Announcements,
    Part,
    Places,
    Recorded,
    Source,
    Speech,
    StrategyWish,
    Voice,
)
from tests.conversations.centre import Centre

ENGLISH = Voice("en-us", "f2", 160)
VIP = LinkId("link_vip")


def said(text: str) -> Speech:
    return Speech(text, ENGLISH)


WISH = StrategyWish(
    name="Patience",
    greeting=Part(True, said("Welcome.")),
    announcements=Announcements(True, (said("Soon."), said("Very soon.")), 15),
    farewell=Part(True, said("Goodbye.")),
    places=Places(True, ENGLISH),
    longest_seconds=90,
)


async def link_names(_: AsyncSession, links: Collection[LinkId]) -> Mapping[LinkId, str]:
    return {link: "VIP" for link in links if link == VIP}


def strategies_of(centre: Centre) -> Strategies:
    return Strategies(centre.database, link_names)


async def plan(centre: Centre, link: LinkId | None = None) -> WaitingPlan:
    async with centre.database.read() as session:
        return await plan_for(session, centre.desk.id, link)


@pytest.mark.unit
def test_a_strategy_becomes_a_plan_of_prompts_and_what_is_off_is_left_out() -> None:
    """WSV-02, WSV-03, WSV-04, WSV-05, PLUS-12."""
    whole = plan_of(WISH)
    assert whole.music == HOLD_MUSIC
    assert whole.greeting == said("Welcome.").prompt
    assert whole.announcements == (said("Soon.").prompt, said("Very soon.").prompt)
    assert whole.farewell == said("Goodbye.").prompt
    assert (whole.every, whole.longest) == (timedelta(seconds=15), timedelta(seconds=90))
    assert whole.spoken is not None
    assert len(whole.spoken.positions) == 11
    assert [wait for wait, _ in whole.spoken.waits[:-1]] == [timedelta(minutes=n) for n in MINUTES]
    own = replace(WISH, music=Part(True, Recorded(PromptId("sound_1"))))
    assert plan_of(own).music == "sound_1"
    bare = plan_of(
        replace(
            WISH,
            greeting=replace(WISH.greeting, on=False),
            music=Part(False),
            announcements=replace(WISH.announcements, on=False),
            places=replace(WISH.places, on=False),
        )
    )
    assert bare == WaitingPlan(
        music=None, farewell=said("Goodbye.").prompt, every=timedelta(seconds=15), longest=timedelta(seconds=90)
    )


@pytest.mark.unit
def test_places_are_said_in_six_languages_each_sentence_once() -> None:
    """PLUS-12."""
    for language in ("en-us", "en", "de", "fr-ch", "es-419", "it", "hr"):
        assert can_say_places(language)
        prompts, speech = spoken_places(Voice(language, "", 150))
        named = {*prompts.positions, *(prompt for _, prompt in prompts.waits)}
        assert named == {one.prompt for one in speech}
        assert len(named) == len(speech) == 20
        assert not any("{" in one.text for one in speech)
    assert not can_say_places("ja")


@pytest.mark.unit
def test_a_prompt_is_named_by_its_text_and_its_voice() -> None:
    """WSV-06."""
    voices = [ENGLISH, replace(ENGLISH, voice="m1"), replace(ENGLISH, rate=161), replace(ENGLISH, language="de")]
    assert len({Speech("Hello", voice).prompt for voice in voices}) == len(voices)
    assert said("Hello").prompt == said("Hello").prompt
    assert said("Hello").prompt != said("Hello.").prompt


@pytest.mark.wire
async def test_a_caller_hears_the_links_strategy_or_else_the_queues_or_else_music(centre: Centre) -> None:
    """WSV-01."""
    strategies, actor = strategies_of(centre), centre.sam.actor
    assert await plan(centre) == WaitingPlan()
    of_queue = await strategies.create(actor, replace(WISH, queues=frozenset({centre.desk.id})))
    assert await plan(centre) == plan_of(WISH)
    assert await plan(centre, VIP) == plan_of(WISH)
    for_links = replace(WISH, name="For links", links=frozenset({VIP}), longest_seconds=3600)
    await strategies.create(actor, for_links)
    assert await plan(centre, VIP) == plan_of(for_links)
    assert await plan(centre, LinkId("link_other")) == plan_of(WISH)
    assert [strategy.wish.name for strategy in await strategies.list()] == ["For links", "Patience"]
    assert (await strategies.list())[1] == of_queue
    assert await strategies.names([of_queue]) == ({centre.desk.id: "Desk"}, {})
    with pytest.raises(StaleError):
        await strategies.delete(actor, of_queue.id, of_queue.version + 1)
    await strategies.delete(actor, of_queue.id, of_queue.version)
    assert await plan(centre) == WaitingPlan()
    with pytest.raises(NotFoundError):
        await strategies.delete(actor, of_queue.id, of_queue.version)


@pytest.mark.wire
async def test_a_queue_or_link_has_one_strategy_only_and_the_refusal_names_the_other(centre: Centre) -> None:
    """WSV-01."""
    strategies, actor = strategies_of(centre), centre.sam.actor
    wish = replace(WISH, queues=frozenset({centre.desk.id}), links=frozenset({VIP}))
    first = await strategies.create(actor, wish)
    for entries in ({"links": frozenset[LinkId]()}, {"queues": frozenset[QueueId]()}):
        with pytest.raises(RefusedError, match="Patience") as refused:
            await strategies.create(actor, replace(wish, name="Second", **entries))
        assert refused.value.code == "entry_taken"
    assert len(await strategies.list()) == 1
    kept = await strategies.change(actor, first.id, first.version, replace(wish, name="Renamed"))
    assert kept.wish == replace(wish, name="Renamed")
    with pytest.raises(StaleError) as stale:
        await strategies.change(actor, first.id, first.version, wish)
    assert stale.value.current == kept
    with pytest.raises(RefusedError, match="name"):
        await strategies.create(actor, replace(WISH, name="rEnamed"))
    with pytest.raises(NotFoundError):
        await strategies.create(actor, replace(WISH, queues=frozenset({QueueId("queue_gone")})))
    with pytest.raises(NotFoundError):
        await strategies.change(actor, StrategyId("strategy_gone"), 1, WISH)


@pytest.mark.wire
async def test_of_two_strategies_for_one_queue_at_the_same_time_one_is_kept(centre: Centre) -> None:
    """WSV-01."""
    strategies = strategies_of(centre)
    wishes = [replace(WISH, name=f"Race {n}", queues=frozenset({centre.desk.id})) for n in range(4)]
    made = await asyncio.gather(*(strategies.create(centre.sam.actor, wish) for wish in wishes), return_exceptions=True)
    refused = [one for one in made if isinstance(one, RefusedError)]
    assert len(refused) == 3
    assert {one.code for one in refused} == {"entry_taken"}
    assert len(await strategies.list()) == 1


LONG: tuple[Source, ...] = tuple(said(f"Number {n}") for n in range(11))


@pytest.mark.wire
@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("music", StrategyWish("Silent", music=Part(False))),
        ("longest_seconds", replace(WISH, longest_seconds=9)),
        ("longest_seconds", replace(WISH, longest_seconds=3601)),
        ("gap_seconds", replace(WISH, announcements=replace(WISH.announcements, gap_seconds=9))),
        ("announcements", replace(WISH, announcements=Announcements(True))),
        ("announcements", replace(WISH, announcements=Announcements(True, LONG))),
        ("greeting", replace(WISH, greeting=Part(True))),
        ("greeting", replace(WISH, greeting=Part(True, said(" \n ")))),
        ("greeting", replace(WISH, greeting=Part(True, said("x" * 100_000)))),
        ("farewell", replace(WISH, farewell=Part(True, Speech("Bye", replace(ENGLISH, rate=1000))))),
        ("places", replace(WISH, places=Places(True, Voice("ja", "", 150)))),
        ("name", replace(WISH, name=" ")),
        ("sound_id", replace(WISH, music=Part(True, Recorded(PromptId("sound_gone"))))),
    ],
)
async def test_what_callers_could_not_be_given_is_refused_by_field(
    centre: Centre, field: str, wish: StrategyWish
) -> None:
    """WSV-01, WSV-04, WSV-05."""
    strategies = strategies_of(centre)
    with pytest.raises(InvalidError) as invalid:
        await strategies.create(centre.sam.actor, wish)
    assert invalid.value.field == field
    assert await strategies.list() == []


@pytest.mark.wire
async def test_every_change_of_a_strategy_is_in_the_audit_log(centre: Centre) -> None:
    strategies, actor = strategies_of(centre), centre.sam.actor
    made = await strategies.create(actor, WISH)
    changed = await strategies.change(actor, made.id, made.version, replace(WISH, longest_seconds=60))
    await strategies.delete(actor, made.id, changed.version)
    async with centre.database.read() as session:
        rows = list(
            await session.scalars(select(AuditRow).where(AuditRow.subject == SUBJECT).order_by(AuditRow.number))
        )
    assert [row.subject_name for row in rows] == ["Patience"] * 3
    assert rows[1].changes == {"longest_seconds": [90, 60]}
    assert rows[0].changes["name"] == [None, "Patience"]
    assert rows[2].changes["name"] == ["Patience", None]
