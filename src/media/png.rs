//! Pictures as PNG files that say how they were made, and back to pixels for the terminal's preview.
//!
//! In: 8 bit RGB and an [`About`]. Out: bytes of a file; or of a file: its pixels. Text that Latin-1 holds stands in
//! `tEXt` chunks, any other in `iTXt`. Never: a file or a path, a picture larger than [`MAX_SIDE`].

use std::io::Cursor;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Limits, Transformations};

/// Pixels a side may have.
pub const MAX_SIDE: u32 = 4096;

/// How a picture was made; each field is a text chunk of its name.
#[derive(Debug, Clone, PartialEq)]
pub struct About<'a> {
    /// What was painted.
    pub prompt: &'a str,
    /// The words that it comes from; empty where nobody said any, as the two below.
    pub request: &'a str,
    /// How they were understood.
    pub intent: &'a str,
    /// What of them was to be drawn.
    pub subject: &'a str,
    /// What should not be in it.
    pub negative: Option<&'a str>,
    /// Seed of the noise.
    pub seed: u64,
    /// Denoising steps.
    pub steps: u32,
    /// Guidance scale.
    pub guidance: f32,
    /// Name of the scheduler.
    pub scheduler: &'a str,
    /// Name of the model.
    pub model: &'a str,
}

/// A picture cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The pixels are not width x height x 3 bytes.
    #[error("a picture of {width} x {height} pixels cannot have {bytes} bytes")]
    Pixels {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Bytes that were given.
        bytes: usize,
    },
    /// A side is 0 or more than [`MAX_SIDE`].
    #[error("a picture of {width} x {height} pixels is out of bounds (1 to {MAX_SIDE} a side)")]
    Size {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The encoder failed.
    #[error("the picture cannot be encoded")]
    Encode {
        /// Why.
        #[from]
        source: png::EncodingError,
    },
    /// The bytes are not a PNG file, or a damaged one.
    #[error("the picture cannot be decoded")]
    Decode {
        /// Why.
        #[from]
        source: png::DecodingError,
    },
}

/// Writes RGB pixels (row by row) as a PNG file.
///
/// ```
/// use aisaac::media::png::{About, decode, encode};
///
/// let about = About {
///     prompt: "a ginger cat",
///     request: "нарисуй рыжего кота",
///     intent: "draw 0.98",
///     subject: "рыжего кота",
///     negative: None,
///     seed: 7,
///     steps: 20,
///     guidance: 3.0,
///     scheduler: "ddim",
///     model: "sketch",
/// };
/// let rgb = [255, 120, 0, 255, 255, 255]; // an orange and a white pixel
/// let file = encode(2, 1, &rgb, &about)?;
/// assert_eq!(decode(&file)?, (2, 1, rgb.to_vec()));
/// # Ok::<(), aisaac::media::png::PngError>(())
/// ```
///
/// # Errors
/// [`PngError::Size`] and [`PngError::Pixels`] for pixels that do not fit, [`PngError::Encode`] else.
pub fn encode(width: u32, height: u32, rgb: &[u8], about: &About<'_>) -> Result<Vec<u8>, PngError> {
    check_size(width, height)?;
    if rgb.len() as u64 != u64::from(width) * u64::from(height) * 3 {
        return Err(PngError::Pixels { width, height, bytes: rgb.len() });
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    for (key, value) in about.chunks() {
        if value.chars().all(is_latin1) {
            encoder.add_text_chunk(key.to_owned(), value)?;
        } else {
            encoder.add_itxt_chunk(key.to_owned(), value)?;
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(file)
}

/// Reads a PNG file of any colour type as width, height and RGB pixels; transparency is left out.
///
/// # Errors
/// [`PngError::Size`] for a picture that is too large (before anything is unpacked), [`PngError::Decode`] else.
pub fn decode(file: &[u8]) -> Result<(u32, u32, Vec<u8>), PngError> {
    let bytes = (MAX_SIDE as usize).pow(2) * 4 + (1 << 20);
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let (width, height) = reader.info().size();
    check_size(width, height)?;
    let size = reader.output_buffer_size().ok_or(PngError::Size { width, height })?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels)?;
    pixels.truncate(frame.buffer_size());
    Ok((width, height, to_rgb(frame.color_type, pixels)))
}

fn check_size(width: u32, height: u32) -> Result<(), PngError> {
    let fits = |side: u32| (1..=MAX_SIDE).contains(&side);
    if fits(width) && fits(height) { Ok(()) } else { Err(PngError::Size { width, height }) }
}

fn to_rgb(colours: ColorType, pixels: Vec<u8>) -> Vec<u8> {
    match colours.samples() {
        3 => pixels,
        4 => pixels.chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect(),
        samples => {
            pixels.chunks_exact(samples).flat_map(|p| p.iter().take(1).copied().cycle().take(3)).collect()
        }
    }
}

/// Latin-1 as the PNG specification allows it in text: printable characters and the line feed.
const fn is_latin1(character: char) -> bool {
    matches!(character, '\n' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}')
}

impl About<'_> {
    fn chunks(&self) -> Vec<(&'static str, String)> {
        let text = |text: &str| text.replace('\0', " ");
        let mut chunks = vec![("prompt", text(self.prompt))];
        let steps = [("request", self.request), ("intent", self.intent), ("subject", self.subject)];
        chunks.extend(
            steps.into_iter().filter(|(_, said)| !said.is_empty()).map(|(key, said)| (key, text(said))),
        );
        chunks.extend(self.negative.map(|negative| ("negative", text(negative))));
        chunks.extend([
            ("seed", self.seed.to_string()),
            ("steps", self.steps.to_string()),
            ("guidance", self.guidance.to_string()),
            ("scheduler", text(self.scheduler)),
            ("model", text(self.model)),
        ]);
        chunks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'static> = About {
        prompt: "кот \0 на «крыше»",
        request: "нарисуй кота",
        intent: "",
        subject: "кота",
        negative: Some("café, dog"),
        seed: u64::MAX,
        steps: 20,
        guidance: 7.5,
        scheduler: "ddim",
        model: "sketch",
    };

    fn texts(file: &[u8]) -> Vec<(String, String)> {
        let mut reader = Decoder::new(Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        reader.finish().unwrap();
        let info = reader.info();
        let mut all: Vec<(String, String)> =
            info.uncompressed_latin1_text.iter().map(|c| (c.keyword.clone(), c.text.clone())).collect();
        all.extend(info.utf8_text.iter().map(|c| (c.keyword.clone(), c.get_text().unwrap())));
        all
    }

    #[test]
    fn pixels_and_words_come_back() {
        let rgb: Vec<u8> = (0..5 * 3 * 3).map(|at| (at * 5) as u8).collect();
        let file = encode(5, 3, &rgb, &ABOUT).unwrap();
        assert_eq!(decode(&file).unwrap(), (5, 3, rgb));
        let mut found = texts(&file);
        found.sort();
        let wanted = [
            ("guidance", "7.5"),
            ("model", "sketch"),
            ("negative", "café, dog"),
            ("prompt", "кот   на «крыше»"),
            ("request", "нарисуй кота"),
            ("scheduler", "ddim"),
            ("seed", "18446744073709551615"),
            ("steps", "20"),
            ("subject", "кота"),
        ];
        let wanted: Vec<_> =
            wanted.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_same_picture_is_the_same_file_and_no_negative_is_no_chunk() {
        let about = About { negative: None, ..ABOUT };
        let file = encode(1, 1, &[1, 2, 3], &about).unwrap();
        assert_eq!(file, encode(1, 1, &[1, 2, 3], &about).unwrap());
        assert!(texts(&file).iter().all(|(key, _)| key != "negative"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(encode(2, 2, &[0; 11], &ABOUT), Err(PngError::Pixels { bytes: 11, .. })));
        assert!(matches!(encode(0, 2, &[], &ABOUT), Err(PngError::Size { .. })));
        assert!(matches!(encode(4097, 1, &[0; 4097 * 3], &ABOUT), Err(PngError::Size { .. })));
        assert!(matches!(decode(b"not a picture"), Err(PngError::Decode { .. })));
        let file = encode(64, 64, &[7; 64 * 64 * 3], &ABOUT).unwrap();
        assert!(matches!(decode(&file[..file.len() / 2]), Err(PngError::Decode { .. })));
    }

    #[test]
    fn other_colour_types_become_rgb_and_large_ones_are_not_unpacked() {
        let write = |colours, width, height, pixels: &[u8]| {
            let mut file = Vec::new();
            let mut encoder = Encoder::new(&mut file, width, height);
            encoder.set_color(colours);
            encoder.set_depth(BitDepth::Eight);
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(pixels).unwrap();
            writer.finish().unwrap();
            file
        };
        let gray = write(ColorType::Grayscale, 2, 1, &[3, 200]);
        assert_eq!(decode(&gray).unwrap().2, [3, 3, 3, 200, 200, 200]);
        let rgba = write(ColorType::Rgba, 1, 1, &[1, 2, 3, 4]);
        assert_eq!(decode(&rgba).unwrap().2, [1, 2, 3]);
        let long = write(ColorType::Grayscale, MAX_SIDE + 1, 1, &[0; MAX_SIDE as usize + 1]);
        assert!(matches!(decode(&long), Err(PngError::Size { .. })));
    }
}
