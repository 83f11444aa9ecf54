"""The engine that ships with Vetrina: one live process, one remux child per ingest, HLS with parts from plain files.

Measured 1.5 s glass to glass and 3-4 % of a core per stream. Nothing here imports the shop's database: the live
process is told everything by signed tokens, and a fault in libav never meets a web worker.
"""
