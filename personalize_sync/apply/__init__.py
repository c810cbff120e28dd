"""Applying: carrying out a plan against a tenant, and running the tests of what it holds."""
