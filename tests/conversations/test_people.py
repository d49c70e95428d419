"""Users, sign-in, sessions, and the first administrator."""

import asyncio

import pytest

from callflow.facts import AUTOMATION, FactKind
from callflow.ids import AgentId
from conversations.db.database import Database
from conversations.db.facts import facts_after
from conversations.directory.demo import add_demo_people, demo_secrets
from conversations.directory.passwords import Passwords, check, random_password
from conversations.directory.sessions import Sessions
from conversations.directory.setup import Setup
from conversations.directory.tables import SessionRow, SetupRow, UserRole, UserRow
from conversations.directory.users import Users
from conversations.errors import InvalidError, NotFoundError, RefusedError, StaleError
from tests.clock import MovableClock

pytestmark = pytest.mark.wire

AGENT = frozenset({UserRole.AGENT})
ADMIN = frozenset({UserRole.ADMIN})
HOUR = 3600


@pytest.fixture
def users(database: Database) -> Users:
    return Users(database, Passwords())


@pytest.fixture
async def admin(users: Users) -> AgentId:
    return (await users.create(AUTOMATION, "root", "Root", ADMIN)).user.id


async def test_a_new_user_signs_in_with_the_password_that_was_told_once_whatever_the_case_of_the_login(
    users: Users, database: Database
) -> None:
    made = await users.create(AUTOMATION, "Ána", "Ana", AGENT)
    user, token = await users.sign_in("áNA", made.password)
    assert user == made.user
    assert user.must_change_password
    assert await Sessions(database).find(token) == user
    assert made.password not in repr(made)
    async with database.read() as session:
        stored = await session.get_one(UserRow, user.id)
        assert stored.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await session.get(SessionRow, token) is None, "only the hash of a token is stored"


async def test_a_wrong_password_an_unknown_login_and_a_disabled_user_look_the_same(
    users: Users, admin: AgentId
) -> None:
    made = await users.create(AUTOMATION, "ana", "Ana", AGENT)
    told = set[tuple[str, str]]()
    await users.set_disabled(AUTOMATION, made.user.id, True)
    for login, password in (("root", "wrong"), ("nobody", "wrong"), ("ana", made.password)):
        with pytest.raises(RefusedError) as refused:
            await users.sign_in(login, password)
        told.add((refused.value.code, str(refused.value)))
    assert len(told) == 1
    assert told.pop()[0] == "wrong_credentials"


async def test_a_login_and_password_that_are_no_text_are_only_wrong(users: Users) -> None:
    for login in ("\x00", "\ud800", "x" * 10_000):
        with pytest.raises(RefusedError) as refused:
            await users.sign_in(login, "\ud800\x00" * 5000)
        assert refused.value.code == "wrong_credentials"


async def test_two_people_cannot_have_one_login(users: Users) -> None:
    await users.create(AUTOMATION, "ana", "Ana", AGENT)
    with pytest.raises(RefusedError) as refused:
        await users.create(AUTOMATION, "ANA", "Another", AGENT)
    assert refused.value.code == "login_taken"
    results = await asyncio.gather(
        *(users.create(AUTOMATION, "ben", "Ben", AGENT) for _ in range(4)), return_exceptions=True
    )
    assert len([result for result in results if not isinstance(result, Exception)]) == 1
    assert {result.code for result in results if isinstance(result, RefusedError)} == {"login_taken"}


async def test_a_session_ends_after_eight_idle_hours_and_after_a_day_in_any_case(
    users: Users, admin: AgentId, database: Database, clock: MovableClock
) -> None:
    password = (await users.reset_password(AUTOMATION, admin)).password
    sessions = Sessions(database)
    _, token = await users.sign_in("root", password)
    clock.advance(8 * HOUR - 1)
    assert await sessions.find(token) is not None
    clock.advance(8 * HOUR)
    assert await sessions.find(token) is None

    _, token = await users.sign_in("root", password)
    for _ in range(4):
        clock.advance(6 * HOUR - 1)
        assert await sessions.find(token) is not None
    clock.advance(4)
    assert await sessions.find(token) is None
    assert await sessions.find("nonsense") is None


async def test_sign_out_disabling_a_reset_and_new_roles_end_sessions_at_once(
    users: Users, admin: AgentId, database: Database
) -> None:
    sessions = Sessions(database)
    made = await users.create(AUTOMATION, "ana", "Ana", AGENT)
    ana = made.user.id
    _, first = await users.sign_in("ana", made.password)
    _, second = await users.sign_in("ana", made.password)
    await sessions.end(first)
    assert await sessions.find(first) is None
    assert await sessions.find(second) is not None

    reset = await users.reset_password(AUTOMATION, ana)
    assert await sessions.find(second) is None
    _, third = await users.sign_in("ana", reset.password)
    promoted = await users.change(AUTOMATION, ana, reset.user.version, roles=AGENT | {UserRole.SUPERVISOR})
    assert promoted.leads
    assert await sessions.find(third) is None
    _, fourth = await users.sign_in("ana", reset.password)
    renamed = await users.change(AUTOMATION, ana, promoted.version, name="Anna")
    assert await sessions.find(fourth) == renamed
    await users.set_disabled(AUTOMATION, ana, True)
    assert await sessions.find(fourth) is None
    await users.set_disabled(AUTOMATION, ana, False)
    assert await sessions.find(fourth) is None
    _, fifth = await users.sign_in("ana", reset.password)
    await sessions.end_all_for(ana)
    assert await sessions.find(fifth) is None
    async with database.read() as session:
        facts = [logged.fact for logged in await facts_after(session, 0, 100)]
    ended = [fact.data["sessions_ended"] for fact in facts if fact.agent == ana]
    assert ended == [False, True, True, False, True, False]
    assert {fact.kind for fact in facts} == {FactKind.USER_CHANGED}


async def test_choosing_a_password_ends_the_other_sessions_and_needs_the_current_one(
    users: Users, database: Database
) -> None:
    made = await users.create(AUTOMATION, "ana", "Ana", AGENT)
    ana, new = made.user.id, "three blue kettles"
    _, here = await users.sign_in("ana", made.password)
    _, there = await users.sign_in("ana", made.password)
    with pytest.raises(RefusedError) as refused:
        await users.change_password(ana, "wrong", new, here)
    assert refused.value.code == "wrong_credentials"
    changed = await users.change_password(ana, made.password, new, here)
    assert not changed.must_change_password
    assert await Sessions(database).find(here) == changed
    assert await Sessions(database).find(there) is None
    with pytest.raises(RefusedError):
        await users.sign_in("ana", made.password)
    await users.sign_in("ana", new)


@pytest.mark.parametrize("password", ["elevenchars", "Password1234!", "aaaaaaaaaaaab", "longlongname", "x" * 257])
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check(password, "LongLongName")
    assert refused.value.code == "weak_password"


def test_a_random_password_is_good_enough() -> None:
    check(random_password(), "ana")


async def test_hashing_leaves_the_loop_free_and_two_at_a_time_run() -> None:
    passwords = Passwords()
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    beating = asyncio.create_task(beat())
    await asyncio.gather(*(passwords.verify(None, "anything") for _ in range(6)))
    beating.cancel()
    assert beats > 100


async def test_a_stale_change_is_refused_with_the_user_as_it_is_now(users: Users) -> None:
    made = (await users.create(AUTOMATION, "ana", "Ana", AGENT)).user
    await users.create(AUTOMATION, "root", "Root", ADMIN)
    now = await users.change(AUTOMATION, made.id, made.version, wrap_up_seconds=0)
    with pytest.raises(StaleError) as stale:
        await users.change(AUTOMATION, made.id, made.version, wrap_up_seconds=5)
    assert stale.value.current == now
    assert now.wrap_up_seconds == 0
    untouched = await users.change(AUTOMATION, made.id, now.version, name="  Ana \t Anić ")
    assert (untouched.name, untouched.wrap_up_seconds) == ("Ana Anić", 0)
    assert (await users.change(AUTOMATION, made.id, untouched.version, wrap_up_seconds=None)).wrap_up_seconds is None
    with pytest.raises(InvalidError):
        await users.change(AUTOMATION, made.id, untouched.version + 1, wrap_up_seconds=3601)
    with pytest.raises(InvalidError):
        await users.change(AUTOMATION, made.id, untouched.version + 1, roles=frozenset())
    with pytest.raises(NotFoundError):
        await users.change(AUTOMATION, AgentId("user_nobody"), 1, name="X")


async def test_the_last_administrator_stays(users: Users, admin: AgentId) -> None:
    with pytest.raises(RefusedError) as refused:
        await users.set_disabled(AUTOMATION, admin, True)
    assert refused.value.code == "last_admin"
    with pytest.raises(RefusedError):
        await users.change(AUTOMATION, admin, 1, roles=AGENT)
    other = (await users.create(AUTOMATION, "other", "Other", ADMIN)).user
    for _ in range(5):  # neither may wait for the other and be waited for
        both = await asyncio.gather(
            *(users.set_disabled(AUTOMATION, one, True) for one in (admin, other.id)), return_exceptions=True
        )
        assert len([result for result in both if isinstance(result, RefusedError)]) == 1
        assert len([user for user in await users.list() if not user.disabled]) == 1
        for one in (admin, other.id):
            await users.set_disabled(AUTOMATION, one, False)


async def test_the_one_time_address_makes_the_first_administrator_once(database: Database) -> None:
    setup = Setup(database, Passwords())
    old, token = await setup.new_token(), await setup.new_token()
    assert old is not None
    assert token is not None
    with pytest.raises(NotFoundError):
        await setup.finish(old, "root", "Root", "three blue kettles")
    with pytest.raises(RefusedError):
        await setup.finish(token, "root", "Root", "short")
    tries = await asyncio.gather(
        *(setup.finish(token, f"root{n}", "Root", "three blue kettles") for n in range(3)), return_exceptions=True
    )
    made = [result for result in tries if not isinstance(result, BaseException)]
    assert len(made) == 1
    assert len([result for result in tries if isinstance(result, NotFoundError)]) == 2
    user, session = made[0]
    assert user.roles == {UserRole.ADMIN, UserRole.SUPERVISOR}
    assert await Sessions(database).find(session) == user
    assert await setup.new_token() is None
    async with database.read() as session_:
        assert await session_.get(SetupRow, 1) is None


async def test_the_trial_workspace_has_two_agents_in_a_queue_and_is_made_once(database: Database) -> None:
    passwords = Passwords()
    secrets = await demo_secrets(passwords)
    async with database.write() as write:
        people = await add_demo_people(write, secrets)
    assert people is not None
    assert [account.user.login for account in people.accounts] == ["admin", "ana", "ben"]
    assert people.accounts[0].user.roles == {UserRole.ADMIN, UserRole.SUPERVISOR}
    assert {member.id for member in people.queue.members} == {account.user.id for account in people.accounts[1:]}
    assert people.queue.name == "Welcome desk"
    users = Users(database, passwords)
    for account in people.accounts:
        user, _ = await users.sign_in(account.user.login, account.password)
        assert not user.must_change_password
    async with database.write() as write:
        assert await add_demo_people(write, secrets) is None
