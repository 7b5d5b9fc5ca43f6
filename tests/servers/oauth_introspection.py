"""A token introspection endpoint (RFC 7662) that tells Dovecot which user a bearer token stands for."""

import http.server
import json
import threading
import urllib.parse


class Introspection:
    """A running endpoint on loopback; `users_by_token` may be changed at any time."""

    def __init__(self) -> None:
        self.users_by_token: dict[str, str] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.users_by_token = self.users_by_token
        self.url = f"http://127.0.0.1:{self._server.server_port}/introspect"
        threading.Thread(target=self._server.serve_forever, daemon=True, name="introspection").start()

    def close(self) -> None:
        """Nothing listens any more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    users_by_token: dict[str, str]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Answers whether the token in the form is active, and whose it is."""
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        user = self.server.users_by_token.get(form.get("token", [""])[0])
        answer = {"active": True, "username": user, "email": user} if user else {"active": False}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Says nothing: tokens are secrets, and pytest shows what a test prints."""
