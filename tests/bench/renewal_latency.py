"""Seconds from an order's acceptance to the new serial seen served, against certmonger's resubmit on the same nginx."""

import time

from bench_lab import BenchLab
from certmonger import Certmonger, post_save_script
from lab.nginx import Nginx
from lab.processes import LabError

ROUNDS = 7


def renewal_latency(folder, programs):
    with BenchLab(folder, programs) as ours:
        ours.start_agent()
        ours.heard("certificate.discovered")
        peer_nginx = Nginx(ours.lab, name="peer-nginx")
        peer_nginx.prepare()
        certmonger = Certmonger(ours.lab)
        certmonger.start()
        certmonger.request(peer_nginx.server_name, peer_nginx.certificate, peer_nginx.key)
        peer_nginx.start()
        script = post_save_script(certmonger.folder, peer_nginx)
        certmonger.getcert("start-tracking", "-i", peer_nginx.server_name, "-C", str(script), check=False)
        pairs = []
        for number in range(ROUNDS + 1):
            pair = (_ours(ours), _theirs(certmonger, peer_nginx))
            if number > 0:  # the first one warms caches on both sides
                pairs.append(pair)
        return {"unit": "s", "peer": "certmonger resubmit -w", "pairs": pairs}


def _ours(bench):
    slot = bench.controller.ask("certificates")["items"][0]
    before = bench.nginx.served()["serial"]
    order = bench.controller.ask("renew", slot["agent_id"], slot["slot_id"])["order_id"]
    completed = bench.heard("renewal.completed", order)
    if bench.nginx.served()["serial"] == before:
        raise LabError("our renewal changed nothing")
    # The inventory follows the renewal; the next order needs it.
    deadline = time.monotonic() + 20
    while bench.controller.ask("certificates")["items"][0]["serial"] != completed["certificate"]["serial"]:
        if time.monotonic() > deadline:
            raise LabError("the inventory does not show the new certificate")
        time.sleep(0.05)
    return completed["details"]["milliseconds"] / 1000


def _theirs(certmonger, nginx):
    before = nginx.served()["serial"]
    begun = time.monotonic()
    certmonger.getcert("resubmit", "-i", nginx.server_name, "-w")
    while nginx.served()["serial"] == before:
        if time.monotonic() - begun > 20:
            raise LabError("certmonger's renewal changed nothing")
    return time.monotonic() - begun
