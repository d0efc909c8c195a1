"""People as the ledger knows them: by keyed hashes."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

HASH_BYTES = 16
REMEMBERED = 65_536


def version_of(key: bytes) -> str:
    """A name for the key that tells nothing of it: another key has another."""
    return "k" + blake2b(b"version", key=key, digest_size=4).hexdigest()


class PersonHasher:
    """Replaces identifiers of people by `version:hash`, 32 hex digits, the same for the same key.

    Without the key a hash can neither be turned back nor be guessed by hashing every known identifier. `version`
    names the key, so that hashes made with different keys are never taken for the same person's.
    """

    def __init__(self, key: bytes, version: str) -> None:
        """`key` is 1 to 64 bytes. Raises ValueError for any other length."""
        if not 1 <= len(key) <= blake2b.MAX_KEY_SIZE:
            raise ValueError(f"a person key has 1 to {blake2b.MAX_KEY_SIZE} bytes, this one {len(key)}")
        self.version = version
        keyed = blake2b(key=key, digest_size=HASH_BYTES)

        def digest(value: str) -> str:
            state = keyed.copy()
            state.update(value.encode())
            return f"{version}:{state.hexdigest()}"

        # The same reporters and subjects come again and again within a pull.
        self.hash = lru_cache(maxsize=REMEMBERED)(digest)
