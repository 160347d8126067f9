"""The smallest package that can become a wheel."""

GREETING = "hello from a wheel"
