#!/usr/bin/python3
"""
Two ICE agents (RFC 8445) in two namespaces, each behind a NAT of its own, with a STUN server and without a relay: `ice.py NAMESPACE NAMESPACE STUN-ADDRESS`.
What browsers do for a call; only the signalling is missing, for both are in this process. Says what each received, as JSON.
"""
import asyncio
import ctypes
import json
import sys

import aioice

CLONE_NEWNET = 0x40000000


async def gather(namespace, is_controlling, stun):
    """An agent whose sockets are in the namespace."""
    with open(f"/run/netns/{namespace}") as there:
        if ctypes.CDLL(None).setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(f"cannot enter {namespace}")
    agent = aioice.Connection(ice_controlling=is_controlling, stun_server=(stun, 3478), use_ipv6=False)
    await agent.gather_candidates()
    return agent


async def introduce(one, other):
    for candidate in other.local_candidates:
        await one.add_remote_candidate(candidate)
    await one.add_remote_candidate(None)
    one.remote_username, one.remote_password = other.local_username, other.local_password


async def converse(agents):
    caller, callee = agents
    await introduce(caller, callee)
    await introduce(callee, caller)
    await asyncio.gather(caller.connect(), callee.connect())
    for number in range(50):
        await caller.send(b"question %d" % number)
        await callee.send(b"answer %d" % number)
    heard = [[(await agent.recv()).decode() for _ in range(50)] for agent in (callee, caller)]
    return {"candidates": [[f"{candidate.type} {candidate.host}" for candidate in agent.local_candidates] for agent in agents], "heard": heard}


async def main(one, other, stun):
    agents = [await gather(one, True, stun), await gather(other, False, stun)]
    try:
        print(json.dumps(await asyncio.wait_for(converse(agents), 20)))
    finally:
        for agent in agents:
            await agent.close()


asyncio.run(main(*sys.argv[1:]))
