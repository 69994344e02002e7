"""The harness: starts machines, talks to them, and looks inside them from outside."""
