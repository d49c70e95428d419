"""What the customer's page is told."""

from typing import Annotated, Literal

from pydantic import Field

from callflow.call import EndedBy, EndReason, LegState, Media, Role
from callink.values import LinkState
from signaling.availability import Availability
from signaling.models.agents import Sdp
from signaling.models.common import Model, Moment, Name

GuestPhase = Literal["waiting", "transferring", "talking", "calling_back", "ended"]


class GuestMessage(Model):
    """A message in the thread, as the customer sees it."""

    number: int
    at: Moment
    from_: Annotated[Role, Field(serialization_alias="from")]
    name: str
    text: str


class AgentInCall(Model):
    """The agent in the call."""

    name: str
    state: Literal["up", "reconnecting"]


class GuestCall(Model):
    """A call, as its customer sees it."""

    id: str
    media: Media
    phase: GuestPhase
    held: bool
    """On hold: music, and nothing is heard or seen either way."""
    callback_at: Moment | None
    """Since when the customer waits to be called back."""
    started_at: Moment
    answered_at: Moment | None
    ended_at: Moment | None
    now: Moment
    end_reason: EndReason | None
    ended_by: EndedBy | None
    mine: LegState
    transport: str | None
    """The connection that `mine` is about; None when there is none."""
    agent: AgentInCall | None
    grace_until: Moment | None
    wait_until: Moment
    messages: list[GuestMessage]
    link_state: LinkState


class GuestLink(Model):
    """A link, as its holder sees it. `call` is this browser's live call."""

    state: LinkState
    centre_name: str
    text: str
    starts_at: Moment | None
    ends_at: Moment | None
    audio_only: bool
    asks_name: bool
    name: str | None
    available: Availability
    opens_at: Moment | None
    """Of a closed queue, when that is known."""
    closed_text: str
    call: GuestCall | None


class NewGuestCall(Model):
    """A customer calls."""

    media: Media
    name: Name | None = None


class GuestOffer(Model):
    """A customer's offer for his leg."""

    sdp: Sdp


class GuestHeartbeat(Model):
    """Sent by the customer's page every 10 s, and at once when `relayed` changes: its packets go through a relay."""

    type: Literal["heartbeat"] = "heartbeat"
    relayed: bool = False


class GuestCallPushed(Model):
    """Pushed to the customer's page at connect and at every change."""

    type: Literal["call"] = "call"
    call: GuestCall
