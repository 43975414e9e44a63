"""Reads event streams for schemathesis: the schema of a stream is that of the JSON in the `data` of each event."""

import json

import schemathesis


@schemathesis.deserializer("text/event-stream")
def events(_context, response):
    lines = response.content.decode().splitlines()
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    return [json.loads(text) for text in data if text != "[DONE]"]
