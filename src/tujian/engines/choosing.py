"""Who looks besides perception: a server, a model that is here, or nobody; and which model suits this machine. req: A3

Enters: settings, what is installed, how much memory there is. Leaves: a Choice, a recommendation, the words of a first
start. Does not know how a model is run or fetched, nor where to look for models.

The rule: the largest model that fits whole into the GPU, Q8_0 before Q4_K_M where both do, never F16 (twice the memory
for answers nobody can tell apart); without a GPU, or where none fits into it, the smallest, for there each word costs
one reading of all weights. Whether it fits and how fast it is are two questions, and both are answered.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from tujian.engines.memory import Memory, Needs, Speed, fits, gpu_share, needs_mb, read_memory, room_mb, speed_of
from tujian.engines.models import Found, Installed, engines_here, find_installed, open_hubs, read_installed
from tujian.engines.offers import Local, Offer, find_offer, read_offers
from tujian.engines.preflight import CONTEXTS
from tujian.errors import BadSettings, Lang, ModelUnusable, NoEngine, Said
from tujian.settings import Settings

LEAST_AUTO_BYTES = 500_000_000  # smaller is no Qwen3-VL: the tests' nano must never look at photos by itself
NEVER_RECOMMENDED = ("f16", "transformers")
MARKER = "model-words-said"
MINUTES_FROM_S = 120.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Who looks besides perception. `model`, and `mmproj` for llama.cpp, are set for the local engines.

    With nobody to look, `too_large` names the smallest model that is here and does not fit this machine.
    """

    engine: Literal["none", "remote", "llama.cpp", "transformers"]
    name: str = ""
    model: Path | None = None
    mmproj: Path | None = None
    too_large: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a model fits this machine with one question at a time, and how fast it would be, apart from that."""

    needs: Needs
    has_mb: float
    fits: bool
    on_gpu: float  # share of its layers, 0 to 1
    speed: Speed

    @property
    def needs_mb(self) -> float:
        return self.needs.total_mb


Look = Callable[[], Found]
Sized = TypeVar("Sized", Installed, Offer)


def fit_of(one: Installed | Offer, memory: Memory) -> Fit:
    """How a model suits this machine, other programs closed, with the longest context that fits."""
    sizes = (one.weights_bytes, one.mmproj_bytes, one.kv_bytes_per_token)
    ways = [needs_mb(*sizes, context, 1, shape=one.shape) for context in CONTEXTS]
    needs = next((needs for needs in ways if fits(needs, memory)), ways[-1])
    on_gpu = gpu_share(needs, memory)
    speed = speed_of(one.parameters, one.weights_bytes, memory, eye_parameters=one.eye_parameters, on_gpu=on_gpu)
    has_mb = memory.gpu_free_mb if on_gpu == 1 else room_mb(memory)
    return Fit(needs, has_mb, fits(needs, memory), on_gpu, speed)


def time_of(speed: Speed, lang: Lang) -> str:
    """How long a picture takes, for people.

    >>> time_of(Speed("usable", 12.2, 44.9), "en"), time_of(Speed("slow", 60, 390), "zh")
    ('12–45 s', '1–7 分钟')
    """
    if speed.most_s < MINUTES_FROM_S:
        return f"{speed.least_s:.0f}–{speed.most_s:.0f} {'秒' if lang == 'zh' else 's'}"
    return f"{max(1, speed.least_s / 60):.0f}–{-(-speed.most_s // 60):.0f} {'分钟' if lang == 'zh' else 'min'}"


def choose(
    settings: Settings,
    *,
    look: Look | None = None,
    measure: Callable[[], Memory] = read_memory,
    able: Collection[Local] | None = None,
) -> Choice:
    """Who looks. `auto`: a configured server, else the model that is named, else the best installed, else nobody.

    `look` says what is installed and `measure` how much memory there is; both are only called where nothing else
    decides. `able` are the local engines whose packages are here. Raises NoEngine when the settings insist on an engine
    that has nothing to run, ModelUnusable when the model that they name cannot be used, BadSettings when they
    contradict themselves or name no model.
    """
    wanted, look = settings.engine, look or looking_in(settings)
    if wanted == "none":
        return Choice("none")
    if wanted == "remote" or (wanted == "auto" and settings.engine_url):
        if settings.engine_url is None:
            raise _no_address()
        return Choice("remote", settings.engine_model or "")
    if settings.model:
        one = named(settings.model, settings.mmproj, look)
        if wanted not in ("auto", one.engine):
            raise _other_engine(settings.model, one.engine)
        return _of(one)
    found = look()
    if wanted == "auto":
        return best_of(found.installed, measure, engines_here() if able is None else able)
    own = [one for one in found.installed if one.engine == wanted and one.bytes >= LEAST_AUTO_BYTES]
    if not own:
        raise found.troubles[0][1] if found.troubles else _nothing_for(wanted)
    choice = best_of(own, measure, (wanted,))
    return choice if choice.model else _of(_smallest(own))  # its preflight tells by how much it does not fit


def looking_in(settings: Settings) -> Look:
    """Looks for models in the hubs' caches and at home. Imports the hubs' clients, 0.5 s, when called."""
    return lambda: find_installed(settings.home_dir, open_hubs(), read_offers())


def named(wish: str, mmproj: Path | None, look: Look) -> Installed:
    """The model that a user means: a path, an offered name, or the name of a file in `TUJIAN_HOME/models`.

    Raises ModelUnusable: no such file, damaged, or not installed; BadSettings: no such name.
    """
    path, offers = Path(wish).expanduser(), read_offers()
    is_name = any(wish in (offer.name, offer.short_name) for offer in offers)
    if path.suffix == ".gguf" or len(path.parts) > 2 or (path.exists() and not is_name):  # "Qwen/Qwen3-VL-2B" is none
        return read_installed(path.absolute(), mmproj.expanduser().absolute() if mmproj else None)
    found = look()
    own = [one for one in found.installed if one.name == wish]
    if own:
        return own[0]
    offer = find_offer(wish, offers)
    here = [one for one in found.installed if one.name == offer.name]
    if not here:
        raise found.trouble_with(offer.name) or _not_installed(offer)
    return here[0]


def best_of(installed: Sequence[Installed], measure: Callable[[], Memory], able: Collection[Local]) -> Choice:
    """Of what is here, what the rule takes; nobody when nothing fits. llama.cpp before Transformers."""
    runnable = [one for one in installed if one.engine in able and one.bytes >= LEAST_AUTO_BYTES]
    if not runnable:
        return Choice("none")
    memory = measure()
    fitting = [one for one in runnable if fit_of(one, memory).fits]
    quick = [one for one in fitting if one.engine == "llama.cpp"] or fitting
    return _of(_by_rule(quick, memory)) if quick else Choice("none", too_large=_smallest(runnable).name)


def recommended(offers: Sequence[Offer], memory: Memory) -> Offer | None:
    """Which model to fetch for this machine; None when none fits."""
    fitting = [one for one in offers if one.variant not in NEVER_RECOMMENDED and fit_of(one, memory).fits]
    return _by_rule(fitting, memory) if fitting else None


def _by_rule(fitting: Sequence[Sized], memory: Memory) -> Sized:
    on_gpu = [one for one in fitting if fit_of(one, memory).on_gpu == 1]
    if on_gpu:
        return max(on_gpu, key=lambda one: (one.parameters, one.bytes))
    return _smallest(fitting)


def _smallest(some: Sequence[Sized]) -> Sized:
    return min(some, key=lambda one: (one.parameters, one.bytes))


def first_words(settings: Settings, memory: Memory, look: Look | None = None) -> Said | None:
    """Said once to whoever starts without a model: what one command would add. Remembers that in a file at home.

    None when it was said, when somebody looks already, when no engine is wanted, or when no model fits.
    """
    marker = settings.home_dir / MARKER
    if settings.engine != "auto" or settings.engine_url or settings.model or marker.exists():
        return None
    offer = recommended(read_offers(), memory)
    if offer is None or (look or looking_in(settings))().installed:
        return None
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return _words(offer, fit_of(offer, memory).speed, settings.lang)


def _words(offer: Offer, speed: Speed, lang: Lang) -> Said:
    command, size = f"tujian models pull {offer.short_name}", f"{offer.bytes / 1e9:.1f} GB"
    if lang == "zh":
        return Said(
            f"图鉴已经可以用了。加一个在本机运行的视觉语言模型，记录会更丰富，还能就图片提问：{command}",
            f"（下载 {size}，估计这台电脑每张图 {time_of(speed, lang)}，图片不离开本机。这段话只说一次。）",
        )
    return Said(
        f"Tujian is ready to use. A vision-language model on this machine makes records richer and answers questions "
        f"about pictures: {command}",
        f"({size} to fetch, about {time_of(speed, lang)} a picture here; pictures stay here. Said only once.)",
    )


def _of(one: Installed) -> Choice:
    return Choice(one.engine, one.name, one.model, one.mmproj)


def _nothing_for(engine: Local) -> NoEngine:
    name = "qwen3-vl-2b" if engine == "llama.cpp" else "qwen3-vl-2b:transformers"
    return NoEngine(
        zh=(f"没有能用 {engine} 运行的模型。", f"运行 tujian models pull {name}，或用 --model 指定文件。"),
        en=(
            f"There is no model that {engine} could run here.",
            f"tujian models pull {name}, or --model PATH.",
        ),
    )


def _not_installed(offer: Offer) -> ModelUnusable:
    size = f"{offer.bytes / 1e9:.1f} GB"
    return ModelUnusable(
        zh=(f"模型 {offer.name} 还没有安装。", f"运行 tujian models pull {offer.short_name}（约 {size}）。"),
        en=(f"Model {offer.name} is not installed.", f"Run tujian models pull {offer.short_name} (about {size})."),
    )


def _other_engine(model: str, engine: Local) -> BadSettings:
    return BadSettings(
        zh=(f"模型 {model} 要用 {engine} 运行，设置里写的是别的引擎。", f"请设 --engine {engine}。"),
        en=(
            f"Model {model} is run by {engine}, and the settings name another engine.",
            f"Set --engine {engine}.",
        ),
    )


def _no_address() -> BadSettings:
    return BadSettings(
        zh=("引擎设为 remote，却没有地址。", "请设 TUJIAN_ENGINE_URL，例如 http://127.0.0.1:8080/v1。"),
        en=(
            "The engine is set to remote, without an address.",
            "Set TUJIAN_ENGINE_URL, e.g. http://127.0.0.1:8080/v1.",
        ),
    )
