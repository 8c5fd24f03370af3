#!/usr/bin/env python3
"""Kind, rule and reason of every record of a frames file, one a line. usage: show_rejects.py FILE"""
import sys

import frames

for h, _ in frames.read(open(sys.argv[1], "rb").read()):
    print(h["kind"], h["rule"], h["why"])
