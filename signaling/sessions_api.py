"""Signing in and out, one's own password, and the first administrator."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from callflow.errors import RefusedError
from callflow.ids import AgentId
from conversations.directory.sessions import Sessions
from conversations.directory.settings import SettingsService
from conversations.directory.setup import Setup as SetupService
from conversations.directory.users import Users
from conversations.directory.values import User as UserValue
from signaling.http.api import Api, Reply
from signaling.http.client import client_of
from signaling.http.limits import Limits
from signaling.http.problems import Problem
from signaling.http.rules import OWN_SESSION, PUBLIC, SignedIn
from signaling.models.users import Credentials, PasswordChange, Session, Setup, User
from signaling.sessions import no_session_cookie, session_cookie

SignedOut = Callable[[AgentId], Awaitable[None]]
"""Told when somebody signs out: the agent goes Offline (AST-06)."""


class SessionsApi:
    """Handlers of `/session` and `/setup`."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        settings: SettingsService,
        setup: SetupService,
        limits: Limits,
        signed_out: SignedOut,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._settings = settings
        self._setup = setup
        self._limits = limits
        self._signed_out = signed_out

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/session", self.get_session, rule=OWN_SESSION, tag="session")
        api.post("/session", self.sign_in, rule=PUBLIC, tag="session")
        api.delete("/session", self.sign_out, rule=OWN_SESSION, tag="session")
        api.post("/session/password", self.change_password, rule=OWN_SESSION, status=204, tag="session")
        api.post("/setup", self.set_up, rule=PUBLIC, status=201, tag="session")

    async def get_session(self, who: SignedIn) -> Session:
        """Say who is signed in here."""
        return await self._session(who.user)

    async def sign_in(self, request: web.Request, credentials: Credentials) -> Reply[Session]:
        """Sign in with login and password."""
        block = client_of(request).block
        self._limits.login.check(credentials.login, block)
        user, token = await self._users.sign_in(credentials.login, credentials.password)
        self._limits.login.succeeded(credentials.login, block)
        return Reply(await self._session(user), cookies=(session_cookie(request, token),))

    async def sign_out(self, request: web.Request, who: SignedIn) -> Reply[None]:
        """Sign out; the agent goes Offline."""
        await self._sessions.end(who.token)
        await self._signed_out(who.user.id)
        return Reply(None, cookies=(no_session_cookie(request),))

    async def change_password(self, request: web.Request, who: SignedIn, change: PasswordChange) -> None:
        """Choose a new password; the user's other sessions end."""
        block = client_of(request).block
        self._limits.login.check(who.user.login, block)
        try:
            await self._users.change_password(who.user.id, change.current, change.new, who.token)
        except RefusedError as error:
            if error.code == "wrong_credentials":
                raise Problem(403, error.code, "Your present password is not right.") from None
            # The present password was right, so this was no guess.
            self._limits.login.succeeded(who.user.login, block)
            raise
        self._limits.login.succeeded(who.user.login, block)

    async def set_up(self, request: web.Request, setup: Setup) -> Reply[Session]:
        """Make the first administrator with the one-time address, and sign in."""
        self._limits.unknown_tokens_by_address.require(client_of(request).block)
        user, token = await self._setup.finish(setup.token, setup.login, setup.name, setup.password)
        return Reply(await self._session(user), cookies=(session_cookie(request, token),))

    async def _session(self, user: UserValue) -> Session:
        settings = await self._settings.get()
        return Session(
            user=shown_user(user),
            must_change_password=user.must_change_password,
            centre_name=settings.centre_name,
        )


def shown_user(user: UserValue) -> User:
    """Return a user as the wire shows him."""
    return User(
        id=user.id,
        login=user.login,
        name=user.name,
        roles=sorted(user.roles),
        disabled=user.disabled,
        wrap_up_seconds=user.wrap_up_seconds,
        text_capacity=user.text_capacity,
        phone=user.phone,
        version=user.version,
    )
