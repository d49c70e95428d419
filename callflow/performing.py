"""What is done at the media plane: the commands of a decision that is committed, and the silence of a hang-up."""

from callflow import recorded
from callflow.call import Call, Role, Talking
from callflow.events import CloseLeg, Command, HungUp, Hush, Play, Wire
from callflow.wiring import MediaPort


def perform(media: MediaPort, call: Call, command: Command) -> None:
    """Perform one command of a call."""
    match command:
        case Wire(wiring=wiring):
            media.wire(call.id, call.epoch, wiring, recorded.taps(call))
        case CloseLeg(leg=leg):
            media.close(leg)
        case Play(leg=leg, prompt=prompt):
            media.play(leg, prompt)
        case Hush(leg=leg):
            media.hush(leg)


def silence(media: MediaPort, call: Call, event: HungUp) -> None:
    """Connect nobody, with the epoch that writing the hang-up will have, unless it will be refused."""
    talks = isinstance(call.phase, Talking) and event.agent in (None, call.agent)
    if event.by is Role.CUSTOMER or talks:
        media.wire(call.id, call.epoch + 1, {})
