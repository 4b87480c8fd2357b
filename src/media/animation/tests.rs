use image::{Delay, Rgba, RgbaImage};

use super::*;

const COLOURS: [[u8; 4]; 3] = [[250, 0, 0, 255], [0, 250, 0, 255], [0, 0, 250, 255]];

fn colour(colour: [u8; 4], (width, height): (u32, u32)) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba(colour))
}

/// A GIF that shows a colour after the other, with notes in it.
fn gif(size: (u32, u32), frames: usize) -> Bytes {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for frame in COLOURS.iter().cycle().take(frames) {
        let delay = Delay::from_numer_denom_ms(120, 1);
        encoder.encode_frame(Frame::from_parts(colour(*frame, size), 0, 0, delay)).unwrap();
    }
    drop(encoder);
    // A comment before the end.
    let end = file.pop().unwrap();
    file.extend(b"\x21\xfe\x0eCamera of Jane\0");
    file.push(end);
    file.into()
}

/// An APNG of the same. Chunks: PNG third edition, 11.3.
fn apng(size: (u32, u32)) -> Bytes {
    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let named = [kind, data].concat();
        let step = |crc: u32, byte: &u8| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
        };
        let crc = !named.iter().fold(u32::MAX, step);
        [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &named, &crc.to_be_bytes()].concat()
    }
    /// The chunks of a PNG, by their kinds.
    fn data(frame: &RgbaImage, wanted: &[u8]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        frame.write_to(&mut file, ImageFormat::Png).unwrap();
        let (file, mut at, mut found) = (file.into_inner(), 8, Vec::new());
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            if file[at + 4..at + 8] == *wanted {
                found.extend(&file[at + 8..at + 8 + length]);
            }
            at += 12 + length;
        }
        found
    }
    let control = |number: u32| {
        let numbers = [number, size.0, size.1, 0, 0].map(u32::to_be_bytes).concat();
        chunk(b"fcTL", &[&numbers[..], &[0, 12, 0, 100, 0, 0]].concat())
    };
    let frames = COLOURS.map(|frame| colour(frame, size));
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(b"IHDR", &data(&frames[0], b"IHDR")));
    file.extend(chunk(b"acTL", &[0, 0, 0, 3, 0, 0, 0, 0]));
    file.extend(control(0));
    file.extend(chunk(b"IDAT", &data(&frames[0], b"IDAT")));
    for (number, frame) in [1_u32, 3].into_iter().zip(&frames[1..]) {
        file.extend(control(number));
        file.extend(chunk(b"fdAT", &[&(number + 1).to_be_bytes()[..], &data(frame, b"IDAT")].concat()));
    }
    file.extend(chunk(b"IEND", b""));
    file.into()
}

/// A WebP of the same. RFC 9649, section 2.7.
fn webp((width, height): (u32, u32)) -> Bytes {
    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let mut chunk = [kind, &u32::try_from(data.len()).unwrap().to_le_bytes(), data].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    }
    let three = |number: u32| number.to_le_bytes()[..3].to_vec();
    let mut inside = b"WEBP".to_vec();
    // With alpha and animation.
    inside.extend(chunk(b"VP8X", &[&[0x12, 0, 0, 0][..], &three(width - 1), &three(height - 1)].concat()));
    inside.extend(chunk(b"ANIM", &[0; 6]));
    for frame in COLOURS {
        let mut still = Cursor::new(Vec::new());
        colour(frame, (width, height)).write_to(&mut still, ImageFormat::WebP).unwrap();
        let picture = &still.into_inner()[12..];
        let head = [three(0), three(0), three(width - 1), three(height - 1), three(120), vec![0]].concat();
        inside.extend(chunk(b"ANMF", &[&head[..], picture].concat()));
    }
    chunk(b"RIFF", &inside).into()
}

/// The frames of a copy: the colour in the middle of each, and for how long it is shown, in ms.
fn shown(copy: &Shown) -> Vec<([u8; 4], u32)> {
    let frames = GifDecoder::new(Cursor::new(&copy.bytes[..])).unwrap().into_frames();
    let middle = |frame: Frame| {
        let (width, height) = frame.buffer().dimensions();
        (frame.buffer().get_pixel(width / 2, height / 2).0, frame.delay().numer_denom_ms().0)
    };
    frames.map(|frame| middle(frame.unwrap())).collect()
}

fn is_near((is, wanted): (&[u8; 4], &[u8; 4])) -> bool {
    is.iter().zip(wanted).all(|(is, wanted)| is.abs_diff(*wanted) < 20)
}

#[test]
fn a_picture_that_moves_is_copied_with_all_its_frames_and_none_of_its_notes() {
    for (kind, file) in [("gif", gif((60, 40), 3)), ("apng", apng((60, 40))), ("webp", webp((60, 40)))] {
        let copy = reduced(&file).unwrap_or_else(|| panic!("{kind} moves"));
        assert_eq!((copy.mime.as_str(), copy.size), ("image/gif", Some((60, 40))), "{kind}");
        let frames = shown(&copy);
        assert_eq!(frames.len(), 3, "{kind}");
        assert!(frames.iter().map(|(is, _)| is).zip(&COLOURS).all(is_near), "{kind}: {frames:?}");
        assert!(frames.iter().all(|(_, delay)| *delay == 120), "{kind}: {frames:?}");
        let repeat = GifDecoder::new(Cursor::new(&copy.bytes[..])).unwrap().loop_count();
        assert!(matches!(repeat, LoopCount::Infinite), "{kind} goes on for ever");
        assert!(!copy.bytes.windows(6).any(|word| word == b"Camera"), "{kind}");
    }
}

#[test]
fn a_large_one_is_reduced_and_one_that_does_not_move_or_for_too_long_is_not_copied() {
    assert_eq!(reduced(&gif((960, 320), 2)).unwrap().size, Some((480, 160)));
    assert!(reduced(&gif((60, 40), 1)).is_none());
    assert!(reduced(&gif((2, 2), FRAMES + 1)).is_none());
    assert!(reduced(&gif((2, 2), FRAMES)).is_some());
    for other in [&b"GIF89a"[..], b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"] {
        assert!(reduced(&Bytes::from_static(other)).is_none(), "{other:?}");
    }
}

#[test]
fn a_frame_larger_than_is_copied_is_not_even_decoded() {
    // A screen of 60,000 × 60,000 and one frame of one pixel on it.
    let mut gif =
        b"GIF89a\x60\xea\x60\xea\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".to_vec();
    gif.push(0x3b);
    assert!(reduced(&gif.into()).is_none());
}
