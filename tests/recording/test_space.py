"""How much room the disk for recordings has, and what that allows."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.space import BACK_BYTES, LEAST_BYTES, LOW_BYTES, Space, SpaceWatch, free_bytes, space_after
from tests.media.parties import eventually

unit = pytest.mark.unit
GIB = 1 << 30


@unit
def test_below_a_gibibyte_is_warned_and_below_a_quarter_of_one_nothing_new_is_recorded() -> None:
    """REC-02: reliability 3, "Local disk full"."""
    assert [space_after(Space.ENOUGH, free) for free in (GIB, GIB - 1, GIB // 4, GIB // 4 - 1, 0)] == [
        Space.ENOUGH,
        Space.LOW,
        Space.LOW,
        Space.NONE,
        Space.NONE,
    ]


@unit
@given(st.sampled_from(Space), st.integers(0, 2 * GIB), st.integers(0, BACK_BYTES - 1))
def test_a_disk_that_breathes_at_a_mark_does_not_change_its_word_each_time(before: Space, free: int, more: int) -> None:
    """What was said of less room is still said a little above the mark, and taken back beyond that."""
    said = space_after(before, free)
    worse = list(Space).index(said) > list(Space).index(before)
    assert not worse or free < {Space.LOW: LOW_BYTES, Space.NONE: LEAST_BYTES}.get(said, 0)
    for space, mark in ((Space.LOW, LOW_BYTES), (Space.NONE, LEAST_BYTES)):
        assert space_after(space, mark + more) is space
        assert space_after(space, mark + BACK_BYTES) is not space


@pytest.mark.loop
async def test_the_watch_asks_the_disk_where_the_folder_will_be_and_outlives_one_that_says_nothing(
    tmp_path: Path,
) -> None:
    """The folder of recordings is made with the first of them."""
    folder = tmp_path / "recordings" / "spool"
    assert free_bytes(folder) == pytest.approx(free_bytes(tmp_path), rel=0.05)
    answers: list[int | None] = [None, 0]
    asked: list[Path] = []

    def free(path: Path) -> int:
        asked.append(path)
        answer = answers[min(len(asked), len(answers)) - 1]
        if answer is None:
            raise OSError("no such device")
        return answer

    watch = SpaceWatch(folder, free)
    running = asyncio.create_task(watch.run())
    await eventually(lambda: watch.space is Space.NONE)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert set(asked) == {folder}
