"""The panel's WebSocket, both ways (docs/protocol.md)."""

from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from callflow.agent import Sound
from signaling.models.agents import AgentState, NeglectedCall, PanelCall, Tab, TeamMember, WrapUp
from signaling.models.common import Id, Model, Moment
from signaling.models.conversations import ConversationItem
from signaling.models.quality import CallQuality
from signaling.models.recordings import RecordingTrouble
from signaling.models.wallboard import Wallboard

Stale = Literal[
    "users",
    "queues",
    "call_links",
    "settings",
    "statuses",
    "dispositions",
    "audit",
    "calls",
    "routing_rules",
    "waiting",
    "recordings",
    "recording_storage",
]
LEADERS_LISTS: Final[frozenset[Stale]] = frozenset({"audit", "waiting", "recording_storage"})
"""Lists of which only those who lead are told."""


class Hello(Model):
    """The first message of a panel. `resume` is the last `upto` that it has, if any."""

    type: Literal["hello"] = "hello"
    tab: Tab
    resume: Annotated[int, Field(ge=0)] | None = None
    sound: Sound


class Heartbeat(Model):
    """Sent every 10 s, and every 2 s while it rings."""

    type: Literal["heartbeat"] = "heartbeat"


class SoundChange(Model):
    """The panel can, or can no longer, ring (PLUS-04)."""

    type: Literal["sound"] = "sound"
    sound: Sound


class Watch(Model):
    """The thread that is in view."""

    type: Literal["watch"] = "watch"
    conversation_id: Id | None


class Follow(Model):
    """Whether the wallboard is in view; only those who lead are sent it."""

    type: Literal["follow"] = "follow"
    wallboard: bool


FromPanel = TypeAliasType(
    "FromPanel", Annotated[Hello | Heartbeat | SoundChange | Watch | Follow, Field(discriminator="type")]
)


class PanelState(Model):
    """Everything that a panel shows at once."""

    me: AgentState
    call: PanelCall | None
    wrap_up: WrapUp | None
    conversations: list[ConversationItem]
    total: int
    team: list[TeamMember]
    neglected: list[NeglectedCall]
    """Of all queues, who waits the longest first; for those who lead."""


class Snapshot(Model):
    """Everything, in place of what was there."""

    type: Literal["snapshot"] = "snapshot"
    upto: int
    now: Moment
    state: PanelState


class ChangedParts(Model):
    """The single parts of the state that changed: only those that were set are sent."""

    me: AgentState | None = None
    call: PanelCall | None = None
    wrap_up: WrapUp | None = None
    neglected: list[NeglectedCall] | None = None


class ConversationChanges(Model):
    """Conversations to put into the list, and those to take out."""

    upsert: list[ConversationItem]
    remove: list[str]


class TeamChanges(Model):
    """Team members to put into the list, and those to take out."""

    upsert: list[TeamMember]
    remove: list[str]


class Change(Model):
    """What changed after the number `after`. Dump it with `exclude_unset`: a part that is absent did not change."""

    type: Literal["change"] = "change"
    after: int
    upto: int
    now: Moment
    set: ChangedParts
    conversations: ConversationChanges
    total: int | None = None
    team: TeamChanges
    threads: list[str]
    stale: list[Stale]


class Pong(Model):
    """The answer to a heartbeat."""

    type: Literal["pong"] = "pong"
    now: Moment


class Restarting(Model):
    """The server stops as soon as nobody talks any more: calls go on, new ones wait until it is back."""

    type: Literal["restarting"] = "restarting"


ToPanel = TypeAliasType(
    "ToPanel",
    Annotated[
        Snapshot | Change | CallQuality | Wallboard | RecordingTrouble | Restarting | Pong, Field(discriminator="type")
    ],
)
