"""Sounds, speech and waiting strategies over the API: real speech, real files, and what is refused."""

import io
import wave
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from callflow.ids import LinkId, QueueId
from conversations.waiting.plans import plan_for
from media.prompts import load
from media.shelf import file_of
from signaling.waiting.sounds_api import UPLOAD_LIMIT
from tests.media.parties import write_tone
from tests.media.test_studio import wav_of
from tests.signaling.house import Browser, House

pytestmark = pytest.mark.wire

VOICE = {"language": "en-us", "voice": "f2", "rate": 160}


def speech(text: str) -> dict[str, Any]:
    return {"kind": "speech", "text": text, **VOICE}


def strategy(**parts: Any) -> dict[str, Any]:
    return {
        "name": "Patience",
        "greeting": {"on": True, "source": speech("Welcome to the desk.")},
        "music": {"on": True},
        "announcements": {"on": False},
        "farewell": {"on": False},
        "places": {"on": False},
        "longest_seconds": 120,
    } | parts


async def upload(browser: Browser, content: bytes, name: str = "Our tune") -> ClientResponse:
    headers = {"X-CSRF": "1", "Content-Type": "application/octet-stream"}
    return await browser.client.post("/api/v1/sounds", params={"name": name}, data=content, headers=headers)


def tone(folder: Path, seconds: float = 1) -> bytes:
    write_tone(folder / "tone.wav", 440, seconds)
    return (folder / "tone.wav").read_bytes()


def kept(folder: Path) -> set[str]:
    return {path.name for sub in ("sounds", "prompts") for path in (folder / sub).glob("*")}


async def test_a_strategy_is_spoken_before_it_is_kept_and_a_caller_gets_its_prompts(
    house: House, tmp_path: Path
) -> None:
    """WSV-01, WSV-02, WSV-04, WSV-06, PLUS-12."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Front desk"})
    made = await sue.post(
        "/waiting-strategies",
        strategy(
            queues=[queue["id"]],
            announcements={"on": True, "gap_seconds": 10, "sources": [speech("Soon."), speech("Very soon.")]},
            places={"on": True, "voice": VOICE},
        ),
    )
    assert made["queues"] == [{"id": queue["id"], "name": "Front desk"}]
    assert made["greeting"]["source"] == speech("Welcome to the desk.")
    async with house.parley.database.read() as session:
        plan = await plan_for(session, QueueId(queue["id"]), LinkId("link_none"))
    assert plan.greeting is not None
    assert plan.spoken is not None
    for prompt in (plan.greeting, *plan.announcements, *plan.spoken.positions, *(one for _, one in plan.spoken.waits)):
        path = file_of(tmp_path / "prompts", prompt)
        assert path is not None
        assert len(load(path) or ()) > 10
    assert await sue.get("/waiting-strategies") == [made]

    worse = strategy(version=made["version"], greeting={"on": True, "source": speech("Hi") | {"voice": "f99"}})
    assert await sue.refused("PUT", f"/waiting-strategies/{made['id']}", worse) == (422, "unknown_voice")
    assert await sue.get("/waiting-strategies") == [made]
    changed = {name: made[name] for name in made if name not in ("id", "queues", "links")}
    answer = await sue.ask("PUT", f"/waiting-strategies/{made['id']}", changed | {"longest_seconds": 60})
    assert answer.status == 200
    stale = await sue.ask("PUT", f"/waiting-strategies/{made['id']}", changed)
    assert stale.status == 409
    assert (await stale.json(content_type=None))["current"] == await answer.json()
    one = f"/waiting-strategies/{made['id']}"
    assert await sue.refused("DELETE", one) == (422, "invalid")
    stale = await sue.ask("DELETE", f"{one}?version={made['version']}")
    assert stale.status == 409
    assert (await stale.json(content_type=None))["current"] == await answer.json()
    assert (await sue.ask("DELETE", f"{one}?version={made['version'] + 1}")).status == 204
    assert await sue.get("/waiting-strategies") == []


async def test_a_second_strategy_for_a_queue_or_link_is_refused_with_the_name_of_the_first(house: House) -> None:
    """WSV-01."""
    sue = await house.signed_in("sue")
    queue = await sue.post("/queues", {"name": "Front desk"})
    link = await sue.post("/call-links", {"kind": "expiry", "queue_id": queue["id"], "label": "Web site"})
    music = {"greeting": {"on": False}, "queues": [queue["id"]], "links": [link["id"]]}
    first = await sue.post("/waiting-strategies", strategy(**music))
    assert first["links"] == [{"id": link["id"], "name": "Web site"}]
    for others, name in (("links", "Front desk"), ("queues", "Web site")):
        answer = await sue.ask("POST", "/waiting-strategies", strategy(**(music | {others: [], "name": "Second"})))
        assert answer.status == 409
        problem = await answer.json(content_type=None)
        assert problem["code"] == "entry_taken"
        assert "“Patience”" in problem["detail"]
        assert f"“{name}”" in problem["detail"]


async def test_what_cannot_be_said_is_refused_in_words_and_keeps_nothing(house: House, tmp_path: Path) -> None:
    """WSV-05, WSV-06."""
    sue = await house.signed_in("sue")
    off = {"on": False}
    for wrong, expected in (
        (strategy(greeting={"on": True, "source": speech("x" * 100_000)}), (422, "invalid")),
        (strategy(greeting={"on": True, "source": speech("")}), (422, "invalid")),
        (strategy(greeting={"on": True, "source": speech(" \n")}), (422, "invalid")),
        (strategy(greeting={"on": True, "source": speech("Hi") | {"language": "xx"}}), (422, "unknown_voice")),
        (strategy(greeting={"on": True, "source": speech("Hi") | {"voice": "f99"}}), (422, "unknown_voice")),
        (strategy(greeting={"on": True, "source": speech("Hi") | {"rate": 9000}}), (422, "invalid")),
        (strategy(greeting={"on": True, "source": speech("...")}), (422, "nothing_to_say")),
        (strategy(greeting=off, music=off), (422, "invalid")),
        (strategy(queues=["queue_gone"]), (404, "not_found")),
        (strategy(music={"on": True, "source": {"kind": "sound", "sound_id": "sound_gone"}}), (404, "not_found")),
        (strategy(longest_seconds=9), (422, "invalid")),
        (strategy(places={"on": True, "voice": VOICE | {"language": "ja"}}), (422, "invalid")),
    ):
        assert await sue.refused("POST", "/waiting-strategies", wrong) == expected
    assert await sue.get("/waiting-strategies") == []
    for length in (2001, 100_000):
        assert await sue.refused("POST", "/speech", speech("x" * length)) == (422, "invalid")
    assert await sue.refused("POST", "/speech", speech("Hi") | {"voice": "f99"}) == (422, "unknown_voice")
    assert await sue.refused("POST", "/speech", speech("Hi") | {"language": "xx"}) == (422, "unknown_voice")
    assert await sue.refused("POST", "/speech", speech("Hi") | {"language": "../de"}) == (422, "invalid")


async def test_speech_can_be_heard_before_anything_is_saved(house: House, tmp_path: Path) -> None:
    """WSV-06."""
    sue = await house.signed_in("sue")
    voices = await sue.get("/voices")
    assert voices["why_not"] is None
    german = next(one for one in voices["languages"] if one["code"] == "de")
    answer = await sue.ask("POST", "/speech", {"kind": "speech", "text": german["places_sample"], "language": "de"})
    assert answer.content_type == "audio/wav"
    with wave.open(io.BytesIO(await answer.read())) as sound:
        assert sound.getnframes() / sound.getframerate() > 2
    assert kept(tmp_path) == set()
    assert await sue.refused("POST", "/speech", speech("...")) == (422, "nothing_to_say")


async def test_an_uploaded_sound_is_kept_played_used_and_not_deleted_while_it_is_used(
    house: House, tmp_path: Path
) -> None:
    """WSV-03, WSV-07."""
    sue = await house.signed_in("sue")
    content = tone(tmp_path)
    answer = await upload(sue, content, " Our  tune ")
    assert answer.status == 201, await answer.text()
    sound = await answer.json()
    assert (sound["name"], sound["kind"], sound["bytes"]) == ("Our tune", "wav", len(content))
    assert sound["seconds"] == pytest.approx(1, abs=0.02)
    heard = await sue.ask("GET", f"/sounds/{sound['id']}/audio")
    assert (heard.content_type, await heard.read()) == ("audio/wav", content)

    used = await sue.post(
        "/waiting-strategies",
        strategy(greeting={"on": False}, music={"on": True, "source": {"kind": "sound", "sound_id": sound["id"]}}),
    )
    assert (await sue.get("/sounds"))[0]["used_by"] == ["Patience"]
    refused = await sue.ask("DELETE", f"/sounds/{sound['id']}")
    problem = await refused.json(content_type=None)
    assert (refused.status, problem["code"]) == (409, "in_use")
    assert "“Patience”" in problem["detail"]
    await sue.ask("DELETE", f"/waiting-strategies/{used['id']}?version={used['version']}")
    assert (await sue.ask("DELETE", f"/sounds/{sound['id']}")).status == 204
    assert await sue.get("/sounds") == []
    assert kept(tmp_path) == set()
    assert await sue.refused("DELETE", f"/sounds/{sound['id']}") == (404, "not_found")


async def test_a_file_that_lies_is_damaged_or_too_large_is_refused_in_words_and_leaves_nothing(
    house: House, tmp_path: Path
) -> None:
    """WSV-07."""
    sue = await house.signed_in("sue")
    for content, name, expected in (
        (b"\x89PNG" + bytes(2000), "tune.mp3", (422, "not_a_sound")),
        (b"RIFF\0\0\0\0WAVE" + bytes(2000), "tune.wav", (422, "damaged")),
        (tone(tmp_path, 0.01), "blip.wav", (422, "too_short")),
        (wav_of(3 * 3600), "evening.wav", (422, "too_long")),
        (b"", "nothing.wav", (422, "invalid")),
        (bytes(UPLOAD_LIMIT + 1), "big.wav", (413, "too_large")),
        (tone(tmp_path), " ", (422, "invalid")),
    ):
        answer = await upload(sue, content, name)
        problem = await answer.json(content_type=None)
        assert (answer.status, problem["code"]) == expected, name
        assert problem["detail"].endswith(".")
    assert await sue.get("/sounds") == []
    assert kept(tmp_path) == set()


async def test_sounds_that_were_lost_are_made_anew(house: House, tmp_path: Path) -> None:
    """WSV-06, WSV-07."""
    sue = await house.signed_in("sue")
    sound = await (await upload(sue, tone(tmp_path))).json()
    source = {"kind": "sound", "sound_id": sound["id"]}
    await sue.post("/waiting-strategies", strategy(music={"on": True, "source": source}))
    before = kept(tmp_path)
    assert len(before) == 3
    for path in (tmp_path / "prompts").glob("*"):
        path.unlink()
    (tmp_path / "sounds" / "sound_0.upload").write_bytes(b"half of it")
    await house.parley.rendering.sweep()
    await house.parley.rendering.mend()
    assert kept(tmp_path) == before
