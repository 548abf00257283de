//! One track: its packets, decoded.

use std::time::Duration;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{self as ids, CODEC_ID_OPUS};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track as Stated};
use symphonia::core::packet::Packet;
use symphonia::default::register_enabled_codecs;
use symphonia_adapter_libopus::OpusDecoder;

use super::container::Container;
use super::opus::Head;
use crate::speech::DecodeError;

/// What one packet decodes to: interleaved samples.
pub(super) struct Block<'a> {
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) samples: &'a [f32],
}

/// The track that is listened to.
pub(super) struct Track {
    id: u32,
    decoder: Box<dyn AudioDecoder>,
    stated: Option<Duration>,
    /// Samples that are still to be dropped, and what the others are multiplied with.
    head: Head,
    samples: Vec<f32>,
}

impl Track {
    /// The first sound track that can be decoded, in a file of `size` bytes.
    ///
    /// # Errors
    /// When there is none, or only such as cannot be decoded.
    pub(super) fn choose(
        reader: &dyn FormatReader,
        container: Container,
        size: u64,
    ) -> Result<Self, DecodeError> {
        let mut refused = DecodeError::NoAudioTrack { container: container.name() };
        for track in reader.tracks() {
            let Some(CodecParameters::Audio(codec)) = &track.codec_params else { continue };
            match decoder(codec) {
                Ok((decoder, head)) => {
                    let stated = stated(track, codec, container, size);
                    return Ok(Self { id: track.id, decoder, stated, head, samples: Vec::new() });
                }
                Err(error) => {
                    tracing::debug!(codec = %codec.codec, %error, "a track cannot be decoded");
                    refused = DecodeError::Codec { name: name(codec.codec) };
                }
            }
        }
        Err(refused)
    }

    /// How long the container says that it is.
    pub(super) const fn stated(&self) -> Option<Duration> {
        self.stated
    }

    /// Decodes a packet. One of another track gives none.
    ///
    /// # Errors
    /// When it cannot be decoded; the next one may.
    pub(super) fn decode(&mut self, packet: &Packet) -> Result<Option<Block<'_>>, Error> {
        if packet.track_id != self.id {
            return Ok(None);
        }
        let decoded = self.decoder.decode_ref(&packet.as_packet_ref())?;
        let (rate, channels) = (decoded.spec().rate(), decoded.num_planes().max(1));
        decoded.copy_to_vec_interleaved(&mut self.samples);
        let dropped = self.head.skip.min(self.samples.len() / channels);
        self.head.skip -= dropped;
        let samples = self.samples.get_mut(dropped * channels..).unwrap_or_default();
        if self.head.gain != 1.0 {
            samples.iter_mut().for_each(|sample| *sample *= self.head.gain);
        }
        Ok(Some(Block { rate, channels, samples }))
    }
}

/// A decoder, and what it has to be spared.
fn decoder(codec: &AudioCodecParameters) -> Result<(Box<dyn AudioDecoder>, Head), Error> {
    let mut known = CodecRegistry::new();
    register_enabled_codecs(&mut known);
    known.register_audio_decoder::<OpusDecoder>();
    let mut codec = codec.clone();
    let mut head = Head { skip: 0, gain: 1.0 };
    if codec.codec == CODEC_ID_OPUS {
        head = codec.extra_data.take().map_or(head, |bytes| Head::read(&bytes));
    }
    Ok((known.make_audio_decoder(&codec, &AudioDecoderOptions::default())?, head))
}

/// The length that a container states for a track. A number that cannot be meant (a negative position, read as a huge
/// one, a WAV file that was written to a pipe) is none; an estimate is halved, so that it refuses only what is far
/// too long.
fn stated(track: &Stated, codec: &AudioCodecParameters, container: Container, size: u64) -> Option<Duration> {
    let before = u64::try_from(track.start_ts.get()).unwrap_or(0) + u64::from(track.delay.unwrap_or(0));
    let length = match (track.num_frames, codec.sample_rate, track.time_base, track.duration) {
        (Some(frames), Some(rate), _, _) if i64::try_from(frames).is_ok() => {
            let frames = match container {
                Container::Ogg => frames.saturating_sub(before),
                Container::Wav if bytes(frames, codec) > u128::from(size) => return None,
                _ => frames,
            };
            frames as f64 / f64::from(rate)
        }
        (_, _, Some(base), Some(duration)) => base.calc_duration(duration)?.as_secs_f64(),
        _ => return None,
    };
    let length = Duration::try_from_secs_f64(length).ok()?;
    Some(if container.guesses() { length / 2 } else { length })
}

/// Bytes of so many frames; 1 bit a sample where the container says nothing.
fn bytes(frames: u64, codec: &AudioCodecParameters) -> u128 {
    let bits = codec.bits_per_coded_sample.or(codec.bits_per_sample).unwrap_or(1);
    let channels = codec.channels.as_ref().map_or(1, Channels::count);
    u128::from(frames) * u128::from(bits) * channels as u128 / 8
}

/// What people call a codec.
fn name(codec: AudioCodecId) -> Option<&'static str> {
    Some(match codec {
        CODEC_ID_OPUS => "Opus",
        ids::CODEC_ID_VORBIS => "Vorbis",
        ids::CODEC_ID_AAC => "AAC",
        ids::CODEC_ID_AC3 | ids::CODEC_ID_EAC3 => "AC-3",
        ids::CODEC_ID_ALAC => "ALAC",
        ids::CODEC_ID_MP1 | ids::CODEC_ID_MP2 => "MPEG audio, layer 1 or 2",
        ids::CODEC_ID_SPEEX => "Speex",
        _ => return None,
    })
}
