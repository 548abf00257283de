"""Imported before anything that brings OpenMP: threads that wait for each other sleep instead of spinning. Where others use the
machine, spinning made faster-whisper's fp32 six times slower (25 s instead of 4 for the note of 3 s).
`OMP_WAIT_POLICY=active KMP_BLOCKTIME=200` in the environment lets them spin.
"""
import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("KMP_BLOCKTIME", "0")
