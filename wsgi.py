"""What gunicorn serves: `gunicorn -k gevent -w 1 wsgi:app`."""

import os

from shop.core import runtime

runtime.patch(os.environ.get("SERVER_MODE", "gevent"))  # Before anything imports sockets or threads.

from shop.app import create_app  # noqa: E402

app = create_app()
