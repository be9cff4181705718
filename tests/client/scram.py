# SPDX-License-Identifier: ISC
"""scram: the server's side of SCRAM (RFC 5802, 7677), and its lies.

Written by hand on hashlib, so that it shares nothing with the client that it
tests.
"""
import base64
import hashlib
import hmac
import re

ITERATIONS = 4096


def _b64(octets):
    return base64.b64encode(octets)


def _hmac(digest, key, text):
    return hmac.new(key, text, digest).digest()


def serve(session, name, first, lie):
    """The user's name; None cancelled, False refused, octets: an answer."""
    plus = name.endswith('-PLUS')
    digest = 'sha256' if 'SHA-256' in name else 'sha1'
    found = re.fullmatch(
        rb'(?P<gs2>(?:n|y|p=(?P<kind>[a-z-]+)),(?:a=[^,]*)?,)'
        rb'(?P<bare>n=(?P<user>[^,]*),r=(?P<nonce>[!-+\--~]+))', first)
    if not found or plus != bool(found['kind']):
        return False
    user = found['user'].decode().replace('=2C', ',').replace('=3D', '=')
    password = session.server.users.get(user, (None, None))[0]
    if password is None:
        return False
    nonce = found['nonce'] + b'popscript'
    if lie == 'bad-nonce':
        nonce = b'other' + b'popscript'
    salt, iterations = b'salt of popscript', ITERATIONS
    if lie == 'huge-i':
        iterations = 4294967295
    server_first = b'r=%s,s=%s,i=%d' % (nonce, _b64(salt), iterations)
    if lie == 'early-ok':
        # "you are in", without having proved that it knows the password
        session.put(b'+ ' + _b64(server_first))
        session.line()
        return user
    answer = session.ask(server_first)
    if answer is None:
        return None
    return _final(session, digest, found, server_first, answer, salt,
                  password, user, lie)


def _final(session, digest, found, server_first, answer, salt, password,
           user, lie):
    without, _, proof = answer.rpartition(b',p=')
    kind = (found['kind'] or b'').decode()
    binding = session.binding(kind) if kind else b''
    if binding is None:
        return False
    wanted = b'c=%s,r=%s' % (_b64(found['gs2'] + binding),
                             server_first[2:].split(b',')[0])
    if without != wanted:
        return False
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, ITERATIONS)
    message = b','.join((found['bare'], server_first, without))
    client_key = _hmac(digest, salted, b'Client Key')
    stored = hashlib.new(digest, client_key).digest()
    signature = _hmac(digest, stored, message)
    good = bytes(a ^ b for a, b in zip(client_key, signature))
    try:
        if base64.b64decode(proof, validate=True) != good:
            return False
    except ValueError:
        return False
    verifier = _hmac(digest, _hmac(digest, salted, b'Server Key'), message)
    if lie == 'wrong-v':
        verifier = bytes(len(verifier))
    if lie == 'no-v':
        return user
    if session.ask(b'v=' + _b64(verifier)) is None:
        return None
    return user
