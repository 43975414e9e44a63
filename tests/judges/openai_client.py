"""The Python client of OpenAI, unchanged, against the emulator: what it can do with the service it does with that."""

import io
import sys
import wave

from openai import APIStatusError, OpenAI

base_url = sys.argv[1]
client = OpenAI(base_url=f"{base_url}/v1", api_key="sk_test", max_retries=0)

models = [model.id for model in client.models.list()]
assert "openai/gpt-5.4-nano" in models, models

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

try:
    client.chat.completions.create(model="openai", messages=asked, temperature=9)
    raise SystemExit("a temperature of 9 was taken")
except APIStatusError as error:
    assert error.status_code == 400, error
    assert error.body["details"]["fieldErrors"]["temperature"], error.body

print(f"the openai client: {len(models)} models, a chat, a stream, a tool, speech, a transcript, a refusal")
