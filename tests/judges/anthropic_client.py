"""The Python client of Anthropic, unchanged, against the emulator.

    anthropic_client.py URL [PART ...]

Without a part, all of them run.
"""

import sys

from anthropic import Anthropic, APIStatusError

base_url = sys.argv[1]
# The service takes a Bearer token, which is what `auth_token` becomes.
client = Anthropic(base_url=base_url, auth_token="sk_test", max_retries=0)

MODEL = "anthropic/claude-sonnet-4.5"
ASKED = [{"role": "user", "content": "Name a flower"}]


def messages():
    reply = client.messages.create(model=MODEL, max_tokens=100, system="Be brief", messages=ASKED)
    assert reply.type == "message" and reply.role == "assistant" and reply.stop_reason == "end_turn", reply
    assert "Name a flower" in reply.content[0].text, reply
    assert reply.usage.input_tokens > 0 and reply.usage.output_tokens > 0, reply.usage
    try:
        client.messages.create(model=MODEL, max_tokens=0, messages=ASKED)
    except APIStatusError as error:
        assert error.status_code == 400, error
    else:
        raise AssertionError("a limit of 0 tokens was taken")


def streams():
    with client.messages.stream(model=MODEL, max_tokens=100, messages=ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert "Name a flower" in text and final.content[0].text == text, final
    assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0, final

    kinds = [event.type for event in client.messages.create(model=MODEL, max_tokens=100, messages=ASKED, stream=True)]
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
    assert "content_block_delta" in kinds and "message_delta" in kinds, kinds


def tools():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "weather", "description": "Tells the weather of a city", "input_schema": schema}
    asked = [{"role": "user", "content": "How is the weather in Paris?"}]
    called = client.messages.create(model=MODEL, max_tokens=100, messages=asked, tools=[tool])
    assert called.stop_reason == "tool_use", called
    call = next(block for block in called.content if block.type == "tool_use")
    assert call.name == "weather" and isinstance(call.input["city"], str), call
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    answered = [*asked, {"role": "assistant", "content": called.content}, {"role": "user", "content": [result]}]
    final = client.messages.create(model=MODEL, max_tokens=100, messages=answered, tools=[tool])
    assert "sunny" in final.content[0].text, final

    with client.messages.stream(model=MODEL, max_tokens=100, messages=asked, tools=[tool]) as stream:
        streamed = stream.get_final_message()
    call = next(block for block in streamed.content if block.type == "tool_use")
    assert isinstance(call.input["city"], str), streamed


PARTS = [messages, streams, tools]

wanted = sys.argv[2:] or [part.__name__ for part in PARTS]
unknown = set(wanted) - {part.__name__ for part in PARTS}
assert not unknown, f"no such part: {unknown}"
for part in PARTS:
    if part.__name__ in wanted:
        part()
        print(f"the anthropic client: {part.__name__}")
