"""Small chat calls with OpenAI's Python client. Prints the calls per second, one after the other and many at once."""

import asyncio
import sys
import time

from openai import AsyncOpenAI, OpenAI

URL, CALLS, WIDE = sys.argv[1] + "/v1", int(sys.argv[2]), int(sys.argv[3])
MESSAGES = [{"role": "user", "content": "Hello"}]


def sequential() -> float:
    client = OpenAI(base_url=URL, api_key="sk_benchmark")
    client.chat.completions.create(model="openai", messages=MESSAGES)
    begun = time.perf_counter()
    for _ in range(CALLS):
        client.chat.completions.create(model="openai", messages=MESSAGES)
    return CALLS / (time.perf_counter() - begun)


async def wide() -> float:
    client = AsyncOpenAI(base_url=URL, api_key="sk_benchmark")
    gate = asyncio.Semaphore(WIDE)

    async def call() -> None:
        async with gate:
            await client.chat.completions.create(model="openai", messages=MESSAGES)

    await call()
    begun = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CALLS)))
    return CALLS / (time.perf_counter() - begun)


print(sequential(), asyncio.run(wide()))
