"""Code that observes and changes accounts at a provider."""
