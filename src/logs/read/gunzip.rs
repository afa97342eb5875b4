//! Unpacks gzip a piece at a time, and no more of it than may be. Pure.

use flate2::{Decompress, FlushDecompress, Status};

/// The window of gzip, as a power of two.
const WINDOW: u8 = 15;
/// The first byte of each member.
const MAGIC: u8 = 0x1f;
/// So much text is nobody's bomb, whatever its ratio: short files of like records pack well.
const HARMLESS: u64 = 16 << 20;

/// How much text one file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// In bytes.
    pub text: u64,
    /// For each byte of the file.
    pub ratio: u64,
}

/// Why a file cannot be unpacked any further. What came before stays good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It is no gzip, or was changed.
    #[error("is not good gzip after {text} bytes of text: {why}")]
    Broken {
        /// How much was unpacked before.
        text: u64,
        /// What is wrong.
        why: String,
    },
    /// It ends in the middle.
    #[error("ends in the middle of its gzip, after {text} bytes of text")]
    CutOff {
        /// How much was unpacked before.
        text: u64,
    },
    /// Something else follows.
    #[error("has something else after its gzip, from byte {at} on")]
    Trailing {
        /// Where.
        at: u64,
    },
    /// It unpacks to more than it may.
    #[error("unpacks to more than {most} bytes")]
    TooLarge {
        /// How many it may.
        most: u64,
    },
    /// It unpacks to more than its size allows.
    #[error("unpacks to more than {ratio} times its size")]
    Bomb {
        /// How many times its size it may.
        ratio: u64,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Gunzip {
    state: Decompress,
    bounds: Bounds,
    /// Bytes of the file so far, and of the text.
    packed: u64,
    text: u64,
    /// Between two members, or before the first.
    between: bool,
    members: u64,
}

impl Gunzip {
    /// For one file.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            state: Decompress::new_gzip(WINDOW),
            bounds,
            packed: 0,
            text: 0,
            between: true,
            members: 0,
        }
    }

    /// How many bytes of text have come.
    pub fn text(&self) -> u64 {
        self.text
    }

    /// Unpacks some of these bytes into `room`: how many it took, and how many it gave. Both are 0 only if it needs more.
    ///
    /// # Errors
    ///
    /// If there is no going on.
    pub fn step(&mut self, packed: &[u8], room: &mut [u8]) -> Result<(usize, usize), Damage> {
        if self.between {
            match packed.first() {
                None => return Ok((0, 0)),
                Some(&MAGIC) => self.begin(),
                Some(_) if self.members > 0 => return Err(Damage::Trailing { at: self.packed }),
                Some(_) => return Err(self.broken("it does not begin as gzip does")),
            }
        }
        let before = (self.state.total_in(), self.state.total_out());
        let status = self
            .state
            .decompress(packed, room, FlushDecompress::None)
            .map_err(|error| self.broken(&error.to_string()))?;
        let took = self.state.total_in() - before.0;
        let gave = self.state.total_out() - before.1;
        self.packed += took;
        self.text += gave;
        self.check()?;
        if status == Status::StreamEnd {
            self.between = true;
            self.members += 1;
        } else if took == 0 && gave == 0 && !packed.is_empty() {
            return Err(self.broken("it leads nowhere"));
        }
        // No more than there was of either.
        let count = |bytes: u64, most: usize| usize::try_from(bytes).unwrap_or(most).min(most);
        Ok((count(took, packed.len()), count(gave, room.len())))
    }

    /// The end of the file.
    ///
    /// # Errors
    ///
    /// If there should be more of it.
    pub fn finish(&self) -> Result<(), Damage> {
        match self.between && self.members > 0 {
            true => Ok(()),
            false => Err(Damage::CutOff { text: self.text }),
        }
    }

    fn begin(&mut self) {
        self.between = false;
        if self.members > 0 {
            self.state = Decompress::new_gzip(WINDOW);
        }
    }

    fn check(&self) -> Result<(), Damage> {
        let Bounds { text: most, ratio } = self.bounds;
        if self.text > most {
            return Err(Damage::TooLarge { most });
        }
        if self.text > HARMLESS && self.text / ratio.max(1) > self.packed {
            return Err(Damage::Bomb { ratio });
        }
        Ok(())
    }

    fn broken(&self, why: &str) -> Damage {
        Damage::Broken {
            text: self.text,
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        text: 1 << 30,
        ratio: 200,
    };

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    /// All of a file's text, taken in pieces of this length, and how it ended.
    fn unpacked(packed: &[u8], piece: usize, bounds: Bounds) -> (Vec<u8>, Result<(), Damage>) {
        let (mut gunzip, mut all, mut room) = (Gunzip::new(bounds), Vec::new(), [0; 777]);
        for mut rest in packed.chunks(piece) {
            loop {
                match gunzip.step(rest, &mut room) {
                    Err(damage) => return (all, Err(damage)),
                    Ok((took, gave)) => {
                        all.extend_from_slice(&room[..gave]);
                        rest = &rest[took..];
                        if gave < room.len() && rest.is_empty() {
                            break;
                        }
                    }
                }
            }
        }
        (all, gunzip.finish())
    }

    proptest! {
        #[test]
        fn members_make_one_text_whatever_the_pieces(
            texts in prop::collection::vec("[a-c]{0,3000}", 1..4), piece in 1usize..2000,
        ) {
            let packed: Vec<u8> = texts.iter().flat_map(|text| gzip(text.as_bytes())).collect();
            prop_assert_eq!(unpacked(&packed, piece, BOUNDS), (texts.concat().into_bytes(), Ok(())));
        }

        #[test]
        fn no_changed_byte_goes_unseen(at in 10usize..100, flip in 1u8..=255) {
            let text: Vec<u8> = (0..2000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
            let mut packed = gzip(&text);
            let at = packed.len() * at / 100;
            packed[at] ^= flip;
            let (_, end) = unpacked(&packed, 100, BOUNDS);
            prop_assert!(end.is_err());
        }
    }

    #[test]
    fn what_is_missing_and_what_is_too_much_is_told() {
        let packed = gzip(b"some text");
        let (_, cut) = unpacked(&packed[..packed.len() - 1], 5, BOUNDS);
        assert_eq!(cut, Err(Damage::CutOff { text: 9 }));
        let more = [packed.as_slice(), b"more"].concat();
        let at = packed.len() as u64;
        assert_eq!(unpacked(&more, 5, BOUNDS).1, Err(Damage::Trailing { at }));
        assert_eq!(unpacked(b"", 5, BOUNDS).1, Err(Damage::CutOff { text: 0 }));
        let none = unpacked(b"no gzip", 5, BOUNDS).1;
        assert!(
            matches!(none, Err(Damage::Broken { text: 0, .. })),
            "{none:?}"
        );
    }

    #[test]
    fn bombs_are_bounded_by_size_and_by_ratio() {
        let packed = gzip(&vec![b' '; 40 << 20]);
        let (text, end) = unpacked(&packed, 1000, BOUNDS);
        assert_eq!(end, Err(Damage::Bomb { ratio: 200 }));
        assert!(text.len() < 17 << 20, "{}", text.len());
        let small = Bounds {
            text: 1 << 20,
            ratio: 10_000,
        };
        let (text, end) = unpacked(&packed, 1000, small);
        assert_eq!(end, Err(Damage::TooLarge { most: 1 << 20 }));
        assert!(text.len() <= 1 << 20);
    }
}
