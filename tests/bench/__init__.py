"""How long things take beside what others do: python3 -m tests.bench."""
