"""A mail server that keeps what it is given (RFC 5321), for one client at a time or several."""

import email
import email.policy
import queue
import socketserver
import threading


class MailSink(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Visit)
        self.mails: queue.Queue = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def next(self):
        """The next mail, read by Python's own parser."""
        return email.message_from_bytes(self.mails.get(timeout=30), policy=email.policy.default)

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Visit(socketserver.StreamRequestHandler):
    def handle(self):
        self._say("220 sink")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self._say("354 go on")
                self.server.mails.put(b"".join(self._data()))
                self._say("250 kept")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self):
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError("the client hung up in the middle")
            yield line[1:] if line.startswith(b".") else line

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
