"""Leaving a message instead of waiting (PLUS-12): what the customer presses while he speaks it."""

from callflow.engine import Engine
from callflow.events import CallEvent, MessageBegun, MessageCancelled, MessageSent
from conversations.calls.store import CallTransaction
from signaling.calls.guest_api import GuestCalls
from signaling.http.api import Api
from signaling.http.limits import Limits
from signaling.http.rules import GUEST, Guest
from signaling.models.guests import GuestCall, NewVoiceMessage


class VoiceMessages:
    """Handlers of a waiting customer's message."""

    def __init__(self, engine: Engine[CallTransaction], calls: GuestCalls, limits: Limits) -> None:
        self._engine = engine
        self._calls = calls
        self._limits = limits

    def register(self, api: Api) -> None:
        """Add the routes."""
        one = "/guest/calls/{call_id}/voice-message"
        api.post(one, self.begin_voice_message, rule=GUEST, tag="guests")
        api.post(f"{one}/send", self.send_voice_message, rule=GUEST, tag="guests")
        api.post(f"{one}/cancel", self.cancel_voice_message, rule=GUEST, tag="guests")

    async def begin_voice_message(self, guest: Guest, call_id: str, new: NewVoiceMessage) -> GuestCall:
        """Speak a message, after a tone; nobody rings meanwhile. Begun twice is begun once."""
        self._limits.messages_by_guest.require(guest.token)
        return await self._tell(guest, call_id, MessageBegun(new.again))

    async def send_voice_message(self, guest: Guest, call_id: str) -> GuestCall:
        """End the call with the message."""
        return await self._tell(guest, call_id, MessageSent())

    async def cancel_voice_message(self, guest: Guest, call_id: str) -> GuestCall:
        """Throw the message away and wait on, at the place that was kept."""
        return await self._tell(guest, call_id, MessageCancelled())

    async def _tell(self, guest: Guest, call_id: str, event: CallEvent) -> GuestCall:
        call = await self._calls.own(guest, call_id)
        return await self._calls.show(guest, await self._engine.ask(call.id, event))
