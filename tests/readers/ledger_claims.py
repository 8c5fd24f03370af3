#!/usr/bin/env python3
"""Prints the account number (CLM01) of every claim in a ledger, one a line, with no code of the product.

usage: ledger_claims.py RUN
"""
import sqlite3
import sys

with sqlite3.connect(f"file:{sys.argv[1]}/reconciler/ledger.db?mode=ro", uri=True) as db:
    for (pcn,) in db.execute("SELECT pcn FROM claim"):
        print(pcn.decode() if isinstance(pcn, bytes) else pcn)
