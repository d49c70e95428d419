"""Statuses, dispositions, and how agents spend their time."""

from typing import Annotated

from pydantic import Field

from callflow.agent import Group
from signaling.models.common import Id, Model, Moment, Name, Version

Place = Annotated[int, Field(ge=0, le=1000)]


class AgentStatus(Model):
    """A status that can be chosen (AST-01). One that is built in cannot be deleted, or moved to another group."""

    id: str
    name: str
    group: Group
    built_in: bool
    place: int
    version: int


class NewStatus(Model):
    """A status to add, the last of its group."""

    name: Name
    group: Group


class StatusEdit(Model):
    """What to change of a status; what is left out stays. `place` counts in its group."""

    version: Version
    name: Name | None = None
    group: Group | None = None
    place: Place | None = None


class Disposition(Model):
    """A way in which a call can have ended, to be chosen in the wrap-up."""

    id: str
    name: str
    place: int
    version: int


class NewDisposition(Model):
    """A disposition to add, the last of the list."""

    name: Name


class DispositionEdit(Model):
    """What to change of a disposition; what is left out stays."""

    version: Version
    name: Name | None = None
    place: Place | None = None


class ForcedStatus(Model):
    """The status that a supervisor sets for an agent (PLUS-20)."""

    status: Id


class StatusSeconds(Model):
    """How long an agent was in a status; its name also when it was deleted since."""

    id: str
    name: str
    group: Group
    seconds: int


class AgentTime(Model):
    """How one agent spent a period (AST-08): each status, each activity, and the share of it that was work."""

    id: str
    name: str
    statuses: list[StatusSeconds]
    activities: dict[str, int]
    signed_in_seconds: int
    working_seconds: int
    utilisation: float | None


class TeamTime(Model):
    """How the team spent a period; it ends now when the end that was asked for lies ahead."""

    begin: Moment
    end: Moment
    agents: list[AgentTime]
