"""The ledger of work, on SQLite and on PostgreSQL. req: A15, B12, C7"""

import datetime as dt
import json
import random
import threading

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value

from tujian.batches import Batches, NewBatch
from tujian.errors import BadInput, Busy, EngineDown, LeaseLost, NotFound, Stopped, UnreadablePicture
from tujian.estimates import time_left
from tujian.jobs import MOST_TRIES, WAITS_FOR_A_WORD, Jobs, NewJob
from tujian.schema import jobs as ledger
from tujian.worker import Worker

WORDS = {"zh": ("坏了", "再试"), "en": ("It broke.", "Try again.")}


class Clock:
    """A clock that goes when told to."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 1, 12, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def on(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jobs(database, clock):
    return Jobs(database, clock, dice=lambda: 0.5)


@pytest.fixture
def batches(jobs, clock):
    return Batches(jobs, clock)


def put(jobs, *keys, **more) -> int:
    return jobs.put(NewJob("k", key, {"key": key}, **more) for key in keys)


def claim(jobs, **more):
    return jobs.claim("w", ["k"], **more)


def nothing(_) -> dict:
    return {}


def states(database) -> dict[str, str]:
    with database.read() as connection:
        return {row.key: row.state for row in connection.execute(sa.select(ledger))}


def test_a_job_is_done_once_and_its_result_is_kept_with_its_state(jobs, database):
    put(jobs, "a")
    claimed = claim(jobs)
    assert (claimed.payload, claimed.tries, claim(jobs)) == ({"key": "a"}, 1, None)
    jobs.finish(claimed, 12.0, lambda _: {"seen": 3})
    with database.read() as connection:
        row = connection.execute(sa.select(ledger)).one()
    assert (row.state, row.result, row.elapsed_ms, row.lease_s) == ("done", {"seen": 3}, 12.0, None)


def test_the_same_key_is_queued_once_unless_the_job_died(jobs, database):
    assert put(jobs, "a", "b", "a") == 2 and put(jobs, "a", "c") == 1
    jobs.fail(claim(jobs), UnreadablePicture(**WORDS), is_hopeless=True)
    assert states(database)["a"] == "dead"
    assert put(jobs, "a") == 1 and states(database)["a"] == "todo"


def test_the_urgent_go_first_and_among_equals_the_oldest(jobs):
    put(jobs, "later", "last", priority=10)
    put(jobs, "first", priority=0)
    assert [claim(jobs).payload["key"] for _ in range(3)] == ["first", "later", "last"]


def test_a_worker_claims_only_kinds_that_it_knows(jobs):
    jobs.put([NewJob("other", "o", {})])
    assert claim(jobs) is None


def test_many_workers_never_do_one_job_twice_at_once(jobs, database):
    keys = [f"j{n}" for n in range(60)]
    put(jobs, *keys)
    done, in_hand, doubled, lock = [], set(), [], threading.Lock()

    def work() -> None:
        while (claimed := claim(jobs)) is not None:
            key = claimed.payload["key"]
            with lock:
                doubled.extend([key] if key in in_hand else [])
                in_hand.add(key)
            jobs.finish(claimed, 1.0, nothing)
            with lock:
                in_hand.discard(key)
                done.append(key)

    workers = [threading.Thread(target=work) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while claim_left := claim(jobs):  # a claim that found the row locked may have gone home early
        jobs.finish(claim_left, 1.0, nothing)
        done.append(claim_left.payload["key"])
    assert sorted(done) == sorted(keys) and doubled == []
    assert set(states(database).values()) == {"done"}


def test_a_lost_workers_job_comes_back_and_its_late_commit_is_refused(jobs, clock, database):
    put(jobs, "a")
    late = claim(jobs, lease_s=30)
    clock.on(29)
    assert jobs.requeue_expired() == 0
    clock.on(2)
    assert jobs.requeue_expired() == 1 and claim(jobs) is None  # it backs off first
    clock.on(3)
    second = claim(jobs)
    assert second.token == late.token + 1
    with pytest.raises(LeaseLost):
        jobs.finish(late, 1.0, nothing)
    assert jobs.beat([late, second]) == [late]
    jobs.finish(second, 1.0, nothing)
    with pytest.raises(LeaseLost):
        jobs.fail(late, EngineDown(**WORDS))
    assert states(database) == {"a": "done"}


def test_who_beats_keeps_the_job(jobs, clock):
    put(jobs, "a")
    claimed = claim(jobs, lease_s=30)
    for _ in range(5):
        clock.on(20)
        assert jobs.beat([claimed], lease_s=30) == [] and jobs.requeue_expired() == 0
    jobs.finish(claimed, 1.0, nothing)


def test_a_job_that_fails_comes_back_later_each_time_and_dies_after_five_tries(jobs, clock, database):
    put(jobs, "a")
    waits = []
    for _ in range(MOST_TRIES):
        while (claimed := claim(jobs)) is None:
            clock.on(1)
            waits[-1] += 1
        jobs.fail(claimed, EngineDown(**WORDS))
        waits.append(0)
    assert waits[:-1] == [2, 4, 8, 16]
    clock.on(10_000)
    assert claim(jobs) is None and states(database) == {"a": "dead"}
    with database.read() as connection:
        trouble = connection.scalar(sa.select(ledger.c.trouble))
    assert trouble == {"type": "EngineDown", "zh": ["坏了", "再试"], "en": ["It broke.", "Try again."]}


def test_a_job_that_kills_its_worker_dies_after_five_tries_too(jobs, clock, database):
    put(jobs, "a")
    for _ in range(MOST_TRIES):
        assert claim(jobs, lease_s=1) is not None
        clock.on(2)
        jobs.requeue_expired()
        clock.on(1000)
    assert claim(jobs) is None and states(database) == {"a": "dead"}


def test_back_off_is_spread_so_that_many_do_not_come_back_together(database, clock):
    jobs = Jobs(database, clock, dice=random.Random(1).random)
    put(jobs, *[f"j{n}" for n in range(20)])
    for _ in range(20):
        jobs.fail(claim(jobs), EngineDown(**WORDS))
    with database.read() as connection:
        waits = [due - clock().timestamp() for due in connection.scalars(sa.select(ledger.c.due_s))]
    assert 1.0 <= min(waits) < 1.5 and 2.5 < max(waits) <= 3.0


def test_what_a_job_made_is_not_kept_when_its_result_is_refused(jobs, clock, database, tmp_path):
    """Result, state and record are one transaction: a late worker's record leaves no trace."""
    catalogue = open_catalogue(database, tmp_path)
    item_id = catalogue.add([incoming()], who="Li").id
    put(jobs, "a")
    late = claim(jobs, lease_s=1)
    clock.on(5)
    jobs.requeue_expired()

    def keep(connection) -> dict:
        return {"record": catalogue.save(item_id, record(brand=value("x")), within=connection).number}

    with pytest.raises(LeaseLost):
        jobs.finish(late, 1.0, keep)
    clock.on(5)
    jobs.finish(claim(jobs), 1.0, keep)
    assert catalogue.get(item_id).records_count == 1


# batches


def test_a_batch_tells_how_far_it_is_and_how_long_the_rest_takes(jobs, batches):
    batch_id = batches.begin(NewBatch("look", "Li", "all"))
    put(jobs, *[f"j{n}" for n in range(30)], batch_id=batch_id)
    assert batches.progress(batch_id).estimate is None
    for _ in range(20):
        jobs.finish(claim(jobs), 500.0, nothing)
    jobs.fail(claim(jobs), UnreadablePicture(**WORDS), is_hopeless=True)
    progress = batches.progress(batch_id, "en")
    assert progress.counts == {"todo": 9, "doing": 0, "done": 20, "dead": 1, "cancelled": 0}
    assert progress.estimate.likely_s == 4.5
    assert (progress.troubles[0].message, progress.troubles[0].remedy) == WORDS["en"]


def test_a_paused_batch_begins_nothing_until_it_is_resumed(jobs, batches, clock):
    batch_id = batches.begin(NewBatch("look", "Li"))
    put(jobs, "a", "b", batch_id=batch_id)
    begun = claim(jobs)
    assert batches.pause(batch_id, who="Li").state == "paused"
    put(jobs, "c", batch_id=batch_id)
    put(jobs, "elsewhere")
    assert claim(jobs).payload["key"] == "elsewhere" and claim(jobs) is None
    jobs.fail(begun, EngineDown(**WORDS))  # comes back, and stays held
    clock.on(100)
    assert claim(jobs) is None
    assert batches.resume(batch_id, who="Li").state == "running"
    assert [claim(jobs).payload["key"] for _ in range(3)] == ["a", "b", "c"]


def test_a_cancelled_batch_is_over_also_for_who_is_at_it(jobs, batches, database):
    batch_id = batches.begin(NewBatch("look", "Li"))
    put(jobs, "a", "b", batch_id=batch_id)
    begun = claim(jobs)
    assert batches.cancel(batch_id, who="Li").state == "cancelled"
    with pytest.raises(LeaseLost):
        jobs.finish(begun, 1.0, nothing)
    assert claim(jobs) is None and states(database) == {"a": "cancelled", "b": "cancelled"}
    assert batches.progress(batch_id).ended_at is not None


def test_a_batch_runs_only_between_its_hours(jobs, batches, clock):
    local = clock().astimezone()
    begin, end = ((local + dt.timedelta(hours=h)).strftime("%H:%M") for h in (2, 4))
    batch_id = batches.begin(NewBatch("look", "Li", hours=f"{begin}-{end}"))
    put(jobs, "a", batch_id=batch_id)
    batches.look_after()
    assert claim(jobs) is None and batches.progress(batch_id).state == "outside_hours"
    clock.on(3 * 3600)
    batches.look_after()
    assert claim(jobs) is not None
    with pytest.raises(BadInput, match="22:00"):
        batches.begin(NewBatch("look", "Li", hours="at night"))


def test_after_a_trial_the_rest_waits_for_a_word(jobs, batches):
    batch_id = batches.begin(NewBatch("look", "Li"))
    put(jobs, "a", batch_id=batch_id)
    put(jobs, "b", "c", batch_id=batch_id, due_s=WAITS_FOR_A_WORD)
    jobs.finish(claim(jobs), 1.0, nothing)
    batches.look_after()
    assert claim(jobs) is None and batches.progress(batch_id).state == "trial_done"
    batches.resume(batch_id, who="Li")
    assert [claim(jobs).payload["key"], claim(jobs).payload["key"]] == ["b", "c"]


def test_a_batch_ends_once_and_not_before_all_its_jobs_are_queued(jobs, batches):
    batch_id = batches.begin(NewBatch("import", "Li", is_whole=False))
    put(jobs, "a", batch_id=batch_id)
    jobs.finish(claim(jobs), 1.0, nothing)
    batches.look_after()
    assert batches.progress(batch_id).ended_at is None
    batches.close(batch_id)
    batches.look_after()
    ended_at = batches.progress(batch_id).ended_at
    batches.look_after()
    assert ended_at is not None and batches.progress(batch_id).ended_at == ended_at
    with pytest.raises(NotFound):
        batches.progress("no such")


def test_the_bounds_of_an_estimate_hold():
    """Times as pictures take them, a few much longer than most: 19 of 20 times the truth lies between the bounds."""
    dice = random.Random(5)
    held = 0
    for _ in range(300):
        times = [dice.lognormvariate(0, 0.5) for _ in range(220)]
        estimate = time_left(times[:20], 200)
        held += estimate.least_s <= sum(times[20:]) <= estimate.most_s
    assert 0.90 <= held / 300 <= 0.98
    assert time_left([1.0] * 4, 10) is None


# workers


def worker_of(batches, handler, **more) -> Worker:
    return Worker(batches, {"k": handler}, **more)


@pytest.mark.parametrize(
    "error, state",
    [
        (UnreadablePicture(**WORDS), "dead"),  # trying again cannot help
        (EngineDown(**WORDS), "todo"),
        (Busy(**WORDS), "todo"),
        (Stopped(), "todo"),
    ],
)
def test_a_worker_gives_up_what_is_hopeless_and_tries_again_what_is_not(jobs, batches, database, error, state):
    def breaks(_, __):
        raise error

    put(jobs, "a")
    assert worker_of(batches, breaks).run_one() is True
    assert states(database) == {"a": state}
    with database.read() as connection:
        tries = connection.scalar(sa.select(ledger.c.tries))
    assert tries == (0 if isinstance(error, Busy | Stopped) else 1)


def test_workers_do_all_there_is_and_outlive_a_handler_that_breaks(database):
    jobs = Jobs(database)
    batches = Batches(jobs)
    put(jobs, *[f"j{n}" for n in range(12)])
    done, all_done = [], threading.Event()

    def handle(claimed, _):
        done.append(claimed.payload["key"])
        if len(done) == 12:
            all_done.set()
        return nothing

    worker = worker_of(batches, handle, threads=3)
    worker.start()
    assert all_done.wait(30)
    worker.stop()
    assert sorted(done) == sorted(f"j{n}" for n in range(12)) and set(states(database).values()) == {"done"}


def test_a_worker_that_stops_gives_back_what_it_has_in_hand(database):
    jobs = Jobs(database)
    put(jobs, "a")
    begun = threading.Event()

    def handle(_, stopped):
        begun.set()
        assert stopped.wait(20)
        raise Stopped()

    worker = worker_of(Batches(jobs), handle)
    worker.start()
    assert begun.wait(20)
    worker.stop()
    assert states(database) == {"a": "todo"}


def test_a_cancelled_job_is_stopped_by_the_next_beat(database):
    jobs = Jobs(database)
    batches = Batches(jobs)
    batch_id = batches.begin(NewBatch("look", "Li"))
    put(jobs, "a", batch_id=batch_id)
    begun, ended = threading.Event(), threading.Event()

    def handle(_, stopped):
        begun.set()
        if stopped.wait(20):
            ended.set()
        raise Stopped()

    worker = worker_of(batches, handle, lease_s=1.0)
    worker.start()
    assert begun.wait(20)
    batches.cancel(batch_id, who="Li")
    assert ended.wait(20)
    worker.stop()
    assert states(database) == {"a": "cancelled"}


def test_the_payload_comes_back_as_it_was(jobs):
    payload = {"name": "红色上衣 “x”", "n": 1.5, "list": [None, True]}
    jobs.put([NewJob("k", "a", payload)])
    assert claim(jobs).payload == json.loads(json.dumps(payload))
