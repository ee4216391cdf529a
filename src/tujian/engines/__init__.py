"""Engines: vision-language models, all reached in one dialect, OpenAI chat completions.

`dialect.py` holds the Engine protocol, `asking.py` how an answer is got and checked; `remote.py` is a server somewhere;
`llamacpp.py` and `transformers.py` are children of this process; `fake.py` ships for tests and demonstrations and
honours the same contract. Nothing is imported here: the children would pay for it.
"""
