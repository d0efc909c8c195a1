"""From digest blocks to bytes: HTML, plain text, CSV."""
