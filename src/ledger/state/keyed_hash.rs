//! The hash by which a base finds ids and keys: SipHash-1-3, as the standard library's maps use it, with a key that can
//! be kept beside what was hashed. The library's own can't: its keys end with the process.

use siphasher::sip::SipHasher13;

/// The key: another one for each base, so that nobody can choose ids that all meet in one place.
pub(super) type HashKey = [u64; 2];

/// A key that nobody knows.
pub(super) fn fresh_key() -> HashKey {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new();
    [random.hash_one(0_u8), random.hash_one(1_u8)]
}

/// The hash of some bytes.
#[inline]
pub(super) fn hash(key: HashKey, bytes: &[u8]) -> u64 {
    SipHasher13::new_with_keys(key[0], key[1]).hash(bytes)
}

/// The hash of two texts, of which the first is one of few.
pub(super) fn hash_pair(key: HashKey, first: &[u8], second: &[u8]) -> u64 {
    hash([key[0] ^ hash(key, first), key[1]], second)
}
