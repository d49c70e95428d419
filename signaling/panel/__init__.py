"""The panel's WebSocket: sessions, what they are shown, and how they are told of changes."""
