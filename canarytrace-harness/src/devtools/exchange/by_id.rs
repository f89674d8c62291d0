//! Maps by the browser's ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::devtools::protocol::Text;

/// A map by ids of requests, frames, sessions.
pub(in crate::devtools) type ById<'a, T> = HashMap<Text<'a>, T, BuildHasherDefault<Mixer>>;

/// A fast hash. The ids are the browser's: no page can choose some that collide.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::devtools) struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, word: u64) {
        // The multiplier of the FxHash of Firefox.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn finish(&self) -> u64 {
        // A multiplication mixes towards the high bits; maps use the low ones as well.
        self.0.rotate_left(26)
    }
}
