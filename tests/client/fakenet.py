# SPDX-License-Identifier: ISC
"""fakenet: a name server and a web server for restante-discover.

    with FakeNet() as net:
        net.srv('_pop3s._tcp.example.org', 10, 0, 995, 'pop.example.org')
        net.page('autoconfig.example.org/mail/config-v1.1.xml', autoconfig(...))
        subprocess.run(..., env=net.environment())
        assert net.asked == [...]       # what was asked of the name server
        assert net.got == [...]         # paths of the web server

Both are threads on free ports of 127.0.0.1, and know nothing that they were
not told.
"""
import http.server
import socket
import ssl
import struct
import threading

import certs

SRV, MX = 33, 15
NOERROR, NXDOMAIN = 0, 3


def name_octets(name):
    return b''.join(bytes([len(x)]) + x.encode()
                    for x in name.split('.') if x) + b'\0'


def read_name(packet, at):
    labels = []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return '.'.join(labels), at + 1


def autoconfig(*servers, kind='pop3'):
    """A document; servers: (host, port, socketType, username)."""
    inside = ''.join(
        f'<incomingServer type="{kind}"><hostname>{host}</hostname>'
        f'<port>{port}</port><socketType>{how}</socketType>'
        f'<username>{user}</username>'
        '<authentication>password-cleartext</authentication>'
        '</incomingServer>' for host, port, how, user in servers)
    return ('<?xml version="1.0"?><clientConfig version="1.1">'
            f'<emailProvider id="x">{inside}</emailProvider></clientConfig>')


class FakeNet:
    def __init__(self):
        self.records = {}       # (name, type): [octets]
        self.pages = {}         # path: (status, headers, octets)
        self.asked, self.got = [], []

    # -- what they know --

    def _add(self, name, kind, data):
        self.records.setdefault((name.lower(), kind), []).append(data)

    def srv(self, name, priority, weight, port, target):
        self._add(name, SRV, struct.pack('>HHH', priority, weight, port)
                  + name_octets(target))

    def mx(self, name, preference, host):
        self._add(name, MX, struct.pack('>H', preference)
                  + name_octets(host))

    def page(self, path, text, status=200, **headers):
        self.pages[path] = (status, headers, text.encode())

    def url(self, path):
        return f'https://127.0.0.1:{self.web.server_address[1]}/{path}'

    def environment(self, ca=True):
        host, port = self.udp.getsockname()
        return {'RESTANTE_DISCOVER_DNS': f'{host}:{port}',
                'RESTANTE_DISCOVER_URL_BASE': self.url(''),
                **({'RESTANTE_DISCOVER_CA': str(certs.authority()[0])}
                   if ca else {}), 'no_proxy': '*'}

    # -- the name server --

    def _answer(self, packet):
        name, at = read_name(packet, 12)
        kind = struct.unpack('>H', packet[at:at + 2])[0]
        self.asked.append((name, kind))
        found = self.records.get((name.lower(), kind), [])
        out = packet[:2] + struct.pack(
            '>HHHHH', 0x8180 | (NOERROR if found else NXDOMAIN), 1,
            len(found), 0, 0) + packet[12:at + 4]
        for data in found:
            out += b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60,
                                             len(data)) + data
        return out

    def _serve_names(self):
        while True:
            packet, peer = self.udp.recvfrom(4096)
            if not packet:
                return
            self.udp.sendto(self._answer(packet), peer)

    # -- the web server --

    def _handler(self):
        net = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                net.got.append(self.path[1:])
                status, headers, octets = net.pages.get(
                    self.path[1:].split('?')[0], (404, {}, b'not found'))
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header('Content-Length', str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_):
                pass

        return Handler

    def __enter__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(('127.0.0.1', 0))
        self.web = http.server.ThreadingHTTPServer(('127.0.0.1', 0),
                                                   self._handler())
        # a client that hangs up is none of the test's business
        self.web.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certs.certificate())
        self.web.socket = context.wrap_socket(self.web.socket,
                                              server_side=True)
        self.threads = [threading.Thread(target=f, daemon=True) for f in
                        (self._serve_names,
                         lambda: self.web.serve_forever(0.02))]
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.web.shutdown()
        self.web.server_close()
        # an empty packet ends its thread
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b'', self.udp.getsockname())
        for t in self.threads:
            t.join()
        self.udp.close()
