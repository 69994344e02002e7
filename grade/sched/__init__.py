"""The scheduler watched from outside the machine, and judged (docs/sched-proof.md)."""
