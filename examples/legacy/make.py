"""Makes the legacy tree `jadwalstream` and the workbook `narrow.xlsx`, the same to the byte each time.

    python make.py FOLDER

It writes both into FOLDER and needs the packages of `peers/requirements.txt`. The media are those of `media/`, each
copy with a remark of its own in it, so that no two files are the same and all can be played or shown.
"""

import datetime
import hashlib
import io
import json
import pathlib
import re
import sys
import uuid
import zipfile

import pandas

HERE = pathlib.Path(__file__).parent
FOLDER = pathlib.Path(sys.argv[1])
ROOT = FOLDER / "jadwalstream"


def identity(name):
    """A UUID of version 4 that follows from a name."""
    return str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4))


def put(path, content):
    """Writes a file, and the folders above it."""
    at = ROOT / path
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_bytes(content.encode() if isinstance(content, str) else content)


def film(path, source="testsrc"):
    """A video of a second; its remark is a box of the kind `free` at the end, which players pass over."""
    remark = f"video of {path}".encode()
    box = (8 + len(remark)).to_bytes(4, "big") + b"free" + remark
    put(path, (HERE / f"media/{source}.mp4").read_bytes() + box)


def image(path, source="testsrc"):
    """A thumbnail; its remark is a comment behind the first marker."""
    remark = f"thumbnail of {path}".encode()
    whole = (HERE / f"media/{source}.jpg").read_bytes()
    put(path, whole[:2] + b"\xff\xfe" + (2 + len(remark)).to_bytes(2, "big") + remark + whole[2:])


def database(path, records, indent=4, ensure_ascii=True):
    """A database as the application writes it; a text that begins with `@` is put as it stands behind that."""
    text = json.dumps(records, indent=indent, ensure_ascii=ensure_ascii)
    put(path, re.sub(r'"@([^"]*)"', r"\1", text))


# Thumbnails and videos. A record is made once, and changed where it is unusual.

thumbnails = []
videos = []


def thumbnail(name, title=None):
    file = f"{identity('thumbnail file ' + name)}.jpg"
    image(f"thumbnails/{file}", "smptebars" if len(name) % 2 else "testsrc")
    thumbnails.append(
        {
            "id": identity("thumbnail " + name),
            "title": title or name,
            "filename": file,
            "original_filename": f"{name.replace(' ', '_')}.jpg",
            "date_added": "2025-11-04 10:00:00",
        }
    )
    return file


def video_record(name, file, picture, **changed):
    record = {
        "id": identity("video " + name),
        "title": name,
        "filename": file,
        "original_filename": f"{name.replace(' ', '_')}.mp4",
        "thumbnail": picture,
        "date_added": "2025-11-04 10:00:00",
        "source": "local",
    }
    record.update(changed)
    return record


def video(name, file=None, folder="videos", **changed):
    """A video with its file and thumbnail in the root; the name of the file."""
    file = file or f"{identity('file ' + name)}.mp4"
    film(f"{folder}/{file}", ["testsrc", "smptebars", "rgbtestsrc"][len(name) % 3])
    videos.append(video_record(name, file, thumbnail("of " + name), **changed))
    return file


rain = video("rain sounds 11")
forest = video("forest sounds 12")
video("cafe", title="Hujan di café")
video("odd title", title='"Rain" \\ night\n' + "long " * 60)
video("emoji", title="🎬 rain 🌧")
video("half an emoji", title="rain \ud83c")
video("no number", bitrate=float("nan"))
video("unknown fields", x_measured={"z": "@1.10", "a": ["@1E3", "@-0.0"]}, x_plays=123456789012345678901234567890)
of_user = video("of user123", owner="user123")
of_ghost = video("of a ghost", owner="ghost")
video("of Budi", owner="Budi Santoso@Example.com")
video("by hand", id="video-1")
video("twice, the first", id=identity("twice"))
video("twice, the second", id=identity("twice"))
video("without id")
del videos[-1]["id"]
video("from a drive", source="drive", drive_file_id="not-a-file-of-any-drive")
video("without thumbnail", thumbnail=None)
video("thumbnail is gone", thumbnail=f"{identity('gone')}.jpg")
videos.append(video_record("file is gone", f"{identity('gone')}.mp4", thumbnail("file is gone")))
videos.append(video_record("leads out", "../users.json", thumbnail("leads out")))
shared = video("one file, the first")
videos.append(video_record("one file, the second", shared, thumbnail("one file, the second")))
contested = video("two owners, the first", owner="admin")
videos.append(video_record("two owners, the second", contested, thumbnail("two owners"), owner="user123"))
film(f"videos/{identity('without a record')}.mp4")
for name in ["rain on the roof", "rain🌧night", "cafe\u0301"]:
    video("named " + name, f"{name}.mp4")
# What a repository can't hold of these is added when the tree is copied.
for name in ["unreadable", "read-only", "for-everybody", "before-1970", "in-2100", "between"]:
    video("file " + name, f"{name}.mp4")

# Links, and where they lead.
film("media/film.mp4")
(ROOT / "videos/linked.mp4").symlink_to("../media/film.mp4")
videos.append(video_record("linked", "linked.mp4", thumbnail("linked")))
(ROOT / "videos/mounted").symlink_to("../media")

# Half migrated: files in folders of users, their records in the root.
moved = video("moved already", folder="videos/user123")
put("tokens/user123/channel-user.json", '{"token": "not-a-token-2", "scopes": []}')
same = video("same name")
film(f"videos/admin/{same}", "rgbtestsrc")
old = video("old and new")

# Databases of users.


def inside(user, name, **changed):
    file = f"{identity('file ' + name)}.mp4"
    film(f"videos/{user}/{file}")
    return video_record(name, file, None, **changed)


def owned(user):
    return {"owner": user, "created_by": user, "updated_at": "2025-11-05 10:00:00"}


new = dict(videos[-1], title="what it is called since", **owned("admin"))
put(f"videos/admin/{old}", (ROOT / f"videos/{old}").read_bytes())
foreign = inside("admin", "foreign inside", owner="user123")
database("data/admin/video_database.json", [new, foreign], indent=2)
database("data/admin/thumbnail_database.json", {}, indent=2)
database("data/admin/stream_mapping.json", {}, indent=2)
own = [inside("user123", "own, owned", **owned("user123")), inside("user123", "own, not said")]
database("data/user123/video_database.json", own, indent=2)
put("data/user123/thumbnail_database.json", "")
demo = inside("demo", "shown to everybody", **owned("demo"))
database("data/demo/video_database.json", [demo], indent=2)
for empty, nothing in [("thumbnail_database", []), ("live_streams", []), ("stream_mapping", {})]:
    database(f"data/demo/{empty}.json", nothing, indent=2)

thumbnail("beyond ASCII", title="夜の雨 – ngeunah")

# Live streams.


def stream(name, file=rain, **changed):
    record = {
        "id": identity("stream " + name),
        "title": name,
        "start_date": "2025-11-04T10:00",
        "video_file": file,
        "video_title": "rain sounds 11",
        "rtmp_server": "youtube",
        "stream_key": "not-a-key-1",
        "duration": "120",
        "repeat_daily": True,
        "status": "scheduled",
        "process_pid": None,
        "created_at": "2025-11-04 10:00:00",
    }
    record.update(changed)
    return record


untitled = stream("without a video title", forest)
del untitled["video_title"]
streams = [
    stream("minutes as text"),
    stream("minutes as number", duration=120),
    stream("no minutes", duration=""),
    stream("null minutes", duration=None),
    stream("live", status="live", process_pid=4711),
    stream("completed", status="completed"),
    stream("failed", status="failed", repeat_daily=False),
    untitled,
    stream("server of its own", rtmp_server="custom", custom_rtmp="rtmp://stream.example.com/app"),
    stream("video is gone", f"{identity('gone')}.mp4"),
    stream("video of another", of_user),
    stream("of user123", of_user, owner="user123"),
    stream("of a ghost", of_ghost, owner="ghost"),
]
database("live_streams.json", streams, indent=2)
database("data/admin/live_streams.json", [stream("foreign", foreign["filename"], owner="user123")], indent=2)
cut = json.dumps([stream("cut off", own[0]["filename"], **owned("user123"))], indent=2)
put("data/user123/live_streams.json", cut[: len(cut) * 2 // 3])
database("video_database.json", videos)
database("thumbnail_database.json", thumbnails, ensure_ascii=False)

# Tokens and stream keys.

put("tokens/channel1.json", '{"token": "not-a-token-1", "scopes": []}')
put("tokens/channel-older.json", '{"token": "not-a-token-3", "scopes": []}')
put("tokens/channel-cut.json", '{"token": "not-a-tok')
put("tokens/client_secret.json", '{"installed": {"client_secret": "not-a-secret"}}')


def key(name):
    ingestion = {"streamName": f"not-a-key-{len(name)}", "ingestionAddress": "rtmp://stream.example.com/live"}
    return {"title": name, "cdn": {"ingestionInfo": ingestion, "resolution": "variable"}}


mapping = {
    "channel1.json": {identity("key main"): key("Main"), identity("key second"): key("Second")},
    "channel-older.json": {"Main": identity("key older")},
    "channel-gone.json": {identity("key gone"): key("Gone")},
    "channel-user.json": {identity("key user"): key("Moved")},
}
database("stream_mapping.json", mapping)

# What else the application kept.


def timer(of):
    return {
        "stream_id": of,
        "stream_title": "live",
        "pid": 4711,
        "start_time": "2025-11-04T10:00:00+07:00",
        "stop_time": "2025-11-04T12:00:00.250000+07:00",
        "duration_minutes": 120,
        "created_at": "2025-11-04T10:00:00+07:00",
    }


database("stream_timers.json", [timer(identity("stream live")), timer(identity("gone"))])


def looped(status, progress):
    is_done = status == "completed"
    file = f"{identity('looped')}.mp4"
    if is_done:
        film(f"videos/done/{file}", "rgbtestsrc")
    return {
        "id": identity("looped " + status),
        "original_video_id": identity("video rain sounds 11"),
        "original_filename": rain,
        "original_title": "rain sounds 11",
        "loop_duration_minutes": 480,
        "status": status,
        "progress": progress,
        "output_filename": file if is_done else None,
        "created_at": "2025-11-04 10:00:00",
        "completed_at": "2025-11-04 11:00:00" if is_done else None,
    }


loops = [("pending", 0), ("processing", 40), ("completed", 100), ("failed", 10)]
database("looped_videos.json", [looped(*loop) for loop in loops])


def queued(status, folder, tags):
    return {
        "id": identity("queued " + status),
        "video_id": identity("video rain sounds 11"),
        "video_path": folder + rain,
        "title": "Rain",
        "description": "",
        "tags": tags,
        "scheduled_publish_time": "2025-11-13 06:45:00",
        "token_file": "channel1.json",
        "stream_id": identity("key main"),
        "thumbnail_id": identity("thumbnail of rain sounds 11"),
        "privacy_status": "private",
        "status": status,
        "created_at": "2025-11-04 10:00:00",
    }


queue = [
    queued("queued", "/home/host/jadwalstream/videos/", ["rain", "sleep"]),
    queued("uploading", "/home/host/jadwalstream/videos/", []),
    queued("completed", "C:\\jadwalstream\\videos\\", "rain, sleep,  night"),
    queued("failed", "C:\\jadwalstream\\videos\\", ""),
]
database("bulk_upload_queue.json", queue)
database("schedule_config.json", {"schedule_times": ["00:35", "18:00"]})


def user(name, role, **more):
    return {name: {"username": name, "password_hash": "not-a-hash", "role": role, **more}}


users = user("admin", "admin") | user("user123", "silver") | user("demo", "demo") | user("ana", "platinum")
users |= user("limited", "gold", max_streams=5, max_storage_mb=2048) | user("Budi Santoso@Example.com", "gold")
database("users.json", users)

# What lies about.

for folder in ["videos", "thumbnails", "tokens"]:
    put(f"{folder}/.gitkeep", "")
put("videos/.DS_Store", b"\0\0\0\x01Bud1")
put("thumbnails/Thumbs.db", "what Windows keeps")
put("thumbnails/channel.png", (HERE / "media/rgbtestsrc.png").read_bytes())
put("video_database.json.backup", "[]")
put("live_streams.json.tmp", '[\n  {\n    "id": "5dcc')
put("ffmpeg_logs/rain.log", "frame= 1 fps=0.0\n")

# The workbooks.


def reproducible(path):
    """Takes out of a workbook when it was written, and what depends on how it was compressed."""
    whole = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as rewritten:
        for name in old.namelist():
            part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2025-11-04T03:00:00Z", old.read(name))
            rewritten.writestr(zipfile.ZipInfo(name, (2025, 11, 4, 3, 0, 0)), part)


def workbook(path, rows):
    notes = pandas.DataFrame({"notes": ["written by hand"]})
    with pandas.ExcelWriter(path, engine="openpyxl") as writer:
        pandas.DataFrame(rows, dtype=object).to_excel(writer, sheet_name="Sheet1", index=False)
        notes.to_excel(writer, sheet_name="Notes", index=False)
    reproducible(path)


picture = thumbnails[0]["filename"]


def row(title, time="2025-10-27T00:14", flag=True, thumbnail=picture, owner=None, privacy="unlisted"):
    return {
        "title": title,
        "description": "two\nlines" if owner else None,
        "scheduledStartTime": time,
        "privacyStatus": privacy,
        "autoStart": True,
        "autoStop": False,
        "madeForKids": flag,
        "token_file": "channel1.json",
        "useExistingStream": False,
        "streamNameExisting": None,
        "streamIdExisting": None,
        "thumbnail": thumbnail,
        "videoFile": rain,
        "repeat_daily": True,
        "success": None,
        "streamId": None,
        "owner": owner,
        "created_by": owner,
        "updated_at": "2025-11-04 10:00:00" if owner else None,
    }


workbook(
    ROOT / "live_stream_data.xlsx",
    [
        row("time with T"),
        row("time with blank", time="2025-10-27 00:14:00", flag=0),
        row("time as date", time=datetime.datetime(2025, 10, 27, 0, 14), flag=1),
        row("yes as text", flag="TRUE"),
        row("no as text", flag="FALSE", thumbnail="thumbnails/" + picture),
        row("neither", flag=None, thumbnail=None),
        row("nan", privacy="nan"),
        row("twice"),
        row("twice"),
        dict.fromkeys(row("")),
        row("of user123", owner="user123"),
    ],
)


def narrow(title, time):
    return {
        "title": title,
        "scheduledStartTime": time,
        "privacyStatus": "private",
        "autoStart": True,
        "madeForKids": False,
        "tokenFile": "channel1.json",
        "thumbnailFile": picture,
        "repeat_daily": False,
    }


workbook(
    FOLDER / "narrow.xlsx",
    [narrow("one", "2025-10-27T00:14"), narrow("two", datetime.datetime(2025, 10, 28, 7, 0))],
)
