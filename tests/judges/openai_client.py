"""The Python client of OpenAI, unchanged, against the emulator: what it can do with the service it does with that."""

import base64
import io
import sys
import urllib.request
import wave

from openai import APIStatusError, OpenAI

base_url = sys.argv[1]
client = OpenAI(base_url=f"{base_url}/v1", api_key="sk_test", max_retries=0)

models = [model.id for model in client.models.list()]
assert "openai" in models, models

messages = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Name a flower"}]
reply = client.chat.completions.create(model="openai", messages=messages)
assert "Name a flower" in reply.choices[0].message.content, reply
assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens, reply.usage

chunks = list(
    client.chat.completions.create(
        model="openai", messages=messages, stream=True, stream_options={"include_usage": True}
    )
)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert text == reply.choices[0].message.content, text
assert chunks[-1].usage.total_tokens > 0, chunks[-1]

tool = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
asked = [{"role": "user", "content": "How is the weather?"}]
called = client.chat.completions.create(model="openai", messages=asked, tools=[tool]).choices[0]
assert called.finish_reason == "tool_calls", called
call = called.message.tool_calls[0]
answered = [*asked, called.message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
final = client.chat.completions.create(model="openai", messages=answered, tools=[tool])
assert "sunny" in final.choices[0].message.content, final

speech = client.audio.speech.create(model="tts-1", voice="alloy", input="Good morning", response_format="wav")
with wave.open(io.BytesIO(speech.content)) as sound:
    assert sound.getnframes() > 0

heard = client.audio.transcriptions.create(model="whisper-1", file=("speech.wav", speech.content))
assert heard.text, heard
subtitles = client.audio.transcriptions.create(
    model="whisper-1", file=("speech.wav", speech.content), response_format="srt"
)
assert "-->" in subtitles, subtitles

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"

made = client.images.generate(model="flux", prompt="a cat", n=1, size="64x48", response_format="b64_json", quality="hd")
cat = base64.b64decode(made.data[0].b64_json)
assert cat.startswith(JPEG), cat[:8]
assert made.data[0].revised_prompt == "a cat", made.data[0]
assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens, made.usage
stored = client.images.generate(model="flux", prompt="a cat", size="64x48", response_format="url").data[0].url
assert urllib.request.urlopen(stored).read().startswith(JPEG), stored

mask = base64.b64decode(
    client.images.generate(prompt="a mask", size="64x48", extra_body={"transparent": True}).data[0].b64_json
)
assert mask.startswith(PNG), mask[:8]
for image in [("cat.jpg", cat), [("cat.jpg", cat), ("mask.png", mask)]]:
    edited = client.images.edit(model="kontext", image=image, mask=("mask.png", mask), prompt="at night", size="64x48")
    assert base64.b64decode(edited.data[0].b64_json).startswith(PNG), edited

try:
    client.chat.completions.create(model="openai", messages=asked, temperature=9)
    raise SystemExit("a temperature of 9 was taken")
except APIStatusError as error:
    assert error.status_code == 400, error
    assert error.body["details"]["fieldErrors"]["temperature"], error.body

# The Responses API: whole, streamed, with functions, reasoning and a schema.
response = client.responses.create(model="openai", instructions="Be brief", input="Name a flower")
assert response.output_text.startswith("You said: Name a flower"), response
assert response.status == "completed" and response.usage.total_tokens > 0, response

function = {"type": "function", "name": "weather", "parameters": tool["function"]["parameters"], "strict": True}
with client.responses.stream(model="openai", input="How is the weather?", tools=[function]) as stream:
    kinds = [event.type for event in stream]
    response = stream.get_final_response()
assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
called = response.output[0]
assert (called.type, called.name, called.status) == ("function_call", "weather", "completed"), response
items = [
    {"type": "message", "role": "user", "content": "How is the weather?"},
    called.model_dump(exclude_none=True, exclude={"parsed_arguments"}),
    {"type": "function_call_output", "call_id": called.call_id, "output": "sunny"},
]
response = client.responses.create(model="openai", input=items, tools=[function])
assert response.output_text == "The tools answered: sunny", response

events = list(client.responses.create(model="openai", input="Think", reasoning={"effort": "low"}, stream=True))
assert [event.sequence_number for event in events] == list(range(len(events))), events
text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
assert text == "You said: Think" == events[-1].response.output_text, events
assert [item.type for item in events[-1].response.output] == ["reasoning", "message"], events[-1]

seen = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}]
response = client.responses.create(model="openai", input=[{"role": "user", "content": seen}])
assert "(with 1 image)" in response.output_text, response
response = client.responses.create(model="openai", input="Count to ten", max_output_tokens=2)
assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens"), response
try:
    client.responses.create(model="openai", input="Hello", max_output_tokens=0)
except APIStatusError as error:
    assert error.status_code == 400, error
else:
    raise AssertionError("no tokens at all were accepted")

print(f"the openai client: {len(models)} models, a chat, a stream, a tool, speech, a transcript, images, edits, responses, a refusal")
