"""Queues, their members, and the settings of the centre."""

import pytest

from callflow.ids import QueueId
from conversations.directory.passwords import Passwords
from conversations.directory.queue_service import QueueChange
from conversations.directory.queues import policies, queues_of
from conversations.directory.settings import SettingsChange, wrap_up_seconds_for
from conversations.directory.tables import UserRole
from conversations.directory.users import Users
from conversations.errors import InvalidError, NotFoundError, RefusedError, StaleError
from tests.conversations.centre import Centre

pytestmark = pytest.mark.wire


async def test_a_queue_is_renamed_closed_and_filled_by_whoever_saw_its_last_version(centre: Centre) -> None:
    actor, desk = centre.sam.actor, centre.desk
    wanted = QueueChange(name=" Front  desk ", open=False, members={centre.ben.id: 1, centre.ana.id: 2})
    changed = await centre.queues.change(actor, desk.id, desk.version, wanted)
    assert (changed.name, changed.open) == ("Front desk", False)
    assert [(member.name, member.level) for member in changed.members] == [("Ben", 1), ("Ana", 2)]
    assert (await centre.queues.list())[0] == changed
    with pytest.raises(StaleError) as stale:
        await centre.queues.change(actor, desk.id, desk.version, QueueChange(open=True))
    assert stale.value.current == changed
    with pytest.raises(NotFoundError):
        await centre.queues.change(actor, QueueId("queue_x"), 1, QueueChange(open=True))


async def test_two_queues_cannot_have_one_name(centre: Centre) -> None:
    other = await centre.queues.create(centre.sam.actor, "Sales")
    with pytest.raises(RefusedError) as refused:
        await centre.queues.create(centre.sam.actor, "DESK")
    assert refused.value.code == "name_taken"
    with pytest.raises(RefusedError):
        await centre.queues.change(centre.sam.actor, other.id, other.version, QueueChange(name="desk"))
    with pytest.raises(InvalidError):
        await centre.queues.create(centre.sam.actor, " \x07 ")


async def test_only_agents_are_members_and_only_enabled_agents_are_offered_work(centre: Centre) -> None:
    """CALL-03."""
    desk = centre.desk
    with pytest.raises(RefusedError) as refused:
        await centre.queues.change(centre.sam.actor, desk.id, desk.version, QueueChange(members={centre.sam.id: 1}))
    assert refused.value.code == "not_an_agent"
    both = QueueChange(members={centre.ana.id: 1, centre.ben.id: 2})
    await centre.queues.change(centre.sam.actor, desk.id, desk.version, both)
    users = Users(centre.database, Passwords())
    await users.create(centre.sam.actor, "root", "Root", frozenset({UserRole.ADMIN}))
    await users.set_disabled(centre.sam.actor, centre.ana.id, True)
    async with centre.database.read() as session:
        assert (await policies(session))[desk.id].levels == {centre.ben.id: 2}
        assert await queues_of(session, centre.ben.id) == {desk.id}
        assert await queues_of(session, centre.sam.id) == frozenset()


async def test_settings_begin_friendly_and_change_one_by_one(centre: Centre) -> None:
    """LNK-05, WRAP-04."""
    first = await centre.settings.get()
    assert (first.wrap_up_seconds, first.wrap_up_cap_seconds, first.link_days) == (30, None, 1)
    assert all((first.centre_name, first.welcome_text, first.not_yet_text, first.expired_text, first.closed_text))
    change = SettingsChange(centre_name="Ada & Co", wrap_up_cap_seconds=90)
    second = await centre.settings.change(centre.sam.actor, first.version, change)
    assert (second.centre_name, second.wrap_up_cap_seconds) == ("Ada & Co", 90)
    assert second.welcome_text == first.welcome_text
    third = await centre.settings.change(centre.sam.actor, second.version, SettingsChange(wrap_up_cap_seconds=None))
    assert third.wrap_up_cap_seconds is None
    with pytest.raises(StaleError) as stale:
        await centre.settings.change(centre.sam.actor, first.version, change)
    assert stale.value.current == third
    for wrong in (
        SettingsChange(wrap_up_seconds=3601),
        SettingsChange(wrap_up_seconds=-1),
        SettingsChange(link_days=0),
        SettingsChange(welcome_text=" "),
        SettingsChange(closed_text="x" * 1001),
    ):
        with pytest.raises(InvalidError):
            await centre.settings.change(centre.sam.actor, third.version, wrong)
    assert await centre.settings.get() == third


async def test_an_agents_own_wrap_up_wins_over_the_centres(centre: Centre) -> None:
    """WRAP-02."""
    users = Users(centre.database, Passwords())
    await users.create(centre.sam.actor, "root", "Root", frozenset({UserRole.ADMIN}))
    await users.change(centre.sam.actor, centre.ana.id, centre.ana.version, wrap_up_seconds=0)
    change = SettingsChange(wrap_up_seconds=45, wrap_up_cap_seconds=120)
    await centre.settings.change(centre.sam.actor, 1, change)
    async with centre.database.read() as session:
        assert await wrap_up_seconds_for(session, centre.ana.id) == (0, 120)
        assert await wrap_up_seconds_for(session, centre.ben.id) == (45, 120)
