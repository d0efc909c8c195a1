"""Where a frozen delivery goes: plugins, each of which renders a digest in its own form and sends it."""
