"""`tujian worker`: does queued jobs until stopped. req: C7

Enters: settings. Leaves: jobs done. Ctrl+C or SIGTERM: jobs in hand are given back.
"""

import signal
import sys
import threading

from tujian.catalogue import Catalogue
from tujian.house import House
from tujian.settings import Settings
from tujian.worker import open_worker


def run(settings: Settings, threads: int) -> int:
    house, stopped = House(settings), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    worker = open_worker(house, Catalogue.opened(settings, house.database, house.tasks), threads)
    house.warm()
    worker.start()
    ready = "开始处理任务；Ctrl+C 停止。" if settings.lang == "zh" else "Working; Ctrl+C stops."
    print(ready, file=sys.stderr, flush=True)
    stopped.wait()
    worker.stop()
    house.close()
    return 0
