"""What should happen next: vocabulary, pure state machines, and the engine that runs them.

Standard library only. Nothing here knows HTTP, SQL or packets.
"""
