"""Why a model fails: the cause, where it is, and ways out that were tried."""
