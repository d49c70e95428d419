"""An agent's live state: status, ringing and talking, wrap-up, the team."""

from typing import Annotated, Literal

from pydantic import Field

from callflow.agent import Group, Sound, StatusReason, ThreadStatus
from callflow.agent_machine import ActivityName
from callflow.call import Direction, EndedBy, LegState, Media, ObserverMode
from signaling.models.common import Id, Key, Model, Moment, Recorded, Ref, Text

Tab = Key
Sdp = Annotated[str, Field(min_length=1, max_length=32 * 1024)]
"""An offer or answer (reliability.md 2.2: at most 32 KiB)."""


class StatusChange(Model):
    """The status that an agent chooses (AP-02)."""

    status: Id


class Load(Model):
    """An agent's work against his capacity (AST-04): Full Capacity when either kind is at its limit."""

    calls: int
    texts: int
    text_capacity: int
    full: bool


class AgentState(Model):
    """How one agent stands. `then` is the status chosen for after the call; `load` is null unless he is Available."""

    id: str
    name: str
    status: str
    status_name: str
    group: Group
    reason: StatusReason | None
    since: Moment
    then: Ref | None
    state: ActivityName
    load: Load | None
    reachable: bool
    sound: Sound


class NeglectedCall(Model):
    """A caller to whom offer after offer came to nothing."""

    id: str
    conversation_id: str
    customer: Ref
    queue: Ref
    waiting_since: Moment
    offers: int


class TeamMember(Model):
    """How one agent stands, as a supervisor sees it (AP-03)."""

    id: str
    name: str
    status: str
    status_name: str
    group: Group
    reason: StatusReason | None
    state: ActivityName
    since: Moment
    then: Ref | None
    load: Load | None
    reachable: bool
    sound: Sound
    queues: list[Ref]
    call_id: str | None
    """The call in which he talks, in which a supervisor can take part."""
    wrap_up_seconds: int
    """His own, or the centre's when `wrap_up_own` is false (WRAP-02)."""
    wrap_up_own: bool
    wrap_up_until: Moment | None


class IceServer(Model):
    """A STUN or TURN server, as a browser's RTCPeerConnection takes it."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Caller(Model):
    """The customer of a call, as the panel shows him."""

    id: str
    name: str
    address: str | None
    city: str | None
    country: str | None


class Reservation(Model):
    """This agent is held for the call while it rings: until when, and how many seconds the ring lasts in all."""

    id: str
    deadline: Moment
    seconds: int


class Consultation(Model):
    """A colleague who is asked before a transfer; he talks when `answered_at` is set."""

    agent: Ref
    answered_at: Moment | None


class CallObserver(Model):
    """A supervisor who takes part in a call."""

    supervisor: Ref
    mode: ObserverMode


class Talk(Model):
    """Who talks to the customer, since when, and what goes on beside it."""

    agent: Ref
    since: Moment
    held_at: Moment | None
    consult: Consultation | None
    observers: list[CallObserver]
    recorded: Recorded | None
    """None: nothing of this talk is kept."""


PanelPhase = Literal["ringing", "talking", "calling_back", "consulting", "observing"]
"""What this user does in the call; `consulting` is being asked by a colleague."""


class PanelCall(Model):
    """The call that rings at an agent, in which he talks, or in which he takes part beside another agent."""

    id: str
    media: Media
    direction: Direction
    phase: PanelPhase
    conversation_id: str
    customer: Caller
    queue: Ref | None
    link_label: str | None
    waiting_since: Moment
    callback_at: Moment | None
    """Since when the customer waits to be called back."""
    last_summary: str | None
    reservation: Reservation | None
    asked_by: Ref | None
    """The colleague who transfers the call, or asks first."""
    talk: Talk | None
    until: Moment | None
    """Until when the customer's page rings, while it is called back."""
    tab: str | None
    leg: str
    mine: LegState
    transport: str | None
    """The connection that `mine` is about; None when there is none."""
    theirs: LegState
    theirs_relayed: bool
    theirs_open: bool
    """The customer's page is open: it can ring when the customer is called back."""
    grace_until: Moment | None


class WrapUp(Model):
    """The wrap-up that runs, with its draft."""

    call_id: str
    conversation_id: str
    customer: Ref
    started_at: Moment
    until: Moment
    summary: str
    status: ThreadStatus
    disposition_id: str | None
    dispositions: list[Ref]
    """To choose from; empty when they are off."""
    disposition_required: bool
    ended_by: EndedBy | None
    """None: the call goes on with another agent."""
    talked_seconds: int | None


class WrapUpDraft(Model):
    """What the agent has written so far."""

    call_id: Id
    summary: Text
    status: ThreadStatus
    disposition_id: Id | None = None


class WrapUpExtend(Model):
    """Ten more seconds for the wrap-up of this call (WRAP-04)."""

    call_id: Id


class PanelOffer(Model):
    """A panel's offer for its leg."""

    sdp: Sdp
    tab: Tab


class LegAnswer(Model):
    """The server's answer, the name of the transport that it opened, and servers to set before gathering begins."""

    sdp: str
    transport: str
    ice_servers: list[IceServer]


class LegLost(Model):
    """A page is going away: its transport will fall silent."""

    transport: Id


class CallBack(Model):
    """The agent calls a customer back from this tab."""

    tab: Tab


class Accept(Model):
    """The agent answers in this tab; `transport` is the one that it got in advance, if any."""

    tab: Tab
    transport: Id | None = None
