"""The plan that a call carries from its arrival on, made from the waiting strategy of its link or queue."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import LinkId, PromptId, QueueId
from callflow.waiting import WaitingPlan
from callflow.wiring import HOLD_MUSIC
from conversations.waiting.places import spoken_places
from conversations.waiting.rows import strategy_by_id
from conversations.waiting.tables import WaitingLinkRow, WaitingQueueRow
from conversations.waiting.values import Part, StrategyWish


async def plan_for(session: AsyncSession, queue: QueueId, link: LinkId | None) -> WaitingPlan:
    """Return what a caller hears who arrives now: by the link's strategy, else by the queue's, else music only."""
    strategy = None
    if link is not None:
        strategy = await session.scalar(select(WaitingLinkRow.strategy_id).where(WaitingLinkRow.link_id == link))
    if strategy is None:
        strategy = await session.scalar(select(WaitingQueueRow.strategy_id).where(WaitingQueueRow.queue_id == queue))
    if strategy is None:
        return WaitingPlan()
    return plan_of((await strategy_by_id(session, strategy)).wish)


def plan_of(wish: StrategyWish) -> WaitingPlan:
    """Return the plan that a strategy stands for."""
    music = wish.music.source.prompt if wish.music.source else HOLD_MUSIC
    said = wish.announcements
    return WaitingPlan(
        music=music if wish.music.on else None,
        greeting=_prompt(wish.greeting),
        announcements=tuple(source.prompt for source in said.sources) if said.on else (),
        every=timedelta(seconds=said.gap_seconds),
        spoken=spoken_places(wish.places.voice)[0] if wish.places.on and wish.places.voice else None,
        farewell=_prompt(wish.farewell),
        longest=timedelta(seconds=wish.longest_seconds),
        messages=wish.messages,
    )


def _prompt(part: Part) -> PromptId | None:
    return part.source.prompt if part.on and part.source else None
