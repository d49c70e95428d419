"""Secrets at rest."""

import stat
from pathlib import Path

import pytest

from recording.secrets import Keys, SecretError

pytestmark = pytest.mark.unit

SECRET = "pässword 42"


def test_a_secret_is_sealed_for_its_row_by_a_key_that_only_the_owner_may_read(tmp_path: Path) -> None:
    """Reliability 2.2, secrets at rest."""
    file = tmp_path / "keys" / "secrets.key"
    keys = Keys.load(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sealed = keys.seal("target_1", SECRET)
    assert "ssword" not in sealed
    assert sealed != keys.seal("target_1", SECRET)
    assert Keys.load(file).open("target_1", sealed) == SECRET
    with pytest.raises(SecretError, match="copied"):
        keys.open("target_2", sealed)


def test_a_new_key_seals_from_now_on_and_the_old_one_still_opens(tmp_path: Path) -> None:
    """Rotation."""
    file = tmp_path / "secrets.key"
    sealed = Keys.load(file).seal("target_1", SECRET)
    Keys.add(file)
    keys = Keys.load(file)
    assert keys.open("target_1", sealed) == SECRET
    assert keys.is_old(sealed)
    assert not keys.is_old(keys.seal("target_1", SECRET))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_whatever_is_wrong_has_a_sentence_without_the_secret(tmp_path: Path) -> None:
    """Never a traceback with key or text in it."""
    file = tmp_path / "secrets.key"
    keys = Keys.load(file)
    sealed = keys.seal("target_1", SECRET)
    head, _, content = sealed.rpartition(":")
    damaged = [
        f"{head}:{content[:-8]}AAAAAAA=",
        f"{head}:",
        f"{head}:***",
        "v1:unknown:AAAA",
        "v2",
        "",
        f"v0{sealed[2:]}",
    ]
    for each in damaged:
        with pytest.raises(SecretError, match=r"enter it again\."):
            keys.open("target_1", each)
    for content in ("nonsense\n", "", "id AAAA\n", "id \xff\n"):
        file.write_text(content, "latin-1")
        with pytest.raises(SecretError, match="key file"):
            Keys.load(file)
    file.chmod(0o644)
    with pytest.raises(SecretError, match="0600"):
        Keys.load(file)
