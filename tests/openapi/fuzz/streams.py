"""Lets Schemathesis ask for streams, which never end: what has come within a moment is taken for the whole body."""

import requests.adapters
import urllib3

BYTES_MAX = 65536
HEAD_WITHIN_S = 10
MOMENT_S = 0.1
_send = requests.adapters.HTTPAdapter.send


def _send_bounded(self, request, *args, **options):
    if "/v1/stream" not in request.url:
        return _send(self, request, *args, **options)
    options |= {"stream": True, "timeout": HEAD_WITHIN_S}
    response = _send(self, request, *args, **options)
    body = response.raw._fp.fp  # none of an answer without one
    if body:
        body.raw._sock.settimeout(MOMENT_S)
    try:
        response._content = response.raw.read1(BYTES_MAX)
    except urllib3.exceptions.HTTPError:
        response._content = b""  # nothing was to be said in that moment
    response._content_consumed = True
    response.close()
    return response


requests.adapters.HTTPAdapter.send = _send_bounded
