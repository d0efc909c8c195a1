"""What connectors are tested with: a server that misbehaves on purpose."""
