"""What the customer's page is told."""

from typing import Annotated, Literal, Self

from pydantic import Field
from typing_extensions import TypeAliasType

from callflow.call import EndedBy, EndReason, LegState, Media, Role
from callflow.waiting import Place
from callink.values import LinkState
from signaling.availability import Availability
from signaling.models.agents import Sdp
from signaling.models.common import Model, Moment, Name, Recorded

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


class VoiceMessageSpoken(Model):
    """A message that the customer is speaking, and when it is sent by itself."""

    since: Moment
    until: Moment


class GuestCall(Model):
    """A call, as its customer sees it."""

    id: str
    media: Media
    phase: GuestPhase
    held_at: Moment | None
    """Since when it is on hold: music, and nothing is heard or seen either way."""
    callback_at: Moment | None
    """Since when the customer waits to be called back."""
    leaves_messages: bool
    """Whether the customer may leave a message instead of waiting (PLUS-12)."""
    voice_message: VoiceMessageSpoken | None
    """What he speaks now, or has left."""
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
    consent: str | None
    """What customers are told of being recorded; None while recording is off."""
    recorded: Recorded | None
    """None: nothing of the present talk is kept."""


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
    consent: str | None
    """What customers are told of being recorded (PLUS-10); None while recording is off."""
    call: GuestCall | None


class NewGuestCall(Model):
    """A customer calls."""

    media: Media
    name: Name | None = None


class NewVoiceMessage(Model):
    """A customer begins to speak a message; `again` throws away what he said so far."""

    again: bool = False


class GuestOffer(Model):
    """A customer's offer for his leg."""

    sdp: Sdp


class GuestHeartbeat(Model):
    """Sent by the customer's page every 10 s, and at once when `relayed` changes: its packets go through a relay."""

    type: Literal["heartbeat"] = "heartbeat"
    relayed: bool = False


class GuestPlace(Model):
    """Where a customer stands in the queue: 1 is next."""

    position: int
    wait_minutes: int | None
    """The expected wait; None while nothing is known of it."""

    @classmethod
    def of(cls, place: Place) -> Self:
        """Show a place."""
        minutes = None if place.wait is None else round(place.wait.total_seconds() / 60)
        return cls(position=place.position, wait_minutes=minutes)


class GuestCallPushed(Model):
    """Pushed to the customer's page at connect and at every change. Another call than the page's: it is called back."""

    type: Literal["call"] = "call"
    call: GuestCall


class GuestPlacePushed(Model):
    """Pushed to the customer's page when its place in the queue changes; None: it does not wait any more."""

    type: Literal["place"] = "place"
    place: GuestPlace | None


ToGuest = TypeAliasType("ToGuest", Annotated[GuestCallPushed | GuestPlacePushed, Field(discriminator="type")])
