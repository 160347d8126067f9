"""Real sdists of many projects and backends, built under everything that can vary.

``python3 -m tests.corpus --help`` runs them; ``public.txt`` is the list, and what came of it is in
``docs/REPRODUCIBILITY.md``.
"""
