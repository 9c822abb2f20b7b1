//! Memory into which much is read at once.
//!
//! A system hands fresh memory out a page at a time, when it is first touched, and with the usual 4 KiB that takes longer
//! than to read into it and to hash what was read. So where it has large pages it is asked for those.

use bytes::Bytes;
#[cfg(target_os = "linux")]
use memmap2::{Advice, MmapMut, MmapOptions};

/// From so many bytes on it is worth asking: as many as a large page has on most machines.
pub(super) const LARGE: usize = 2 << 20;

/// Fresh memory; with nothing read into it, it is zero.
pub(super) enum Memory {
    Allocated(Vec<u8>),
    #[cfg(target_os = "linux")]
    Mapped(MmapMut),
}

impl Memory {
    /// Memory for so many bytes.
    pub(super) fn of(length: usize) -> Self {
        #[cfg(target_os = "linux")]
        if length >= LARGE
            && let Ok(mapped) = MmapOptions::new().len(length).map_anon()
        {
            // A hint: a system that has no large pages has others.
            let _ = mapped.advise(Advice::HugePage);
            return Self::Mapped(mapped);
        }
        Self::Allocated(vec![0; length])
    }

    pub(super) fn filling(&mut self) -> &mut [u8] {
        match self {
            Self::Allocated(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Self::Mapped(mapped) => mapped,
        }
    }

    /// The bytes, once all of them are read.
    pub(super) fn filled(self) -> Bytes {
        match self {
            Self::Allocated(bytes) => bytes.into(),
            #[cfg(target_os = "linux")]
            Self::Mapped(mapped) => Bytes::from_owner(mapped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_into_much_or_little_is_there_and_the_rest_is_zero() {
        for length in [0, 1, LARGE - 1, LARGE, 2 * LARGE + 1] {
            let mut memory = Memory::of(length);
            assert_eq!(memory.filling().len(), length);
            if let Some(last) = memory.filling().last_mut() {
                *last = 7;
            }
            let filled = memory.filled();
            assert_eq!(
                (filled.len(), filled.iter().map(|byte| usize::from(*byte)).sum()),
                (length, 7 * length.min(1))
            );
        }
    }
}
