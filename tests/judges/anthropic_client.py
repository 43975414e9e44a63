"""Runs the unmodified Python client of Anthropic against the emulator, with every feature that the service supports.

    anthropic_client.py URL [PART ...]

Without a part, all of them run.
"""

import sys

import anthropic

base_url = sys.argv[1]
# The service takes the key as a bearer token.
client = anthropic.Anthropic(base_url=base_url, auth_token="sk_test", max_retries=0)
common = {"model": "claude", "max_tokens": 2048}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def messages():
    message = client.messages.create(
        **common, system="Be brief", messages=[{"role": "user", "content": "Name a flower"}]
    )
    assert message.content[0].text.startswith("You said: Name a flower"), message
    assert message.stop_reason == "end_turn" and message.usage.output_tokens > 0, message

    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    seen = [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]
    message = client.messages.create(**common, messages=[{"role": "user", "content": seen}])
    assert "(with 1 image)" in message.content[0].text, message

    message = client.messages.create(
        **common, stop_sequences=["three"], messages=[{"role": "user", "content": "one two three four"}]
    )
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "three"), message

    message = client.messages.create(model="claude", max_tokens=2, messages=[{"role": "user", "content": "Count to ten"}])
    assert message.stop_reason == "max_tokens", message


def streams():
    # A stream with thinking. The next request sends the thinking back with its signature.
    asked = [{"role": "user", "content": "Is 97 a prime number?"}]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    kinds = []
    with client.messages.stream(**common, thinking=thinking, messages=asked) as stream:
        for event in stream:
            kinds.append(event.type)
        message = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds
    assert [block.type for block in message.content] == ["thinking", "text"], message
    assert message.content[0].signature and message.content[1].text == "You said: Is 97 a prime number?", message
    again = [*asked, {"role": "assistant", "content": message.content}, {"role": "user", "content": "And 91?"}]
    message = client.messages.create(**common, messages=again)
    assert message.content[0].text == "You said: And 91?", message

    events = list(client.messages.create(**common, stream=True, messages=asked))
    text = "".join(event.delta.text for event in events if event.type == "content_block_delta")
    assert text == "You said: Is 97 a prime number?", events


def tools():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    offered = [{"name": "weather", "description": "Tells the weather", "input_schema": schema}]
    asked = [{"role": "user", "content": "How is the weather?"}]
    with client.messages.stream(**common, tools=offered, messages=asked) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use", message
    call = message.content[0]
    assert (call.name, list(call.input)) == ("weather", ["city"]), call
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    answered = [*asked, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    message = client.messages.create(**common, tools=offered, messages=answered)
    assert message.content[0].text == "The tools answered: sunny", message


def refusals():
    asked = [{"role": "user", "content": "How is the weather?"}]
    # The client raises its own error types.
    for expected, request in [
        (anthropic.BadRequestError, {"model": "claude", "max_tokens": 0, "messages": asked}),
        (anthropic.InternalServerError, {**common, "messages": asked, "extra_headers": {"x-emulator-fault": '{"status": 529}'}}),
        (anthropic.APIStatusError, {**common, "messages": asked, "extra_headers": {"x-emulator-fault": '{"refuse": "INSUFFICIENT_BALANCE"}'}}),
    ]:
        try:
            client.messages.create(**request)
        except expected as error:
            assert error.body["type"] == "error" and error.body["error"]["message"], error.body
        else:
            raise AssertionError(f"no {expected}")
    try:
        anthropic.Anthropic(base_url=base_url, auth_token="wrong", max_retries=0).messages.create(**common, messages=asked)
    except anthropic.AuthenticationError as error:
        assert error.body["error"]["type"] == "authentication_error", error.body
    else:
        raise AssertionError("a wrong key was accepted")
    try:
        with client.messages.stream(**common, messages=asked, extra_headers={"x-emulator-fault": '{"streamError": 6}'}) as stream:
            stream.get_final_message()
    except anthropic.APIStatusError as error:
        assert error.body["error"]["type"] == "api_error", error.body
    else:
        raise AssertionError("the error in the stream was lost")


PARTS = [messages, streams, tools, refusals]

wanted = sys.argv[2:] or [part.__name__ for part in PARTS]
unknown = set(wanted) - {part.__name__ for part in PARTS}
assert not unknown, f"no such part: {unknown}"
for part in PARTS:
    if part.__name__ in wanted:
        part()
        print(f"the anthropic client: {part.__name__}")
