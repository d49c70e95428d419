"""Statuses and dispositions: the lists that supervisors keep for agents."""

from callflow.agent import Status
from callflow.agent_machine import StatusRedefined
from callflow.engine import Engine
from callflow.ids import DispositionId, StatusId
from conversations.agents.dispositions import Disposition as DispositionValue
from conversations.agents.dispositions import Dispositions
from conversations.agents.statuses import NamedStatus, Statuses
from conversations.calls.store import CallStore, CallTransaction
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import SIGNED_IN, SUPERVISOR, SignedIn
from signaling.models.common import Version
from signaling.models.statuses import (
    AgentStatus,
    Disposition,
    DispositionEdit,
    NewDisposition,
    NewStatus,
    StatusEdit,
)


class StatusesApi:
    """Handlers of `/statuses` and `/dispositions`."""

    def __init__(
        self, statuses: Statuses, dispositions: Dispositions, store: CallStore, engine: Engine[CallTransaction]
    ) -> None:
        self._statuses = statuses
        self._dispositions = dispositions
        self._store = store
        self._engine = engine

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/statuses", self.list_statuses, rule=SIGNED_IN, tag="statuses")
        api.post("/statuses", self.create_status, rule=SUPERVISOR, status=201, tag="statuses")
        api.patch("/statuses/{status_id}", self.change_status, rule=SUPERVISOR, tag="statuses")
        api.delete("/statuses/{status_id}", self.delete_status, rule=SUPERVISOR, tag="statuses")
        api.get("/dispositions", self.list_dispositions, rule=SIGNED_IN, tag="statuses")
        api.post("/dispositions", self.create_disposition, rule=SUPERVISOR, status=201, tag="statuses")
        api.patch("/dispositions/{disposition_id}", self.change_disposition, rule=SUPERVISOR, tag="statuses")
        api.delete("/dispositions/{disposition_id}", self.delete_disposition, rule=SUPERVISOR, tag="statuses")

    async def list_statuses(self) -> list[AgentStatus]:
        """List the statuses that can be chosen, by group and place."""
        return [_status(one) for one in await self._statuses.list()]

    async def create_status(self, who: SignedIn, new: NewStatus) -> AgentStatus:
        """Add a status."""
        return _status(await self._statuses.create(who.user.actor, new.name, new.group))

    async def change_status(self, who: SignedIn, status_id: StatusId, change: StatusEdit) -> AgentStatus:
        """Rename, move or reorder a status; who is in it moves with it."""
        with showing_stale(_status):
            changed = await self._statuses.change(
                who.user.actor,
                status_id,
                change.version,
                name=change.name,
                group=change.group,
                place=change.place,
            )
        await self._follow(status_id)
        return _status(changed)

    async def delete_status(self, who: SignedIn, status_id: StatusId, *, version: Version) -> None:
        """Delete a status; who is in it gets the one of its group."""
        with showing_stale(_status):
            await self._statuses.delete(who.user.actor, status_id, version)
        await self._follow(status_id)

    async def list_dispositions(self) -> list[Disposition]:
        """List the dispositions that can be chosen, in the supervisors' order."""
        return [_disposition(one) for one in await self._dispositions.list()]

    async def create_disposition(self, who: SignedIn, new: NewDisposition) -> Disposition:
        """Add a disposition."""
        return _disposition(await self._dispositions.create(who.user.actor, new.name))

    async def change_disposition(
        self, who: SignedIn, disposition_id: DispositionId, change: DispositionEdit
    ) -> Disposition:
        """Rename or reorder a disposition."""
        with showing_stale(_disposition):
            changed = await self._dispositions.change(
                who.user.actor, disposition_id, change.version, name=change.name, place=change.place
            )
        return _disposition(changed)

    async def delete_disposition(self, who: SignedIn, disposition_id: DispositionId, *, version: Version) -> None:
        """Delete a disposition; calls that have it keep it."""
        with showing_stale(_disposition):
            await self._dispositions.delete(who.user.actor, disposition_id, version)

    async def _follow(self, changed: StatusId) -> None:
        """Tell the agents who are in a status, or chose it for afterwards, what it is now."""
        for agent in await self._store.agents():
            for status in {agent.status, agent.then} - {None}:
                if isinstance(status, Status) and status.id == changed:
                    present = await self._statuses.present(status)
                    if present != status:
                        await self._engine.agent(agent.id, StatusRedefined(changed, present))


def _status(one: NamedStatus) -> AgentStatus:
    return AgentStatus(
        id=one.status.id,
        name=one.name,
        group=one.status.group,
        built_in=one.built_in,
        place=one.place,
        version=one.version,
    )


def _disposition(one: DispositionValue) -> Disposition:
    return Disposition.model_validate(one)
