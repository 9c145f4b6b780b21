#!/usr/bin/python3
"""
Sends every stimulus through whatever router stands between the namespaces PREFIX-client, -home, -mta and -external, and prints what came out on each side as JSON:
a list of topic, title, why, seen. `oracle.py PREFIX WORD` runs only the cases with the word in their title, for people.
"""
import importlib
import json
import sys

from bench import Bench, Missing
from stimulus import CASES

MODULES = ("cases_transport", "cases_policy", "cases_icmp", "cases_ip", "cases_addresses", "cases_fragments", "cases_protocols", "cases_last")


def main(prefix, word=""):
    for module in MODULES:
        importlib.import_module(module)
    bench = Bench(prefix)
    told = []
    for topic, title, why, stimulus in CASES:
        if word not in title:
            continue
        bench.begin()
        try:
            stimulus(bench)
            bench.fence()
            seen = bench.told()
        except Missing as missing:
            bench.fence()
            seen = bench.told() + [str(missing)]
        told.append({"topic": topic, "title": title, "why": why, "seen": seen})
    json.dump(told, sys.stdout, indent=1)


main(*sys.argv[1:])
