"""How the lines of a call are: pushed to its panel, kept with the call, shown in the thread, read by Prometheus."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from callflow.ids import CallId, LegId
from callflow.wiring import (
    LegMeasured,
    LegQuality,
    LegSummed,
    LineQuality,
    LoopLag,
    PlaneMeasured,
    Stream,
    StreamTotals,
)
from conversations.calls.quality import save
from conversations.db.database import Write
from signaling.calls.quality import LegQualities
from signaling.http.client import client_middleware
from signaling.media_worker.messages import Happened, decode, encode
from signaling.metrics_page import MetricsPage
from signaling.settings import Settings, SettingsError, load
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

GOOD = LineQuality(0.001, 3.0, 4.35, 48_000, 0, 0, 0.0, 0)
POOR = LineQuality(0.07, 40.0, 3.4, 900_000, 640, 360, 24.5, 2)
PLANE = PlaneMeasured(3, 2, {Stream.VOICE: StreamTotals(10, 1000, 20, 2000)}, {"stranger": 5}, LoopLag(0.1, 2.0, 4.0))


def summed(call: str, leg: str, line: LineQuality) -> LegSummed:
    return LegSummed(CallId(call), LegId(leg), 63.5, LegQuality(line, line, 80.0), 0.2, 55.0, 300.0, 2.1)


@pytest.mark.unit
def test_measures_cross_to_another_process_unchanged() -> None:
    quality = LegQuality(GOOD, replace(POOR, loss=None, mos=None), None)
    for event in (LegMeasured(CallId("call_1"), LegId("leg_1"), quality), summed("call_1", "leg_1", POOR), PLANE):
        assert decode(encode(Happened(event))[4:]) == Happened(event)


@pytest.mark.loop
async def test_the_panel_of_a_call_is_told_of_both_lines_and_nobody_else_is(house: House) -> None:
    desk = await Desk.open(house, "ana")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    async with panel(ana) as hers, panel(ben) as his:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(await house.browser(), await desk.link())
        await hers.until(lambda: hers.state["call"] is not None)
        now = await desk.now(call)
        (ring,) = now.rings
        take = house.parley.qualities.take
        for leg, line in ((now.customer_leg.id, POOR), (ring.leg.id, GOOD)):
            for loss in (0.5, line.loss):  # only the latest is worth telling
                quality = LegQuality(replace(line, loss=loss), GOOD, 80.0)
                take(LegMeasured(now.id, leg, quality))
        await hers.until(lambda: bool(hers.qualities))
        (told,) = hers.qualities
        assert told["call_id"] == call
        assert (told["mine"]["up"]["loss"], told["theirs"]["up"]["loss"]) == (0.001, 0.07)
        assert told["theirs"]["up"]["width"] == 640
        assert told["theirs"]["round_trip_ms"] == 80.0
        assert his.qualities == []


@pytest.mark.loop
async def test_how_the_lines_were_is_kept_and_shown_in_the_thread_as_one_entry(house: House) -> None:
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(ana) as page:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(await house.browser(), await desk.link())
        await page.until(lambda: page.state["call"] is not None)
        now = await desk.now(call)
        (ring,) = now.rings
        unheard = replace(GOOD, bits_per_second=0)
        for event in (
            summed(call, now.customer_leg.id, POOR),
            summed(call, ring.leg.id, GOOD),
            summed(call, "leg_of_nobody", GOOD),
            replace(summed(call, ring.leg.id, GOOD), average=LegQuality(GOOD, unheard, None)),
        ):
            house.parley.qualities.take(event)
        thread = f"/conversations/{now.conversation}/entries"
        before = page.upto
        await page.until(lambda: page.upto > before)
        entries = (await desk.sue.get(thread))["items"]
        (entry,) = [entry for entry in entries if entry["type"] == "call_measured"]
        assert entry["call_id"] == call
        assert {leg["role"]: leg["average"]["up"]["loss"] for leg in entry["legs"]} == {
            "agent": 0.001,
            "customer": 0.07,
        }
        customer = next(leg for leg in entry["legs"] if leg["role"] == "customer")
        assert (customer["seconds"], customer["worst_mos"], customer["agent"]) == (63.5, 2.1, None)
        staff = [leg["agent"] for leg in entry["legs"] if leg["role"] == "agent"]
        assert staff == [{"id": house.people["ana"].user.id, "name": "Ana"}]
        assert customer["average"]["down"]["freezes"] == 2


@pytest.mark.loop
async def test_one_call_that_cannot_be_told_of_ends_no_pushes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.calls.quality.PUSH_EVERY", 0.02)
    asked: asyncio.Queue[str] = asyncio.Queue()

    def live(call: CallId) -> None:
        asked.put_nowait(call)
        raise ValueError(call)

    qualities = LegQualities(house.parley.database, live, house.parley.hub.push)
    pushing = asyncio.create_task(qualities.push())
    async with asyncio.timeout(5):
        for call in ("call_1", "call_2"):
            qualities.take(LegMeasured(CallId(call), LegId("leg_1"), LegQuality(GOOD, GOOD, None)))
            assert await asked.get() == call
    assert not pushing.done()
    pushing.cancel()
    await asyncio.gather(pushing, return_exceptions=True)


@pytest.mark.loop
async def test_what_is_being_written_when_the_server_stops_is_kept_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(ana):
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        calls = [await desk.now(await desk.call(await house.browser(), await desk.link())) for _ in range(2)]
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(write: Write, call: CallId, legs: list[LegSummed]) -> None:
        began.set()
        await may_end.wait()
        await save(write, call, legs)

    monkeypatch.setattr("signaling.calls.quality.save", slowly)
    monkeypatch.setattr("signaling.calls.quality.TOGETHER", 0.0)
    qualities = LegQualities(house.parley.database, house.parley.engine.live, house.parley.hub.push)
    keeping = asyncio.create_task(qualities.keep())
    for call in calls:
        qualities.take(summed(call.id, call.customer_leg.id, POOR))
    async with asyncio.timeout(5):
        await began.wait()
        keeping.cancel()
        await asyncio.sleep(0)
        may_end.set()
        await asyncio.gather(keeping, return_exceptions=True)
        await qualities.save()
    for call in calls:
        entries = (await desk.sue.get(f"/conversations/{call.conversation}/entries"))["items"]
        assert [entry["type"] for entry in entries].count("call_measured") == 1


@pytest.mark.loop
async def test_metrics_are_for_this_machine_and_not_for_what_a_proxy_passes_on(house: House) -> None:
    house.parley.metrics.take(PLANE)
    house.parley.metrics.take(LegMeasured(CallId("call_1"), LegId("leg_1"), LegQuality(POOR, GOOD, 80.0)))
    house.parley.metrics.take(summed("call_1", "leg_2", POOR))
    url = house.server.make_url("/metrics")
    async with ClientSession() as session:
        async with session.get(url) as answer:
            text = await answer.text()
            assert answer.status == 200
            assert answer.content_type == "text/plain"
        for host, status in (
            ("localhost:8080", 200), ("LOCALHOST", 200), ("127.0.0.1", 200), ("[::1]:443", 200),
            ("parley.example", 404), ("localhost.example", 404), ("127.0.0.1.example", 404), ("[::1", 404), ("", 404),
        ):  # fmt: skip
            async with session.get(url, headers={"Host": host}) as answer:
                assert (host, answer.status) == (host, status)
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            async with session.get(url, headers={header: "203.0.113.9"}) as answer:
                assert answer.status == 404
        for given in ("Bearer ", "Bearer wrong", "Basic wrong"):
            async with session.get(url, headers={"X-Forwarded-For": "203.0.113.9", "Authorization": given}) as answer:
                assert answer.status == 404
    lines = set(text.splitlines())
    assert lines >= {
        'parley_calls{phase="talking"} 0.0',
        'parley_legs{worker="3"} 2.0',
        'parley_packets_total{direction="received",stream="voice",worker="3"} 10.0',
        'parley_bytes_total{direction="sent",stream="voice",worker="3"} 2000.0',
        'parley_refused_datagrams_total{reason="stranger",worker="3"} 5.0',
        'parley_leg_loss_ratio{call="call_1",direction="up",leg="leg_1"} 0.07',
        'parley_leg_round_trip_seconds{call="call_1",leg="leg_1"} 0.08',
        'parley_loop_lag_seconds{quantile="0.99",worker="3"} 0.002',
        'parley_ended_leg_mos_bucket{direction="up",le="3.5"} 1.0',
    }
    assert 'parley_loop_lag_seconds{quantile="1",worker="server"}' in text


async def figures() -> bytes:
    return b"parley_calls 0"


@pytest.mark.loop
async def test_metrics_are_for_whoever_has_the_token() -> None:
    app = web.Application(middlewares=[client_middleware(())])
    MetricsPage(figures, "a token of some length").register(app)
    async with TestServer(app) as server, ClientSession(headers={"X-Forwarded-For": "203.0.113.9"}) as session:
        url = server.make_url("/metrics")
        async with session.get(url, headers={"Authorization": "Bearer a token of some length"}) as answer:
            assert (answer.status, await answer.read()) == (200, b"parley_calls 0")
        for given in ("Bearer a token of some lengtH", "Bearer \u00e4", "a token of some length", "Bearer"):
            async with session.get(url, headers={"Authorization": given}) as answer:
                assert answer.status == 404
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"GET /metrics HTTP/1.0\r\nHost: elsewhere\r\nAuthorization: Bearer \xe4\xff\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"404"
        writer.close()


@pytest.mark.loop
async def test_a_socket_of_both_families_knows_this_machine_too() -> None:
    @web.middleware
    async def from_peer(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request.clone(remote=request.headers["Peer"]))

    app = web.Application(middlewares=[from_peer, client_middleware(())])
    MetricsPage(figures, None).register(app)
    async with TestServer(app) as server, ClientSession() as session:
        for peer, status in (("::1", 200), ("::ffff:127.0.0.1", 200), ("::ffff:192.0.2.1", 404), ("192.0.2.1", 404)):
            async with session.get(server.make_url("/metrics"), headers={"Peer": peer}) as answer:
                assert (peer, answer.status) == (peer, status)


@pytest.mark.unit
def test_the_metrics_token_is_long_and_never_printed() -> None:
    with pytest.raises(SettingsError, match=r"metrics_token .* at least 16"):
        load({"PARLEY_METRICS_TOKEN": "too short"})
    assert "a token of some length" not in repr(Settings.model_validate({"metrics_token": "a token of some length"}))
