"""The media plane in processes of its own, so that no page, report or garbage collection makes a call stutter.

`main.py` is the process, `worker.py` the server's end of one, `pool.py` all of them as one `MediaPort`, and
`messages.py` what they say to each other.
"""
