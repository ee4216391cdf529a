"""Tujian (图鉴): pictures become structured, searchable, checkable records on the user's own machine.

1. A Picture is bytes made safe: sniffed, bounded, upright, hashed.
2. Perception reads it with small models that ship inside Python packages. Always on, no download.
3. A Task says what to ask: a Markdown file with the fields wanted above the prompt.
4. An Engine is a vision-language model behind the OpenAI dialect. None is fine.
5. A Record is the answer: fields, values, and for each value its evidence and a verdict.
6. The Catalogue (to come) keeps pictures and records and finds them again.
"""

__version__ = "0.1.0"
