"""How long things in a call may last (mission section 4), and how often they are tried."""

from datetime import timedelta

RING_TIME = timedelta(seconds=20)
LEG_GRACE = timedelta(seconds=60)
"""How long a party may be away before the call goes on without it (mission section 4, PLUS-01, PLUS-13)."""
SETUP_LIMIT = timedelta(seconds=15)
CALL_CAP = timedelta(hours=4)
DECLINE_PAUSE = timedelta(seconds=15)
"""When every free agent has refused a call, how long it waits before they are asked again (PLUS-07)."""
OFFERS_IN_VAIN = 3
"""After so many offers in a row that came to nothing, the supervisors are told of the caller."""
CALLBACK_LIMIT = timedelta(hours=8)
"""How long a customer keeps the place who asked to be called back (PLUS-12)."""
CALLBACK_RING = timedelta(seconds=45)
"""How long the customer's page rings when an agent calls back: he may have to come from another room."""
MESSAGE_LIMIT = timedelta(minutes=3)
"""How long a message may be that a customer leaves (PLUS-12)."""
MESSAGE_LEAST = timedelta(seconds=2)
"""The tone, and a second in which something can be said: a shorter message is not kept."""
