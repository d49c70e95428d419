"""The customer's server over the API: who may set it, what is refused, what a test says, and no secret comes out."""

from typing import Any

import pytest

from tests.ftp_servers import FOLDER, PASSWORD, openssh, ssh_key, vsftpd
from tests.signaling.house import Browser, House

pytestmark = pytest.mark.wire

PATH = "/recording-storage"
SECRET = "hunter2-never-shown"
SERVER: dict[str, Any] = {
    "protocol": "ftp",
    "host": "files.example.org",
    "port": 21,
    "user": "recorder",
    "template": "calls/{year}/{customer}",
}


async def put(admin: Browser, **change: Any) -> Any:
    """Save, on top of what is there."""
    version = (await admin.get(PATH))["version"]
    answer = await admin.ask("PUT", PATH, SERVER | {"version": version, "failover": True, "upload": False} | change)
    return answer.status, await answer.json(content_type=None)


async def test_a_server_is_configured_first_and_upload_switched_on_then(house: House) -> None:
    """FTP-01, FTP-02, FTP-04: each refusal is a word and a sentence."""
    admin = await house.signed_in("admin")
    fresh = await admin.get(PATH)
    assert (fresh["host"], fresh["upload"], fresh["upload_refused"]) == ("", False, "target_needed")
    status, problem = await put(admin, secret=SECRET, upload=True)
    assert (status, problem["code"]) == (409, "download_needed")
    assert "download" in problem["detail"]
    settings = await admin.get("/recording-settings")
    await admin.patch("/recording-settings", {"version": settings["version"], "download": True})
    status, saved = await put(admin, secret=SECRET, upload=True)
    assert (status, saved["upload"], saved["upload_refused"], saved["secret_set"]) == (200, True, None, True)
    status, kept = await put(admin, template="{year}/{call}", upload=True, failover=False)
    assert (status, kept["secret_set"], kept["failover"]) == (200, True, False)
    settings = await admin.get("/recording-settings")
    await admin.patch("/recording-settings", {"version": settings["version"], "download": False})
    status, sound_only = await put(admin, template="{year}/{queue}-{call}", upload=True)
    assert (status, sound_only["upload"], sound_only["video_refused"]) == (200, True, True)
    settings = await admin.get("/recording-settings")
    await admin.patch("/recording-settings", {"version": settings["version"], "download": True})
    sftp = {"protocol": "sftp", "port": 22, "secret": SECRET, "upload": True}
    status, problem = await put(admin, **sftp)
    assert (status, problem["code"]) == (409, "key_needed")
    assert set(kept["backlog"].values()) == {0}


async def test_the_secret_is_in_no_answer_no_log_and_told_to_no_other_account(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Reliability S27; SYS-08: who changed what is audited, without the secret."""
    admin = await house.signed_in("admin")
    seen = [str(await put(admin, secret=SECRET)), str(await admin.get(PATH))]
    for other in ({"host": "evil.example.org"}, {"user": "somebody"}, {"port": 2121}, {"protocol": "ftps"}):
        status, problem = await put(admin, **other)
        assert (status, problem["errors"][0]["loc"]) == (422, ["secret"])
        assert await admin.refused("POST", f"{PATH}/test", SERVER | other) == (422, "invalid")
    _, problem = await put(admin, secret=f"{SECRET}\r\nDELE everything")
    seen.append(str(problem))
    log = await admin.get("/audit")
    seen.append(str(log))
    [entry] = [each for each in log["items"] if each["subject"] == "recording_target"]
    changes = {each["name"]: (each["old"], each["new"]) for each in entry["fields"]}
    assert (changes["secret"], changes["host"]) == (("", "set anew"), ("", "files.example.org"))
    assert not any("hunter2" in each for each in (*seen, caplog.text))
    assert "hunter2" not in house.parley.database.url.render_as_string()
    async with house.parley.database.read() as session:
        raw = await session.connection()
        rows = await raw.exec_driver_sql("SELECT * FROM recording_target")
        assert "hunter2" not in str(rows.all())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", ""),
        ("host", "ftp://files.example.org"),
        ("host", "files.example.org/path"),
        ("host", "user@files.example.org"),
        ("host", "files.example.org:21"),
        ("host", "two hosts"),
        ("host", "files\r\nDELE x"),
        ("host", "fe80::1%lo"),
        ("port", 0),
        ("user", ""),
        ("user", "a\r\nDELE x"),
        ("by_key", True),
        ("template", "../{call}"),
        ("template", "/etc/{call}"),
        ("template", "{call.__class__}"),
        ("template", "{password}"),
        ("template", "a\x00b"),
        ("template", "{year}/"),
    ],
)
async def test_a_hostile_description_is_refused_at_its_field(house: House, field: str, value: Any) -> None:
    """FTP-01; reliability 2.2: with a sentence, and nothing is kept of it."""
    admin = await house.signed_in("admin")
    status, problem = await put(admin, secret=SECRET, **{field: value})
    assert (status, problem["code"], problem["errors"][0]["loc"][-1]) == (422, "invalid", field)
    assert (await admin.get(PATH))["host"] == ""


async def test_only_administrators_see_or_change_it_and_a_stale_page_changes_nothing(house: House) -> None:
    """SYS-01; reliability 2.3."""
    change = SERVER | {"version": 1, "failover": True, "upload": False, "secret": SECRET}
    for login in ("sue", "ana"):
        person = await house.signed_in(login)
        for method, path, body in (
            ("GET", PATH, None), ("PUT", PATH, change), ("POST", f"{PATH}/test", SERVER),
            ("POST", f"{PATH}/name", {"template": "x"}),
        ):  # fmt: skip
            assert await person.refused(method, path, body) == (403, "forbidden")
    admin = await house.signed_in("admin")
    assert (await admin.ask("PUT", PATH, change)).status == 200
    answer = await admin.ask("PUT", PATH, change | {"host": "other.example.org"})
    assert (answer.status, (await answer.json(content_type=None))["current"]["host"]) == (409, "files.example.org")


async def test_the_name_of_an_example_is_what_recordings_will_be_called(house: House) -> None:
    """FTP-01: the page shows it while the template is typed."""
    admin = await house.signed_in("admin")
    named = await admin.post(f"{PATH}/name", {"template": "{year}/{queue}/{customer}"})
    assert named == {"name": "2026/Support/Jose_Muller-rec_7f3kq2m9xw4t.voice.webm"}
    answer = await admin.ask("POST", f"{PATH}/name", {"template": "{surname}"})
    assert "no field of a path" in (await answer.json(content_type=None))["detail"]


async def test_a_test_uploads_renames_reads_and_deletes_for_real_and_says_what_fails(house: House) -> None:
    """FTP-01: plain, with a certificate that is to be confirmed, and with a wrong password."""
    admin = await house.signed_in("admin")
    wanted = SERVER | {"host": "127.0.0.1", "template": f"{FOLDER}/{{year}}/{{call}}"}
    steps = ["login", "upload", "rename", "read", "delete"]
    async with vsftpd(False) as server:
        wanted |= {"port": server.port, "user": server.user}
        good = await admin.post(f"{PATH}/test", wanted | {"secret": PASSWORD})
        assert (good["ok"], [each["step"] for each in good["steps"]]) == (True, steps)
        assert list((server.root / FOLDER).iterdir()) == []
        wrong = await admin.post(f"{PATH}/test", wanted | {"secret": SECRET})
        assert (wrong["ok"], wrong["steps"][0]["step"]) == (False, "login")
        assert "password" in wrong["steps"][0]["sentence"]
        assert "hunter2" not in str(wrong)
        (server.root / FOLDER).chmod(0o555)
        forbidden = await admin.post(f"{PATH}/test", wanted | {"secret": PASSWORD})
        assert [each["ok"] for each in forbidden["steps"]] == [True, False]
    gone = await admin.post(f"{PATH}/test", wanted | {"secret": PASSWORD})
    assert "No connection" in gone["steps"][0]["sentence"]
    async with vsftpd(True) as server:
        wanted |= {"protocol": "ftps", "port": server.port, "secret": PASSWORD}
        unknown = await admin.post(f"{PATH}/test", wanted)
        assert (unknown["ok"], len(unknown["fingerprint"])) == (False, 64)
        pinned = await admin.post(f"{PATH}/test", wanted | {"fingerprint": unknown["fingerprint"]})
        assert (pinned["ok"], pinned["fingerprint"]) == (True, None)


async def test_an_sftp_servers_key_is_shown_confirmed_and_pinned_before_anybody_logs_in(house: House) -> None:
    """FTP-01."""
    admin = await house.signed_in("admin")
    key = ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        wanted = SERVER | {
            "protocol": "sftp", "host": "127.0.0.1", "port": server.port, "user": server.user, "by_key": True,
            "secret": key.export_private_key().decode(), "template": f"{FOLDER}/{{call}}",
        }  # fmt: skip
        unknown = await admin.post(f"{PATH}/test", wanted)
        assert unknown["fingerprint"].startswith("SHA256:")
        assert [(each["step"], each["ok"]) for each in unknown["steps"]] == [("login", False)]
        pinned = wanted | {"fingerprint": unknown["fingerprint"]}
        assert (await admin.post(f"{PATH}/test", pinned))["ok"]
        assert (await put(admin, **pinned))[1]["fingerprint"] == unknown["fingerprint"]
        saved = {name: value for name, value in pinned.items() if name != "secret"}
        assert (await admin.post(f"{PATH}/test", saved))["ok"], "the stored secret is used"


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::", "::ffff:169.254.169.254"])
async def test_addresses_that_no_file_server_has_are_not_connected_to(house: House, host: str) -> None:
    """Reliability S27."""
    admin = await house.signed_in("admin")
    tried = await admin.post(f"{PATH}/test", SERVER | {"host": host, "secret": SECRET})
    assert tried["steps"] == [
        {"step": "login", "ok": False, "sentence": "No file server can be at the address of this host."}
    ]


async def test_metrics_count_recordings_and_failing_uploads(house: House) -> None:
    """PLUS-15."""
    text = await (await house.browser()).client.get("/metrics")
    assert "parley_uploads_failing 0.0" in await text.text()
