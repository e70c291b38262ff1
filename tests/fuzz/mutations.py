"""Inputs made of others: bytes and lines that are changed, doubled, moved and joined, and words that matter."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

WORDS: Final = (
    b"-1",
    b"0",
    b"1e300",
    b"1e-300",
    b"-1e999",
    b"9" * 30,
    b"9" * 400,
    b"nan",
    b"inf",
    b"true",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"~",
    b"\x00",
    b"\xff",
    b"\\U0010FFFF",
    b"\\UFFFFFFFF",
    b"\\0",
    "\N{SNOWMAN}".encode(),
    "\N{RIGHT-TO-LEFT OVERRIDE}".encode(),
    b"**",
    b"{i}",
    b"{a,b}",
    b"(",
    b")" * 40,
    b"(" * 40,
    b"[" * 40,
    b"{" * 40,
    b"\n",
    b"\t",
    b": ",
    b"- ",
    b"&a ",
    b"*a ",
    b"!!int ",
    b"<<: ",
    b"shape[0]",
    b"fan_in",
    b"sqrt(",
    b"** 999",
    b"/ 0",
    b"(.*)*",
    b"+",
    b"\\d",
    b"rules:",
    b"extends:",
    b"vars:",
    b"match:",
    b"init:",
    b"then:",
    b"blocks:",
    b"fans:",
    b"where:",
    b"has:",
    b"like:",
    b"from:",
    b"parts:",
    b"missing: next",
    b"prefix:",
    b"fit:",
    b"rows:",
    b"grid:",
    b"then: false",
    b"low_rank:",
    b"config:",
    b"cell.",
    b"size:",
    b"rest:",
    b"float16",
    b"int8",
    b"Infinity",
    b"__metadata__",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
)
_LONGEST: Final = 1 << 16


def mutated(seed: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Returns ``seed`` after one to eight changes."""
    content = bytearray(seed)
    for _ in range(random.randint(1, 8)):
        place, length = random.randint(0, len(content)), random.choice((0, 1, 1, 2, 4, 8, 32))
        match random.randrange(8):
            case 0:
                content[place:place] = random.choice(WORDS)
            case 1:
                content[place : place + length] = random.choice(WORDS)
            case 2:
                del content[place : place + length]
            case 3:
                content[place:place] = content[place : place + length] * random.choice((1, 2, 30))
            case 4 if content:
                content[place % len(content)] = random.randrange(256)
            case 5 if content:
                content[place % len(content)] ^= 1 << random.randrange(8)
            case 6:
                other = random.choice(others)
                start = random.randint(0, len(other))
                content[place : place + length] = other[start : start + random.choice((4, 16, 64))]
            case _:
                lines = content.split(b"\n")
                one, two = random.randrange(len(lines)), random.randrange(len(lines))
                lines[one], lines[two] = lines[two], random.choice((lines[one], lines[two]))
                content = bytearray(b"\n".join(lines))
        del content[_LONGEST:]
    return bytes(content)
