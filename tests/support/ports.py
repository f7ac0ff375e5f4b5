"""Ports that a service or a receiver comes back to."""
import socket


def keep_port():
    """A socket that is bound to a free port of 127.0.0.1 and never listens: while it lives nobody else is given the port.
    Who sets SO_REUSEADDR can listen there, again and again."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return kept
