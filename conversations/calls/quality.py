"""How well the network of each leg of a call did: kept when a leg is over, read with the call's entry in the thread."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Role
from callflow.facts import Fact, FactKind
from callflow.ids import CallId, ConversationId, LegId, new_id
from callflow.wiring import LegQuality, LegSummed, LineQuality
from conversations.calls.tables import CallRow, LegQualityRow, PartyRow
from conversations.db.database import Write
from conversations.directory.people import names_of_users
from conversations.directory.values import Named

_LINE = tuple(LineQuality.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class MeasuredLeg:
    """One party's leg, over its life."""

    role: Role
    agent: Named | None
    """Who of the staff it was; None for the customer."""
    summed: LegSummed


async def save(write: Write, call: CallId, legs: Sequence[LegSummed]) -> None:
    """Keep what these legs of a call were like, and log that it is known; legs of no party are left out."""
    conversation = await write.session.scalar(select(CallRow.conversation_id).where(CallRow.id == call))
    parties = await write.session.execute(
        select(PartyRow.leg_id, PartyRow.role).where(PartyRow.leg_id.in_([leg.leg for leg in legs]))
    )
    roles: Mapping[str, Role] = {row[0]: row[1] for row in parties}
    measurement = new_id("measurement")
    rows = [_row(measurement, leg, roles[leg.leg], write) for leg in legs if leg.leg in roles]
    if conversation is not None and rows:
        write.session.add_all(rows)
        told = {"measurement": measurement}
        write.fact(Fact(FactKind.CALL_MEASURED, conversation=ConversationId(conversation), call=call, data=told))


async def measured_legs(session: AsyncSession, measurements: Collection[str]) -> Mapping[str, Sequence[MeasuredLeg]]:
    """Return what these measurements say of their legs, the customer's last."""
    found: dict[str, list[MeasuredLeg]] = {}
    of_these = LegQualityRow.measurement_id.in_(measurements)
    with_party = select(LegQualityRow, PartyRow.agent_id).outerjoin(PartyRow, PartyRow.leg_id == LegQualityRow.leg_id)
    rows = (await session.execute(with_party.where(of_these).order_by(LegQualityRow.role, LegQualityRow.at))).all()
    names = await names_of_users(session, {agent for _, agent in rows if agent})
    for row, agent in rows:
        quality = LegQuality(_line(row, "up"), _line(row, "down"), row.round_trip_ms)
        summed = LegSummed(
            CallId(row.call_id), LegId(row.leg_id), row.seconds, quality,
            row.worst_loss, row.worst_jitter_ms, row.worst_round_trip_ms, row.worst_mos,
        )  # fmt: skip
        who = Named(agent, names.get(agent, "")) if agent else None
        found.setdefault(row.measurement_id, []).append(MeasuredLeg(row.role, who, summed))
    return found


def _row(measurement: str, leg: LegSummed, role: Role, write: Write) -> LegQualityRow:
    average = leg.average
    lines = {"up": asdict(average.up), "down": asdict(average.down)}
    return LegQualityRow(
        id=new_id("quality"),
        measurement_id=measurement,
        call_id=leg.call,
        leg_id=leg.leg,
        role=role,
        at=write.clock.now(),
        seconds=leg.seconds,
        round_trip_ms=average.round_trip_ms,
        worst_loss=leg.worst_loss,
        worst_jitter_ms=leg.worst_jitter_ms,
        worst_round_trip_ms=leg.worst_round_trip_ms,
        worst_mos=leg.worst_mos,
        **{f"{way}_{name}": value for way, line in lines.items() for name, value in line.items()},
    )


def _line(row: LegQualityRow, way: str) -> LineQuality:
    return LineQuality(**{name: getattr(row, f"{way}_{name}") for name in _LINE})
