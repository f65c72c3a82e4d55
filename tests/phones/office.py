"""The office of a running server, as an administrator's browser speaks to it."""

import http.cookiejar
import json
import os
import subprocess
import urllib.request

EMAIL, PASSWORD = "host@example.org", "a long password for the tests"


class Office:
    """One administrator, signed in."""

    def __init__(self, program):
        self._url = program.url
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        add_administrator(program)
        self.post("/api/sign-in", {"email": EMAIL, "password": PASSWORD})

    def meeting(self, title: str, **more) -> dict:
        """A meeting of the administrator's own."""
        return self.post("/api/meetings", {"title": title, "waiting_room": False, **more})

    def knocks(self, code: str) -> list[dict]:
        """Who waits at a meeting, as soon as anybody does."""
        with self._open(f"{self._url}/api/meetings/{code}/knocks", timeout=15) as events:
            for line in events:
                if line.startswith(b"data:") and (knocks := json.loads(line[5:]).get("knocks")):
                    return knocks
        raise AssertionError("the host was told of nobody")

    def get(self, path: str) -> dict:
        return self._ask("GET", path)

    def read(self, path: str) -> bytes:
        """What is no JSON."""
        with self._open(self._url + path, timeout=15) as response:
            return response.read()

    def post(self, path: str, body: dict | None = None) -> dict:
        return self._ask("POST", path, body or {})

    def put(self, path: str, body: dict | None = None) -> dict:
        return self._ask("PUT", path, body or {})

    def patch(self, path: str, body: dict) -> dict:
        return self._ask("PATCH", path, body)

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Origin": self._url}
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        with self._open(request, timeout=15) as response:
            text = response.read()
        return json.loads(text) if text else {}


def add_administrator(program) -> None:
    command = [os.environ["PALABRE_BIN"], "user", "add", "--email", EMAIL, "--name", "Awa Diop", "--role", "administrator"]
    command += ["--password-stdin", "--config", program.config]
    subprocess.run(command, input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=60)
