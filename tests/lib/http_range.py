"""A server for tests of downloads. usage: http_range.py FOLDER PORT-FILE LOG

GET /HOW/FILE serves FOLDER/FILE with an ETag made of its bytes. HOW: plain knows Range and If-Range;
cut ends the first whole answer in the middle; deaf ignores Range; hops redirects to plain; broken
answers 503 the first time. LOG has a line a request: HOW, the Range header or -, status, bytes."""
import hashlib
import http.server
import os
import sys

FOLDER, PORT_FILE, LOG = sys.argv[1:4]
seen = set()


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, how, status, body, total, start=0, send=None, **more):
        with open(LOG, "a") as log:
            log.write("%s %s %d %d\n" % (how, self.headers.get("Range", "-"), status, len(body) if send is None else send))
        self.send_response(status)
        for k, v in more.items():
            self.send_header(k.replace("_", "-"), v)
        if status == 206:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, total - 1, total))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if send is None else body[:send])
        if send is not None:
            self.wfile.flush()
            self.close_connection = True

    def do_GET(self):
        how, name = self.path.lstrip("/").split("/", 1)
        path = os.path.join(FOLDER, os.path.basename(name.split("?")[0]))
        first = (how, name) not in seen
        seen.add((how, name))
        if how == "hops":
            return self.answer(how, 302, b"", 0, Location="/plain/" + name)
        if not os.path.exists(path):
            return self.answer(how, 404, b"", 0)
        if how == "broken" and first:
            return self.answer(how, 503, b"", 0)
        with open(path, "rb") as f:
            body = f.read()
        tag = '"%s"' % hashlib.md5(body).hexdigest()
        asked = self.headers.get("Range")
        if how == "cut" and first:
            return self.answer(how, 200, body, len(body), send=len(body) // 2, ETag=tag)
        if asked and how != "deaf" and self.headers.get("If-Range", tag) == tag:
            start = int(asked.split("=")[1].split("-")[0])
            if start >= len(body):
                return self.answer(how, 416, b"", len(body))
            return self.answer(how, 206, body[start:], len(body), start, ETag=tag)
        return self.answer(how, 200, body, len(body), ETag=tag)

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(PORT_FILE + ".tmp", "w") as f:
    f.write(str(server.server_port))
os.rename(PORT_FILE + ".tmp", PORT_FILE)
server.serve_forever()
