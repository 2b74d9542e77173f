"""A library that takes a while to be there."""

import time

time.sleep(1)
