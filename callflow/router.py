"""Hands waiting calls to free agents: asks `routing` who gets which, and rings them (PLUS-06)."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from callflow.call import Call, Reservation, Skip
from callflow.clock import Clock
from callflow.errors import LostRaceError, RefusedError, StoreAwayError
from callflow.events import AgentReserved
from callflow.ids import AgentId, CallId, LegId, QueueId, ReservationId, new_id
from callflow.ports import Store
from callflow.routing import Match, assign, first_in

log = logging.getLogger(__name__)

ROUNDS: Final = 5
SOON: Final = timedelta(seconds=1)

Ask = Callable[[CallId, AgentReserved], Awaitable[Call]]
"""Leaves an event for a call and returns the call after it. Raises `RefusedError`."""


class Router:
    """Offers work. `look_again` is when it must be asked again though nothing happens until then."""

    def __init__(self, store: Store[Any], clock: Clock, ask: Ask) -> None:
        self._store = store
        self._clock = clock
        self._ask = ask
        self.look_again: datetime | None = None
        self.offers = True
        """Whether calls are offered; not by a server that is about to stop."""

    async def route(self) -> bool:
        """Offer waiting calls to free agents; say whether anything was offered.

        An offer that is refused is left out and the others are looked at once more, so that one call or agent whose
        row is wrong holds up nobody.
        """
        if not self.offers:
            return False
        refused: dict[CallId, tuple[Skip, ...]] = {}
        offered = False
        for _ in range(ROUNDS):
            now = self._clock.now()
            floor = await self._store.floor()
            waiting = [replace(call, skipped=call.skipped + refused.get(call.id, ())) for call in floor.waiting]
            assignment = assign(waiting, floor.agents, floor.policies, now)
            self.look_again = assignment.look_again
            failed = [match for match in assignment.matches if not await self._reserve(match)]
            offered = offered or len(failed) < len(assignment.matches)
            for match in failed:
                skips = tuple(Skip(agent, now) for agent in match.agents)
                refused[match.call] = refused.get(match.call, ()) + skips
            if not failed:
                break
        if refused:
            # Somebody was faster, and has asked for routing already. Were it only a row that is wrong, then
            # looking at once would look for ever.
            soon = self._clock.now() + SOON
            self.look_again = min(soon, self.look_again or soon)
        return offered

    async def take(self, queue: QueueId, agent: AgentId) -> None:
        """Ring an agent who asks for work for the first caller of his queue (SYS-03).

        Raises `RefusedError` ``nobody_waits``, ``not_in_queue``, ``not_available`` or ``restarting``.
        """
        if not self.offers:
            raise RefusedError("restarting", "The server is being restarted. Who waits keeps the place.")
        for _ in range(ROUNDS):
            floor = await self._store.floor()
            call = first_in(queue, floor.waiting)
            if call is None:
                raise RefusedError("nobody_waits", "Nobody is waiting in this queue.")
            policy = floor.policies.get(queue)
            if policy is None or agent not in policy.levels:
                raise RefusedError("not_in_queue", "You are not in this queue.")
            try:
                await self._ring(Match(call.id, (agent,), policy.ring_time))
            except RefusedError as error:
                if error.code != "too_late":
                    raise
                continue  # somebody else has that caller now
            return
        raise LostRaceError(f"queue {queue}")

    async def _reserve(self, match: Match) -> bool:
        """Ring a match's agents; say whether that was possible. Raises `StoreAwayError`."""
        try:
            await self._ring(match)
        except RefusedError as error:
            log.info("call %s was not offered: %s", match.call, error.code)
            return False
        except StoreAwayError:
            raise  # nobody can be rung now: routing is done again
        except Exception:
            log.exception("call %s could not be offered", match.call)
            return False
        return True

    async def _ring(self, match: Match) -> None:
        """Hold the agents for the call, all or none of them. Raises `RefusedError`."""
        until = self._clock.now() + match.ring_time
        reservations = tuple(
            Reservation(ReservationId(new_id("res")), agent, LegId(new_id("leg")), until) for agent in match.agents
        )
        await self._ask(match.call, AgentReserved(reservations))
