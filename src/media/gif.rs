//! The blocks of a GIF, without its pixels: how many pictures it has, and a copy without what was noted in
//! it.
//!
//! Source: <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>.

use std::ops::Range;

/// The extension that says how often a moving picture begins anew, of the few there are the only one that
/// phones look at.
const LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// The block that ends it.
const END: u8 = 0x3b;

/// A block of a GIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// A picture.
    Frame,
    /// What belongs to the pictures: how long each is shown, how often all.
    Control,
    /// What somebody noted: a comment, where it was made and by what.
    Note,
    /// The end.
    End,
}

/// How many pictures a GIF has, as far as it can be read.
pub(super) fn frames(bytes: &[u8]) -> usize {
    Blocks::of(bytes).map_or(0, |blocks| blocks.filter(|(block, _)| *block == Block::Frame).count())
}

/// A copy without notes; nothing where it is no whole GIF.
pub(super) fn without_notes(bytes: &[u8]) -> Option<Vec<u8>> {
    let blocks = Blocks::of(bytes)?;
    let mut read = blocks.at;
    let mut copy = bytes.get(..read)?.to_vec();
    for (block, range) in blocks {
        read = range.end;
        if block == Block::End {
            break;
        }
        if block != Block::Note {
            copy.extend_from_slice(bytes.get(range)?);
        }
    }
    // Some leave the end out; what breaks off in the middle of a block is not whole.
    let is_whole = read == bytes.len() || bytes.get(read - 1) == Some(&END);
    copy.push(END);
    is_whole.then_some(copy)
}

/// The blocks behind the header, each with where it stands. It ends with the last that is whole.
struct Blocks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Blocks<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"GIF87a") && !bytes.starts_with(b"GIF89a") {
            return None;
        }
        Some(Self { bytes, at: 13 + colours(*bytes.get(10)?) })
    }

    /// Where a chain of sub-blocks ends that begins there.
    fn behind_chain(&self, mut at: usize) -> Option<usize> {
        loop {
            match self.bytes.get(at)? {
                0 => return Some(at + 1),
                length => at += 1 + usize::from(*length),
            }
        }
    }

    fn read(&self) -> Option<(Block, usize)> {
        match self.bytes.get(self.at)? {
            &END => Some((Block::End, self.at + 1)),
            0x2c => {
                // Its place and size, its colours, the width of a code, and then its pixels.
                let data = self.at + 10 + colours(*self.bytes.get(self.at + 9)?) + 1;
                Some((Block::Frame, self.behind_chain(data)?))
            }
            0x21 => {
                let end = self.behind_chain(self.at + 2)?;
                let is_loop =
                    || LOOPS.iter().any(|name| self.bytes.get(self.at + 3..self.at + 14) == Some(*name));
                let block = match self.bytes.get(self.at + 1)? {
                    0xf9 => Block::Control,
                    0xff if is_loop() => Block::Control,
                    _ => Block::Note,
                };
                Some((block, end))
            }
            _ => None,
        }
    }
}

/// How long a table of colours is, by the flags before it.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3_usize << ((flags & 7) + 1) }
}

impl Iterator for Blocks<'_> {
    type Item = (Block, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let (block, end) = self.read().filter(|(_, end)| *end <= self.bytes.len())?;
        let range = self.at..end;
        self.at = end;
        Some((block, range))
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::{GifEncoder, Repeat};
    use image::{Delay, Frame, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    fn gif(frames: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        encoder.set_repeat(Repeat::Infinite).unwrap();
        for shade in 0..frames {
            let shade = u8::try_from(shade * 40).unwrap();
            let picture = RgbaImage::from_pixel(20, 10, image::Rgba([shade, 0, 0, 255]));
            let delay = Delay::from_numer_denom_ms(100, 1);
            encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay)).unwrap();
        }
        drop(encoder);
        bytes
    }

    /// With a comment and an application's note before its end.
    fn noted(mut bytes: Vec<u8>) -> Vec<u8> {
        assert_eq!(bytes.pop(), Some(0x3b));
        bytes.extend(b"\x21\xfe\x06secret\0\x21\xff\x0bXMP DataXMP\x09<secret/>\0\x3b");
        bytes
    }

    #[test]
    fn pictures_are_counted_and_notes_left_out() {
        for frames_in in [1, 2, 5] {
            let plain = gif(frames_in);
            assert_eq!(frames(&plain), frames_in);
            assert_eq!(without_notes(&plain).unwrap(), plain, "nothing else is changed");
            let copy = without_notes(&noted(plain.clone())).unwrap();
            assert_eq!(copy, plain);
        }
        assert!(plain_loop(&gif(2)), "it goes on moving");
        for broken in [&b""[..], b"GIF89a", b"PNG", &gif(2)[..60]] {
            assert_eq!(without_notes(broken), None);
        }
    }

    fn plain_loop(bytes: &[u8]) -> bool {
        without_notes(bytes).unwrap().windows(11).any(|name| name == b"NETSCAPE2.0")
    }

    proptest! {
        #[test]
        fn whatever_it_is_given_it_ends(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = without_notes(&bytes);
            bytes.splice(0..0, *b"GIF89a");
            prop_assert!(frames(&bytes) <= bytes.len());
            if let Some(copy) = without_notes(&bytes) {
                prop_assert!(copy.len() <= bytes.len() + 1);
            }
        }
    }
}
