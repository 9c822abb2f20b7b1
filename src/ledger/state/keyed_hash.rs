//! The hash by which a base finds ids and keys: SipHash-1-3, as the standard library's maps use it, with a key that can
//! be kept beside what was hashed. The library's own can't: its keys end with the process.

/// The key: another one for each base, so that nobody can choose ids that all meet in one place.
pub(super) type HashKey = [u64; 2];

/// A key that nobody knows.
pub(super) fn fresh_key() -> HashKey {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new();
    [random.hash_one(0_u8), random.hash_one(1_u8)]
}

/// The hash of some bytes.
pub(super) fn hash(key: HashKey, bytes: &[u8]) -> u64 {
    let mut state = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        take(&mut state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // The last byte says how many there were, as far as it can.
    last[7] = bytes.len().to_le_bytes()[0];
    take(&mut state, u64::from_le_bytes(last));
    state[2] ^= 0xff;
    (0..3).for_each(|_| round(&mut state));
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

/// The hash of two texts, of which the first is one of few.
pub(super) fn hash_pair(key: HashKey, first: &[u8], second: &[u8]) -> u64 {
    hash([key[0] ^ hash(key, first), key[1]], second)
}

fn take(state: &mut [u64; 4], word: u64) {
    state[3] ^= word;
    round(state);
    state[0] ^= word;
}

fn round(state: &mut [u64; 4]) {
    let [mut a, mut b, mut c, mut d] = *state;
    a = a.wrapping_add(b);
    b = b.rotate_left(13) ^ a;
    a = a.rotate_left(32);
    c = c.wrapping_add(d);
    d = d.rotate_left(16) ^ c;
    a = a.wrapping_add(d);
    d = d.rotate_left(21) ^ a;
    c = c.wrapping_add(b);
    b = b.rotate_left(17) ^ c;
    c = c.rotate_left(32);
    *state = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hasher};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn without_a_key_it_is_the_standard_librarys(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut hasher = DefaultHasher::new();
            hasher.write(&bytes);
            prop_assert_eq!(hash([0, 0], &bytes), hasher.finish());
        }
    }

    #[test]
    fn each_half_of_the_key_makes_another_hash() {
        let hashes = [[0, 0], [1, 0], [0, 1], [1, 1]].map(|key| hash(key, b"an id"));
        let different = std::collections::BTreeSet::from(hashes);
        assert_eq!(different.len(), hashes.len());
    }
}
