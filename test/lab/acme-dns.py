#!/usr/bin/python3
"""Stands in for acme-dns in tests: its two documented endpoints in front of knot, a real DNS server.

Reads the configuration of acme-dns; keeps the last two proofs of each registration, as acme-dns does.
"""

import http.server
import json
import os
import re
import secrets
import subprocess
import sys
import tomllib
import uuid

CONFIG = tomllib.load(open(sys.argv[sys.argv.index("-c") + 1], "rb"))
GENERAL, API = CONFIG["general"], CONFIG["api"]
FOLDER = os.path.join(os.path.dirname(CONFIG["database"]["connection"]), "knot")
ADDRESS, PORT = GENERAL["listen"].rsplit(":", 1)
KEY = secrets.token_hex(16)
registrations, proofs = {}, {}


def start_knot():
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/zone", "w") as zone:
        zone.write(f"{GENERAL['domain']}. 1 SOA {GENERAL['nsname']}. {GENERAL['nsadmin']}. 1 1 1 1 1\n")
        for record in GENERAL["records"]:
            name, rest = record.split(" ", 1)
            zone.write(f"{name} 1 {rest}\n")
    with open(f"{FOLDER}/knot.conf", "w") as config:
        config.write(f"""
server:
    rundir: "{FOLDER}"
    listen: {ADDRESS}@{PORT}
database:
    storage: "{FOLDER}/db"
key:
  - id: own
    algorithm: hmac-sha256
    secret: {KEY}
acl:
  - id: own
    key: own
    action: update
zone:
  - domain: {GENERAL['domain']}
    storage: "{FOLDER}"
    file: zone
    acl: own
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
""")
    return subprocess.Popen(["/usr/sbin/knotd", "-c", f"{FOLDER}/knot.conf"])


def publish(name, values):
    lines = [f"server {ADDRESS} {PORT}", f"key hmac-sha256:own {KEY}", f"zone {GENERAL['domain']}.", f"update delete {name}. TXT"]
    lines += [f'update add {name}. 1 TXT "{value}"' for value in values]
    subprocess.run(["nsupdate"], input="\n".join(lines + ["send", ""]), text=True, check=True)


class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.answer(sent)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def answer(self, sent):
        if self.path == "/register":
            subdomain = str(uuid.uuid4())
            one = {
                "username": str(uuid.uuid4()),
                "password": secrets.token_urlsafe(30),
                "fulldomain": f"{subdomain}.{GENERAL['domain']}",
                "subdomain": subdomain,
                "allowfrom": sent.get("allowfrom", []),
            }
            registrations[one["username"]] = one
            return 201, one
        if self.path != "/update":
            return 404, {}
        one = registrations.get(self.headers.get("X-Api-User"))
        if one is None or one["password"] != self.headers.get("X-Api-Key") or one["subdomain"] != sent["subdomain"]:
            return 401, {"error": "forbidden"}
        if not re.fullmatch(r"[A-Za-z0-9_-]{43}", sent["txt"]):
            return 400, {"error": "bad_txt"}
        proofs[one["subdomain"]] = (proofs.get(one["subdomain"], []) + [sent["txt"]])[-2:]
        publish(one["fulldomain"], proofs[one["subdomain"]])
        return 200, {"txt": sent["txt"]}


knot = start_knot()
http.server.ThreadingHTTPServer((API["ip"], int(API["port"])), Api).serve_forever()
