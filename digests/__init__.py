"""Digest blocks turned into mails and pages, and the channels that carry them."""
