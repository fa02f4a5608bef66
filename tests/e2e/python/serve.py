"""Serves a WSGI application on a free port of the loopback interface, a thread for each request."""

import os
import pathlib
import socketserver
import sys
import time
import wsgiref.simple_server


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass


def serve(application):
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, Server, Quiet)
    print(f"serving http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def meet():
    """Says that the request is here, and waits until it may go on."""
    here = pathlib.Path(os.environ["MEET"])
    (here / "started").touch()
    deadline = time.monotonic() + 60
    while not (here / "go-on").exists():
        if time.monotonic() > deadline:
            sys.exit("nobody let the request go on")
        time.sleep(0.01)
