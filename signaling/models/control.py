"""What is done with a call that is going on: whom it may be given to, and who takes part."""

from callflow.agent import Group
from callflow.agent_machine import ActivityName
from callflow.call import ObserverMode
from signaling.models.common import Id, Model, Ref


class TransferTarget(Model):
    """An agent to whom a call may be transferred, and how he stands. `free` is false for who cannot be rung now."""

    agent: Ref
    status: str
    status_name: str
    group: Group
    state: ActivityName
    free: bool


class TransferTargets(Model):
    """The agents of a call's queue, those first who are free; `consult` says whether they may be asked first."""

    items: list[TransferTarget]
    consult: bool


class Target(Model):
    """The agent who is to have the call, or to be asked."""

    agent_id: Id


class Observation(Model):
    """How a supervisor takes part (PLUS-20)."""

    mode: ObserverMode
