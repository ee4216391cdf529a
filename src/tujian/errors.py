"""The error tree. Every error says what happened, then what to do, in Chinese and in English.

    TujianError
    ├─ BadInput                the caller can mend it
    │  ├─ UnreadablePicture    these bytes are no picture that Tujian reads
    │  │  ├─ PictureTooLarge   more bytes or pixels than the limit
    │  │  └─ DecodeFailed      the decoder gave up: damaged, too slow, out of its memory limit
    │  ├─ UploadStalled        the client began to send and went silent
    │  ├─ FetchRefused         the address may not be opened (private network, scheme, port)
    │  ├─ FetchFailed          the address was opened and did not give a picture in time
    │  ├─ NotFound             there is nothing of that name or number
    │  ├─ BadTask              a task file or a task name is wrong
    │  ├─ BadEdit              a field that is not there, or a value of the wrong kind
    │  ├─ LostUpdate           somebody else changed it since it was read
    │  ├─ AlreadyThere         its name is taken, or its idempotency key was used for something else
    │  ├─ NotAcknowledged      advertising words stand in what would be published, and nobody has said yes to them
    │  ├─ ModelUnusable        a model's file is missing, damaged, of another kind, or its mmproj is another model's
    │  ├─ DoesNotFit           a model needs more memory than this machine has
    │  └─ BadSettings          a setting or a command-line value is wrong
    ├─ NotAllowed              token, host or origin is wrong
    ├─ Busy                    the queue is full
    ├─ NoEngine                an engine was asked for and none is configured
    ├─ EngineError             the engine was asked and no usable answer came
    │  ├─ EngineDown           it cannot be reached, or ran out of time
    │  │  └─ EngineBrokeOff    it began to answer and stopped in the middle
    │  ├─ EngineRefused        it answered with an error of its own (key, model name, picture)
    │  │  └─ ContextTooSmall   pictures and question together are longer than its context
    │  ├─ EngineUnusable       it answered, but not in the form asked for, twice
    │  └─ Stopped              whoever asked does not want to know any more
    ├─ StoreFailed             the database did not keep it; nothing was half written
    │  ├─ StoreLocked          somebody else holds it
    │  ├─ StoreFull            there is no room left on the disk
    │  └─ StoreDown            it is read-only, damaged, or does not answer
    ├─ LeaseLost               the job is another worker's by now, or was cancelled: this result does not count
    └─ BrokenInstall           a file or system library that Tujian needs is missing

Each edge (command line, API, page) translates the tree once; nothing else catches TujianError.
"""

from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Said(NamedTuple):
    """What happened and what to do, in one language."""

    message: str
    remedy: str


class TujianError(Exception):
    """Root of the tree.

    >>> error = UnreadablePicture(zh=Said("这是视频", "请截取一帧"), en=Said("A video", "Take a frame"))
    >>> error.say("en").remedy
    'Take a frame'
    """

    def __init__(self, *, zh: Said | tuple[str, str], en: Said | tuple[str, str]) -> None:
        self.zh, self.en = Said(*zh), Said(*en)
        super().__init__(f"{self.en.message} {self.en.remedy}")

    def say(self, lang: Lang) -> Said:
        """The message and the remedy in `lang`."""
        return self.zh if lang == "zh" else self.en


class BadInput(TujianError): ...


class UnreadablePicture(BadInput): ...


class PictureTooLarge(UnreadablePicture): ...


class DecodeFailed(UnreadablePicture): ...


class UploadStalled(BadInput): ...


class FetchRefused(BadInput): ...


class FetchFailed(BadInput): ...


class NotFound(BadInput): ...


class BadTask(BadInput):
    line = 0  # of its file, from 1; 0: the name is wrong, not a file


class BadEdit(BadInput): ...


class LostUpdate(BadInput): ...


class AlreadyThere(BadInput): ...


class NotAcknowledged(BadInput): ...


class BadSettings(BadInput): ...


class ModelUnusable(BadInput): ...


class DoesNotFit(BadInput): ...


class NotAllowed(TujianError): ...


class Busy(TujianError): ...


class StoreFailed(TujianError):
    """`why` is one of full, locked, read_only, not_set_up, damaged, other: a label for logs and metrics."""

    def __init__(self, why: str, *, zh: Said | tuple[str, str], en: Said | tuple[str, str]) -> None:
        super().__init__(zh=zh, en=en)
        self.why = why


class StoreLocked(StoreFailed): ...


class StoreFull(StoreFailed): ...


class StoreDown(StoreFailed): ...


class NoEngine(TujianError): ...


class EngineError(TujianError): ...


class EngineDown(EngineError): ...


class EngineBrokeOff(EngineDown): ...


class EngineRefused(EngineError): ...


class ContextTooSmall(EngineRefused): ...


class EngineUnusable(EngineError): ...


class Stopped(EngineError):
    def __init__(self) -> None:
        super().__init__(zh=("已停止。", "需要时请再问一次。"), en=("Stopped.", "Ask again when you like."))


class LeaseLost(TujianError): ...


class BrokenInstall(TujianError): ...
