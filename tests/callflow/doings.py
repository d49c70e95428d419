"""What may happen in a centre, one step at a time: the alphabet of random traces."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from callflow.agent import DEFAULTS, Group, Sound, Status, StatusReason
from callflow.agent_machine import SoundChanged, StatusChosen, WrapUpEnded
from callflow.call import Call, ObserverMode, Priority, Reservation, Role, Talking
from callflow.events import (
    AgentRemoved,
    CallbackAsked,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    HoldAsked,
    MessageBegun,
    MessageCancelled,
    MessageSent,
    ObserveAsked,
    ObserveEnded,
    RecordingPauseAsked,
    RecordingResumeAsked,
    ResumeAsked,
    TransferAsked,
)
from callflow.facts import Actor, ActorKind
from callflow.ids import AgentId, LegId, PromptId, ReservationId, StatusId
from callflow.queueing import CallOrder
from callflow.waiting import SpokenPlaces, WaitingPlan
from callflow.wiring import LegDown, LostBecause, PromptEnded
from tests.callflow.layouts import CUSTOMERS, Desk, Layout
from tests.callflow.world import World

Step = tuple[str, int, int]
STATUSES = (*DEFAULTS.values(), Status(StatusId("sts_mail"), Group.AVAILABLE), Status(StatusId("sts_meal"), Group.AWAY))
SECONDS = (0.5, 2, 5, 10, 15, 20, 31, 61, 605)
NUMBERS = 12
DOINGS = (
    *("arrive", "arrive and connect", "ready", "panel", "status", "forced status", "accept", "accept", "decline"),
    *("all decline", "talk", "talk", "wrap up", "elapse", "elapse", "crash", "media die", "connect", "lose"),
    *("connect customer", "connect agent", "lose customer", "lose agent", "hang up customer", "hang up agent"),
    *("hold", "resume", "transfer", "transfer", "consult", "consult", "complete", "return", "colleague leaves"),
    *("observe", "stop observing", "call me back", "customer comes back", "prompt ends", "prompt ends", "remove"),
    *("refuse for long", "call back", "sound", "wrap-up ended", "take", "take"),
    *("pause recording", "resume recording", "hear all", "hear all"),
    *("speak", "speak", "speak again", "cancel message", "send message", "leave a message"),
)
LAYOUTS = (
    Layout((Desk({0: 1, 1: 1, 2: 1}),), recorded=frozenset({0, 1})),
    Layout((Desk({0: 1, 1: 1, 2: 1}, CallOrder.RING_ALL),), recorded=frozenset({0, 1, 2})),
    Layout((Desk({0: 1, 1: 2, 2: 2}, CallOrder.BY_LEVEL, level_wait=timedelta(seconds=20)),)),
    Layout((Desk({0: 1, 1: 1}, CallOrder.ROUND_ROBIN, weight=1), Desk({1: 1, 2: 1}, CallOrder.RING_ALL))),
    Layout((Desk({0: 1, 1: 1, 2: 1}, CallOrder.FEWEST_CALLS),)),
    Layout((Desk({0: 1, 1: 1, 2: 1}, auto_assign=False), Desk({1: 1, 2: 1}, CallOrder.LEAST_TALK))),
)
PLANS = (
    WaitingPlan(),
    WaitingPlan(
        greeting=PromptId("welcome"),
        announcements=(PromptId("first"), PromptId("second")),
        every=timedelta(seconds=30),
        spoken=SpokenPlaces((PromptId("next"), PromptId("later")), ()),
        farewell=PromptId("sorry"),
        longest=timedelta(seconds=120),
    ),
    WaitingPlan(greeting=PromptId("welcome"), consent=PromptId("recorded")),
)


def random_steps(rng: random.Random, most: int = 50) -> list[Step]:
    """A trace of 5 steps or more."""
    return [(rng.choice(DOINGS), rng.randrange(NUMBERS), rng.randrange(NUMBERS)) for _ in range(rng.randint(5, most))]


def layout_of(steps: list[Step]) -> Layout:
    """The centre in which a trace happens: its first number says which."""
    return LAYOUTS[steps[0][2] % len(LAYOUTS)]


async def perform(world: World, step: Step) -> None:
    """Do one step; its numbers choose who and what among those there are."""
    doing, first, second = step
    agent = world.agents[first % len(world.agents)]
    live = await world.store.live_calls()
    call = live[first % len(live)] if live else None
    if doing.startswith("arrive"):
        await arrive(world, step)
    elif doing == "elapse":
        await world.elapse(SECONDS[second % len(SECONDS)])
    elif doing == "crash":
        await world.crash()
    elif not await by_agent(world, doing, agent, second) and call is not None:
        await in_call(world, doing, call, second)


async def arrive(world: World, step: Step) -> None:
    doing, first, second = step
    world.plan = PLANS[second % len(PLANS)]
    priority = (Priority.NORMAL, Priority.NORMAL, Priority.HIGH)[second % 3]
    queue = world.queues[second // 2 % len(world.queues)]
    call = await world.arrive(world.customers[first % CUSTOMERS], queue, priority)
    if call is not None and doing == "arrive and connect":
        await world.connect(call, Role.CUSTOMER)


async def by_agent(world: World, doing: str, agent: AgentId, second: int) -> bool:
    """Do what an agent does, whether or not he has a call; say whether it is such a thing."""
    match doing:
        case "ready":
            await world.ready(agent)
        case "panel":
            await world.panel(agent, open=second % 3 == 0, silent=second % 3 == 1)
        case "status":
            await world.do(agent, StatusChosen(STATUSES[second % len(STATUSES)]))
        case "forced status":
            by = Actor(ActorKind.SUPERVISOR, world.supervisors[0])
            await world.do(agent, StatusChosen(STATUSES[second % len(STATUSES)], StatusReason.FORCED, by))
        case "accept":
            await world.accept(agent, times=1 + second % 2)
        case "decline":
            await world.decline(agent)
        case "all decline":
            for each in world.agents:
                await world.decline(each)
        case "refuse for long":
            for _ in range(4):
                for each in world.agents:
                    await world.decline(each)
                await world.elapse(8)
        case "talk":
            await world.talk(world.customers[second % CUSTOMERS], agent)
        case "wrap up":
            await world.wrap_up(agent, ("write", "more", "finish")[second % 3])
        case "sound":
            await world.do(agent, SoundChanged(tuple(Sound)[second % 3]))
        case "wrap-up ended":
            await world.do(agent, WrapUpEnded(Actor(ActorKind.SUPERVISOR, world.supervisors[0])))
        case "take":
            for queue in world.queues:
                if not world.hands_out(queue):
                    await world.take(queue, agent)
        case "remove":
            call = await world.call_of(agent)
            if call is not None:
                await world.tell(call.id, AgentRemoved(agent))
        case _:
            return False
    return True


async def in_call(world: World, doing: str, call: Call, second: int) -> None:
    """Do what happens to a live call."""
    agent = call.agent or world.agents[second % len(world.agents)]
    target = next(one for one in (*world.agents[second % 3 :], *world.agents) if one != agent)
    supervisor = world.supervisors[0]
    number = world.number()
    until = world.clock.now() + timedelta(seconds=20)
    held = Reservation(ReservationId(f"res_t{number}"), target, LegId(f"leg_t{number}"), until)
    policy = world.policies[call.queue]
    parties = call.parties
    leg = parties[second % len(parties)].leg
    asked = call.phase.consult if isinstance(call.phase, Talking) else None
    mode = tuple(ObserverMode)[second % 3]
    doings: dict[str, Callable[[], Awaitable[object]]] = {
        "connect": lambda: world.connect_leg(call, leg),
        "lose": lambda: world.lose_leg(leg),
        "connect customer": lambda: world.connect(call, Role.CUSTOMER),
        "customer comes back": lambda: world.connect(call, Role.CUSTOMER),
        "connect agent": lambda: world.connect(call, Role.AGENT),
        "lose customer": lambda: world.lose(call, Role.CUSTOMER),
        "lose agent": lambda: world.lose(call, Role.AGENT),
        "hang up customer": lambda: world.hang_up(call, Role.CUSTOMER),
        "hang up agent": lambda: world.hang_up(call, Role.AGENT),
        "hold": lambda: world.tell(call.id, HoldAsked(agent)),
        "resume": lambda: world.tell(call.id, ResumeAsked(agent)),
        "transfer": lambda: transfer(world, call, TransferAsked(agent, held, policy)),
        "consult": lambda: transfer(world, call, ConsultAsked(agent, held, policy)),
        "complete": lambda: world.tell(call.id, ConsultCompleted(agent)),
        "return": lambda: world.tell(call.id, ConsultReturned(agent)),
        "colleague leaves": lambda: world.tell(call.id, ConsultReturned(asked.ring.agent if asked else target)),
        "observe": lambda: observe(world, call, ObserveAsked(supervisor, LegId(f"leg_s{number}"), mode)),
        "stop observing": lambda: world.tell(call.id, ObserveEnded(supervisor)),
        "call me back": lambda: world.tell(call.id, CallbackAsked(LegId(f"leg_b{number}"))),
        "call back": lambda: call_back(world, call, agent, LegId(f"leg_b{number}")),
        "pause recording": lambda: world.tell(call.id, RecordingPauseAsked(agent)),
        "resume recording": lambda: world.tell(call.id, RecordingResumeAsked(agent)),
        "hear all": lambda: hear_all(world, call),
        "speak": lambda: world.tell(call.id, MessageBegun()),
        "speak again": lambda: world.tell(call.id, MessageBegun(again=True)),
        "cancel message": lambda: world.tell(call.id, MessageCancelled()),
        "send message": lambda: world.tell(call.id, MessageSent()),
        "leave a message": lambda: leave_message(world, call, second),
        "prompt ends": lambda: prompt_ends(world, call),
        "media die": lambda: media_die(world, call),
    }
    await doings[doing]()


async def transfer(world: World, call: Call, event: TransferAsked | ConsultAsked) -> None:
    """Somebody picks a colleague who is at his panel, at times one who is not."""
    if event.target.id.endswith(("1", "2", "3", "4", "5", "6")):
        await world.ready(event.target.agent)
    await world.tell(call.id, event)


async def call_back(world: World, call: Call, agent: AgentId, leg: LegId) -> None:
    """A customer asks to be called back, and an agent is there who does."""
    await world.tell(call.id, CallbackAsked(leg))
    await world.ready(agent)
    await world.accept(agent)
    calling = await world.call_of(agent)
    if calling is not None:
        await world.connect(calling, Role.AGENT)


async def leave_message(world: World, call: Call, second: int) -> None:
    """A customer comes to the line, speaks for a while, and sends it."""
    await world.connect(call, Role.CUSTOMER)
    await world.tell(call.id, MessageBegun())
    await world.elapse(SECONDS[second % len(SECONDS)])
    await world.tell(call.id, MessageSent())


async def observe(world: World, call: Call, event: ObserveAsked) -> None:
    """A supervisor whose panel is open takes part."""
    await world.panel(event.supervisor, open=True)
    await world.tell(call.id, event)


async def prompt_ends(world: World, call: Call) -> None:
    """What is being said to the customer has been said."""
    leg = call.customer_leg.id
    if leg in world.wire.saying:
        said = world.wire.saying.pop(leg)
        if said == call.plan.consent:
            world.told.add(call.id)
        await world.see(PromptEnded(leg, said))


async def hear_all(world: World, call: Call) -> None:
    """A customer comes to the line and hears one thing after the other."""
    await world.connect(call, Role.CUSTOMER)
    for _ in range(3):
        await prompt_ends(world, call)


async def media_die(world: World, call: Call) -> None:
    """The process that carries this call's media is gone, with all transports and all that was being said."""
    legs = [party.leg for party in call.parties if party.leg.transport is not None]
    for leg in legs:
        world.wire.lose(leg.id)
        await world.see(LegDown(leg.id, None, LostBecause.WORKER))
