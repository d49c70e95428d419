"""Tells every open panel what a commit changed, and only what its user may see.

After a commit the new facts are read once; for each panel the parts that they touch are read again and sent
as one `change`. `after` and `upto` chain the messages: who misses one asks for a snapshot.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from callflow.clock import Clock
from callflow.ids import AgentId, CallId, ConversationId
from conversations.db.database import Database, Session
from conversations.db.facts import LoggedFact, facts_after, last_number
from signaling.http.principals import Resolver
from signaling.http.rules import SignedIn
from signaling.models.panel import (
    Change,
    ChangedParts,
    ConversationChanges,
    Snapshot,
    TeamChanges,
)
from signaling.panel.presence import Presence
from signaling.panel.touched import Touched, touched_by
from signaling.panel.views import PanelViews
from signaling.sockets import SIGNED_OUT, TROUBLE, Socket

log = logging.getLogger(__name__)

BATCH: Final = 500
"""A panel that resumes over more facts gets a snapshot."""


@dataclass(eq=False)
class Panel:
    """One open panel."""

    socket: Socket
    who: SignedIn
    request: web.Request
    upto: int = 0
    call: CallId | None = None
    """The call in its state as last sent."""
    watching: ConversationId | None = None
    known: set[ConversationId] = field(default_factory=set[ConversationId])
    """The conversations in its list as last sent."""


class Hub:
    """All open panels of this process."""

    def __init__(
        self, database: Database, views: PanelViews, presence: Presence, resolver: Resolver, clock: Clock
    ) -> None:
        self._database = database
        self._views = views
        self._presence = presence
        self._resolver = resolver
        self._clock = clock
        self._panels: set[Panel] = set()
        self._lock = asyncio.Lock()
        """Held while panels are told, so that a snapshot falls between two changes and not into one."""

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Tell all panels what happened. A reader of the feed."""
        touched, upto = touched_by(logged.fact for logged in facts), facts[-1].number
        async with self._lock, self._database.read() as session:
            for panel in list(self._panels):
                try:
                    if panel.who.user.id not in touched.users or await self._same_rights(panel):
                        await self._change(session, panel, touched, upto)
                except Exception:
                    log.exception("a panel could not be told of a change; it is cut and comes back for a snapshot")
                    self._panels.discard(panel)
                    panel.socket.close(TROUBLE, b"")

    async def join(self, panel: Panel, resume: int | None) -> None:
        """Add a panel and bring it up to date: with a change when it missed little, else with a snapshot."""
        async with self._lock, self._database.read() as session:
            if resume is None or not await self._resume(session, panel, resume):
                await self._snapshot(session, panel)
            self._panels.add(panel)

    def leave(self, panel: Panel) -> None:
        """Forget a panel."""
        self._panels.discard(panel)

    async def sign_out(self, user: AgentId) -> None:
        """Close the panels of this user whose session has ended."""
        for panel in list(self._panels):
            if panel.who.user.id == user:
                await self._same_rights(panel)

    async def _same_rights(self, panel: Panel) -> bool:
        """Drop a panel whose session ended, and send a fresh snapshot where its user's rights changed."""
        now = await self._resolver.signed_in(panel.request)
        if now is None:
            self._drop(panel)
            return False
        changed = now.user.roles != panel.who.user.roles
        panel.who = now
        if changed:
            async with self._database.read() as session:
                await self._snapshot(session, panel)
        return not changed

    def _drop(self, panel: Panel) -> None:
        self._panels.discard(panel)
        panel.socket.close(SIGNED_OUT, b"signed_out")

    async def _resume(self, session: Session, panel: Panel, resume: int) -> bool:
        """Send what came after `resume`, if that is little and the list in the panel still holds; say whether."""
        last = await last_number(session)
        if not last - BATCH < resume <= last:
            return False
        touched = touched_by(logged.fact for logged in await facts_after(session, resume, BATCH))
        if touched.conversations or touched.users:
            return False
        listed, _ = await self._views.mine(session, panel.who)
        panel.upto, panel.known = resume, {ConversationId(item.id) for item in listed}
        await self._change(session, panel, touched, last, all_own=True)
        return True

    async def _snapshot(self, session: Session, panel: Panel) -> None:
        own, state = await self._views.state(session, panel.who)
        self._presence.saw(own.agent)
        panel.upto = await last_number(session)
        panel.call = CallId(state.call.id) if state.call else None
        panel.known = {ConversationId(item.id) for item in state.conversations}
        panel.socket.send(Snapshot(upto=panel.upto, now=self._clock.now(), state=state))

    async def _change(
        self, session: Session, panel: Panel, touched: Touched, upto: int, *, all_own: bool = False
    ) -> None:
        """Send a panel what `touched` means for it; nothing when it means nothing."""
        agent = panel.who.user.id
        if upto <= panel.upto and not all_own:
            return
        parts: dict[str, object] = {}
        if all_own or agent in touched.agents | touched.users or panel.call in touched.calls:
            me = await self._views.own(session, panel.who)
            self._presence.saw(me.agent)
            parts = {"me": me.state, "call": me.call, "wrap_up": me.wrap_up}
            panel.call = CallId(me.call.id) if me.call else None
        conversations = touched.conversations | {thread for reader, thread in touched.read_by if reader == agent}
        listed, total = await self._list_changes(session, panel, conversations)
        if total is not None and listed.remove and total > len(panel.known):
            await self._snapshot(session, panel)  # one moved up that was below the limit of the list (MW-11)
            return
        team = TeamChanges(upsert=[], remove=[])
        if panel.who.user.leads and (touched.team or touched.all_team):
            team = await self._team_changes(session, touched)
        visible = panel.known | {panel.watching}
        threads = sorted(thread for thread in touched.conversations if thread in visible)
        stale = sorted(touched.stale)
        silent = not (parts or listed.upsert or listed.remove or team.upsert or team.remove or threads or stale)
        if silent and not all_own:
            return
        change = Change(
            type="change",
            after=panel.upto,
            upto=upto,
            now=self._clock.now(),
            set=ChangedParts.model_construct(set(parts), **parts),
            conversations=listed,
            team=team,
            threads=list(threads),
            stale=stale,
            **({} if total is None else {"total": total}),
        )
        panel.upto = upto
        panel.socket.send(change, only_set=True)

    async def _list_changes(
        self, session: Session, panel: Panel, conversations: set[ConversationId] | frozenset[ConversationId]
    ) -> tuple[ConversationChanges, int | None]:
        """Return what changed in My Work, and its new total, None when nothing in it was touched."""
        if not conversations:
            return ConversationChanges(upsert=[], remove=[]), None
        upsert, total = await self._views.listed(session, panel.who, conversations)
        now_listed = {ConversationId(item.id) for item in upsert}
        removed = (panel.known & conversations) - now_listed
        panel.known = (panel.known | now_listed) - removed
        return ConversationChanges(upsert=upsert, remove=sorted(removed)), total if upsert or removed else None

    async def _team_changes(self, session: Session, touched: Touched) -> TeamChanges:
        team = await self._views.team(session)
        present = {member.id for member in team}
        return TeamChanges(
            upsert=[member for member in team if touched.all_team or member.id in touched.team],
            remove=sorted(user for user in touched.users if user not in present),
        )
