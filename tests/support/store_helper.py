#!/usr/bin/python3 -IS
"""A store's helper program for tests. An entry is one PEM file, key first. What goes wrong is in the file that its
argument names: "VERB FAULT", for that verb only."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys


def fingerprint(chain):
    block = re.search("-----BEGIN CERTIFICATE-----(.*?)-----END", chain, re.S)
    return hashlib.sha256(base64.b64decode(block.group(1))).hexdigest() if block else ""


def parts(text):
    at = text.index("-----BEGIN CERTIFICATE")
    return text[:at], text[at:]


def put(path, key, chain, fault):
    staged = path + ".part"
    with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(key + chain)
    if fault == "die-before":
        os.kill(os.getpid(), signal.SIGKILL)
    os.rename(staged, path)


def misbehave(fault, folder):
    if fault == "hang":
        open(folder + "/.hanging", "w").close()
        while True:
            signal.pause()
    if fault == "fork":  # leaves children behind that hold its output, in sessions of their own
        for _ in range(20):
            if os.fork() == 0:
                os.setsid()
                while True:
                    signal.pause()
    if fault == "flood":
        while True:
            os.write(1, b"A" * 65536)
    if fault == "memory":
        print(len(bytearray(2 << 30)))
    if fault == "big-file":
        with open(folder + "/.big", "wb") as out:
            for _ in range(2048):
                out.write(bytes(1 << 20))
    if fault == "status":
        sys.stderr.write("the store\x1b[31m is closed\n")
        sys.exit(3)
    if fault == "environment":
        with open("/proc/self/environ") as file:
            variables = file.read()  # as it was started: Python adds one
        report = {"environment": variables, "arguments": sys.argv[1:],
                  "descriptors": sorted(os.listdir("/proc/self/fd")), "pid": os.getpid(), "cwd": os.getcwd()}
        with open(folder + "/.seen", "w") as out:
            json.dump(report, out)


def main():
    with open(sys.argv[1]) as file:
        verb, fault = (file.read().split(" ", 1) + [""])[:2]
    request = json.load(sys.stdin)
    fault = fault.strip() if request["verb"] == verb or verb == "any" else ""
    path = request["folder"] + "/" + request["entry"]
    misbehave(fault, request["folder"])
    if fault.startswith("{") or fault == "garbage":
        print(fault)
        return
    if fault == "refuse":
        print(json.dumps({"refused": "the token is\nnot there"}))
        return
    answer = {"done": True}
    if request["verb"] == "inspect":
        answer = {"found": os.path.exists(path)}
        if answer["found"]:
            with open(path) as file:
                answer["key"], answer["chain"] = parts(file.read())
    elif request["verb"] == "install":
        with open(path) as file:
            old_key, old_chain = parts(file.read())
        if fault == "changed":  # by an administrator, a moment before
            put(path, *parts(open(sys.argv[1] + ".theirs").read()), "")
            answer = {"refused": "another certificate is there"}
        elif fingerprint(old_chain) != request["replaces"]:
            answer = {"refused": "another certificate is there"}
        elif fault == "half":
            put(path, old_key, request["chain"], fault)
        elif fault != "lie":
            put(path, request["key"], request["chain"], fault)
            if fault == "die-after":
                os.kill(os.getpid(), signal.SIGKILL)
    elif request["verb"] == "rollback":
        if fault != "lie":
            put(path, request["key"], request["chain"], fault)
    elif request["verb"] == "finish" and fault == "note":
        with open(request["folder"] + "/.unwanted", "w") as out:
            out.write(request["unwanted"])
    print(json.dumps(answer))


main()
