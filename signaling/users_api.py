"""People: the administrator's page, and what a supervisor may set for an agent."""

from callflow.ids import AgentId
from conversations.directory.users import Users
from conversations.directory.values import NewPassword, UserRole
from conversations.values import UNSET
from signaling.http.api import Api
from signaling.http.problems import Problem, showing_stale
from signaling.http.rules import ADMIN, SUPERVISOR, SignedIn
from signaling.models.users import NewUser, User, UserChange, UserWithPassword
from signaling.sessions_api import shown_user


class UsersApi:
    """Handlers of `/users`."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/users", self.list_users, rule=SUPERVISOR, tag="users")
        api.post("/users", self.create_user, rule=ADMIN, status=201, tag="users")
        api.patch("/users/{user_id}", self.change_user, rule=SUPERVISOR, tag="users")
        api.post("/users/{user_id}/reset-password", self.reset_password, rule=ADMIN, tag="users")
        api.post("/users/{user_id}/disable", self.disable_user, rule=ADMIN, tag="users")
        api.post("/users/{user_id}/enable", self.enable_user, rule=ADMIN, tag="users")

    async def list_users(self) -> list[User]:
        """List all people."""
        return [shown_user(user) for user in await self._users.list()]

    async def create_user(self, who: SignedIn, new: NewUser) -> UserWithPassword:
        """Add a person; the password is shown this once."""
        made = await self._users.create(who.user.actor, new.login, new.name, frozenset(new.roles))
        return _shown_with_password(made)

    async def change_user(self, who: SignedIn, user_id: AgentId, change: UserChange) -> User:
        """Change a person; a supervisor may change how much work he gets, and not who he is."""
        given = change.model_fields_set
        if not who.has(UserRole.ADMIN) and given & {"name", "roles"}:
            raise Problem(403, "forbidden", "Only an administrator may change a person's name or roles.")
        with showing_stale(shown_user):
            user = await self._users.change(
                who.user.actor,
                user_id,
                change.version,
                name=change.name,
                roles=None if change.roles is None else frozenset(change.roles),
                wrap_up_seconds=change.wrap_up_seconds if "wrap_up_seconds" in given else UNSET,
                text_capacity=change.text_capacity if "text_capacity" in given else UNSET,
                phone=change.phone if "phone" in given else UNSET,
            )
        return shown_user(user)

    async def reset_password(self, who: SignedIn, user_id: AgentId) -> UserWithPassword:
        """Give a person a new password, shown this once; his sessions end."""
        return _shown_with_password(await self._users.reset_password(who.user.actor, user_id))

    async def disable_user(self, who: SignedIn, user_id: AgentId) -> User:
        """Keep a person out; sessions and WebSockets end at once."""
        return shown_user(await self._users.set_disabled(who.user.actor, user_id, True))

    async def enable_user(self, who: SignedIn, user_id: AgentId) -> User:
        """Let a person in again."""
        return shown_user(await self._users.set_disabled(who.user.actor, user_id, False))


def _shown_with_password(made: NewPassword) -> UserWithPassword:
    return UserWithPassword(user=shown_user(made.user), password=made.password)
