"""Bodies and requests made to hurt a parser: each is refused with a problem, none is answered 5xx, none leaves a trace."""

import json

MEBIBYTE = 1024 * 1024
MEMORY_MAX = 64 * MEBIBYTE
CREATE = '{"target":"demo","verb":"create","manifest":%s}'


def bodies():
    """(content type, body, status, problem)"""
    kind = "application/json"
    deep = b"[" * 100_000 + b"]" * 100_000
    many = ("{" + ",".join(f'"k{i}":1' for i in range(200_000)) + "}").encode()
    for body in (deep, b"{\"a\":" * 65 + b"1" + b"}" * 65, b'{"a":1,"a":2}', b'{"a":1e999}', b'{"a":"\\ud800"}',
                 b'{"a":"x\x00"}', b'\xef\xbb\xbf{}', b"{} {}", b"nul", b'{"a":"\xff"}', b"{'a':1}", b'{"a":01}',
                 b'{"a":12345678901234567890123}', b"[1,]", b'{"a":NaN}', b"\xff\xfe{\x00}\x00", b"["):
        yield kind, body, 400, "malformed"
    yield kind, many, 422, "invalid-argument"
    for quantity in ("9Ei", "-1Gi", "1e99", "nan", "1.5.5", "0x10", "", " 1Gi", "9" * 60):
        action = {"target": "demo", "verb": "set-resources", "container": "cart",
                  "object": {"kind": "Deployment", "namespace": "shop", "name": "cart"},
                  "resources": {"limits": {"memory": quantity}}}
        yield kind, json.dumps(action).encode(), 422, "invalid-argument"
    for text in yamls():
        yield "application/yaml", text, 400, "malformed"
        if text.isascii() and len(text) < 100_000:
            yield kind, (CREATE % json.dumps(text.decode())).encode(), 422, "invalid-argument"


def yamls():
    laughs = "a: &a [x, x, x, x, x, x, x, x]\n"
    for one, before in zip("bcdefghij", "abcdefghi"):
        laughs += f"{one}: &{one} [{','.join(['*' + before] * 8)}]\n"
    yield laughs.encode()
    yield b"&a [*a]"
    yield b"<<: {a: 1}"
    yield b"a: 1\na: 2"
    yield b"a: !!python/object/apply:os.system [ls]"
    yield b"a: !!binary aGk="
    yield b"a: 1\n---\nb: 2"
    yield b"[" * 10_000
    yield b"- " * 10_000
    yield b"a: [" + b"1, " * 10_001 + b"1]"
    yield b"a: .nan"
    yield b"\xff\xfea\x00"
    for piece in (b"[", b"{", b"- ", b"a,", b"a: b, ", b"*a ", b"? "):
        head = b"[" if piece == b"a," else b"{" if piece == b"a: b, " else b""
        yield head + piece * ((MEBIBYTE - 1) // len(piece))


def frames():
    """(bytes, statuses): what HTTP itself forbids. 0: the connection just ends."""
    line = b"GET /livez HTTP/1.1\r\n"
    post = b"POST /v1/gate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    yield line + b"Host: localhost\r\nX: " + b"a" * 65536, {431}
    yield line + b"Host: localhost\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", {431}
    yield b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", {414, 431}
    yield post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", {400}
    yield post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", {400}
    yield post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", {400}
    yield post + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", {400, 413}
    yield post + b"Transfer-Encoding: gzip, chunked\r\n\r\n", {400}
    yield post + b"Content-Length: -1\r\n\r\n", {400}
    yield post + b"Content-Length: 99999999999999999999\r\n\r\n", {400}
    yield post + b"Content-Length: 9999999999\r\n\r\n", {413}
    yield post + b"Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}", {417}
    yield line + b"\r\n", {400}
    yield line + b"Host: a\r\nHost: b\r\n\r\n", {400}
    yield line + b"Host: localhost\r\nBad Name: x\r\n\r\n", {400}
    yield line + b"Host: localhost\r\nX: a\nY: b\r\n\r\n", {400}
    yield b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", {400}
    yield b"GET  /livez\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400}
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}
    for path in (b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/v1/ledger/..%2f..%2fetc", b"/v1//units",
                 b"//livez", b"/livez/", b"/v1/targets/", b"/page.js%00.html", b"*"):
        yield b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer actor-token\r\n\r\n", {400, 404}


def hostile(cases, measure_memory):
    idle = cases.service.memory_bytes()
    before = cases.service.get_json("/v1/ledger/verify")["records"]
    for kind, body, status, problem in bodies():
        for operation in ("postGate", "postAction"):
            cases.post(operation, status, body, headers={"Content-Type": kind}, problem=problem)
    for data, statuses in frames():
        status = cases.service.raw(data)
        cases.expect(f"{data[:60]!r} is answered one of {sorted(statuses)}", status in statuses, status)
    grown = cases.service.memory_bytes() - idle
    cases.expect("memory stays within 64 MiB over idle", not measure_memory or grown <= MEMORY_MAX, grown)
    after = cases.service.get_json("/v1/ledger/verify")["records"]
    cases.expect("nothing of it is in the ledger", before == after, (before, after))
