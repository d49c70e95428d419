"""Messages of waiting customers over the API: spoken, kept or thrown away, heard by who may answer, and seen to."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callflow.ids import RecordingId
from callflow.roles import Role
from conversations.audit_log import AuditFilter, AuditLog
from conversations.threads.tables import ConversationRow
from recording.keeper import CLOSING
from recording.states import RecordingKind, RecordingState
from recording.tables import RecordingRow
from tests.clock import MovableClock
from tests.recording import talk
from tests.recording.recorded import Workshop
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def waits(desk: Desk, customer: Browser, ana: Browser, **link: object) -> str:
    """A customer waits on the line, while the only agent looks at other things."""
    await ana.ask("PUT", "/agent/status", {"status": "busy"})
    return await desk.call(customer, await desk.link(**link))


async def rows(house: House) -> list[RecordingRow]:
    async with house.parley.database.read() as session:
        return list(await session.scalars(select(RecordingRow).order_by(RecordingRow.id)))


def spoken(folder: Path, recording: str, seconds: float, *, closed: bool = True) -> Path:
    """What the media plane would have written."""
    made = talk.Call(folder)
    made.path = folder / recording
    made.tap(talk.CUSTOMER, Role.CUSTOMER, talk.voice(talk.CUSTOMER_HZ, 0, seconds), closed=closed)
    return made.path


async def finished(house: House, clock: MovableClock) -> None:
    """Everything that is over is finished, in this process."""
    keeper = house.parley.recordings.keeper
    keeper._finisher = Workshop()  # pyright: ignore[reportPrivateUsage]
    clock.advance(CLOSING.total_seconds())
    while await keeper.finish_one():
        pass


async def test_a_message_is_kept_heard_by_who_may_answer_and_seen_to_like_a_missed_call(
    house: House, clock: MovableClock, tmp_path: Path
) -> None:
    """PLUS-12, EVT-04, REC-05, PLUS-10: recording is off, and it is recorded all the same; one voice, on both ears."""
    desk = await Desk.open(house, "ana")
    ana, ben, cora = await house.signed_in("ana"), await house.signed_in("ben"), await house.browser()
    await ben.ask("PUT", "/agent/status", {"status": "busy"})
    async with panel(ana, sound="blocked") as page:
        call = await waits(desk, cora, ana)
        begun = await cora.post(f"/guest/calls/{call}/voice-message", {})
        assert begun["voice_message"] == (await cora.post(f"/guest/calls/{call}/voice-message", {}))["voice_message"]
        [row] = await rows(house)
        assert (row.kind, row.state, row.media) == (RecordingKind.MESSAGE, RecordingState.RECORDING, "audio")
        spoken(house.parley.recordings.folder / "spool", row.id, 3)
        clock.advance(3)
        over = await cora.post(f"/guest/calls/{call}/voice-message/send")
        assert (over["phase"], over["end_reason"], over["ended_by"]) == ("ended", "message_left", "customer")
        upto = await desk.told()
        await page.until(lambda: page.upto >= upto)
        assert "recordings" in {word for change in page.changes for word in change["stale"]}
    await finished(house, clock)

    [missed] = (await ana.get("/calls/missed"))["items"]
    assert (missed["call"]["id"], missed["call"]["outcome"]) == (call, "message_left")
    assert [one["id"] for one in (await desk.sue.get("/calls?outcome=message_left"))["items"]] == [call]
    thread = missed["call"]["conversation_id"]
    entries = (await ana.get(f"/conversations/{thread}/entries"))["items"]
    [left] = [entry for entry in entries if entry["type"] == "message_left"]
    assert (left["recording_id"], left["seconds"], left["actor"]["name"]) == (row.id, 3, "Cora")
    [message] = await ana.get(f"/conversations/{thread}/voice-messages")
    assert (message["id"], message["kind"], message["state"], message["seconds"]) == (row.id, "message", "spooled", 3.0)
    folder = house.parley.recordings.folder / f"{row.started_at:%Y}/{row.started_at:%m}" / row.id
    assert talk.tones_of(folder / "voice.webm") == ([talk.CUSTOMER_HZ] * 3, [talk.CUSTOMER_HZ] * 3)
    assert not (house.parley.recordings.folder / "spool" / row.id).exists()

    assert (await ana.ask("GET", f"/recordings/{row.id}/files/voice")).status == 200
    noted = await ana.post(f"/recordings/{row.id}/notes", {"at_seconds": 1, "text": "Wants the invoice"})
    assert noted["author"]["name"] == "Ana"
    assert await ana.refused("GET", f"/recordings/{row.id}/files/voice?download=true") == (403, "forbidden")
    assert (await desk.sue.ask("GET", f"/recordings/{row.id}/files/voice?download=true")).status == 200
    heard = await AuditLog(house.parley.database).page(AuditFilter(subject="recording"))
    assert [(one.actor.kind, field.new) for one in heard.items for field in one.fields] == [
        ("supervisor", "downloaded"),
        ("agent", "listened"),
    ]
    assert (await desk.sue.get("/recordings?kind=call"))["items"] == []
    assert [one["id"] for one in (await desk.sue.get("/recordings?kind=message"))["items"]] == [row.id]
    assert await ana.refused("GET", "/recordings") == (403, "forbidden")

    async with house.parley.database.write() as write:
        (await write.session.get_one(ConversationRow, thread)).assignee_id = house.people["ana"].user.id
    for path in (f"/recordings/{row.id}", f"/recordings/{row.id}/files/voice", f"/recordings/{row.id}/notes"):
        assert await ben.refused("GET", path) == (404, "not_found"), "somebody else's conversation"
    assert await ben.refused("GET", f"/conversations/{thread}/voice-messages") == (404, "not_found")
    await desk.sue.patch(f"/recordings/{row.id}", {"legal_hold": True})
    assert await desk.sue.refused("DELETE", f"/recordings/{row.id}") == (409, "legal_hold")
    await ana.post(f"/calls/{call}/handled")
    assert (await ana.get("/calls/missed"))["total"] == 0


async def test_what_is_cancelled_or_begun_again_is_nowhere_and_the_call_goes_on(
    house: House, clock: MovableClock
) -> None:
    """PLUS-12: neither on the disk nor in a list; an empty one is refused, and so is what no message is."""
    desk = await Desk.open(house, "ana")
    ana, cora, dan = await house.signed_in("ana"), await house.browser(), await house.browser()
    async with panel(ana, sound="blocked"):
        call = await waits(desk, cora, ana)
        one = f"/guest/calls/{call}/voice-message"
        assert await cora.refused("POST", f"{one}/send") == (409, "no_message")
        assert await cora.refused("POST", f"{one}/cancel") == (409, "no_message")
        await cora.post(one, {})
        assert await cora.refused("POST", f"{one}/send") == (409, "message_empty")
        assert await cora.refused("POST", f"/guest/calls/{call}/callback") == (409, "leaving_message")
        assert (await dan.ask("POST", one, {})).status in (401, 404), "nobody else's call"
        clock.advance(2)
        await cora.post(one, {"again": True})
        clock.advance(2)
        waiting = await cora.post(f"{one}/cancel")
        assert (waiting["phase"], waiting["voice_message"], waiting["mine"]) == ("waiting", None, "up")
        spool = house.parley.recordings.folder / "spool"
        thrown = await rows(house)
        assert [(row.kind, row.cancelled) for row in thrown] == [(RecordingKind.MESSAGE, True)] * 2
        assert (await desk.sue.get("/recordings"))["items"] == []
        assert await desk.sue.refused("GET", f"/recordings/{thrown[0].id}") == (404, "not_found")
        for row in thrown:
            spoken(spool, row.id, 1, closed=row is thrown[0])
        await finished(house, clock)
        assert await rows(house) == []
        assert not any((spool / row.id).exists() for row in thrown)
        assert (await desk.now(call)).live


async def test_a_strategy_switches_messages_off_for_its_queue(house: House) -> None:
    """PLUS-12, WSV-01: with a code, and the page is told before; the default is on."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    quiet = {"on": False}
    parts = {"greeting": quiet, "announcements": quiet, "farewell": quiet, "places": quiet, "music": {"on": True}}
    wish: dict[str, Any] = {"name": "Patience", "longest_seconds": 120, "queues": [desk.queue["id"]], **parts}
    made = await desk.sue.post("/waiting-strategies", wish)
    assert made["messages"] is True
    path = f"/waiting-strategies/{made['id']}"
    answer = await desk.sue.ask("PUT", path, wish | {"messages": False, "version": made["version"]})
    assert (answer.status, (await answer.json())["messages"]) == (200, False)
    changes = await AuditLog(house.parley.database).page(AuditFilter(subject="waiting_strategy"))
    assert [(field.name, field.old, field.new) for field in changes.items[0].fields] == [("messages", True, False)]
    async with panel(ana, sound="blocked"):
        call = await waits(desk, cora, ana)
        assert (await cora.get(f"/guest/calls/{call}"))["leaves_messages"] is False
        assert await cora.refused("POST", f"/guest/calls/{call}/voice-message", {}) == (409, "no_messages")


async def test_a_message_whose_row_is_lost_is_taken_up_again_and_one_that_was_thrown_away_is_not(
    house: House, clock: MovableClock
) -> None:
    """REC-02, PLUS-12: as after a backup was put back."""
    desk = await Desk.open(house, "ana")
    ana, cora = await house.signed_in("ana"), await house.browser()
    async with panel(ana, sound="blocked"):
        call = await waits(desk, cora, ana)
        one = f"/guest/calls/{call}/voice-message"
        await cora.post(one, {})
        clock.advance(2)
        await cora.post(one, {"again": True})
        clock.advance(2)
        await cora.post(f"/guest/calls/{call}/hangup")
    thrown, left = sorted(await rows(house), key=lambda row: not row.cancelled)
    assert (left.cancelled, left.state) == (False, RecordingState.FINALIZING)
    async with house.parley.database.write() as write:
        for row in (thrown, left):
            await write.session.delete(await write.session.get_one(RecordingRow, row.id))
    spool = house.parley.recordings.folder / "spool"
    for row in (thrown, left):
        spoken(spool, row.id, 2)
    keeper = house.parley.recordings.keeper
    keeper._swept_at = None  # pyright: ignore[reportPrivateUsage]
    await keeper.sweep()
    assert keeper.orphans == 1
    await finished(house, clock)
    [row] = await rows(house)
    assert (row.id, row.kind, row.state) == (RecordingId(left.id), RecordingKind.MESSAGE, RecordingState.SPOOLED)
    assert (spool / thrown.id).exists(), "nobody knows of it: a person looks"
    shutil.rmtree(spool / thrown.id)
