"""What an ops team configures: settings, the four YAML files, secrets."""
