"""How agents stand, as panels show it: the status with its name, what comes afterwards, the load."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from callflow.agent import Agent, InCall, WrapUp, new_agent
from callflow.agent_machine import activity_name
from callflow.capacity import load_of
from callflow.ids import AgentId
from conversations.agents.load import texts_by_agent
from conversations.agents.statuses import names_of_statuses
from conversations.calls.reading import all_agents
from conversations.db.database import Session
from conversations.directory.people import all_users, made_at
from conversations.directory.queues import all_queues
from conversations.directory.settings import read_settings
from conversations.directory.values import Queue, User, UserRole
from signaling.models.agents import AgentState, Load, TeamMember
from signaling.models.common import Ref


async def agent_state(session: Session, agent: Agent, user: User) -> AgentState:
    """Show how one agent stands."""
    names = await names_of_statuses(session)
    texts = (await texts_by_agent(session, agent.id)).get(agent.id, 0)
    return AgentState(
        id=agent.id,
        name=user.name,
        status=agent.status.id,
        status_name=names.get(agent.status.id, agent.status.id),
        group=agent.status.group,
        reason=agent.reason,
        since=_since(agent),
        then=_then(agent, names),
        state=activity_name(agent.activity),
        load=_load(agent, user, texts),
        reachable=agent.reachable,
        sound=agent.sound,
    )


async def team_members(session: Session) -> list[TeamMember]:
    """Show how every agent stands, as supervisors see it (AP-03)."""
    agents = await all_agents(session)
    queues = await all_queues(session)
    made = await made_at(session)
    names = await names_of_statuses(session)
    texts = await texts_by_agent(session)
    usual = (await read_settings(session)).wrap_up_seconds
    return [
        _member(user, agents.get(user.id) or new_agent(user.id, made[user.id]), queues, names, texts, usual)
        for user in await all_users(session)
        if UserRole.AGENT in user.roles and not user.disabled
    ]


def _member(
    user: User,
    agent: Agent,
    queues: Sequence[Queue],
    names: Mapping[str, str],
    texts: Mapping[AgentId, int],
    usual: int,
) -> TeamMember:
    return TeamMember(
        id=user.id,
        name=user.name,
        status=agent.status.id,
        status_name=names.get(agent.status.id, agent.status.id),
        group=agent.status.group,
        reason=agent.reason,
        state=activity_name(agent.activity),
        since=_since(agent),
        then=_then(agent, names),
        load=_load(agent, user, texts.get(agent.id, 0)),
        reachable=agent.reachable,
        sound=agent.sound,
        queues=[
            Ref(id=queue.id, name=queue.name) for queue in queues if user.id in {member.id for member in queue.members}
        ],
        call_id=agent.activity.call if isinstance(agent.activity, InCall) else None,
        wrap_up_seconds=usual if user.wrap_up_seconds is None else user.wrap_up_seconds,
        wrap_up_own=user.wrap_up_seconds is not None,
        wrap_up_until=agent.activity.until if isinstance(agent.activity, WrapUp) else None,
    )


def _since(agent: Agent) -> datetime:
    """Return since when an agent does what he does: the status, unless a call holds him."""
    return agent.status_since if agent.call is None else agent.activity.since


def _then(agent: Agent, names: Mapping[str, str]) -> Ref | None:
    return None if agent.then is None else Ref(id=agent.then.id, name=names.get(agent.then.id, agent.then.id))


def _load(agent: Agent, user: User, texts: int) -> Load | None:
    load = load_of(agent, texts, user.text_capacity)
    if load is None:
        return None
    return Load(calls=load.calls, texts=load.texts, text_capacity=load.text_capacity, full=load.full)
