"""The tables of the call flow. Written by `store.py` only, each change by compare-and-set."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callflow.agent import Group, Sound, StatusReason, ThreadStatus
from callflow.call import Direction, EndedBy, EndReason, LegState, Media, ObserverMode, Priority, Role
from conversations.db.base import Base, BigNumber, word


class PartyPart(StrEnum):
    """What a party does in a call."""

    CUSTOMER = "customer"
    RUNG = "rung"
    TALKING = "talking"
    """The agent who talks or calls back."""
    CONSULTED = "consulted"
    """The colleague whom the agent asks, ringing or talking."""
    OBSERVING = "observing"


class CallRow(Base):
    """One call. `phase` is the word for its phase; `deadline_at` is empty only when it is over."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_deadline_at", "deadline_at"),
        Index("ix_calls_phase", "phase", "started_at"),
        Index("ix_calls_started_at", "started_at", "id"),
        Index(
            "ix_calls_answered",
            "queue_id",
            "ended_at",
            sqlite_where=text("answered_at IS NOT NULL"),
            postgresql_where=text("answered_at IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"))
    link_id: Mapped[str | None] = mapped_column(String(40), index=True)
    media: Mapped[Media] = mapped_column(word(Media))
    direction: Mapped[Direction] = mapped_column(word(Direction))
    priority: Mapped[Priority] = mapped_column(word(Priority))
    phase: Mapped[str] = mapped_column(String(16))
    """waiting, ringing, talking, calling_back or ended."""
    started_at: Mapped[datetime]
    wait_until: Mapped[datetime]
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the caller hears while waiting, as it was when the call came."""
    hearing: Mapped[dict[str, Any]] = mapped_column(JSON)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Who talks in it, calls back, or talked last."""
    offers: Mapped[int]
    returned: Mapped[bool]
    waiting_since: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """When an agent first talked to the customer."""
    callback_at: Mapped[datetime | None]
    recording_id: Mapped[str | None] = mapped_column(String(40))
    recording_on: Mapped[bool]
    recording_pictures: Mapped[bool]
    recording_paused_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(40))
    """The recording of the message that the customer speaks, or of a call that is over has left."""
    message_at: Mapped[datetime | None]
    """When he began to speak it."""
    transferred_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    """Set while a blind transfer rings."""
    talking_since: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    consulted_at: Mapped[datetime | None]
    """When a consulted colleague answered."""
    call_back_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(word(EndReason))
    ended_by: Mapped[EndedBy | None] = mapped_column(word(EndedBy))
    skipped: Mapped[list[list[str]]] = mapped_column(JSON)
    """Pairs of agent id and ISO time."""
    deadline_at: Mapped[datetime | None]
    epoch: Mapped[int]
    node: Mapped[str] = mapped_column(String(40))
    worker: Mapped[int]


class PartyRow(Base):
    """One side of a call and its leg. The index keeps an agent to one live party (CALL-02)."""

    __tablename__ = "parties"
    __table_args__ = (
        Index("ix_parties_call_id", "call_id"),
        Index("ix_parties_agent_id", "agent_id"),
        Index(
            "uq_parties_live_agent",
            "agent_id",
            unique=True,
            sqlite_where=text("live AND agent_id IS NOT NULL"),
            postgresql_where=text("live AND agent_id IS NOT NULL"),
        ),
    )

    leg_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    role: Mapped[Role] = mapped_column(word(Role))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    live: Mapped[bool]
    part: Mapped[PartyPart] = mapped_column(word(PartyPart))
    mode: Mapped[ObserverMode | None] = mapped_column(word(ObserverMode))
    reservation_id: Mapped[str | None] = mapped_column(String(40))
    ring_until: Mapped[datetime | None]
    leg_state: Mapped[LegState] = mapped_column(word(LegState))
    leg_deadline: Mapped[datetime | None]
    transport_id: Mapped[str | None] = mapped_column(String(40))
    tab: Mapped[str | None] = mapped_column(String(64))
    restarted: Mapped[bool]


class LegQualityRow(Base):
    """How well the network of one leg did, as the media plane summed it up; a leg that came back after a restart of
    the server has another row.

    Losses are shares, jitter and round trip in milliseconds, opinions from 1 to 4.5; empty where there was nothing to
    measure. `up` is from the party to the server. Of its pictures the size and the freezes are those that it sent (up)
    and was sent (down).
    """

    __tablename__ = "leg_qualities"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    measurement_id: Mapped[str] = mapped_column(String(40), index=True)
    """The legs of one call that were over at the same time have it in common, and the fact names it."""
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    leg_id: Mapped[str] = mapped_column(String(40))
    role: Mapped[Role] = mapped_column(word(Role))
    at: Mapped[datetime]
    seconds: Mapped[float]
    round_trip_ms: Mapped[float | None]
    up_loss: Mapped[float | None]
    up_jitter_ms: Mapped[float | None]
    up_mos: Mapped[float | None]
    up_bits_per_second: Mapped[int]
    up_width: Mapped[int]
    up_height: Mapped[int]
    up_frames_per_second: Mapped[float]
    up_freezes: Mapped[int]
    down_loss: Mapped[float | None]
    down_jitter_ms: Mapped[float | None]
    down_mos: Mapped[float | None]
    down_bits_per_second: Mapped[int]
    down_width: Mapped[int]
    down_height: Mapped[int]
    down_frames_per_second: Mapped[float]
    down_freezes: Mapped[int]
    worst_loss: Mapped[float | None]
    worst_jitter_ms: Mapped[float | None]
    worst_round_trip_ms: Mapped[float | None]
    worst_mos: Mapped[float | None]


class AgentRow(Base):
    """What an agent chose and is doing. `activity` is idle, ringing, in_call or wrapping."""

    __tablename__ = "agents"
    __table_args__ = (Index("ix_agents_deadline_at", "deadline_at"),)

    id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    status: Mapped[str] = mapped_column(String(32))
    """The status's id; its group stands beside it, so that one row says what may be offered."""
    status_group: Mapped[Group] = mapped_column(word(Group))
    reason: Mapped[StatusReason | None] = mapped_column(word(StatusReason))
    status_since: Mapped[datetime]
    activity: Mapped[str] = mapped_column(String(16))
    activity_since: Mapped[datetime]
    call_id: Mapped[str | None] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(String(40))
    reservation_id: Mapped[str | None] = mapped_column(String(40))
    idle_since: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    wrap_until: Mapped[datetime | None]
    wrap_summary: Mapped[str] = mapped_column(Text)
    wrap_status: Mapped[ThreadStatus | None] = mapped_column(word(ThreadStatus))
    wrap_disposition_id: Mapped[str | None] = mapped_column(String(40))
    then_status: Mapped[str | None] = mapped_column(String(32))
    """The status that begins when the call and its wrap-up are over."""
    then_group: Mapped[Group | None] = mapped_column(word(Group))
    misses: Mapped[int]
    tally_calls: Mapped[int]
    tally_talked_ms: Mapped[int] = mapped_column(BigNumber)
    rung_at: Mapped[datetime | None]
    reachable: Mapped[bool]
    offline_at: Mapped[datetime | None]
    sound: Mapped[Sound] = mapped_column(word(Sound))
    deadline_at: Mapped[datetime | None]
    epoch: Mapped[int]
