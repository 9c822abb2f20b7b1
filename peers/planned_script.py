"""What the first application had planned as its migration to users, for tests to show where it loses data.

    python planned_script.py FOLDER [STEPS]

Written anew from its description; what it does to a folder, step by step, what it says, and that it ends well whatever
happened, are as there. Only the question at the beginning is left out, and it can be stopped after some of its five
steps. It is not to be used.
"""

import datetime
import json
import os
import shutil
import sys

OWNER = "admin"
DATABASES = {
    "video_database.json": [],
    "thumbnail_database.json": [],
    "live_streams.json": [],
    "stream_mapping.json": {},
}


def now():
    return datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")


def write(path, data):
    with open(path, "w") as file:
        json.dump(data, file, indent=2)


def move_files(root):
    """Whatever is a file directly in the three folders goes into the owner's folder beneath each."""
    os.makedirs(os.path.join(root, "data"), exist_ok=True)
    for name in ["videos", "thumbnails", "tokens"]:
        old = os.path.join(root, name)
        new = os.path.join(old, OWNER)
        os.makedirs(new, exist_ok=True)
        for item in os.listdir(old):
            if os.path.isfile(os.path.join(old, item)):
                shutil.move(os.path.join(old, item), os.path.join(new, item))
                print(f"moved {item} to {name}/{OWNER}/")


def rewrite_databases(root):
    """Each database goes into the owner's folder, with an owner where none is said; the old one stays, and is copied."""
    folder = os.path.join(root, "data", OWNER)
    os.makedirs(folder, exist_ok=True)
    for name, empty in DATABASES.items():
        old, new = os.path.join(root, name), os.path.join(folder, name)
        if not os.path.exists(old):
            write(new, empty)
            continue
        with open(old, "r") as file:
            data = json.load(file)
        if isinstance(data, list):
            for record in data:
                if "owner" not in record:
                    record["owner"] = OWNER
                    record["created_by"] = OWNER
                    record["updated_at"] = now()
        write(new, data)
        shutil.copy2(old, old + ".backup")
        print(f"rewrote {name}")


def add_columns(root):
    """The workbook gets an owner, the same in all rows, unless it has that column."""
    try:
        import pandas

        path = os.path.join(root, "live_stream_data.xlsx")
        if not os.path.exists(path):
            return
        shutil.copy2(path, path + ".backup")
        frame = pandas.read_excel(path)
        if "owner" not in frame.columns:
            frame["owner"] = OWNER
            frame["created_by"] = OWNER
            frame["updated_at"] = now()
            frame.to_excel(path, index=False)
            print("added the owner to the workbook")
    except ImportError:
        print("no pandas, the workbook is left out")
    except Exception as error:
        print(f"the workbook could not be migrated: {error}")


def create_demo(root):
    """Folders and empty databases for the demo user."""
    for name in ["videos", "thumbnails", "tokens", "data"]:
        os.makedirs(os.path.join(root, name, "demo"), exist_ok=True)
    for name, empty in DATABASES.items():
        write(os.path.join(root, "data", "demo", name), empty)


def verify(root):
    """Whether four paths are there."""
    paths = [
        os.path.join(root, "videos", OWNER),
        os.path.join(root, "data", OWNER),
        os.path.join(root, "data", "demo"),
        os.path.join(root, "data", OWNER, "video_database.json"),
    ]
    if all(os.path.exists(path) for path in paths):
        print("Migration completed successfully!")
    else:
        print("Migration completed with warnings")


def main(root, steps=5):
    try:
        for step in [move_files, rewrite_databases, add_columns, create_demo, verify][: int(steps)]:
            step(root)
    except Exception as error:
        print(f"Migration failed: {error}")
        print("Please restore from backups if needed.")


main(*sys.argv[1:])
