//! What stands where in a block of text: one bit a byte, the first one lowest.

use wide::u8x16;

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// Which bytes of a block are of a kind.
#[derive(Clone, Copy, Debug, Default)]
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
        let mut bits = Self::default();
        for (part, at) in block.as_chunks::<16>().0.iter().zip([0, 16, 32, 48]) {
            let part = u8x16::new(*part);
            let is = |byte: u8| part.simd_eq(u8x16::splat(byte));
            // Brackets that open differ in this bit from those that are square.
            let round = part | u8x16::splat(0x20);
            let brackets = round.simd_eq(u8x16::splat(b'{')) | round.simd_eq(u8x16::splat(b'}'));
            let controls = part.min(u8x16::splat(0x1F)).simd_eq(part);
            bits.quotes |= u64::from(is(b'"').to_bitmask()) << at;
            bits.backslashes |= u64::from(is(b'\\').to_bitmask()) << at;
            bits.controls |= u64::from(controls.to_bitmask()) << at;
            bits.brackets |= u64::from(brackets.to_bitmask()) << at;
        }
        bits
    }
}
