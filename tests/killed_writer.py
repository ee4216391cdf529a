"""Writes into the catalogue until it is killed, again and again: `python killed_writer.py PLACE FOLDER ROUNDS SEED`.

Each round is a process of its own that adds items, does their jobs and edits them; what was acknowledged goes into
FOLDER/acknowledged, one line each, before the next thing is begun. The parent kills it (SIGKILL) at a random moment
after the first item, so that a slow machine gets on too.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from kept import incoming, open_catalogue, record, value

from tujian.database import open_database
from tujian.jobs import Jobs, NewJob

MOST_ITEMS = 5_000


def write(place: str | Path, folder: Path, ready: int) -> None:
    database = open_database(place)
    catalogue = open_catalogue(database, folder)
    jobs = Jobs(database, dice=lambda: -0.5)  # no back-off
    log = os.open(folder / "acknowledged", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    known = [line.split() for line in (folder / "acknowledged").read_text().splitlines()]
    jobs.requeue_expired()
    for number in range(sum(line[0] == "added" for line in known), MOST_ITEMS):
        with database.write(durable=True) as within:
            content = b"picture %d" % (number // 2)  # two items show each picture
            added = catalogue.add(
                [incoming(content)], who="k", external_id=f"e{number}", key=f"a{number}", within=within
            )
            jobs.put([NewJob("k", f"j{number}", {"item": added.id})], within=within)
        os.write(log, f"added {number} {added.id}\n".encode())
        while (claimed := jobs.claim("w", ["k"], lease_s=0.001)) is not None:
            item_id = claimed.payload["item"]
            said = record(brand=value(f"machine {number}"))
            jobs.finish(claimed, 1.0, lambda c, i=item_id, s=said: {"n": catalogue.save(i, s, within=c).number})
            os.write(log, f"done {claimed.id} {item_id}\n".encode())
        version = catalogue.edit(added.id, {"name": f"person {number}"}, who="k")
        os.write(log, f"edited {number} {added.id} {version}\n".encode())
        os.write(ready, b".")  # nobody reads more than the first


def main() -> None:
    place, folder, rounds, dice = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), random.Random(int(sys.argv[4]))
    (folder / "acknowledged").touch()
    for _ in range(rounds):
        listening, ready = os.pipe()
        child = os.fork()
        if child == 0:
            write(place if "://" in place else Path(place), folder, ready)
            os._exit(0)
        os.close(ready)
        os.read(listening, 1)
        time.sleep(dice.uniform(0.0, 0.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(listening)


if __name__ == "__main__":
    main()
