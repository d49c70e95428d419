"""A recorded call arrives at a real FTP server, and while that is down nothing is lost."""

import hashlib
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from callflow.ids import RecordingId
from recording.catalogue import KeptRecording, RecordingFilter
from recording.delivery import Policy
from recording.rules import SettingsChange
from recording.shelf import SERVER
from recording.states import RecordingState
from recording.storages.errors import Fault
from recording.uploader import Notice
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, eventually
from tests.flow.test_recording import switch_on
from tests.flow.test_supervisor import goes
from tests.ftp_servers import FOLDER, PASSWORD, openssh, ssh_key, vsftpd
from tests.recording.gate import gate

pytestmark = pytest.mark.flow

TEMPLATE = f"{FOLDER}/{{year}}/{{agent}}-{{customer}}"


async def recorded(centre: Centre, ana: Agent, name: str, state: RecordingState) -> KeptRecording:
    """A call that was recorded, when it has got so far."""
    carla = await centre.answered(ana, name)
    await carla.hears(ana)
    await carla.press("Hang up")

    async def look() -> KeptRecording | None:
        items, _ = await centre.parley.recordings.catalogue.page(RecordingFilter(search=name))
        return next(iter(items), None)

    return await eventually(look, lambda found: found is not None and found.state is state, f"{state} recording")


async def shot(page: Agent, name: str) -> None:
    """Keep a picture where somebody wants to judge it."""
    if folder := os.environ.get("SHOTS"):
        await page.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_recordings_go_to_a_real_server_and_wait_for_it_while_it_is_down(centre: Centre) -> None:
    """FTP-01, FTP-02, FTP-03, FTP-04, PLUS-09, PLUS-10: set up on the page; trouble comes and goes, so does a file."""
    axe = Inspector(PHONE, DESK)
    ana, boss = await centre.active_agent("ana"), await centre.agent("admin")
    await switch_on(centre, await centre.user("ana"))
    work = centre.parley.recordings
    work.shelf.policy = Policy(failover=True, tries=1)
    async with vsftpd(False) as server, gate(server.port) as door:
        await goes(boss, "Settings", "Recording storage")
        page = boss.page
        upload = page.get_by_role("switch", name="Upload recordings")
        await expect(upload).to_be_disabled()
        await axe.look(page, "nothing configured")
        await page.get_by_label("Protocol").select_option("FTP (not encrypted)")
        await expect(page.get_by_text("everybody on the way can read the password")).to_be_visible()
        await page.get_by_label("Host").fill("127.0.0.1")
        await page.get_by_label("Port").fill(str(door.port))
        await page.get_by_label("User").fill(server.user)
        await page.get_by_label("Names of files").fill("{surname}")
        await expect(page.get_by_label("Names of files")).to_have_accessible_description(
            re.compile("no field of a path")
        )
        await page.get_by_label("Names of files").fill(TEMPLATE)
        await expect(
            page.get_by_text(f"{FOLDER}/2026/Ana_Anic-Jose_Muller-rec_7f3kq2m9xw4t.voice.webm")
        ).to_be_visible()
        await page.get_by_label("Password").fill("wrong")
        await boss.press("Test")
        await expect(page.get_by_text("The server refuses this user or password")).to_be_visible()
        await expect(boss.button("Test")).to_be_focused()
        await axe.look(page, "a test that failed")
        await shot(boss, "refused")
        await page.get_by_label("Password").fill(PASSWORD)
        await boss.press("Test")
        await expect(page.get_by_text("The server works.")).to_be_visible()
        await expect(page.get_by_text("It was read back, byte for byte.")).to_be_visible()

        await expect(upload).to_be_disabled()
        await expect(page.get_by_text("Cannot be switched on: pictures are recorded")).to_be_visible()
        rules = centre.parley.recordings.rules
        version = (await rules.settings()).version
        await rules.change((await centre.user("admin")).actor, version, SettingsChange(download=True))
        await expect(upload).to_be_enabled()
        await upload.click()
        await shot(boss, "works")
        await boss.press("Save")
        await expect(page.get_by_text("Stored, and never shown.")).to_be_visible()
        await expect(page.get_by_label("Password")).to_have_value("")
        await expect(boss.button("Test")).to_be_focused()

        first = await recorded(centre, ana, "Zoë ../../etc", RecordingState.UPLOADED)
        arrived = server.root / FOLDER / "2026" / f"Ana_Anic-Zoe_._._etc-{first.id}.voice.webm"
        assert hashlib.sha256(arrived.read_bytes()).hexdigest() == first.file("voice").sha256
        await expect(page.get_by_text("Not yet", exact=True)).to_be_hidden()

        await door.close()
        await ana.reports("Done")
        second = await recorded(centre, ana, "Dora", RecordingState.FAILED_OVER)
        kept = centre.parley.recordings.folder / (second.folder or "") / second.file("voice").name
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == second.file("voice").sha256
        await expect(page.locator("dl > div", has_text="Failed over").locator("dd")).to_have_text("1")
        # As the uploader tells it after three failures in a row; the next upload that goes well ends it.
        await work.shelf.tell(SERVER, Notice(Fault.UNREACHABLE, "Nobody answers at the port."))
        trouble = page.get_by_text("Your server has taken no recordings since")
        await expect(trouble).to_be_visible()
        await axe.look(page, "trouble")
        await shot(boss, "trouble")
        await page.set_viewport_size(PHONE)
        await shot(boss, "trouble-phone")
        version = (await rules.settings()).version
        await rules.change((await centre.user("admin")).actor, version, SettingsChange(download=False))
        await expect(page.get_by_text("Of video calls only the sound goes to your server")).to_be_visible()
        await door.open()
        await expect(trouble).to_be_hidden()
        await until_uploaded(centre, second.id)
        arrived = server.root / FOLDER / "2026" / f"Ana_Anic-Dora-{second.id}.voice.webm"
        assert hashlib.sha256(arrived.read_bytes()).hexdigest() == second.file("voice").sha256
        assert len(list(arrived.parent.iterdir())) == 2

        await door.close()
        await work.retention.delete((await centre.user("admin")).actor, first.id)
        await expect(page.locator("dl > div", has_text="To be removed there").locator("dd")).to_have_text("1")
        await page.goto(f"{centre.url}/agent/recordings/{first.id}")
        await boss.reads("This recording was removed here on")
        await boss.reads("Its removal at your server is pending: ftp://")
        await axe.look(page, "removed here")
        await door.open()
        await boss.reads("It was removed at your server too: ftp://")
        assert [path.name for path in arrived.parent.iterdir()] == [arrived.name]
    assert axe.found == []


async def until_uploaded(centre: Centre, recording: RecordingId) -> None:
    async def state() -> RecordingState:
        return (await centre.parley.recordings.catalogue.one(recording)).state

    await eventually(state, lambda seen: seen is RecordingState.UPLOADED, "delivered recording")


async def test_an_sftp_servers_key_is_compared_and_confirmed_on_the_page(centre: Centre) -> None:
    """FTP-01: before it is confirmed nobody logs in; upload says what is missing."""
    axe = Inspector(PHONE, DESK)
    boss, key = await centre.agent("admin", color_scheme="light"), ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        await goes(boss, "Settings", "Recording storage")
        page = boss.page
        await page.get_by_label("Protocol").select_option("SFTP (encrypted)")
        await expect(page.get_by_label("Port")).to_have_value("22")
        await page.get_by_label("Host").fill("127.0.0.1")
        await page.get_by_label("Port").fill(str(server.port))
        await page.get_by_label("User").fill(server.user)
        await page.get_by_label("Sign in with a private key").check()
        await page.get_by_label("Private key", exact=True).fill(key.export_private_key().decode())
        await page.get_by_label("Names of files").fill(f"{FOLDER}/{{call}}")
        await expect(page.get_by_text("press Test, and confirm the server's key")).to_be_visible()
        await boss.press("Test")
        await expect(page.get_by_text("Compare it with what the server's owner tells you")).to_be_visible()
        await expect(page.get_by_text("Signing in failed")).to_be_hidden()
        await axe.look(page, "a key to confirm")
        await shot(boss, "sftp-confirm")
        await boss.press("Confirm and test again")
        await expect(page.get_by_text("The server works.")).to_be_visible()
        await expect(page.get_by_text("Confirmed key:")).to_be_visible()
        await expect(boss.button("Test")).to_be_focused()
        await shot(boss, "sftp-works")
        await boss.press("Save")
        await expect(page.get_by_text("Stored, and never shown.")).to_be_visible()
        await expect(page.get_by_label("Private key", exact=True)).to_have_value("")
    assert axe.found == []
