"""Who may use a route: the principals, and the rules that every route must name (reliability.md 2.3; SYS-01)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conversations.directory.values import User, UserRole
from signaling.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser with a guest cookie, which is the secret `token`.

    A made-up cookie is a guest too, one that owns nothing: what a guest may touch is decided per object.
    """

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who signed in, as the directory knows him, and the token of the session."""

    user: User
    token: str = field(repr=False)

    def has(self, role: UserRole) -> bool:
        """Say whether this person has `role`."""
        return role in self.user.roles


@dataclass(frozen=True, slots=True)
class Anyone:
    """Nobody in particular."""


Principal = Anyone | Guest | SignedIn


@dataclass(frozen=True, slots=True)
class Rule:
    """A route's authorization. `kind` is the principal that the route needs, `allows` decides about one."""

    name: str
    kind: type[Anyone] | type[Guest] | type[SignedIn]
    allows: Callable[[SignedIn], bool] = lambda _: True
    before_password_change: bool = False
    while_away: bool = field(default=False, compare=False)
    """While the database is away, who was known last may use the route: who it lets in is the same."""

    def check_signed_in(self, who: SignedIn) -> None:
        """Raise the 403 when this person may not use the route."""
        if who.user.must_change_password and not self.before_password_change:
            raise Problem(403, "password_change_needed", "Choose a password of your own first.")
        if not self.allows(who):
            raise Problem(403, "forbidden", "Your role does not allow this.")


PUBLIC = Rule("public", Anyone)
"""Anyone at all, signed in or not."""
GUEST = Rule("guest", Guest)
"""A browser that was admitted through a call link."""
OWN_SESSION = Rule("own_session", SignedIn, before_password_change=True)
"""Signed in, even with a password that must be changed first."""
SIGNED_IN = Rule("signed_in", SignedIn)
"""Signed in, in any role."""
AGENT = Rule("agent", SignedIn, lambda who: who.has(UserRole.AGENT))
"""Takes calls."""
AGENT_AT_ANY_TIME = replace(AGENT, while_away=True)
"""Takes calls, and may end one while the database is away."""
SUPERVISOR = Rule("supervisor", SignedIn, lambda who: who.user.leads)
"""Runs queues, links and settings; an administrator too."""
ADMIN = Rule("admin", SignedIn, lambda who: who.has(UserRole.ADMIN))
"""Makes and disables users."""
