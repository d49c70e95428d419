"""Tells every open panel what a commit changed, and only what its user may see.

After a commit the new facts are read once; for each panel the parts that they touch are read again and sent
as one `change`. `after` and `upto` chain the messages: who misses one asks for a snapshot.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from callflow.clock import Clock
from callflow.ids import AgentId, ConversationId, QueueId
from conversations.db.database import Database, Session
from conversations.db.facts import LoggedFact, facts_after, last_number
from conversations.directory.queues import queues_of
from recording.troubles import DiskTrouble
from signaling.http.principals import Resolver
from signaling.http.rules import SignedIn
from signaling.models.agents import NeglectedCall
from signaling.models.panel import (
    LEADERS_LISTS,
    Change,
    ChangedParts,
    ConversationChanges,
    Restarting,
    Snapshot,
    Stale,
    TeamChanges,
)
from signaling.models.quality import CallQuality
from signaling.models.recordings import RecordingTrouble
from signaling.models.wallboard import Wallboard
from signaling.panel.presence import Presence
from signaling.panel.touched import Touched, touched_by
from signaling.panel.views import PanelViews
from signaling.sockets import SIGNED_OUT, TROUBLE, Socket

log = logging.getLogger(__name__)

BATCH: Final = 500
"""A panel that resumes over more facts gets a snapshot."""
CHECK_EVERY: Final = timedelta(minutes=1)
"""How often it is looked whether the session of an open panel has grown too old."""


@dataclass(eq=False)
class Panel:
    """One open panel."""

    socket: Socket
    who: SignedIn
    request: web.Request
    upto: int = 0
    thread: ConversationId | None = None
    """The conversation of the call or wrap-up in its state as last sent."""
    total: int = 0
    """How many conversations it was told of in all."""
    checked_at: datetime | None = None
    """When it was last looked whether its session lives."""
    watching: ConversationId | None = None
    neglected: tuple[NeglectedCall, ...] = ()
    """The callers whom nobody answers, as last sent."""
    wallboard: bool = False
    """It shows the wallboard."""
    recording_trouble: DiskTrouble | None = None
    """What it was told last of the disk for recordings: every page begins with nothing."""
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
        self._restarting = False
        self._lock = asyncio.Lock()
        """Held while panels are told, so that a snapshot falls between two changes and not into one."""

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Tell all panels what happened. A reader of the feed."""
        touched, upto = touched_by(logged.fact for logged in facts), facts[-1].number
        async with self._lock:
            try:
                async with self._database.read() as session:
                    for panel in list(self._panels):
                        await self._tell(session, panel, touched, upto)
            except Exception:
                log.exception("panels could not be told of a change; they are cut and come back")
                for panel in list(self._panels):
                    self._drop(panel, TROUBLE, b"")

    def push(self, agent: AgentId, message: CallQuality) -> None:
        """Send the open panels of an agent what is true for a moment only, and changes nothing of their state."""
        for panel in self._panels:
            if panel.who.user.id == agent:
                panel.socket.send(message)

    def watches_wallboard(self) -> bool:
        """Say whether any panel shows the wallboard, and may."""
        return any(panel.wallboard and panel.who.user.leads for panel in self._panels)

    def push_wallboard(self, message: Wallboard) -> None:
        """Send the wallboard to the panels that show it, and may."""
        for panel in self._panels:
            if panel.wallboard and panel.who.user.leads:
                panel.socket.send(message)

    def push_recording_trouble(self, told: Callable[[SignedIn], DiskTrouble | None]) -> None:
        """Send each panel what is the matter with the disk for recordings, when that is new to it."""
        for panel in self._panels:
            now = told(panel.who)
            if now != panel.recording_trouble:
                panel.recording_trouble = now
                panel.socket.send(RecordingTrouble(what=now))

    def restarting(self) -> None:
        """Tell all panels, and those that come yet, that the server is about to stop."""
        self._restarting = True
        for panel in self._panels:
            panel.socket.send(Restarting())

    async def join(self, panel: Panel, resume: int | None) -> None:
        """Add a panel and bring it up to date: with a change when it missed little, else with a snapshot."""
        async with self._lock, self._database.read() as session:
            if not await self._signed_in(panel):
                return
            if resume is None or not await self._resume(session, panel, resume):
                await self._snapshot(session, panel)
            self._panels.add(panel)
            if self._restarting:
                panel.socket.send(Restarting())

    async def refresh(self, agent: AgentId) -> None:
        """Tell an agent's panels how the agent's own things stand, after a change that no fact tells."""
        async with self._lock, self._database.read() as session:
            for panel in [panel for panel in self._panels if panel.who.user.id == agent]:
                await self._tell(session, panel, Touched(), panel.upto, all_own=True)

    async def outdate_calls(self, queue: QueueId) -> None:
        """Have this queue's calls fetched again by those who are shown them, after a change that no fact tells."""
        touched = Touched(calls_in=frozenset({queue}))
        async with self._lock, self._database.read() as session:
            for panel in list(self._panels):
                if await self._stale(session, panel, touched):
                    await self._tell(session, panel, touched, panel.upto, all_own=True)

    def leave(self, panel: Panel) -> None:
        """Forget a panel."""
        self._panels.discard(panel)

    async def sign_out(self, user: AgentId) -> None:
        """Close the panels of this user whose session has ended."""
        async with self._lock:
            for panel in list(self._panels):
                if panel.who.user.id == user:
                    await self._signed_in(panel)

    async def signed_in(self, panel: Panel) -> bool:
        """Say whether a panel's session lives, which may have ended since the connection was opened; drop it if not."""
        async with self._lock:
            return await self._signed_in(panel)

    async def heard(self, panel: Panel) -> None:
        """A panel gave a sign of life: now and then, see whether its session has grown too old."""
        if panel.checked_at is None or self._clock.now() - panel.checked_at >= CHECK_EVERY:
            await self.signed_in(panel)

    async def _signed_in(self, panel: Panel) -> bool:
        """Say whether a panel's session lives, and note who its user is now; drop it if not.

        New roles end all sessions of a user, so that a panel never outlives its rights.
        """
        panel.checked_at = self._clock.now()
        now = await self._resolver.signed_in(panel.request)
        if now is None:
            self._drop(panel, SIGNED_OUT, b"signed_out")
            return False
        panel.who = now
        return True

    async def _tell(
        self, session: Session, panel: Panel, touched: Touched, upto: int, *, all_own: bool = False
    ) -> None:
        try:
            if panel.who.user.id not in touched.users or await self._signed_in(panel):
                await self._change(session, panel, touched, upto, all_own=all_own)
        except Exception:
            log.exception("a panel could not be told of a change; it is cut and comes back")
            self._drop(panel, TROUBLE, b"")

    def _drop(self, panel: Panel, code: int, word: bytes) -> None:
        self._panels.discard(panel)
        panel.socket.close(code, word)

    async def _resume(self, session: Session, panel: Panel, resume: int) -> bool:
        """Send what came after `resume`, if that is little and the list in the panel still holds; say whether."""
        last = await last_number(session)
        if not last - BATCH < resume <= last:
            return False
        touched = touched_by(logged.fact for logged in await facts_after(session, resume, BATCH))
        if touched.conversations or touched.users:
            return False
        listed, panel.total = await self._views.mine(session, panel.who)
        panel.upto, panel.known = resume, {ConversationId(item.id) for item in listed}
        panel.neglected = tuple(await self._views.neglected(session, panel.who))  # no call changed since `resume`
        await self._change(session, panel, touched, last, all_own=True)
        return True

    async def _snapshot(self, session: Session, panel: Panel) -> None:
        own, state = await self._views.state(session, panel.who)
        self._presence.saw(own.agent)
        panel.upto = await last_number(session)
        panel.thread = own.thread
        panel.total = state.total
        panel.known = {ConversationId(item.id) for item in state.conversations}
        panel.neglected = tuple(state.neglected)
        panel.socket.send(Snapshot(upto=panel.upto, now=self._clock.now(), state=state))

    async def _change(
        self, session: Session, panel: Panel, touched: Touched, upto: int, *, all_own: bool = False
    ) -> None:
        """Send a panel what `touched` means for it; nothing when it means nothing."""
        agent = panel.who.user.id
        if upto <= panel.upto and not all_own:
            return
        parts: dict[str, object] = {}
        conversations = touched.conversations | {thread for reader, thread in touched.read_by if reader == agent}
        renamed = "queues" in touched.stale or agent in touched.users
        if renamed:  # every line of the list may show the name
            conversations |= panel.known
        listed, total = await self._list_changes(session, panel, conversations)
        load = touched.work and bool(listed.upsert or listed.remove)
        own = all_own or renamed or touched.names or load
        if own or agent in touched.agents or panel.thread in touched.conversations:
            me = await self._views.own(session, panel.who)
            self._presence.saw(me.agent)
            parts = {"me": me.state, "call": me.call, "wrap_up": me.wrap_up}
            panel.thread = me.thread
        if touched.neglected or (panel.neglected and (touched.conversations or renamed)):
            neglected = await self._views.neglected(session, panel.who)
            if tuple(neglected) != panel.neglected:
                parts["neglected"], panel.neglected = neglected, tuple(neglected)
        team = TeamChanges(upsert=[], remove=[])
        if panel.who.user.leads and (touched.team or touched.all_team):
            team = await self._team_changes(session, touched)
        visible = panel.known | {panel.watching}
        threads = sorted(thread for thread in touched.conversations if thread in visible)
        stale = sorted(await self._stale(session, panel, touched))
        lists = (listed.upsert, listed.remove, team.upsert, team.remove, threads, stale)
        if not (parts or any(lists) or total is not None or all_own):
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

    async def _stale(self, session: Session, panel: Panel, touched: Touched) -> set[Stale]:
        """Name the lists that a panel must fetch again: of calls an agent hears in the own queues, and of the own."""
        user = panel.who.user
        stale = set(touched.stale if user.leads else touched.stale - LEADERS_LISTS)
        told = user.leads or user.id in touched.calls_of
        if touched.calls_in and (told or touched.calls_in & await queues_of(session, user.id)):
            stale.add("calls")
        return stale

    async def _list_changes(
        self, session: Session, panel: Panel, conversations: set[ConversationId] | frozenset[ConversationId]
    ) -> tuple[ConversationChanges, int | None]:
        """Return what changed in My Work, and its new total, None when it is the old one.

        When one leaves the list another may move up from below its limit, and the other way round (MW-11).
        """
        if not conversations:
            return ConversationChanges(upsert=[], remove=[]), None
        listed, total = await self._views.mine(session, panel.who)
        by_id = {ConversationId(item.id): item for item in listed}
        upsert = [item for key, item in by_id.items() if key in conversations or key not in panel.known]
        removed = panel.known - by_id.keys()
        before, panel.known, panel.total = panel.total, set(by_id), total
        return ConversationChanges(upsert=upsert, remove=sorted(removed)), total if total != before else None

    async def _team_changes(self, session: Session, touched: Touched) -> TeamChanges:
        team = await self._views.team(session)
        present = {member.id for member in team}
        return TeamChanges(
            upsert=[member for member in team if touched.all_team or member.id in touched.team],
            remove=sorted(user for user in touched.users if user not in present),
        )
