//! What makes a legacy tree hard to migrate: [`Trap`], each with a sentence.

use std::fmt;

macro_rules! traps {
    ($($trap:ident: $sentence:literal,)*) => {
        /// One thing by which a migration could lose, misplace or mix up data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Trap {
            $(#[doc = $sentence] $trap,)*
        }

        impl Trap {
            /// All of them, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$trap,)*];

            /// What the tree then is like.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$trap => $sentence,)* }
            }

            /// The variant's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$trap => stringify!($trap),)* }
            }
        }
    };
}

traps! {
    DatabaseMissing: "A database is not there.",
    DatabaseEmpty: "A database has no byte.",
    DatabaseIsObject: "A database says `{}` where an array is meant.",
    DatabaseTruncated: "A database ends in the middle, as a crash left it.",
    IndentOfTwo: "A database is indented by two, not by four.",
    EscapedText: "A text has letters written as `\\u00e9`.",
    UnescapedText: "A text has letters beyond ASCII as they are.",
    OddTitle: "A title has quotes, a line break, and more letters than a file's name may.",
    SurrogatePair: "A text has an emoji as two escapes.",
    LoneSurrogate: "A text has half of an emoji, which no string of Unicode can hold.",
    NotANumber: "A field is a bare `NaN`, which JSON does not know.",
    UnknownFields: "A record has fields that no version knew, numbers written unusually among them.",
    RecordWithOwner: "A record says already whose it is.",
    OwnerUnknown: "A record's owner is no user.",
    IdByHand: "A record's id is no UUID.",
    IdTwice: "Two records of one database have the same id.",
    IdMissing: "A record has no id.",
    FileMissing: "A record names a file that is not there.",
    FileWithoutRecord: "A file is named by no record.",
    FileNamedTwice: "Two records of one owner name the same file.",
    FileOfTwoOwners: "Two records of different owners name the same file.",
    FileNameLeadsOut: "A record names a file outside of its folder.",
    ThumbnailNull: "A video has no thumbnail.",
    ThumbnailMissing: "A video's thumbnail is not there.",
    FromDrive: "A video came from a drive.",
    DurationForms: "Durations are texts, numbers, empty and null.",
    AllStatuses: "Live streams are scheduled, live, completed and failed.",
    ProcessOfAnotherLife: "A live stream names a process of before the restart.",
    VideoTitleAbsent: "A live stream does not repeat its video's title.",
    CustomServer: "A live stream goes to a server of its own address.",
    StreamVideoMissing: "A live stream names a video file that is not there.",
    VideoOfAnother: "A live stream names a video that is another user's.",
    MappingOlderForm: "Stream keys are in the older form, name to id.",
    MappingWithoutToken: "Stream keys are of a token that is not there.",
    TokenDamaged: "A token ends in the middle.",
    StreamTimers: "Timers say their times with an offset.",
    TimerWithoutStream: "A timer is of a live stream that is not there.",
    LoopedVideos: "Looped videos lie in `videos/done`, which is no user's folder.",
    UploadQueue: "The queue has absolute paths of another machine.",
    QueueTagsAsText: "Tags are one text with commas and leading spaces.",
    ScheduleConfig: "There is a configuration of the application's own.",
    AllRoles: "Users have all five roles.",
    UserLimits: "A user has limits of its own.",
    UserNameNotPlain: "A user's name has capitals, a space and an at sign.",
    WorkbookNarrow: "The workbook has only 8 columns.",
    WorkbookWide: "The workbook has 19 columns or more.",
    WorkbookMixedTimes: "The workbook has times as text with T, as text with a blank, and as dates.",
    WorkbookMixedFlags: "The workbook has yes and no as booleans, numbers, texts and empty cells.",
    WorkbookOlderNames: "The workbook calls its columns `token_file`, `thumbnail` and `videoFile`.",
    WorkbookThumbnailPrefix: "The workbook has thumbnails with and without `thumbnails/`.",
    WorkbookOwners: "The workbook says of some rows whose they are.",
    WorkbookNanText: "A cell says `nan`, as an empty one is called elsewhere.",
    WorkbookEqualRows: "Two rows of the workbook say the same.",
    WorkbookEmptyRow: "A row in the middle of the workbook is empty.",
    WorkbookSecondSheet: "The workbook has a second sheet.",
    GitKeep: "A folder has a `.gitkeep`.",
    DsStore: "A folder has a `.DS_Store`.",
    ThumbsDb: "A folder has a `Thumbs.db`.",
    BackupLeft: "A `*.backup` of an earlier attempt is there.",
    TemporaryLeft: "A `*.tmp` of an earlier attempt is there.",
    FfmpegLogs: "There is a folder of logs.",
    ClientSecret: "The application's own `client_secret.json` lies among the tokens.",
    UserFolders: "Folders of users are there already.",
    UserDatabases: "Databases of users are there already.",
    ForeignOwnerInside: "A user's database has a record of another owner.",
    DemoData: "The demo user has data, which an empty beginning would overwrite.",
    OldAndNew: "A record is in the old place and, changed since, in the new one.",
    SameNameInTwoPlaces: "Two different files of one name are in the old place and in the new one.",
    NameWithSpace: "A file's name has spaces.",
    NameWithEmoji: "A file's name has an emoji.",
    NameNotNormalized: "A file's name is not in normal form C.",
    NameNotUtf8: "A file's name is no UTF-8.",
    NamesDifferInCase: "Two files' names differ only in case.",
    LinkForFile: "A link is in the place of a file.",
    LinkForFolder: "A link is in the place of a folder.",
    Unreadable: "A file may not be read.",
    OddModes: "Files and folders have unusual modes.",
    OddTimes: "Files were changed before 1970, far in the future, and between two seconds.",
    EmptyFolder: "A folder is empty.",
}

impl Trap {
    /// Whether a system has what it takes: links, modes and names of any bytes are Unix's.
    #[must_use]
    pub const fn is_of_unix_only(self) -> bool {
        matches!(
            self,
            Self::NameNotUtf8 | Self::LinkForFile | Self::LinkForFolder | Self::Unreadable | Self::OddModes
        )
    }

    /// Whether a repository can't hold it for every machine that checks it out, so that
    /// [`committed`](super::committed) adds it.
    #[must_use]
    pub const fn is_added_to_the_committed_tree(self) -> bool {
        matches!(
            self,
            Self::NameNotUtf8
                | Self::NamesDifferInCase
                | Self::Unreadable
                | Self::OddModes
                | Self::OddTimes
                | Self::EmptyFolder
        )
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}
