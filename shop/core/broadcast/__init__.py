"""The room broadcaster: a message is encoded once and written once per viewer and tick.

`frames` is the WebSocket wire format, `line` one browser's connection, `room` the manager that fans out. All of it needs
gevent under gunicorn; in the other server modes Socket.IO's own path stays (`docs/adr/0010-room-broadcaster.md`).
"""

from __future__ import annotations
