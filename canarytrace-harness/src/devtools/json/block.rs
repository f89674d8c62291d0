//! What stands where in a block of text: one bit a byte, the first one lowest.

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// Which bytes of a block are of a kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    /// Below 0x20.
    pub(super) controls: u64,
    /// Round ones are not meant: `[`, `]`, `{`, `}`.
    pub(super) brackets: u64,
}

impl Block {
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        Self {
            quotes: bits(block, |byte| byte == b'"'),
            backslashes: bits(block, |byte| byte == b'\\'),
            controls: bits(block, |byte| byte < 0x20),
            // Those of a kind differ in one bit from those of the other.
            brackets: bits(block, |byte| (byte | 0x20 == b'{') | (byte | 0x20 == b'}')),
        }
    }
}

/// Written so that the compiler makes vector instructions of it.
#[inline]
fn bits(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    let mut weighed = [0_u8; BLOCK];
    for ((weight, byte), at) in weighed.iter_mut().zip(block).zip(0_usize..) {
        *weight = if is(*byte) { 1 << (at % 8) } else { 0 };
    }
    let mut bits = [0_u8; BLOCK / 8];
    for (sum, weights) in bits.iter_mut().zip(weighed.as_chunks::<8>().0) {
        *sum = weights.iter().fold(0, |sum, weight| sum | weight);
    }
    u64::from_le_bytes(bits)
}
