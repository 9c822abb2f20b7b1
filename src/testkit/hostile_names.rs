//! Names that someone might send to get out of a tenant, or to be taken for another one.
//!
//! [`CLASSES`] lists them by the trick they try, each class with what parsing makes of it. Every
//! entry point that takes a name is tested with every class: what is refused must be refused there
//! too, and what is accepted must stay one plain component in the tenant's own folder.

/// What parsing makes of every example of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It does not become a name at all.
    Refused,
    /// It becomes a name, one component that means nothing but itself.
    Harmless,
}

/// Names that try the same trick.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct HostileClass {
    /// What the class is called in a report.
    pub name: &'static str,
    /// Names of the class.
    pub examples: &'static [&'static str],
    /// What [`TenantId::parse`](crate::paths::TenantId::parse) makes of them.
    pub tenant: Verdict,
    /// What [`FileName::parse`](crate::paths::FileName::parse) makes of them.
    pub file: Verdict,
}

/// A class that is refused as a tenant's and as a file's name.
const fn refused(name: &'static str, examples: &'static [&'static str]) -> HostileClass {
    HostileClass { name, examples, tenant: Verdict::Refused, file: Verdict::Refused }
}

/// A class that is refused as a tenant's name, and mere text as a file's.
const fn text_in_files(name: &'static str, examples: &'static [&'static str]) -> HostileClass {
    HostileClass { name, examples, tenant: Verdict::Refused, file: Verdict::Harmless }
}

/// A class that may be a tenant's name and not a file's.
const fn refused_in_files(name: &'static str, examples: &'static [&'static str]) -> HostileClass {
    HostileClass { name, examples, tenant: Verdict::Harmless, file: Verdict::Refused }
}

/// The classes, none of them empty.
pub const CLASSES: &[HostileClass] = &[
    // Ways out.
    refused("empty", &[""]),
    refused("relative steps", &[".", ".."]),
    refused("traversal", &["../", "../../etc/passwd", "a/../../b", "./a", "a/..", "..//..//x", "....//x"]),
    refused("backward traversal", &["..\\", "..\\..\\boot.ini", "a\\..\\..\\b", "..\\/x", ".\\a"]),
    refused("absolute paths", &["/", "/etc/passwd", "//etc/passwd", "/proc/self/root", "\\boot.ini"]),
    refused("drives", &["C:", "C:\\boot.ini", "c:boot.ini", "C:/boot.ini", "Z:."]),
    refused("network paths", &["\\\\host\\share", "//host/share", "\\\\?\\C:\\a", "\\\\.\\PhysicalDrive0"]),
    refused("addresses", &["file:///etc/passwd", "http://example.com/a.mp4", "s3://bucket/key", "data:,x"]),
    refused("nested names", &["videos/budi/a.mp4", "budi/a.mp4", "a/b", "a/", "a\\"]),
    // The same, in disguise.
    text_in_files("percent-encoded traversal", &["%2e%2e%2fa", "%2E%2E%5Ca", "%2e%2e", "a%2f..%2fb", "%00"]),
    text_in_files("doubly encoded traversal", &["%252e%252e%252fa", "%25252e", "%255c", "%2%66"]),
    refused(
        "overlong encoding, decoded with losses",
        &["\u{fffd}\u{fffd}a", "\u{fffd}.\u{fffd}", "a\u{fffd}\u{fffd}\u{fffd}b"],
    ),
    text_in_files("overlong encoding, percent-encoded", &["%c0%ae%c0%af", "%e0%80%ae"]),
    refused("losses around real steps", &["\u{fffd}/../a", "..\u{fffd}/a", "..\\\u{fffd}"]),
    text_in_files(
        "other encodings of traversal",
        &["&#46;&#46;&#47;a", "%u002e%u002e%u2215a", "0x2E0x2E0x2F", "Li4v"],
    ),
    text_in_files(
        "full-width dots and slashes",
        &["\u{ff0e}\u{ff0e}\u{ff0f}a", "\u{ff0e}\u{ff0e}", "\u{ff0e}\u{ff0e}\u{ff3c}a", "a\u{ff1a}b"],
    ),
    text_in_files(
        "look-alike separators and dots",
        &[
            "\u{2025}\u{2215}a",
            "\u{2024}\u{2024}\u{2044}a",
            "a\u{29f8}b",
            "a\u{29f9}b",
            "\u{2100}",
            "\u{2026}",
        ],
    ),
    refused("false escapes", &["=2e=2e/", "=2F/", "=00\0", "=3d:"]),
    text_in_files(
        "escapes that encoding never writes",
        &["=2E=2E", "=61na", "a=", "a=2", "=zz", "=ff=fe", "ana=2d1", "=c0=ae", "=6eula", "=+1"],
    ),
    // Canonical encodings: of `..`, of `../a`, of a NUL, of `con`, … They stay what they are.
    HostileClass {
        name: "true escapes",
        examples: &["=2e=2e", "=2e.=2fa", "=00", "=63on", "=64one", "=6eul", "a=2e", "=3d2e"],
        tenant: Verdict::Harmless,
        file: Verdict::Harmless,
    },
    // What some system reads as more than a name.
    refused("device names", &["con", "CON", "nul", "Aux", "prn", "com1", "LPT9", "conin$", "CLOCK$"]),
    refused("device names with an extension", &["con.mp4", "NUL.tar.gz", "aux.h", "com0.x", "lpt3.mp4"]),
    refused(
        "device names with superscripts or spaces",
        &["COM¹", "lpt².mp4", "com³.txt", "con .mp4", "NUL  .x"],
    ),
    refused("alternate streams", &["a.txt:stream", "a.mp4::$DATA", "a::$INDEX_ALLOCATION", ":a"]),
    text_in_files("short names", &["PROGRA~1", "VIDEOS~1.MP4", "~", "~root", "DATA~2"]),
    text_in_files(
        "shell metacharacters",
        &[
            "$(reboot)",
            "`reboot`",
            "a;reboot",
            "a|b",
            "a&b",
            "a>b",
            "*",
            "?.mp4",
            "-rf $HOME",
            "${IFS}",
            "'\"",
            "!!",
        ],
    ),
    text_in_files("options", &["-rf", "--help", "-", "-o.mp4", "_"]),
    text_in_files("markup and queries", &["<script>", "a' OR '1'='1", "{{7*7}}", "%n%s", "a#b", "a?b=c"]),
    refused(
        "leading dots",
        &[".hidden", ".bashrc", "...", ".a.mp4", "..a", ".tenantry", ".views", ".fold-1"],
    ),
    refused("trailing dots", &["a.", "a..", "ana.mp4.", "a. ."]),
    refused("spaces at the edge", &[" a", "a ", " ", "a.mp4 ", "\u{a0}a", "a\u{3000}", "a\u{2003}"]),
    refused("NUL", &["\0", "a\0.mp4", "a.mp4\0.jpg", "\0../a"]),
    refused(
        "control characters",
        &["a\u{1}b", "a\u{7f}", "\u{1b}[2Jx", "a\tb", "a\u{8}b", "a\u{85}b", "a\u{9b}b"],
    ),
    refused("line breaks", &["a\nb", "a\r\nb", "a\rb", "a\n", "a\u{2028}b", "a\u{2029}b", "a\u{b}b"]),
    // What the eye takes for another name.
    refused(
        "direction changes",
        &["a\u{202e}4pm.exe", "\u{202a}a", "a\u{2066}b\u{2069}", "\u{200f}a", "a\u{61c}b", "a\u{202d}b"],
    ),
    refused("zero width", &["a\u{200b}b", "a\u{200d}b", "\u{200c}a", "a\u{2060}", "a\u{ad}b", "a\u{34f}b"]),
    refused("byte order marks", &["\u{feff}a", "a\u{feff}", "\u{feff}", "\u{feff}../a"]),
    refused("tags", &["a\u{e0061}", "\u{e0001}a", "🏴\u{e0067}\u{e0062}\u{e007f}", "a\u{e0100}"]),
    refused(
        "fillers and variation selectors",
        &["a\u{3164}", "\u{115f}a", "a\u{ffa0}b", "❤\u{fe0f}", "a\u{180b}"],
    ),
    refused(
        "denormalised",
        &[
            "cafe\u{301}",
            "A\u{30a}.mp4",
            "\u{212b}",
            "\u{1112}\u{1161}\u{11ab}",
            "\u{2126}",
            "e\u{301}\u{323}",
        ],
    ),
    text_in_files("look-alike letters", &["аna", "аdmin", "ｂｕｄｉ", "ɑna", "budı", "ana‐1", "𝐚𝐧𝐚", "ﬁle"]),
    text_in_files("upper case", &["Ana", "ANA", "aNA.mp4", "BUDI", "İ.mp4", "STRASSE"]),
    text_in_files("combining marks", &["z\u{351}\u{36b}a\u{313}l", "x\u{338}", "\u{301}a", "a\u{20dd}"]),
    text_in_files("emoji", &["🎬", "🎬.mp4", "👍🏽", "🇮🇩", "a🚀b"]),
    // Names of the library's own.
    refused_in_files("names of the ledger", &["ledger", "ledger.word"]),
    refused("names of the ledger in other cases", &["LEDGER", "Ledger.Word"]),
    refused_in_files("names of what was set aside", &["a.json.edited-1", "x.edited-", "a.edited-2025.mp4"]),
    HostileClass {
        name: "names of the journals",
        examples: &["done"],
        tenant: Verdict::Refused,
        file: Verdict::Harmless,
    },
    // Plain names that only sound like more: another tenant's file or folder is not reached by them.
    HostileClass {
        name: "names of the layout's folders and views",
        examples: &["videos", "data", "tokens", "thumbnails", "video_database.json", "head", "snapshot-1"],
        tenant: Verdict::Harmless,
        file: Verdict::Harmless,
    },
    HostileClass {
        name: "words that programs take for values",
        examples: &["null", "undefined", "nan", "true", "0", "00", "1e3", "0x10", "root", "admin", "console"],
        tenant: Verdict::Harmless,
        file: Verdict::Harmless,
    },
    // Sizes.
    refused("overlong", &[LONG, OVER_THE_LIMIT, LONG_IN_BYTES_ONLY, VERY_LONG]),
    text_in_files("overlong for a tenant", &[TENANT_OVER_THE_LIMIT, AT_THE_LIMIT]),
];

const TENANT_OVER_THE_LIMIT: &str = letters(&[b'a'; 65]);
const AT_THE_LIMIT: &str = letters(&[b'a'; 200]);
const OVER_THE_LIMIT: &str = letters(&[b'a'; 201]);
const LONG: &str = letters(&[b'a'; 256]);
const VERY_LONG: &str = letters(&[b'a'; 70_000]);
/// 134 characters of three bytes each.
const LONG_IN_BYTES_ONLY: &str = letters(&repeated());

const fn repeated() -> [u8; 402] {
    let sign = "映".as_bytes();
    let mut bytes = [0; 402];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = sign[at % sign.len()];
        at += 1;
    }
    bytes
}

/// Text from bytes that are known to be some; anything else would not compile.
#[allow(clippy::panic, reason = "evaluated by the compiler only")]
const fn letters(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the bytes are UTF-8"),
    }
}
