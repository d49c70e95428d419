"""The people and the queue of the trial workspace."""

from dataclasses import dataclass

from callflow.facts import AUTOMATION
from conversations.db.database import Write
from conversations.directory.passwords import Passwords, random_password
from conversations.directory.people import add_user, has_users
from conversations.directory.queues import add_queue, set_members
from conversations.directory.tables import UserRole
from conversations.directory.values import DEFAULT_QUEUE, NewPassword, Queue

QUEUE_NAME = "Welcome desk"
PEOPLE = (
    ("admin", "Alex Admin", frozenset({UserRole.ADMIN, UserRole.SUPERVISOR})),
    ("ana", "Ana Anić", frozenset({UserRole.AGENT})),
    ("ben", "Ben Brook", frozenset({UserRole.AGENT})),
)


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """Who was made, with their passwords, and the queue that the agents are in."""

    accounts: tuple[NewPassword, ...]
    queue: Queue


async def demo_secrets(passwords: Passwords) -> tuple[tuple[str, str], ...]:
    """Return a random password and its hash for each person; made before the transaction, since hashing takes long."""
    chosen = [random_password() for _ in PEOPLE]
    return tuple([(password, await passwords.hash(password)) for password in chosen])


async def add_demo_people(write: Write, secrets: tuple[tuple[str, str], ...]) -> DemoPeople | None:
    """Make an administrator who is also supervisor, two agents, and their queue; None when there are users already."""
    if await has_users(write.session):
        return None
    accounts: list[NewPassword] = []
    for (login, name, roles), (password, hashed) in zip(PEOPLE, secrets, strict=True):
        user = await add_user(
            write,
            AUTOMATION,
            login=login,
            name=name,
            roles=roles,
            password_hash=hashed,
            must_change_password=False,
        )
        accounts.append(NewPassword(user, password))
    agents = [account.user.id for account in accounts if UserRole.AGENT in account.user.roles]
    # What no queue takes must reach somebody too.
    await set_members(write.session, DEFAULT_QUEUE, dict.fromkeys(agents, 1))
    return DemoPeople(tuple(accounts), await add_queue(write, AUTOMATION, QUEUE_NAME, agents))
