"""RFC 6962 section 2.1 word for word, with hashlib alone. Reads one number, the count of records, and
prints for each size its root, every inclusion proof and every consistency proof. Record i is its number."""

import hashlib
import sys


def digest(data):
    return hashlib.sha256(data).digest()


def split(count):
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def tree(records):
    if not records:
        return digest(b"")
    if len(records) == 1:
        return digest(b"\x00" + records[0])
    k = split(len(records))
    return digest(b"\x01" + tree(records[:k]) + tree(records[k:]))


def path(m, records):
    if len(records) == 1:
        return []
    k = split(len(records))
    if m < k:
        return path(m, records[:k]) + [tree(records[k:])]
    return path(m - k, records[k:]) + [tree(records[:k])]


def subproof(m, records, known):
    if m == len(records):
        return [] if known else [tree(records)]
    k = split(len(records))
    if m <= k:
        return subproof(m, records[:k], known) + [tree(records[k:])]
    return subproof(m - k, records[k:], False) + [tree(records[:k])]


def show(*words, hashes):
    print(*words, *[h.hex() for h in hashes])


records = [str(i).encode() for i in range(int(sys.stdin.read()))]
for size in range(len(records) + 1):
    part = records[:size]
    show("root", size, hashes=[tree(part)])
    for index in range(size):
        show("inclusion", size, index, hashes=path(index, part))
    for old in range(1, size):
        show("consistency", size, old, hashes=subproof(old, part, True))
