"""What can vary between two builds of one sdist, one axis at a time or all at once.

``python3 -m tests.perturb --help`` runs it; ``README.md`` beside this file says what each axis is.
"""
