"""What becomes of the work of an agent whose connection was lost for good."""

import pytest

from callflow.agent import Sound, Status, StatusReason, ThreadStatus
from callflow.agent_machine import PanelArrived, StatusChosen, step
from callflow.facts import ActorKind, Fact, FactKind
from callflow.ids import ConversationId
from conversations.calls.store import CallStore
from conversations.directory.queue_service import QueueChange
from conversations.directory.values import User, WhenGone
from conversations.threads.entries import Change
from tests.conversations.centre import Centre

pytestmark = pytest.mark.wire


async def here(centre: Centre, user: User) -> None:
    """An agent is Active, with a panel that can ring."""
    async with CallStore(centre.database).write() as tx:
        for event in (PanelArrived(Sound.READY), StatusChosen(Status.ACTIVE)):
            agent = await tx.agent(user.id)
            await tx.save_agent(step(agent, event, centre.database.clock.now()).agent)


async def goes(centre: Centre, user: User, reason: StatusReason) -> None:
    async with CallStore(centre.database).write() as tx:
        data = {"status": "offline", "group": "unavailable", "reason": reason}
        await tx.record(Fact(FactKind.AGENT_STATUS, agent=user.id, data=data), None)


async def work_of_ana(centre: Centre, policy: WhenGone) -> ConversationId:
    """Ana has answered a call; her queue has this policy, and Ben is in it too."""
    change = QueueChange(when_gone=policy, members={centre.ana.id: 1, centre.ben.id: 2})
    await centre.queues.change(centre.sam.actor, centre.desk.id, centre.desk.version, change)
    call = await centre.call((await centre.customer()).id)
    await centre.end(await centre.answer(call, centre.ana))
    return call.conversation


@pytest.mark.parametrize(
    ("policy", "ben_is_here", "holder", "reason"),
    [
        (WhenGone.KEEP, True, "Ana", StatusReason.DISCONNECTED),
        (WhenGone.UNASSIGN, True, None, StatusReason.DISCONNECTED),
        (WhenGone.REROUTE, True, "Ben", StatusReason.DISCONNECTED),
        (WhenGone.REROUTE, False, None, StatusReason.DISCONNECTED),
        (WhenGone.REROUTE, True, "Ben", StatusReason.BARRED),
    ],
)
async def test_open_work_of_an_agent_who_is_gone_follows_the_policy_of_its_queue(
    centre: Centre, policy: WhenGone, ben_is_here: bool, holder: str | None, reason: StatusReason
) -> None:
    """PLUS-05, LOG-01: with a line in the thread."""
    thread = await work_of_ana(centre, policy)
    if ben_is_here:
        await here(centre, centre.ben)
    await goes(centre, centre.ana, reason)
    shown = await centre.threads.get(centre.sam, thread)
    assert (shown.item.assignee.name if shown.item.assignee else None) == holder
    entries = (await centre.threads.entries(centre.sam, thread, 0, 200)).items
    last = entries[-1]
    if holder != "Ana":
        assert (last.actor.kind, last.what) == (ActorKind.AUTOMATION, Change("assignee", "Ana", holder))


async def test_who_goes_offline_himself_keeps_the_work_and_what_is_not_open_stays(centre: Centre) -> None:
    """PLUS-05."""
    thread = await work_of_ana(centre, WhenGone.UNASSIGN)
    await goes(centre, centre.ana, StatusReason.SIGNED_OUT)
    shown = await centre.threads.get(centre.sam, thread)
    assert shown.item.assignee is not None
    await centre.threads.change(centre.ana, thread, shown.item.version, status=ThreadStatus.WAITING)
    await goes(centre, centre.ana, StatusReason.DISCONNECTED)
    assert (await centre.threads.get(centre.sam, thread)).item.assignee is not None
