"""What a run of facts means for one panel: which parts of its state to read again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from callflow.facts import ActorKind, Fact, FactKind
from callflow.ids import AgentId, ConversationId, QueueId
from signaling.models.panel import Stale

_LISTS: dict[FactKind, Stale] = {
    FactKind.USER_CHANGED: "users",
    FactKind.QUEUE_CHANGED: "queues",
    FactKind.LINK_CHANGED: "call_links",
    FactKind.SETTINGS_CHANGED: "settings",
    FactKind.RULES_CHANGED: "routing_rules",
    FactKind.STRATEGIES_CHANGED: "waiting",
    FactKind.STATUSES_CHANGED: "statuses",
    FactKind.DISPOSITIONS_CHANGED: "dispositions",
    FactKind.RECORDING_TARGET_CHANGED: "recording_storage",
}
_RECORDINGS = frozenset(
    {
        FactKind.RECORDING_STARTED,
        FactKind.RECORDING_STOPPED,
        FactKind.RECORDING_CHANGED,
        FactKind.CALL_MESSAGE_BEGUN,
        FactKind.CALL_MESSAGE_CANCELLED,
        FactKind.CALL_MESSAGE_LEFT,
    }
)
"""What changes a line in the list of recordings, or a note of one."""
_AUDITED = frozenset(
    {
        *_LISTS,
    }
)
"""What is written into the audit log too (SYS-08)."""
_LED = frozenset({FactKind.AGENT_STATUS, FactKind.CALL_WRAPPED, FactKind.RECORDING_CHANGED})
"""What is written there when a supervisor does it."""
_CALLS = frozenset(
    {
        FactKind.CALL_STARTED,
        FactKind.CALL_ANSWERED,
        FactKind.CALL_MISSED,
        FactKind.CALL_TRANSFERRED,
        FactKind.CALL_CALLBACK_ASKED,
        FactKind.CALL_CALLED_BACK,
        FactKind.CALL_ENDED,
        FactKind.CALL_HANDLED,
        FactKind.CALL_WRAPPED,
    }
)
"""What changes a line in the lists of calls."""
_TEAM = frozenset(
    {
        FactKind.AGENT_STATUS,
        FactKind.AGENT_NEXT,
        FactKind.AGENT_STATE,
        FactKind.AGENT_REACH,
        FactKind.USER_CHANGED,
    }
)
_OWN = frozenset({*_TEAM, FactKind.WRAP_UP_CHANGED})


@dataclass(frozen=True, slots=True)
class Touched:
    """The things that a run of facts names."""

    agents: frozenset[AgentId] = frozenset()
    """Agents whose own state changed."""
    team: frozenset[AgentId] = frozenset()
    """Agents whose line in the team list changed."""
    conversations: frozenset[ConversationId] = frozenset()
    """With new entries, a new state, or a call in which something happened."""
    read_by: frozenset[tuple[AgentId, ConversationId]] = frozenset()
    """Who read which conversation; nobody else's panel changes by it."""
    users: frozenset[AgentId] = frozenset()
    """People whose rights or names may have changed."""
    calls_in: frozenset[QueueId] = frozenset()
    """Queues of which a line in the lists of calls changed."""
    calls_of: frozenset[AgentId] = frozenset()
    """Agents of whose calls one changed."""
    neglected: bool = False
    """A caller is one whom nobody answers; that it is so no longer shows in his conversation."""
    all_team: bool = False
    names: bool = False
    """Statuses may have other names, or wrap-ups ask for something else: what every panel says of its user."""
    work: bool = False
    """Some conversation is another's, or open no longer: agents may have another load (AST-04)."""
    stale: frozenset[Stale] = field(default_factory=frozenset[Stale])


def touched_by(facts: Iterable[Fact]) -> Touched:
    """Collect what `facts` name."""
    agents: set[AgentId] = set()
    team: set[AgentId] = set()
    conversations: set[ConversationId] = set()
    read_by: set[tuple[AgentId, ConversationId]] = set()
    users: set[AgentId] = set()
    calls_in: set[QueueId] = set()
    calls_of: set[AgentId] = set()
    stale: set[Stale] = set()
    work = neglected = False
    for fact in facts:
        work = work or _moves_work(fact)
        if fact.kind in _LISTS:
            stale.add(_LISTS[fact.kind])
        if fact.kind in _AUDITED or (fact.kind in _LED and fact.actor.kind is ActorKind.SUPERVISOR):
            stale.add("audit")
        if fact.kind in _RECORDINGS:
            stale.add("recordings")
        if fact.kind is FactKind.RECORDING_CHANGED:
            stale.add("recording_storage")
        neglected = neglected or fact.kind is FactKind.CALL_NEGLECTED
        if fact.kind in _CALLS:
            calls_in |= {fact.queue} if fact.queue else set()
            calls_of |= {fact.agent} if fact.agent else set()
        if fact.kind is FactKind.CONVERSATION_READ:
            if fact.agent and fact.conversation:
                read_by.add((fact.agent, fact.conversation))
            continue
        if fact.conversation:
            conversations.add(fact.conversation)
        if fact.agent and fact.kind in _OWN:
            agents.add(fact.agent)
        if fact.agent and fact.kind in _TEAM:
            team.add(fact.agent)
        if fact.agent and fact.kind is FactKind.USER_CHANGED:
            users.add(fact.agent)
    return Touched(
        frozenset(agents),
        frozenset(team),
        frozenset(conversations),
        frozenset(read_by),
        frozenset(users),
        frozenset(calls_in),
        frozenset(calls_of),
        neglected,
        work or bool({"users", "queues", "statuses", "settings"} & stale),
        bool({"statuses", "dispositions", "settings"} & stale),
        work,
        frozenset(stale),
    )


def _moves_work(fact: Fact) -> bool:
    changed = fact.kind is FactKind.CONVERSATION_CHANGED and fact.data.get("field") in ("assignee", "status")
    return changed or fact.kind is FactKind.CONVERSATION_CREATED
