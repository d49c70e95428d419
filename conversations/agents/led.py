"""What supervisors do with an agent, in the audit log: a status that is forced, a wrap-up that is ended (SYS-08)."""

from callflow.agent import Agent
from callflow.facts import Fact, FactKind
from conversations.agents.statuses import names_of_statuses
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.people import user_by_id


async def audit_led(write: Write, fact: Fact, agent: Agent) -> None:
    """Log what a supervisor's fact changed. `agent` is as he was before."""
    match fact.kind:
        case FactKind.AGENT_STATUS:
            names, now = await names_of_statuses(write.session), str(fact.data["status"])
            before = {"status": names.get(agent.status.id, agent.status.id)}
            after = {"status": names.get(now, now)}
        case FactKind.CALL_WRAPPED:
            before, after = {"wrap_up": "running"}, {"wrap_up": "ended"}
        case _:
            return
    user = await user_by_id(write.session, agent.id)
    assert user is not None
    await audit(write, fact.actor, "user", agent.id, user.name, before, after)
