"""A child for the tests of engines/child.py: serves one address, or misbehaves as its settings say."""

import json
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tujian.engines.lifeline import Lifeline


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == f"Bearer {self.server.key}"
        body = json.dumps({"known": known}).encode()
        self.send_response(200 if known else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    lifeline = Lifeline()
    told = lifeline.settings
    sys.stderr.write("a line of noise that nobody reads\n" * told.get("noise", 0))
    print(told.get("says", "loading"), file=sys.stderr, flush=True)
    time.sleep(told.get("loads_s", 0))
    if "leaves_s" in told:
        subprocess.Popen(["sleep", str(told["leaves_s"])])
    if "raises" in told:
        raise OSError(told["raises"])
    if "dies" in told:
        sys.exit(told["dies"])
    if told.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        lifeline.ready("http://127.0.0.1:1/v1")
        time.sleep(60)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    server.key = told["key"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lifeline.ready(told.get("tells", f"http://127.0.0.1:{server.server_port}/v1"))
    lifeline.wait()


if __name__ == "__main__":
    main()
