"""Reads event streams for schemathesis. The schema of a stream applies to the JSON in the `data` of each event."""

import json
import re

import schemathesis

# `splitlines` would also split at other characters, which may occur in a text.
LINE_END = re.compile(r"\r\n|\r|\n")


@schemathesis.deserializer("text/event-stream")
def events(_context, response):
    lines = LINE_END.split(response.content.decode())
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    return [json.loads(text) for text in data if text != "[DONE]"]
