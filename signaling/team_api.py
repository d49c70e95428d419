"""The team, as supervisors see and lead it: who does what, how time is spent, forcing a status, ending a wrap-up."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from callflow.agent import Agent, StatusReason
from callflow.agent_machine import StatusChosen, StatusRedefined, WrapUpEnded
from callflow.clock import Clock
from callflow.engine import Engine
from callflow.facts import Actor
from callflow.ids import AgentId, StatusId
from conversations.agents.spans import Span, spans_between, time_spent
from conversations.agents.statuses import Statuses, names_of_statuses
from conversations.calls.store import CallTransaction
from conversations.db.database import Database
from conversations.directory.people import all_users
from conversations.directory.values import User, UserRole
from conversations.errors import InvalidError, NotFoundError
from signaling.http.api import Api
from signaling.http.rules import SUPERVISOR, SignedIn
from signaling.models.agents import TeamMember
from signaling.models.common import Moment
from signaling.models.statuses import AgentTime, ForcedStatus, StatusSeconds, TeamTime
from signaling.panel.views import PanelViews

LONGEST: Final = timedelta(days=93)
"""The longest period that status time is added up for."""


async def choose_status(
    engine: Engine[CallTransaction],
    statuses: Statuses,
    agent: AgentId,
    status: StatusId,
    forced_by: Actor | None = None,
) -> Agent:
    """Set an agent's status. Raises NotFoundError, RefusedError ``status_deleted``.

    A supervisor may delete or move the status at this very moment: whoever of the two looks last sees what the other
    wrote, and puts it right.
    """
    wanted = await statuses.choosable(status)
    reason = StatusReason.FORCED if forced_by else None
    changed = await engine.agent(agent, StatusChosen(wanted, reason, forced_by))
    present = await statuses.present(wanted)
    if present != wanted:
        changed = await engine.agent(agent, StatusRedefined(status, present))
    return changed


class TeamApi:
    """Handlers of `/team`."""

    def __init__(
        self,
        database: Database,
        engine: Engine[CallTransaction],
        statuses: Statuses,
        views: PanelViews,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._statuses = statuses
        self._views = views
        self._clock = clock

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/team", self.team, rule=SUPERVISOR, tag="supervisor")
        api.get("/team/status-time", self.status_time, rule=SUPERVISOR, tag="supervisor")
        api.post("/team/{user_id}/status", self.force_status, rule=SUPERVISOR, tag="supervisor")
        api.post("/team/{user_id}/wrap-up/finish", self.end_wrap_up, rule=SUPERVISOR, tag="supervisor")

    async def team(self) -> list[TeamMember]:
        """List the agents with who is in which status since when (AP-03)."""
        async with self._database.read() as session:
            return await self._views.team(session)

    async def status_time(self, *, since: Moment, until: Moment | None = None) -> TeamTime:
        """Add up how each agent spent a period: statuses, activities, the share of work (AST-08)."""
        now = self._clock.now()
        end = now if until is None else min(until, now)
        if not timedelta(0) < end - since <= LONGEST:
            raise InvalidError("since", f"Choose a period of at most {LONGEST.days} days that has begun.")
        async with self._database.read() as session:
            spans = await spans_between(session, since, end)
            people = [user for user in await all_users(session) if _takes_calls(user) or user.id in spans]
            names = await names_of_statuses(session)
        shown = [_time(user, spans.get(user.id, ()), names, since, end) for user in people]
        return TeamTime(begin=since, end=end, agents=shown)

    async def force_status(self, who: SignedIn, user_id: AgentId, forced: ForcedStatus) -> None:
        """Set an agent's status at once; a call that he is in goes on (PLUS-20)."""
        await self._require_agent(user_id)
        await choose_status(self._engine, self._statuses, user_id, StatusId(forced.status), who.user.actor)

    async def end_wrap_up(self, who: SignedIn, user_id: AgentId) -> None:
        """End an agent's wrap-up; what was written is kept (PLUS-08)."""
        await self._require_agent(user_id)
        await self._engine.agent(user_id, WrapUpEnded(who.user.actor))

    async def _require_agent(self, user: AgentId) -> None:
        async with self._database.read() as session:
            people = await all_users(session)
        if not any(one.id == user and _takes_calls(one) for one in people):
            raise NotFoundError("There is no such agent.")


def _takes_calls(user: User) -> bool:
    return UserRole.AGENT in user.roles and not user.disabled


def _time(user: User, spans: Sequence[Span], names: Mapping[str, str], begin: datetime, end: datetime) -> AgentTime:
    spent = time_spent(spans, begin, end)
    groups = {span.status: span.group for span in spans}
    return AgentTime(
        id=user.id,
        name=user.name,
        statuses=[
            StatusSeconds(id=key, name=names.get(key, key), group=groups[key], seconds=_seconds(lasted))
            for key, lasted in spent.by_status.items()
        ],
        activities={key: _seconds(lasted) for key, lasted in spent.by_activity.items()},
        signed_in_seconds=_seconds(spent.signed_in),
        working_seconds=_seconds(spent.working),
        utilisation=spent.utilisation,
    )


def _seconds(lasted: timedelta) -> int:
    return round(lasted.total_seconds())
