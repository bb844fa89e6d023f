"""The name service of deploy/kubernetes-here: cluster-dns.py ADDRESS. Answers NAME.NAMESPACE.svc.cluster.local with the addresses of
the ready pods behind that Service, even if it has an address of its own: so a Service's port has to be the pods'."""

import json
import socket
import struct
import subprocess
import sys
import threading
import time

ENDPOINTS = ["kubectl", "get", "endpoints", "--all-namespaces", "--output", "json"]
SECONDS = 5  # that an answer may be kept for


class Names:
    """What the API says, as of the last second."""

    def __init__(self):
        self.addresses = {}
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        while True:
            try:
                self.addresses = self.ask()
            except (subprocess.CalledProcessError, ValueError) as error:
                print(error, flush=True)
            time.sleep(0.5)

    @staticmethod
    def ask():
        found = {}
        for item in json.loads(subprocess.run(ENDPOINTS, check=True, capture_output=True).stdout)["items"]:
            name = f"{item['metadata']['name']}.{item['metadata']['namespace']}.svc.cluster.local"
            found[name] = [address["ip"] for subset in item.get("subsets") or [] for address in subset.get("addresses") or []]
        return found


def answer(query, addresses):
    """The answer to a query of one question. Of types other than A there are none, which is no error."""
    labels, end = [], 12
    while length := query[end]:
        labels.append(query[end + 1:end + 1 + length].decode("ascii", "replace").lower())
        end += 1 + length
    known = addresses.get(".".join(labels))
    found = known or [] if query[end + 1:end + 3] == b"\0\1" else []
    flags = 0x8583 if known is None else 0x8580
    records = b"".join(struct.pack("!HHHIH4s", 0xC00C, 1, 1, SECONDS, 4, socket.inet_aton(address)) for address in found)
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + query[12:end + 5] + records


def main():
    names = Names()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], 53))
    while True:
        query, client = server.recvfrom(512)
        try:
            server.sendto(answer(query, names.addresses), client)
        except IndexError:
            pass  # a query that ends too early


main()
