//! Why a name was refused.

/// The reason for which a name was refused; one variant for each.
///
/// No variant carries the name itself, since it may be anything at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name has no characters.
    #[error("the name is empty")]
    Empty,
    /// The name is longer than file systems or the layout allow.
    #[error("the name has {bytes} bytes, {limit} are allowed")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A character outside the allowed set.
    #[error("the character {character:?} at byte {at} is not allowed")]
    Character {
        /// The first such character.
        character: char,
        /// Its byte position.
        at: usize,
    },
    /// A path separator.
    #[error("the name contains a path separator")]
    Separator,
    /// `.` or `..`.
    #[error("the name is a relative path step")]
    RelativeStep,
    /// A control character, NUL included.
    #[error("the name contains a control character")]
    Control,
    /// A format or bidirectional character, which can make a name look like another, or no character at all.
    #[error("the name contains an invisible or direction-changing character")]
    Format,
    /// The replacement character, which stands for bytes that are no text.
    #[error("the name contains the replacement character")]
    Undecodable,
    /// A dot in a place where some systems drop or hide it.
    #[error("the name begins or ends with a dot")]
    EdgeDot,
    /// White space at an edge, where some systems drop it.
    #[error("the name begins or ends with white space")]
    EdgeSpace,
    /// A Windows device name.
    #[error("the name is a device name")]
    DeviceName,
    /// A colon, which names an alternate stream on some systems.
    #[error("the name contains a colon")]
    Stream,
    /// Not in Unicode normal form C, so that it could have a twin.
    #[error("the name is not in Unicode normal form C")]
    NotNormalized,
    /// A name that the layout uses itself.
    #[error("the name is reserved")]
    Reserved,
    /// An escape that `encode` never writes.
    #[error("the name is not an encoded name")]
    BadEscape,
}
