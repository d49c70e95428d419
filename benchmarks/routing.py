"""How long it takes to decide who is offered which call, since that is done on every change (PLUS-06).

Usage: .venv/bin/python -m benchmarks.routing [--waiting 500] [--agents 500] [--rounds 20]

Each crowd is also matched in the naive way: for every caller all agents are looked at and sorted. The ratio says how
many times longer that takes; `served` says how many callers were matched, by `assign` and by the naive way.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from callflow.agent import Agent, Status
from callflow.call import Call, Skip
from callflow.ids import AgentId, QueueId
from callflow.queueing import CallOrder, QueuePolicy
from callflow.routing import assign, can_be_offered
from callflow.turns import agent_key, caller_key_among
from tests.callflow.ladder import NOON
from tests.callflow.queue_people import caller, free_agent

SEED = 4
NOW = NOON + timedelta(hours=1)
Crowd = tuple[list[Call], list[Agent], dict[QueueId, QueuePolicy]]


def naive(calls: Sequence[Call], agents: Sequence[Agent], policies: Mapping[QueueId, QueuePolicy]) -> int:
    """Match callers one after the other, each with the best of all agents; return how many got one."""
    taken: set[AgentId] = set()
    for call in sorted(calls, key=lambda call: caller_key_among(policies, call)):
        policy = policies[call.queue]
        refused = {skip.agent for skip in call.skipped}
        left = [
            agent
            for agent in agents
            if agent.available and agent.id in policy.levels and agent.id not in taken and agent.id not in refused
        ]
        if left and can_be_offered(call):
            taken.add(min(left, key=lambda agent: agent_key(agent, policy)).id)
    return len(taken)


def crowd(chance: random.Random, waiting: int, agents: int, queues: int, *, free: float, refused: float) -> Crowd:
    """Make callers and agents; each agent is in about a third of the queues, or in the only one."""
    people = [AgentId(f"agent_{number}") for number in range(agents)]
    ids = [QueueId(f"queue_{number}") for number in range(queues)]
    policies = {
        queue: QueuePolicy(
            queue,
            {who: chance.randint(1, 3) for who in people if queues == 1 or chance.random() < 1 / 3},
            CallOrder.BY_LEVEL if number % 2 else CallOrder.LONGEST_IDLE,
            weight=number % 3,
            level_wait=timedelta(minutes=number),
        )
        for number, queue in enumerate(ids)
    }
    calls: list[Call] = []
    for number in range(waiting):
        call = caller(number, chance.choice(ids))
        if chance.random() < refused:
            call = replace(call, skipped=tuple(Skip(who, NOW) for who in chance.sample(people, 3)))
        calls.append(call)
    chance.shuffle(calls)
    crew = [free_agent(who, chance.randint(0, 999)) for who in people]
    away = [agent if chance.random() < free else replace(agent, status=Status.AWAY) for agent in crew]
    return calls, away, policies


def narrow(waiting: int, agents: int) -> Crowd:
    """Everybody could serve the first queue, and one agent each further one: the worst for changing places."""
    crew = [free_agent(AgentId(f"agent_{number:04}"), 999 - number) for number in range(agents)]
    wide = QueueId("queue_wide")
    policies = {wide: QueuePolicy(wide, {agent.id: 1 for agent in crew})}
    calls = [caller(number, wide) for number in range(min(waiting, agents) // 2)]
    for number in range(waiting - len(calls)):
        queue = QueueId(f"queue_{number}")
        policies[queue] = QueuePolicy(queue, {crew[number % agents].id: 1})
        calls.append(caller(len(calls), queue))
    return calls, crew, policies


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median processor time of some rounds."""
    took: list[float] = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        took.append((time.process_time() - begun) * 1000)
    return statistics.median(took)


def main() -> None:
    """Measure each crowd and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=500)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    waiting, agents = given.waiting, given.agents
    chance = random.Random(SEED)
    crowds = {
        "one queue, all free": crowd(chance, waiting, agents, 1, free=1, refused=0),
        "one queue, 1 % free": crowd(chance, waiting, agents, 1, free=0.01, refused=0),
        "12 queues, all free": crowd(chance, waiting, agents, 12, free=1, refused=0),
        "12 queues, 10 % free": crowd(chance, waiting, agents, 12, free=0.1, refused=0),
        "12 queues, all refused": crowd(chance, waiting, agents, 12, free=1, refused=1),
        "a queue for each agent": narrow(waiting, agents),
    }
    print(f"{waiting} callers, {agents} agents, median of {given.rounds} rounds, seed {SEED}")
    print(f"{'':24}{'assign':>10}{'naive':>10}{'ratio':>8}{'served':>12}")
    for name, (calls, crew, policies) in crowds.items():
        quick = milliseconds(lambda c=calls, a=crew, p=policies: assign(c, a, p, NOW), given.rounds)
        slow = milliseconds(lambda c=calls, a=crew, p=policies: naive(c, a, p), max(1, given.rounds // 10))
        served = f"{len(assign(calls, crew, policies, NOW).matches)} / {naive(calls, crew, policies)}"
        print(f"{name:24}{quick:8.2f}ms{slow:8.1f}ms{slow / quick:8.1f}{served:>12}")


if __name__ == "__main__":
    main()
