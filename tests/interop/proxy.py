# SPDX-License-Identifier: ISC
"""A wire between client and server that writes down who said what, when.

What is recorded is recorded before it is passed on, so that the order is the
true one: an answer never stands before what it answers.
"""
import contextlib
import re
import socket
import threading

HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891"
                            "c2a211167abb8c5e079e09e2c8a8339c")
PSK = 41        # the extension of TLS 1.3 by which a session is resumed


class Session:
    """One connection: chunks [(who, octets)], who is "C" or "S"."""

    def __init__(self):
        self.chunks = []
        self.lock = threading.Lock()

    def add(self, who, octets):
        with self.lock:
            self.chunks.append((who, octets))

    def said(self, who):
        return b"".join(o for w, o in self.chunks if w == who)

    def commands(self, verb):
        """how often the client said it, in clear"""
        return len(re.findall(rb"(?mi)^%s\b" % verb, self.said("C")))

    def round_trips(self):
        """How often the server has answered the client.  A TLS alert asks
        for nothing: a record of its two octets does not count."""
        flow = "".join(who for who, octets in self.chunks
                       if not only_alerts(octets))
        return len(re.findall("C+S", flow))

    def resumed(self):
        """Does the server accept the client's TLS 1.3 session?"""
        hellos = [h for h in handshakes(self.said("S")) if h[0] == 2 and
                  h[6:38] != HELLO_RETRY]
        assert hellos, "no TLS here"
        at = 38 + 1 + hellos[0][38] + 3 + 2
        rest = hellos[0][at:]
        found = []
        while len(rest) >= 4:
            kind, length = (int.from_bytes(rest[i:i + 2], "big")
                            for i in (0, 2))
            found.append(kind)
            rest = rest[4 + length:]
        return PSK in found


def records(octets):
    while len(octets) >= 5:
        length = int.from_bytes(octets[3:5], "big")
        yield octets[0], octets[5:5 + length]
        octets = octets[5 + length:]


def only_alerts(octets):
    if not octets[:2] in (b"\x15\x03", b"\x17\x03"):
        return False
    return all(kind == 21 or (kind == 23 and len(body) == 2 + 1 + 16)
               for kind, body in records(octets))


def handshakes(octets):
    """The messages of a TLS handshake that are in clear"""
    text = b""
    for kind, body in records(octets):
        if kind == 22:
            text += body
        elif kind != 20:
            break
    while len(text) >= 4:
        length = 4 + int.from_bytes(text[1:4], "big")
        yield text[:length]
        text = text[length:]


class Wire:
    """Listens on a port of its own; a Way to what is behind it."""

    def __init__(self, way):
        self.behind, self.tls, self.settings = way, way.tls, way.settings
        self.sessions = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.host, self.port = self.listener.getsockname()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                session = Session()
                self.sessions.append(session)
                try:
                    server = socket.create_connection(
                        (self.behind.host, self.behind.port), 30)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                for who, a, b in (("C", client, server),
                                  ("S", server, client)):
                    a.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pump, daemon=True,
                                     args=(session, who, a, b)).start()

    @staticmethod
    def _pump(session, who, a, b):
        with contextlib.suppress(OSError):
            while octets := a.recv(65536):
                session.add(who, octets)
                b.sendall(octets)
        with contextlib.suppress(OSError):
            b.shutdown(socket.SHUT_WR)

    def commands(self, verb):
        return sum(s.commands(verb) for s in self.sessions)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
