"""The first application's way to change one record: read the whole database, change it, write the whole file.

    python rewrite.py FILE

Each line of the input names a record by its place and gives its new title; a line is answered when the file is written.
It syncs nothing, as there.
"""

import json
import sys

path = sys.argv[1]
for line in sys.stdin:
    place, title = line.rstrip("\n").split("\t")
    with open(path) as file:
        videos = json.load(file)
    videos[int(place)]["title"] = title
    with open(path, "w") as file:
        json.dump(videos, file, indent=2)
    print("written", flush=True)
