"""Runs the unmodified Python client of OpenAI against the emulator, with every feature that the service supports.

    openai_client.py URL [PART ...]

Without a part, all of them run.
"""

import asyncio
import base64
import io
import sys
import urllib.request
import wave

import pydantic
from openai import APIStatusError, AsyncOpenAI, OpenAI
from openai.types.realtime import RealtimeServerEvent

base_url = sys.argv[1]
client = OpenAI(base_url=f"{base_url}/v1", api_key="sk_test", max_retries=0)

MESSAGES = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Name a flower"}]
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def models():
    ids = [model.id for model in client.models.list()]
    assert any("openai" in one for one in ids), ids


def model():
    """Fetches a model by its ID. Any ID will do, so this takes the first in the list."""
    first = next(iter(client.models.list()))
    assert client.models.retrieve(first.id).id == first.id


def chat():
    reply = client.chat.completions.create(model="openai", messages=MESSAGES)
    assert "Name a flower" in reply.choices[0].message.content, reply
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens, reply.usage
    try:
        client.chat.completions.create(model="openai", messages=MESSAGES, temperature=9)
    except APIStatusError as error:
        assert error.status_code == 400, error
        assert error.body["details"]["fieldErrors"]["temperature"], error.body
    else:
        raise AssertionError("a temperature of 9 was accepted")


def streams():
    chunks = list(
        client.chat.completions.create(
            model="openai", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "Name a flower" in text, text
    assert chunks[-1].usage.total_tokens > 0, chunks[-1]
    with client.chat.completions.stream(model="openai", messages=MESSAGES) as stream:
        assert stream.get_final_completion().choices[0].message.content == text


def tools():
    tool = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
    asked = [{"role": "user", "content": "How is the weather?"}]
    called = client.chat.completions.create(model="openai", messages=asked, tools=[tool]).choices[0]
    assert called.finish_reason == "tool_calls", called
    call = called.message.tool_calls[0]
    answered = [*asked, called.message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    final = client.chat.completions.create(model="openai", messages=answered, tools=[tool])
    assert "sunny" in final.choices[0].message.content, final


def picture(**more):
    made = client.images.generate(model="flux", prompt="a cat", size="64x64", **more)
    assert len(made.data) == 1, made
    return made.data[0]


def images():
    assert base64.b64decode(picture(response_format="b64_json").b64_json)[:2] == b"\xff\xd8", "not a JPEG"
    assert picture(response_format="url").url.startswith("http")


def edits():
    original = base64.b64decode(picture(response_format="b64_json").b64_json)
    edited = client.images.edit(
        model="kontext", image=("cat.jpg", original, "image/jpeg"), prompt="at night", response_format="b64_json"
    )
    assert len(base64.b64decode(edited.data[0].b64_json)) > 100, edited
    several = [("a.jpg", original, "image/jpeg"), ("b.jpg", original, "image/jpeg")]
    edited = client.images.edit(model="kontext", image=several, prompt="together", response_format="b64_json")
    assert edited.data[0].b64_json, edited


def embeddings():
    # By default, the client requests base64, and decodes it.
    for options in [{}, {"encoding_format": "float"}]:
        made = client.embeddings.create(
            model="openai/text-embedding-3-small", input=["a cat", "a cat", "interest rates"], **options
        )
        assert [one.index for one in made.data] == [0, 1, 2], made
        one, same, other = (one.embedding for one in made.data)
        dot = lambda left, right: sum(a * b for a, b in zip(left, right))
        assert abs(dot(one, same) - 1) < 1e-3 and dot(one, other) < 0.99, (dot(one, same), dot(one, other))
    assert len(client.embeddings.create(model="openai/text-embedding-3-small", input="a cat", dimensions=256).data[0].embedding) == 256


def spoken():
    return client.audio.speech.create(model="tts-1", voice="alloy", input="Good morning", response_format="wav").content


def speech():
    with wave.open(io.BytesIO(spoken())) as sound:
        assert sound.getnframes() > 0
    with client.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hello") as response:
        assert sum(len(piece) for piece in response.iter_bytes()) > 0


def transcription():
    recording = ("speech.wav", spoken())
    assert client.audio.transcriptions.create(model="whisper-1", file=recording).text
    subtitles = client.audio.transcriptions.create(model="whisper-1", file=recording, response_format="srt")
    assert "-->" in subtitles, subtitles
    verbose = client.audio.transcriptions.create(model="whisper-1", file=recording, response_format="verbose_json")
    assert verbose.segments and verbose.segments[0].end > 0, verbose


def responses():
    reply = client.responses.create(model="openai", instructions="Be brief", input="Name a flower", store=False)
    assert "Name a flower" in reply.output_text and reply.status == "completed", reply
    assert reply.usage.total_tokens == reply.usage.input_tokens + reply.usage.output_tokens, reply.usage

    kinds, text = [], ""
    for event in client.responses.create(model="openai", input="Name a flower", stream=True, store=False):
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            text += event.delta
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
    assert "Name a flower" in text, text
    with client.responses.stream(model="openai", input="Name a flower", store=False) as stream:
        assert stream.get_final_response().output_text == text

    tool = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": False}
    asked = [{"role": "user", "content": "How is the weather?"}]
    called = client.responses.create(model="openai", input=asked, tools=[tool], store=False)
    call = next(item for item in called.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    final = client.responses.create(
        model="openai", input=[*asked, *(item.to_dict() for item in called.output), output], tools=[tool], store=False
    )
    assert "sunny" in final.output_text, final


def realtime():
    """Validates every event with the client's types, because the client does not do so itself."""
    event_type = pydantic.TypeAdapter(RealtimeServerEvent)

    async def until_done(connection):
        seen = []
        async for event in connection:
            event_type.validate_python(event.to_dict())
            assert event.type != "error", event
            seen.append(event)
            if event.type == "response.done":
                return seen

    def joined(events, kind):
        return "".join(event.delta for event in events if event.type == kind)

    async def talk():
        manager = AsyncOpenAI(base_url=f"{base_url}/v1", api_key="sk_test").realtime
        async with manager.connect(model="openai/gpt-realtime-2.1") as connection:
            await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Name a flower"}]}
            await connection.conversation.item.create(item=message)
            await connection.response.create()
            events = await until_done(connection)
            assert events[0].type == "session.created" and events[1].type == "session.updated", events
            assert joined(events, "response.output_text.delta") == "You said: Name a flower", events
            assert events[-1].response.usage.total_tokens > 0, events[-1]

            tool = {"type": "function", "name": "weather", "parameters": WEATHER}
            await connection.session.update(session={"type": "realtime", "tools": [tool]})
            message["content"][0]["text"] = "How is the weather?"
            await connection.conversation.item.create(item=message)
            await connection.response.create()
            call = (await until_done(connection))[-1].response.output[0]
            assert call.name == "weather", call
            output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
            await connection.conversation.item.create(item=output)
            await connection.response.create()
            assert "sunny" in joined(await until_done(connection), "response.output_text.delta")

            audio = {"input": {"turn_detection": None}}
            session = {"type": "realtime", "output_modalities": ["audio"], "tools": [], "audio": audio}
            await connection.session.update(session=session)
            await connection.input_audio_buffer.append(audio=base64.b64encode(bytes(48_000)).decode())
            await connection.input_audio_buffer.commit()
            await connection.response.create()
            events = await until_done(connection)
            sound = b"".join(
                base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta"
            )
            assert len(sound) > 48_000, len(sound)
            assert joined(events, "response.output_audio_transcript.delta") == "You said: A recording of 1.0 s."

            await connection.send({"type": "no.such.event"})
            async for event in connection:
                event_type.validate_python(event.to_dict())
                if event.type == "error":
                    assert event.error.code == "invalid_value", event
                    break

    asyncio.run(asyncio.wait_for(talk(), 60))


def images_in_detail():
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


def responses_in_detail():
    """Functions, reasoning, images, and incomplete responses."""
    response = client.responses.create(model="openai", instructions="Be brief", input="Name a flower")
    assert response.output_text.startswith("You said: Name a flower"), response
    assert response.status == "completed" and response.usage.total_tokens > 0, response

    function = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
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
        raise AssertionError("a limit of 0 tokens was accepted")


PARTS = [
    models, model, chat, streams, tools, images, images_in_detail, edits, embeddings, speech, transcription, responses,
    responses_in_detail, realtime,
]

wanted = sys.argv[2:] or [part.__name__ for part in PARTS]
unknown = set(wanted) - {part.__name__ for part in PARTS}
assert not unknown, f"no such part: {unknown}"
for part in PARTS:
    if part.__name__ in wanted:
        part()
        print(f"the openai client: {part.__name__}")
