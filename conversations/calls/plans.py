"""Waiting plans and what has been heard of them, as JSON."""

from typing import Any

from pydantic import TypeAdapter

from callflow.waiting import Hearing, WaitingPlan

_PLAN = TypeAdapter(WaitingPlan)
_HEARING = TypeAdapter(Hearing)


def plan_values(plan: WaitingPlan) -> dict[str, Any]:
    """Return a plan as plain JSON."""
    return _PLAN.dump_python(plan, mode="json")


def hearing_values(hearing: Hearing) -> dict[str, Any]:
    """Return what has been heard as plain JSON."""
    return _HEARING.dump_python(hearing, mode="json")


def to_plan(values: dict[str, Any]) -> WaitingPlan:
    """Build a plan. Raises ValueError when the row is broken."""
    return _PLAN.validate_python(values)


def to_hearing(values: dict[str, Any]) -> Hearing:
    """Build what has been heard. Raises ValueError when the row is broken."""
    return _HEARING.validate_python(values)
