"""Waiting strategies for supervisors (WSV-01 to WSV-07)."""

from collections.abc import Sequence

from callflow.ids import StrategyId
from conversations.errors import StaleError
from conversations.waiting.checking import checked
from conversations.waiting.strategies import Strategies
from conversations.waiting.values import Strategy, StrategyWish
from signaling.http.api import Api
from signaling.http.problems import Problem
from signaling.http.rules import SUPERVISOR, SignedIn
from signaling.models.common import Ref, Version
from signaling.models.waiting import (
    NewWaitingStrategy,
    StrategyAnnouncements,
    StrategyPlaces,
    VoiceChoice,
    WaitingStrategy,
    WaitingStrategyChange,
    part_of,
    source_of,
)
from signaling.waiting.rendering import Rendering


class StrategiesApi:
    """Handlers of `/waiting-strategies`."""

    def __init__(self, strategies: Strategies, rendering: Rendering) -> None:
        self._strategies = strategies
        self._rendering = rendering

    def register(self, api: Api) -> None:
        """Add the routes."""
        one, tag = "/waiting-strategies/{strategy_id}", "waiting strategies"
        api.get("/waiting-strategies", self.list_waiting_strategies, rule=SUPERVISOR, tag=tag)
        api.post("/waiting-strategies", self.create_waiting_strategy, rule=SUPERVISOR, status=201, tag=tag)
        api.put(one, self.replace_waiting_strategy, rule=SUPERVISOR, tag=tag)
        api.delete(one, self.delete_waiting_strategy, rule=SUPERVISOR, tag=tag)

    async def list_waiting_strategies(self) -> list[WaitingStrategy]:
        """List all waiting strategies."""
        return await self._shown(await self._strategies.list())

    async def create_waiting_strategy(self, who: SignedIn, new: NewWaitingStrategy) -> WaitingStrategy:
        """Add a waiting strategy; its texts are spoken first."""
        wish = await self._prepared(new.value())
        return (await self._shown([await self._strategies.create(who.user.actor, wish)]))[0]

    async def replace_waiting_strategy(
        self, who: SignedIn, strategy_id: StrategyId, change: WaitingStrategyChange
    ) -> WaitingStrategy:
        """Replace a waiting strategy; who waits already goes on as before."""
        wish = await self._prepared(change.value())
        try:
            kept = await self._strategies.change(who.user.actor, strategy_id, change.version, wish)
        except StaleError as error:
            raise await self._stale(error) from None
        return (await self._shown([kept]))[0]

    async def delete_waiting_strategy(self, who: SignedIn, strategy_id: StrategyId, *, version: Version) -> None:
        """Delete a waiting strategy; its queues and links have none then."""
        try:
            await self._strategies.delete(who.user.actor, strategy_id, version)
        except StaleError as error:
            raise await self._stale(error) from None

    async def _stale(self, error: StaleError) -> Problem:
        """Return the 409 that shows the strategy as it is now."""
        assert isinstance(error.current, Strategy)
        current = (await self._shown([error.current]))[0].model_dump(mode="json")
        return Problem(409, error.code, str(error), current=current)

    async def _prepared(self, wish: StrategyWish) -> StrategyWish:
        wish = checked(wish)
        await self._rendering.prepare(wish)
        return wish

    async def _shown(self, strategies: Sequence[Strategy]) -> list[WaitingStrategy]:
        queues, links = await self._strategies.names(strategies)
        return [
            WaitingStrategy(
                id=strategy.id,
                version=strategy.version,
                name=wish.name,
                queues=_refs({queue: queues[queue] for queue in wish.queues}),
                links=_refs({link: links[link] for link in wish.links if link in links}),
                greeting=part_of(wish.greeting),
                music=part_of(wish.music),
                announcements=StrategyAnnouncements(
                    on=wish.announcements.on,
                    gap_seconds=wish.announcements.gap_seconds,
                    sources=[source_of(source) for source in wish.announcements.sources],
                ),
                farewell=part_of(wish.farewell),
                places=StrategyPlaces(
                    on=wish.places.on,
                    voice=VoiceChoice.model_validate(wish.places.voice) if wish.places.voice else None,
                ),
                longest_seconds=wish.longest_seconds,
                messages=wish.messages,
            )
            for strategy in strategies
            for wish in [strategy.wish]
        ]


def _refs(names: dict[str, str]) -> list[Ref]:
    return [Ref(id=key, name=name) for key, name in sorted(names.items(), key=lambda item: item[1].casefold())]
