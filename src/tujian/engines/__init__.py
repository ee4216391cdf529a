"""Engines: vision-language models, all reached in one dialect, OpenAI chat completions.

`dialect.py` holds the Engine protocol and what every engine shares; `remote.py` is a server somewhere;
`fake.py` ships for tests and demonstrations and honours the same contract.
"""

from tujian.engines.dialect import Engine, Question, Reply, ask_for, ask_freely

__all__ = ["Engine", "Question", "Reply", "ask_for", "ask_freely"]
