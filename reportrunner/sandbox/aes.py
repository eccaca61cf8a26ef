"""AES-128 in CBC mode with a zero IV, for session strings (kaltura.md §9.4), without a crypto library."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

_BLOCK = 16
_ROUNDS = 10


def _doubled(value: int) -> int:
    """Multiply by x in the field of AES."""
    return (value << 1) ^ 0x11B if value & 0x80 else value << 1


def _times(left: int, right: int) -> int:
    product = 0
    while right:
        product ^= left if right & 1 else 0
        left, right = _doubled(left), right >> 1
    return product


def _boxes() -> tuple[bytes, bytes]:
    """Compute the S-box (inverse in the field, then the affine map) and its inverse."""
    box, p, q = bytearray(256), 1, 1
    box[0] = 0x63
    for _ in range(255):
        p = _times(p, 3)
        q = _times(q, 0xF6)  # the inverse of 3, so that q stays the inverse of p
        turned = q | q << 8
        box[p] = 0x63 ^ q ^ (turned >> 7 ^ turned >> 6 ^ turned >> 5 ^ turned >> 4) & 0xFF
    inverse = bytearray(256)
    for value, image in enumerate(box):
        inverse[image] = value
    return bytes(box), bytes(inverse)


_BOX, _INVERSE = _boxes()
_FORWARD = tuple(bytes(_times(value, factor) for value in range(256)) for factor in (2, 3, 1, 1))
_BACKWARD = tuple(bytes(_times(value, factor) for value in range(256)) for factor in (14, 11, 13, 9))
_SHIFT = tuple((i + 4 * (i % 4)) % _BLOCK for i in range(_BLOCK))
_UNSHIFT = tuple((i - 4 * (i % 4)) % _BLOCK for i in range(_BLOCK))


@lru_cache(maxsize=64)
def _round_keys(key: bytes) -> tuple[bytes, ...]:
    words = [key[i : i + 4] for i in range(0, _BLOCK, 4)]
    constant = 1
    for number in range(4, 4 * (_ROUNDS + 1)):
        word = words[-1]
        if number % 4 == 0:
            word = (word[1:] + word[:1]).translate(_BOX)
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _doubled(constant)
        words.append(_xor(word, words[-4]))
    return tuple(b"".join(words[i : i + 4]) for i in range(0, len(words), 4))


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _mixed(block: bytes, tables: tuple[bytes, ...]) -> bytes:
    a, b, c, d = tables
    mixed = bytearray()
    for i in range(0, _BLOCK, 4):
        w, x, y, z = block[i : i + 4]
        mixed += bytes(
            (a[w] ^ b[x] ^ c[y] ^ d[z], d[w] ^ a[x] ^ b[y] ^ c[z], c[w] ^ d[x] ^ a[y] ^ b[z], b[w] ^ c[x] ^ d[y] ^ a[z])
        )
    return bytes(mixed)


def _encrypted(block: bytes, keys: tuple[bytes, ...]) -> bytes:
    block = _xor(block, keys[0])
    for key in keys[1:-1]:
        block = _xor(_mixed(bytes(block[i] for i in _SHIFT).translate(_BOX), _FORWARD), key)
    return _xor(bytes(block[i] for i in _SHIFT).translate(_BOX), keys[-1])


def _decrypted(block: bytes, keys: tuple[bytes, ...]) -> bytes:
    block = _xor(block, keys[-1])
    for key in keys[-2:0:-1]:
        block = _mixed(_xor(bytes(block[i] for i in _UNSHIFT).translate(_INVERSE), key), _BACKWARD)
    return _xor(bytes(block[i] for i in _UNSHIFT).translate(_INVERSE), keys[0])


def _blocks(data: bytes) -> Iterator[bytes]:
    if len(data) % _BLOCK:
        raise ValueError(f"{len(data)} bytes are no whole number of blocks of {_BLOCK}")
    return (data[i : i + _BLOCK] for i in range(0, len(data), _BLOCK))


def encrypt(key: bytes, plain: bytes) -> bytes:
    """Encrypt whole blocks under a key of 16 bytes; raises ValueError for a rest."""
    keys, before, done = _round_keys(key), bytes(_BLOCK), []
    for block in _blocks(plain):
        before = _encrypted(_xor(block, before), keys)
        done.append(before)
    return b"".join(done)


def decrypt(key: bytes, cipher: bytes) -> bytes:
    """Decrypt whole blocks under a key of 16 bytes; raises ValueError for a rest."""
    keys, before, done = _round_keys(key), bytes(_BLOCK), []
    for block in _blocks(cipher):
        done.append(_xor(_decrypted(block, keys), before))
        before = block
    return b"".join(done)
