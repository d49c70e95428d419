import os
from pathlib import Path

import pytest

from callflow.ids import LegId, RecordingId
from recording import spool
from recording.records import MAGIC
from recording.spool import QUARANTINE, Odd, look_through, remove

pytestmark = pytest.mark.unit


def test_the_recordings_of_a_spool_are_listed_with_their_taps_in_order(tmp_path: Path) -> None:
    for name in ("leg_b.tap", "leg_a.tap.10", "leg_a.tap.2", "leg_a.tap"):
        (tmp_path / "rec_1").mkdir(exist_ok=True)
        (tmp_path / "rec_1" / name).write_bytes(MAGIC)
    (tmp_path / "rec_2").mkdir()
    (tmp_path / "rec_3").mkdir()
    (tmp_path / "rec_3" / "being written").write_bytes(b"")
    found = look_through(tmp_path, {RecordingId("rec_3")})
    assert [folder.recording for folder in found.folders] == ["rec_1", "rec_2"]
    assert [(tap.leg, tap.segment) for tap in found.folders[0].taps] == [
        ("leg_a", 1), ("leg_a", 2), ("leg_a", 10), (LegId("leg_b"), 1),
    ]  # fmt: skip
    assert not found.quarantined
    remove(found.folders[0])
    remove(found.folders[0])
    assert not (tmp_path / "rec_1").exists()
    assert look_through(tmp_path / "nowhere").folders == ()


def test_what_does_not_belong_is_put_into_quarantine_and_neither_deleted_nor_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MAX_TAP_BYTES", 1000)
    monkeypatch.setattr(spool, "MAX_TAPS", 5)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "leg_1.tap").write_bytes(MAGIC)
    root = tmp_path / "spool"
    good = root / "rec_1"
    good.mkdir(parents=True)
    (good / "leg_a.tap").write_bytes(MAGIC)
    (good / "leg_empty.tap").write_bytes(b"")
    (good / "leg_foreign.tap").write_bytes(b"RIFF and more")
    (good / "leg_huge.tap").write_bytes(MAGIC + bytes(1000))
    (good / "leg_link.tap").symlink_to(outside / "leg_1.tap")
    (good / "leg_loop.tap").symlink_to("leg_loop.tap")
    (good / "leg_folder.tap").mkdir()
    os.mkfifo(good / "leg_pipe.tap")
    (good / "..leg_x.tap").write_bytes(MAGIC)
    (good / "leg_a.tap.0").write_bytes(MAGIC)
    (good / "leg_a.tap\n").write_bytes(MAGIC)
    (good / ("leg_" + "n" * 200 + ".tap")).write_bytes(MAGIC)
    for number in range(6):
        (good / f"leg_z{number}.tap").write_bytes(MAGIC)
    (root / "rec_link").symlink_to(outside)
    (root / "rec_file").write_bytes(b"no folder")
    (root / "lost+found").mkdir()
    os.mkdir(os.fsencode(root) + b"/rec_\xff")

    found = look_through(root)

    assert [(folder.recording, len(folder.taps)) for folder in found.folders] == [("rec_1", 5)]
    why = {moved.was.name: moved.why for moved in found.quarantined}
    assert why == {
        "leg_empty.tap": Odd.EMPTY, "leg_foreign.tap": Odd.FOREIGN, "leg_huge.tap": Odd.HUGE,
        "leg_link.tap": Odd.KIND, "leg_loop.tap": Odd.KIND, "leg_folder.tap": Odd.KIND, "leg_pipe.tap": Odd.KIND,
        "..leg_x.tap": Odd.NAME, "leg_a.tap.0": Odd.NAME, "leg_a.tap\n": Odd.NAME, f"leg_{'n' * 200}.tap": Odd.NAME,
        "leg_z4.tap": Odd.TOO_MANY, "leg_z5.tap": Odd.TOO_MANY,
        "rec_link": Odd.KIND, "rec_file": Odd.KIND, "lost+found": Odd.NAME, os.fsdecode(b"rec_\xff"): Odd.NAME,
    }  # fmt: skip
    assert all(os.path.lexists(moved.now) and moved.now.parent == root / QUARANTINE for moved in found.quarantined)
    assert len({moved.now for moved in found.quarantined}) == len(why)
    assert (outside / "leg_1.tap").read_bytes() == MAGIC
    again = look_through(root)
    assert (again.folders, again.quarantined) == (found.folders, ())


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_quarantine_that_is_no_folder_is_itself_put_there(tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "spool"
    root.mkdir()
    if kind == "file":
        (root / QUARANTINE).write_bytes(b"mine")
    else:
        (root / QUARANTINE).symlink_to(outside)
    (root / "a foreign file").write_bytes(b"x")
    assert len(look_through(root).quarantined) == 2
    assert (root / QUARANTINE).is_dir()
    assert not (root / QUARANTINE).is_symlink()
    assert not list(outside.iterdir())
