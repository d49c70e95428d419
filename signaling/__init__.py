"""The edge: HTTP, WebSocket, sign-in, settings, the command line; ``app.py`` builds everything."""
