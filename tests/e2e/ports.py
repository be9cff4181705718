# SPDX-License-Identifier: ISC
#
# Ports for what the tests start.  Asking the kernel (bind to port 0, look,
# close) gives the same port twice to two who ask one after the other, in one
# process or in two, and gives one that any connection of the machine may be
# using as its own end a moment later.  So these come from below the range
# the kernel takes its own from, and each process of tests has a block of
# them to itself.
import itertools
import socket

# above those of bench/, below the kernel's own
FIRST, BLOCK, BLOCKS = 22000, 400, 26

_mark = None
_block = None


def _take_block():
    """A block nobody else has.  Its mark is a name in the same network
    namespace as the ports: nobody else can have it, whoever they are, and it
    goes with the process."""
    global _mark
    _mark = socket.socket(socket.AF_UNIX)
    for n in range(BLOCKS):
        try:
            _mark.bind(f'\0restante-ports-{FIRST + n * BLOCK}')
        except OSError:
            continue
        start = FIRST + n * BLOCK
        return itertools.cycle(range(start, start + BLOCK))
    raise RuntimeError(f'all {BLOCKS} blocks of ports are taken: are there '
                       'tests left running?')


def free_port(family=socket.AF_INET):
    """A port that nothing listens on, and that nobody else is given until
    this process has asked for a whole block of others."""
    global _block
    if _block is None:
        _block = _take_block()
    where = '::1' if family == socket.AF_INET6 else '127.0.0.1'
    # not every server takes a port where a closed connection lingers
    # (TIME_WAIT), so such a port is given only when there is no other
    for lingering in 0, 1:
        for port in itertools.islice(_block, BLOCK):
            with socket.socket(family) as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR,
                             lingering)
                try:
                    s.bind((where, port))
                except OSError as e:
                    failure = e
                else:
                    return port
    raise failure
