"""Bugs to plant into what is recorded, and into what is said first: as in `bugs.py`."""

from dataclasses import replace

import pytest

from callflow import hearing, recorded
from callflow.call import Call
from callflow.events import Decision, RecordingPolicy
from callflow.waiting import Hearing
from tests.callflow.bugs import Plant

follow, stopped = recorded.follow, hearing.stopped


def goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def silently(before: Call, decision: Decision, policy: RecordingPolicy) -> Decision:
        return replace(follow(before, decision, policy), commands=decision.commands)

    monkeypatch.setattr(recorded, "follow", silently)


def begins_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call, "owes_consent", property(lambda _: False))


def is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(heard: Hearing) -> Hearing:
        return replace(stopped(heard), consented=True)

    monkeypatch.setattr(hearing, "stopped", said)


PLANTS: dict[str, Plant] = {
    "who waits again goes on being recorded": goes_on,
    "a recording begins before it was said": begins_too_soon,
    "what was cut is taken for said": is_cut,
}
