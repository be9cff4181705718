#!/bin/bash
# SPDX-License-Identifier: ISC
# Restante, with mail in the form in which it goes over the wire.
LINE_ENDS=crlf
. "$(dirname "$0")/restante.sh"
