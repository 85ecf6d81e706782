"""One client's connection: HTTP/1.1 that stays open between requests, and says nothing on the terminal."""

from __future__ import annotations

import shutil
from http import HTTPStatus
from tempfile import SpooledTemporaryFile

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

_LARGEST_IN_MEMORY = 1 << 20


class Connection(WSGIRequestHandler):
    """Reads requests and sends answers, one after the other.

    NOTE: werkzeug's own `run_wsgi` closes the connection after each answer, because it does not know where an
    unread body ends. Here each body is read to its end before the application has the request.
    """

    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds of silence, then the connection ends
    # An answer is two writes: without this the second waits for the client's delayed ACK, 40 ms on Linux.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        # See: RFC 9110 §5.5, white space around a value is not part of it; http.server leaves what is at the end.
        environ |= {name: value.strip() for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))}
        if not environ.get("CONTENT_LENGTH", "0").isdecimal():
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        with SpooledTemporaryFile(_LARGEST_IN_MEMORY) as body:
            try:
                shutil.copyfileobj(get_input_stream(environ), body)
            except (OSError, ClientDisconnected):
                self.send_error(HTTPStatus.BAD_REQUEST)
                return
            body.seek(0)
            environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
            content, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        for part in content:
            self.wfile.write(part)

    def log(self, *_message: object) -> None:
        """Say nothing: the access log is the only log there is."""
