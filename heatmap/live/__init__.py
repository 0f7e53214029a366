"""The live socket: what the worker pushes, on to every client, each within its limits.

One `Hub` a process listens to the worker and reads each of its frames once. Clients who asked
for the same are one `Audience`, whose frames are written once. A `Session` is one client: it
numbers its frames, keeps them for a while, and outlives its socket for some seconds.
"""
