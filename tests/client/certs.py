# SPDX-License-Identifier: ISC
"""certs: certificates, good ones and such as nobody should believe.

All are made with openssl(1), once a run, in a directory of their own.
"""
import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path


@functools.lru_cache(maxsize=None)
def folder():
    path = tempfile.mkdtemp(prefix='restante-certs-')
    atexit.register(shutil.rmtree, path, True)
    return Path(path)


def openssl(*args):
    subprocess.run(['openssl', *map(str, args)], check=True,
                   capture_output=True)


@functools.lru_cache(maxsize=None)
def key():
    """One key for all: making them is what takes time."""
    path = folder() / 'key.pem'
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out',
            path)
    return path


def authority(name='ca'):
    """The certificate of an authority, and its key."""
    return _authority(name)


@functools.lru_cache(maxsize=None)
def _authority(name):
    path, secret = folder() / f'{name}.pem', folder() / f'{name}.key'
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out',
            secret)
    openssl('req', '-x509', '-new', '-key', secret, '-days', '30', '-subj',
            f'/CN=Restante test authority {name}', '-out', path)
    return path, secret


@functools.lru_cache(maxsize=None)
def certificate(alt='DNS:localhost,IP:127.0.0.1', cn='localhost', days=30,
                usage='serverAuth', ca='ca', own=False):
    """
    (certificate, key).  alt: subjectAltName as openssl writes it, or empty;
    days below 0: it has expired; own: signed by itself.
    """
    stem = folder() / f'cert{sum(1 for _ in folder().glob("cert*.pem"))}'
    cert, csr, ext = (stem.with_suffix(s) for s in ('.pem', '.csr', '.ext'))
    lines = [f'extendedKeyUsage={usage}'] if usage else []
    lines += [f'subjectAltName={alt}'] if alt else []
    ext.write_text('\n'.join(lines) + '\n')
    openssl('req', '-new', '-key', key(), '-subj', f'/CN={cn}', '-out', csr)
    signer = ['-signkey', key()]
    if not own:
        path, secret = authority(ca)
        signer = ['-CA', path, '-CAkey', secret, '-CAcreateserial',
                  '-CAserial', folder() / f'{stem.name}.srl']
    if days < 0:
        _expired(csr, ext, cert, *authority(ca), stem)
    else:
        openssl('x509', '-req', '-in', csr, *signer, '-days', days,
                '-extfile', ext, '-out', cert)
    return cert, key()


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
