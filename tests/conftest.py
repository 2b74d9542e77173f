"""How hard hypothesis looks: fast at the desk, longer in CI, the same each time for a mutant."""

import os

from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("mutant", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("mutant" if "MUTANT_UNDER_TEST" in os.environ else "ci" if os.environ.get("CI") else "dev")
