# SPDX-License-Identifier: ISC
"""certs: certificates, good ones and such as nobody should believe.

All are made with openssl(1), once a run, in a directory of their own: the
processes of one run of pytest share it (RESTANTE_CERTS, see conftest.py).
"""
import atexit
import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


@functools.lru_cache(maxsize=None)
def folder():
    if 'RESTANTE_CERTS' in os.environ:
        return Path(os.environ['RESTANTE_CERTS'])
    path = tempfile.mkdtemp(prefix='restante-certs-')
    atexit.register(shutil.rmtree, path, True)
    return Path(path)


@contextlib.contextmanager
def alone():
    """No other process makes certificates meanwhile."""
    with open(folder() / 'lock', 'w', encoding='ascii') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def openssl(*args):
    subprocess.run(['openssl', *map(str, args)], check=True,
                   capture_output=True)


@functools.lru_cache(maxsize=None)
def key():
    """One key for all: making them is what takes time."""
    path = folder() / 'key.pem'
    with alone():
        if not path.exists():
            openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout',
                    '-out', path)
    return path


def authority(name='ca'):
    """The certificate of an authority, and its key."""
    return _authority(name)


@functools.lru_cache(maxsize=None)
def _authority(name):
    path, secret = folder() / f'{name}.pem', folder() / f'{name}.key'
    with alone():
        if not path.exists():
            openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout',
                    '-out', secret)
            openssl('req', '-x509', '-new', '-key', secret, '-days', '30',
                    '-subj', f'/CN=Restante test authority {name}', '-out',
                    path)
    return path, secret


@functools.lru_cache(maxsize=None)
def certificate(alt='DNS:localhost,IP:127.0.0.1', cn='localhost', days=30,
                usage='serverAuth', ca='ca', own=False):
    """
    (certificate, key).  alt: subjectAltName as openssl writes it, or empty;
    days below 0: it has expired; own: signed by itself.
    """
    what = repr((alt, cn, days, usage, ca, own)).encode()
    stem = folder() / f'cert-{hashlib.sha256(what).hexdigest()[:16]}'
    signed_by = None if own else authority(ca)
    key()
    with alone():
        if not stem.with_suffix('.pem').exists():
            _make(stem, alt, cn, days, usage, signed_by)
    return stem.with_suffix('.pem'), key()


def _make(stem, alt, cn, days, usage, signed_by):
    cert, csr, ext = (stem.with_suffix(s) for s in ('.pem', '.csr', '.ext'))
    lines = [f'extendedKeyUsage={usage}'] if usage else []
    lines += [f'subjectAltName={alt}'] if alt else []
    ext.write_text('\n'.join(lines) + '\n')
    openssl('req', '-new', '-key', key(), '-subj', f'/CN={cn}', '-out', csr)
    if days < 0:
        _expired(csr, ext, cert, *signed_by, stem)
        return
    signer = ['-signkey', key()]
    if signed_by:
        path, secret = signed_by
        signer = ['-CA', path, '-CAkey', secret, '-CAcreateserial',
                  '-CAserial', folder() / f'{stem.name}.srl']
    openssl('x509', '-req', '-in', csr, *signer, '-days', days,
            '-extfile', ext, '-out', cert)


def _expired(csr, ext, cert, ca, secret, stem):
    """x509 -req gives no certificate of yesterday; ca does."""
    home = stem.with_suffix('.d')
    home.mkdir()
    (home / 'index').touch()
    (home / 'serial').write_text('01\n')
    (home / 'conf').write_text(
        f'[ca]\ndefault_ca = x\n[x]\ndatabase = {home}/index\n'
        f'new_certs_dir = {home}\nserial = {home}/serial\n'
        'default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n')
    openssl('ca', '-batch', '-config', home / 'conf', '-in', csr, '-cert', ca,
            '-keyfile', secret, '-startdate', '20200101000000Z', '-enddate',
            '20200201000000Z', '-extfile', ext, '-out', cert, '-notext')


def nul_in_name(good, bad):
    """subjectAltName of "good NUL bad", for certificate(alt=)."""
    text = good.encode() + b'\0' + bad.encode()
    name = bytes([0x82, len(text)]) + text
    return 'DER:' + ':'.join(f'{o:02X}' for o in
                             bytes([0x30, len(name)]) + name)


def fingerprint(cert):
    """SHA-256 of the certificate, in hexadecimal."""
    out = subprocess.run(['openssl', 'x509', '-in', cert, '-noout',
                          '-fingerprint', '-sha256'], check=True,
                         capture_output=True, text=True).stdout
    return out.split('=')[1].strip().replace(':', '').lower()


def public_key_pin(cert):
    """base64 of the SHA-256 of its public key (SPKI)."""
    import base64
    import hashlib
    pem = subprocess.run(['openssl', 'x509', '-in', cert, '-noout',
                          '-pubkey'], check=True, capture_output=True).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'],
                         input=pem, check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
