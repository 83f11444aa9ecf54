"""The demo: a catalogue, people, and two streams with simulated shoppers. Content, not code of the shop."""
