"""A program without torch: it tells what it was told, and the ranks meet over a socket."""

import json
import os
import socket

RANK, WORLD = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
ADDRESS = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
told = {
    "rank": RANK,
    "local": os.environ["LOCAL_RANK"],
    "tf": json.loads(os.environ["TF_CONFIG"]),
    "jax": os.environ["JAX_PROCESS_ID"],
    "hello": 'it\'s "me"',
}
if RANK == 0:
    with socket.create_server(("", ADDRESS[1])) as server:
        for _ in range(WORLD - 1):
            server.accept()[0].close()
else:
    while True:
        try:
            socket.create_connection(ADDRESS, 1).close()
        except OSError:
            continue
        break
print("told " + json.dumps(told), flush=True)
