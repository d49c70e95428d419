"""The audit log: what is written with each change, and how it is read."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import AUTOMATION
from callflow.ids import PromptId
from conversations.audit_log import AuditAction, AuditFilter, AuditLog, action_of
from conversations.db.audit import audit
from conversations.directory.passwords import Passwords
from conversations.directory.settings import SettingsChange
from conversations.directory.tables import UserRole
from conversations.directory.users import Users
from conversations.errors import RefusedError
from conversations.waiting.sounds import Sounds
from conversations.waiting.tables import SoundKind
from tests.clock import MovableClock
from tests.conversations.centre import Centre

wire = pytest.mark.wire


@pytest.mark.unit
def test_a_thing_was_made_or_deleted_when_its_name_came_or_went_with_everything_else() -> None:
    """SYS-08."""
    assert action_of({"name": [None, "Desk"], "open": [None, True]}) is AuditAction.MADE
    assert action_of({"label": [None, ""]}) is AuditAction.MADE
    assert action_of({"name": ["Desk", None], "open": [True, None]}) is AuditAction.DELETED
    assert action_of({"name": ["Desk", "Front"], "open": [None, True]}) is AuditAction.CHANGED
    assert action_of({"wrap_up_seconds": [None, 30]}) is AuditAction.CHANGED


@wire
async def test_a_change_is_read_with_who_when_and_both_values(centre: Centre, clock: MovableClock) -> None:
    """SYS-08: in the order of the changes, latest first."""
    log, settings = AuditLog(centre.database), await centre.settings.get()
    clock.advance(60)
    await centre.settings.change(centre.sam.actor, settings.version, SettingsChange(wrap_up_seconds=45))
    [entry, *_] = (await log.page(AuditFilter())).items
    assert (entry.actor, entry.actor_name, entry.at) == (centre.sam.actor, "Sam", clock.now())
    assert (entry.subject, entry.action) == ("settings", AuditAction.CHANGED)
    assert [(field.name, field.old, field.new) for field in entry.fields] == [("wrap_up_seconds", 30, 45)]


@wire
async def test_what_changed_nothing_or_was_refused_leaves_no_entry(centre: Centre) -> None:
    """SYS-08."""
    log, settings = AuditLog(centre.database), await centre.settings.get()
    before = await log.page(AuditFilter())
    await centre.settings.change(centre.sam.actor, settings.version, SettingsChange(wrap_up_seconds=30))
    with pytest.raises(RefusedError):
        await centre.settings.change(centre.sam.actor, settings.version, SettingsChange(wrap_up_seconds=45))
    assert await log.page(AuditFilter()) == before


@wire
async def test_ids_are_shown_as_the_names_of_today(centre: Centre) -> None:
    """SYS-08: also in lists, and in values that have parts; the id of what is gone stays."""
    async with centre.database.write() as write:
        old = {"queue": centre.desk.id, "members": [centre.ana.id]}
        new = {"queue": "queue_gone", "members": [centre.ana.id, centre.ben.id], "levels": {centre.ben.id: 2}}
        await audit(write, AUTOMATION, "thing", "thing_1", "Thing", old, new)
    sound = (
        await Sounds(centre.database).add(centre.sam.actor, PromptId("sound_1"), "Waves", SoundKind.MP3, 9, 1.0)
    ).id
    async with centre.database.write() as write:
        await audit(write, AUTOMATION, "thing", "thing_1", "Thing", {"link": "link_1"}, {"greeting": {"sound": sound}})

    async def links(_: AsyncSession, ids: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(ids, "Web site")

    [other, _, entry, *_] = (await AuditLog(centre.database, {"link": links}).page(AuditFilter())).items
    assert {field.name: (field.old, field.new) for field in other.fields} == {
        "link": ("Web site", None),
        "greeting": (None, {"sound": "Waves"}),
    }
    assert (entry.actor_name, entry.subject_name) == (None, "Thing")
    assert {field.name: (field.old, field.new) for field in entry.fields} == {
        "queue": ("Desk", "queue_gone"),
        "members": (["Ana"], ["Ana", "Ben"]),
        "levels": (None, {"Ben": 2}),
    }


@wire
async def test_the_log_is_read_by_page_by_kind_by_person_and_by_period(centre: Centre, clock: MovableClock) -> None:
    """SYS-08."""
    log, begun = AuditLog(centre.database), clock.now()
    clock.advance(3600)
    for number in range(5):
        async with centre.database.write() as write:
            actor = (centre.sam if number % 2 else centre.ana).actor
            await audit(write, actor, "thing", f"thing_{number}", f"Thing {number}", {}, {"name": f"Thing {number}"})
        clock.advance(60)

    async def names(wanted: AuditFilter) -> list[str]:
        return [entry.subject_name for entry in (await log.page(wanted)).items]

    things = AuditFilter(subject="thing")
    first = await log.page(things, limit=2)
    second = await log.page(things, first.next, limit=2)
    third = await log.page(things, second.next, limit=2)
    read = [[entry.subject_name for entry in page.items] for page in (first, second, third)]
    assert read == [["Thing 4", "Thing 3"], ["Thing 2", "Thing 1"], ["Thing 0"]]
    assert third.next is None
    assert await names(AuditFilter(person=centre.sam.id)) == ["Thing 3", "Thing 1"]
    since = begun + timedelta(hours=1, minutes=1)
    period = AuditFilter(since=since, until=since + timedelta(minutes=2))
    assert await names(period) == ["Thing 2", "Thing 1"]
    assert "thing" in await log.subjects()
    assert [person.name for person in await log.people()] == ["Ana", "Sam"]


@wire
async def test_a_password_is_logged_without_its_words(centre: Centre) -> None:
    """SYS-08: that it was given out or chosen, never what it is."""
    users = Users(centre.database, Passwords())
    await users.create(centre.sam.actor, "root", "Root", frozenset({UserRole.ADMIN}))
    made = await users.reset_password(centre.sam.actor, centre.ana.id)
    await users.change_password(centre.ana.id, made.password, "a horse on the roof", "")
    entries = (await AuditLog(centre.database).page(AuditFilter(subject="user"))).items[:2]
    assert [field.new for entry in entries for field in entry.fields] == ["chosen", "given_out"]
    assert made.password not in str(entries)
    assert "horse" not in str(entries)
