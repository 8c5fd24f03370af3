#!/usr/bin/env python3
"""Stands between a client and a server on loopback and cuts the line after so many bytes towards the
server, or with "down" towards the client.
usage: cut.py PORT TARGET_PORT BYTES TIMES [down]   (the first TIMES connections are cut)"""
import socket
import sys
import threading

port, target, most, times = map(int, sys.argv[1:5])
down = sys.argv[5:] == ["down"]


def carry(a, b, left, both):
    try:
        while data := a.recv(16384):
            if left is not None:
                left -= len(data)
                if left < 0:
                    break
            b.sendall(data)
    except OSError:
        pass
    for s in both:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


server = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    client, _ = server.accept()
    upstream = socket.create_connection(("127.0.0.1", target))
    pair = (client, upstream)
    # the connection that asks what is there already is short: only long ones reach the limit
    left = most if times > 0 else None
    threading.Thread(target=carry, args=(client, upstream, None if down else left, pair), daemon=True).start()
    threading.Thread(target=carry, args=(upstream, client, left if down else None, pair), daemon=True).start()
    times -= 1
