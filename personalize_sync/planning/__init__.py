"""Planning: a pure function from desired and live state to a plan."""
