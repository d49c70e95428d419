"""Old snapshot and changes are the same as a fresh snapshot (design section 2)."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from callflow.call import Role
from conversations.db.facts import last_number
from conversations.directory.people import all_users
from conversations.directory.values import UserRole
from signaling.http.rules import SignedIn
from signaling.models.panel import PanelState
from signaling.panel.views import PanelViews
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.panels import PanelPage, State, panel

pytestmark = [pytest.mark.wire, pytest.mark.timeout(900)]

SEED = 20261122


@dataclass
class Day:
    """What happens in a centre on a random day, through its own doors."""

    desk: Desk
    clock: MovableClock
    rng: random.Random
    staff: dict[str, Browser]
    customers: list[Browser]
    tokens: list[str]
    panels: dict[str, PanelPage]
    done: list[str] = field(default_factory=list[str])

    async def happen(self) -> None:
        """Let one thing happen; what the server refuses is an answer too."""
        doing = self.rng.choice(DOINGS)
        self.done.append(doing.__name__)
        await doing(self)

    def somebody(self) -> str:
        return self.rng.choice(["ana", "ben"])

    async def asks(self, login: str, method: str, path: str, body: object = None) -> None:
        answer = await self.staff[login].ask(method, path, body)
        assert answer.status < 500, f"{method} {path}: {await answer.text()}"

    async def live_call(self) -> str | None:
        calls = [call.id for call in await self.desk.house.parley.store.live_calls()]
        return self.rng.choice(calls) if calls else None

    def shown(self, login: str, part: str) -> dict[str, Any] | None:
        return self.panels[login].state[part]

    def conversation(self, login: str) -> dict[str, Any] | None:
        listed = self.panels[login].state["conversations"]
        return self.rng.choice(listed) if listed else None


async def customer_calls(day: Day) -> None:
    number = day.rng.randrange(len(day.customers))
    body = {"media": day.rng.choice(["audio", "video"]), "name": f"Customer {number}"}
    await day.customers[number].ask("POST", f"/guest/links/{day.tokens[number]}/calls", body)
    for call in await day.desk.house.parley.store.live_calls():
        await day.desk.up(call.id, Role.CUSTOMER)


async def leg_comes_or_goes(day: Day) -> None:
    call = await day.live_call()
    if call is not None:
        what = day.rng.choice([day.desk.up, day.desk.up, day.desk.lose])
        await what(call, day.rng.choice(list(Role)))


async def customer_leaves(day: Day) -> None:
    call = await day.live_call()
    if call is not None:
        for customer in day.customers:
            await customer.ask("POST", f"/guest/calls/{call}/hangup")


async def customer_writes(day: Day) -> None:
    call = await day.live_call()
    if call is not None:
        for customer in day.customers:
            body = {"text": f"Message {len(day.done)}", "key": f"key-{len(day.done)}"}
            await customer.ask("POST", f"/guest/calls/{call}/messages", body)


async def agent_answers_or_not(day: Day) -> None:
    login = day.somebody()
    call = day.shown(login, "call")
    if call and call["reservation"]:
        what = day.rng.choice(["accept", "accept", "accept", "decline"])
        body = {"tab": "tab-1"} if what == "accept" else None
        await day.asks(login, "POST", f"/reservations/{call['reservation']['id']}/{what}", body)


async def agent_hangs_up(day: Day) -> None:
    login = day.somebody()
    call = day.shown(login, "call")
    if call:
        await day.asks(login, "POST", f"/calls/{call['id']}/hangup")


async def agent_wraps_up(day: Day) -> None:
    login = day.somebody()
    wrap = day.shown(login, "wrap_up")
    if wrap:
        draft = {"call_id": wrap["call_id"], "summary": f"Report {len(day.done)}", "status": "waiting"}
        what = day.rng.choice(["draft", "extend", "finish"])
        if what == "extend":
            await day.asks(login, "POST", "/wrap-up/extend", {"call_id": wrap["call_id"]})
        else:
            await day.asks(login, *(("PUT", "/wrap-up") if what == "draft" else ("POST", "/wrap-up/finish")), draft)


async def agent_chooses_status(day: Day) -> None:
    status = day.rng.choice(["active", "active", "active", "busy", "away", "offline"])
    await day.asks(day.somebody(), "PUT", "/agent/status", {"status": status})


async def sound_changes(day: Day) -> None:
    await day.panels[day.somebody()].say("sound", sound=day.rng.choice(["ready", "ready", "blocked"]))


async def agent_begins_a_conversation(day: Day) -> None:
    await day.asks(day.somebody(), "POST", "/conversations", {"customer_name": f"Walk-in {len(day.done)}"})


async def conversation_changes(day: Day) -> None:
    login = day.rng.choice(["ana", "ben", "sue"])
    one = day.conversation(login if login != "sue" else day.somebody())
    if one is None:
        return
    change = day.rng.choice(
        [
            {"status": day.rng.choice(["open", "waiting", "solved", "closed"])},
            {"topic": f"Topic {len(day.done)}"},
            {"priority": day.rng.choice(["low", "normal", "high", "urgent"])},
            {"summary": f"Summary {len(day.done)}"},
        ]
    )
    await day.asks(login, "PATCH", f"/conversations/{one['id']}", {"version": one["version"]} | change)


async def agent_reads_or_writes(day: Day) -> None:
    login = day.somebody()
    one = day.conversation(login)
    if one is not None:
        what = day.rng.choice(["read", "unread", "messages", "notes"])
        body = {"text": "Hello", "key": f"key-{len(day.done)}"} if what in ("messages", "notes") else None
        await day.asks(login, "POST", f"/conversations/{one['id']}/{what}", body)


async def queue_changes(day: Day) -> None:
    queue = next(one for one in await day.staff["sue"].get("/queues") if one["id"] == day.desk.queue["id"])
    people = [{"id": day.desk.house.people[login].user.id} for login in ("ana", "ben", "cleo")]
    change = day.rng.choice(
        [{"name": f"Queue {len(day.done)}"}, {"members": people}, {"members": people[:2]}, {"open": True}]
    )
    await day.asks("sue", "PATCH", f"/queues/{queue['id']}", {"version": queue["version"]} | change)


async def people_change(day: Day) -> None:
    listed = {one["login"]: one for one in await day.staff["admin"].get("/users")}
    one = listed[day.rng.choice(["ana", "ben", "sue", "cleo"])]
    if one["login"] == "cleo" and day.rng.random() < 0.6:
        what = day.rng.choice(["disable", "enable"])
        await day.asks("admin", "POST", f"/users/{one['id']}/{what}")
    else:
        body = {"version": one["version"], "name": f"{one['login'].title()} {len(day.done)}"}
        await day.asks("admin", "PATCH", f"/users/{one['id']}", body)


async def time_passes(day: Day) -> None:
    day.clock.advance(day.rng.choice([1, 3, 16, 21, 31]))
    for page in day.panels.values():
        await page.say("heartbeat")
    await day.desk.house.parley.engine.sweep()


Doing = Callable[[Day], Awaitable[None]]
DOINGS: list[Doing] = [
    customer_calls,
    customer_calls,
    leg_comes_or_goes,
    customer_leaves,
    customer_writes,
    agent_answers_or_not,
    agent_answers_or_not,
    agent_answers_or_not,
    agent_hangs_up,
    agent_wraps_up,
    agent_wraps_up,
    agent_chooses_status,
    agent_chooses_status,
    sound_changes,
    agent_begins_a_conversation,
    conversation_changes,
    conversation_changes,
    agent_reads_or_writes,
    queue_changes,
    people_change,
    time_passes,
]


async def compare(day: Day) -> None:
    """Compare each panel with what a snapshot would say, at a moment at which nothing goes on."""
    while True:
        upto, states = await fresh(day)
        told = await day.desk.told()
        for page in day.panels.values():
            await page.until(partial(up_to_date, page, told))
        if told == upto + 1 and all(page.upto == told for page in day.panels.values()):
            break
    for login, page in day.panels.items():
        assert page.state == states[login], f"{login}'s panel after {day.done}"


def up_to_date(page: PanelPage, upto: int) -> bool:
    return page.upto >= upto


async def fresh(day: Day) -> tuple[int, dict[str, State]]:
    """What snapshots would say now, and up to which fact."""
    states: dict[str, State] = {}
    async with day.desk.house.parley.database.read() as session:
        for user in await all_users(session):
            if user.login in day.panels:
                _, state = await PanelViews(day.clock).state(session, SignedIn(user, ""))
                states[user.login] = PanelState.model_validate(state).model_dump(mode="json", by_alias=True)
        return await last_number(session), states


@pytest.mark.parametrize("number", range(3))
async def test_old_snapshot_and_changes_are_a_fresh_snapshot(
    house: House, clock: MovableClock, number: int, long: bool
) -> None:
    """AP-03, MW-01, MW-05, AST-07; design section 2: for agents, and for a supervisor who sees the team."""
    await house.add_person("cleo", frozenset({UserRole.AGENT}))
    desk = await Desk.open(house, "ana", "ben")
    staff = {"sue": desk.sue} | {login: await house.signed_in(login) for login in ("ana", "ben", "admin")}
    customers = [await house.browser() for _ in range(3)]
    tokens = [await desk.link(), await desk.link(), await desk.link(identity="Mira Marić")]
    async with panel(staff["ana"]) as ana, panel(staff["ben"]) as ben, panel(staff["sue"], sound="off") as sue:
        panels = {"ana": ana, "ben": ben, "sue": sue}
        day = Day(desk, clock, random.Random(SEED + number), staff, customers, tokens, panels)
        for login in ("ana", "ben"):
            await day.asks(login, "PUT", "/agent/status", {"status": "active"})
        seen: set[str] = set()
        for _ in range(400 if long else 60):
            await day.happen()
            await compare(day)
            seen |= {page.state["me"]["state"] for page in panels.values()}
        assert seen == {"idle", "ringing", "in_call", "wrapping"}
        for page in panels.values():
            await page.hello()
        await compare(day)
