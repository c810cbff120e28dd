"""The tenant: everything between REST answers and live values."""
