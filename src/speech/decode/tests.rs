//! Real files against the reference decoders' numbers, and every kind of bad one.

use std::io::Cursor;

use serde_json::Value;

use super::*;

const BOUNDS: Bounds = Bounds { most: Duration::from_mins(10), within: Duration::from_mins(2) };

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

fn heard(name: &str) -> Vec<f32> {
    decode(&path(name), &BOUNDS, &CancellationToken::new()).unwrap()
}

fn of(bytes: Vec<u8>) -> Result<Vec<f32>, DecodeError> {
    decode_from(Cursor::new(bytes), &BOUNDS, &CancellationToken::new())
}

/// What the decoder gives before it becomes mono and 16 kHz.
fn raw(name: &str) -> (u32, usize, Vec<f32>) {
    let watch = Watch::new(&CancellationToken::new(), BOUNDS.within);
    let mut source = Source::new(Cursor::new(file(name)), watch).unwrap();
    let Ok(container) = Container::recognise(&mut source) else { panic!("{name} is known") };
    let size = source.len();
    let mut reader = container.open(MediaSourceStream::new(Box::new(source), Default::default())).unwrap();
    let mut all = (0, 0, Vec::new());
    loop {
        let mut track = Track::choose(&*reader, container, size).unwrap();
        loop {
            match reader.next_packet() {
                Ok(Some(packet)) => {
                    let Some(block) = track.decode(&packet).unwrap() else { continue };
                    (all.0, all.1) = (block.rate, block.channels);
                    all.2.extend_from_slice(block.samples);
                }
                Ok(None) => return all,
                Err(Error::ResetRequired) => break,
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}

/// The numbers of the reference decoders, and where they differ from ours by nature: the delay of an AAC encoder, which
/// MP4 notes in an edit list that symphonia does not read, and ffmpeg's own Opus decoder, which is not libopus.
#[test]
fn files_are_decoded_as_by_the_reference() {
    let golden: Value = serde_json::from_slice(&file("golden.json")).unwrap();
    for (name, wanted) in golden.as_object().unwrap() {
        let late = if matches!(&**name, "voice.m4a" | "note.mp4") { 1024 } else { 0 };
        let near = if name == "opus.mp4" { 2e-3 } else { 3e-5 };
        let (rate, channels, samples) = raw(name);
        let frames = samples.len() / channels - late;
        assert_eq!(
            (rate, channels, frames),
            (number(wanted, "rate") as u32, number(wanted, "channels"), number(wanted, "frames")),
            "{name}"
        );
        let picked = wanted["samples"].as_array().unwrap().iter().map(|sample| sample.as_f64().unwrap());
        for (at, (wanted, sample)) in picked.zip(samples[late * channels..].iter().step_by(379)).enumerate() {
            assert!(
                (wanted - f64::from(*sample)).abs() < near,
                "{name}, sample {}: {wanted}, {sample}",
                at * 379
            );
        }
        let resampled = ((frames + late) as f64 * 16_000.0 / f64::from(rate)).round() as usize;
        assert_eq!(heard(name).len(), resampled, "{name}");
    }
}

fn number(of: &Value, key: &str) -> usize {
    usize::try_from(of[key].as_u64().unwrap()).unwrap()
}

#[test]
fn what_is_no_audio_has_a_reason_of_its_own() {
    for (name, wanted) in [
        ("picture.ogg", "NotAudio"),
        ("golden.json", "NotAudio"),
        ("speex.ogg", "Codec { name: Some(\"Speex\") }"),
        ("video.ogg", "NoAudioTrack { container: \"OGG\" }"),
        ("video.mp4", "NoAudioTrack { container: \"MP4\" }"),
        ("nothing.ogg", "Empty"),
    ] {
        let error = decode(&path(name), &BOUNDS, &CancellationToken::new()).unwrap_err();
        assert_eq!(format!("{error:?}"), wanted, "{name}");
    }
    assert!(matches!(of(vec![]), Err(DecodeError::Empty)));
    for byte in *b"OR\xffI\0" {
        assert!(matches!(of(vec![byte]), Err(DecodeError::NotAudio)));
    }
    assert!(matches!(of(file("voice.ogg")[..40].to_vec()), Err(DecodeError::Damaged { .. })));
    assert!(matches!(of(file("voice.mp3")[..200].to_vec()), Err(DecodeError::Damaged { .. })));
}

#[test]
fn silence_noise_and_little_are_sound_too() {
    assert!(heard("silence.ogg").iter().all(|sample| sample.abs() < 1e-3));
    let loud = |name| heard(name).iter().map(|sample| sample * sample).sum::<f32>().sqrt();
    assert!(loud("noise.ogg") > 5.0 && loud("music.ogg") > 5.0);
    assert_eq!(heard("20ms.ogg").len(), 320);
}

/// The same voice as OGG/Vorbis, MP3, FLAC, AAC and in a telephone's WAV: all at the same place in time.
#[test]
fn one_voice_in_all_formats_is_one_voice() {
    let voice = &heard("voice.ogg")[6_400..];
    for (name, late) in
        [("vorbis.ogg", 0), ("voice.mp3", 0), ("voice.flac", 0), ("8khz.wav", 0), ("voice.m4a", 1024)]
    {
        let other = heard(name);
        let best =
            (0..800).max_by(|a, b| alike(voice, &other, *a).total_cmp(&alike(voice, &other, *b))).unwrap();
        let late = late * 160 / 441;
        assert!(best.abs_diff(400 + late) <= 2, "{name} is {} samples off", best as i64 - 400 - late as i64);
        assert!(alike(voice, &other, best) > 0.8, "{name}: {}", alike(voice, &other, best));
    }
}

/// Correlation of a voice with another that is `shift - 400` samples later.
fn alike(voice: &[f32], other: &[f32], shift: usize) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let (a, b) = (&voice[4_400..5_400], &other[shift + 4_000..shift + 5_000]);
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn what_is_cut_off_is_kept_as_far_as_it_goes() {
    // An OGG page that is cut is lost, and two of these files have all their sound in one; the list of an MP4 file's packets
    // stands at its end.
    for (name, share) in [
        ("voice.ogg", Some(0.7)),
        ("vorbis.ogg", None),
        ("flac.ogg", None),
        ("voice.mp3", Some(0.9)),
        ("voice.flac", Some(0.8)),
        ("voice.aac", Some(0.9)),
        ("voice.m4a", None),
        ("stereo.wav", Some(0.9)),
        ("8khz.wav", Some(0.9)),
    ] {
        let (bytes, whole) = (file(name), heard(name));
        let mut most = 0;
        for end in (1..bytes.len()).step_by(bytes.len() / 12) {
            match of(bytes[..end].to_vec()) {
                Ok(part) => {
                    assert!(part.len() <= whole.len() + 160, "{name} up to {end}");
                    most = most.max(part.len());
                }
                Err(DecodeError::Damaged { .. } | DecodeError::Empty | DecodeError::NotAudio) => {}
                Err(other) => panic!("{name} up to {end}: {other:?}"),
            }
        }
        let kept = most as f64 / whole.len() as f64;
        match share {
            Some(share) => assert!(kept >= share, "{name}: {kept}"),
            None => assert_eq!(most, 0, "{name}: {kept} is kept"),
        }
    }
}

#[test]
fn a_page_that_is_damaged_costs_itself_only() {
    let (mut bytes, whole) = (file("voice.ogg"), heard("voice.ogg"));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    let part = of(bytes).unwrap();
    assert!(part.len() < whole.len() && part.len() > whole.len() / 2, "{} of {}", part.len(), whole.len());
}

#[test]
fn what_is_too_long_is_refused_by_what_it_says_and_by_what_it_is() {
    let short = Bounds { most: Duration::from_secs(2), ..BOUNDS };
    let never = CancellationToken::new();
    let stated = |error| match error {
        Err(DecodeError::TooLong { most: _, stated }) => stated.map(|stated| stated.as_secs()),
        other => panic!("{other:?}"),
    };
    assert_eq!(stated(decode(&path("2hours.ogg"), &BOUNDS, &never)), Some(7200));
    assert_eq!(stated(decode(&path("voice.ogg"), &short, &never)), Some(4));
    // Without its last page, an OGG file does not say how long it is; a chain says it link by link.
    let bytes = file("voice.ogg");
    let last = bytes.windows(4).rposition(|four| four == b"OggS").unwrap();
    assert_eq!(stated(decode_from(Cursor::new(&bytes[..last]), &short, &never)), None);
    assert_eq!(stated(decode(&path("chained.ogg"), &short, &never)), Some(1));
    // A FLAC header that promises 2^36 samples.
    let mut flac = file("voice.flac");
    flac[21] |= 0x0f;
    flac[22..26].fill(0xff);
    assert_eq!(stated(of(flac)), Some((1 << 36) / 16_000));
    let exactly = Bounds { most: Duration::from_millis(4320), ..BOUNDS };
    assert_eq!(decode(&path("voice.ogg"), &exactly, &never).unwrap().len(), 69_120);
}

/// Headers that promise four gigabytes, or a terabyte: what is there is decoded, and no memory is taken for the promise.
#[test]
fn a_promise_of_a_terabyte_is_not_believed() {
    let whole = heard("stereo.wav");
    let mut wav = file("stereo.wav");
    let data = wav.windows(4).position(|four| four == b"data").unwrap();
    // No longer than what is there: whatever is believed of the promise is too long.
    let length = Duration::from_secs_f64(whole.len() as f64 / 16_000.0);
    let bounds = Bounds { most: length, ..BOUNDS };
    let of = |bytes: Vec<u8>| decode_from(Cursor::new(bytes), &bounds, &CancellationToken::new());
    for length in [0xffff_ffff_u32, 0xffff_fff0, 0x7fff_f000] {
        wav[4..8].copy_from_slice(&length.to_le_bytes());
        wav[data + 4..data + 8].copy_from_slice(&length.saturating_sub(data as u32).to_le_bytes());
        assert_eq!(of(wav.clone()).unwrap(), whole);
    }
    let mut mp4 = file("voice.m4a");
    let mdat = mp4.windows(4).position(|four| four == b"mdat").unwrap();
    let terabyte = [&1_u32.to_be_bytes()[..], b"mdat", &(1_u64 << 40).to_be_bytes()].concat();
    mp4.splice(mdat - 4..mdat + 4, terabyte);
    assert!(matches!(of(mp4), Err(DecodeError::Damaged { .. })));
}

/// A WAV file of endless silence, from a program that did not know its length.
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\xff\xff\xff\xff";
        buffer.fill(128);
        for (at, byte) in buffer.iter_mut().enumerate() {
            *byte = head.get(self.0 as usize + at).copied().unwrap_or(128);
        }
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0 = match to {
            io::SeekFrom::Start(at) => at,
            io::SeekFrom::End(_) => 1 << 40,
            io::SeekFrom::Current(by) => self.0.saturating_add_signed(by),
        };
        Ok(self.0)
    }
}

#[test]
fn what_never_ends_is_ended() {
    let minute = Bounds { most: Duration::from_mins(1), ..BOUNDS };
    let never = CancellationToken::new();
    let refused = decode_from(Endless(0), &minute, &never);
    assert!(matches!(refused, Err(DecodeError::TooLong { stated: None, .. })), "{refused:?}");
    let hour = Bounds { most: Duration::from_hours(100), within: Duration::from_millis(100) };
    let slow = decode_from(Endless(0), &hour, &never);
    assert!(matches!(slow, Err(DecodeError::Slow { .. })), "{slow:?}");
    let stop = never.clone();
    let stopper = std::thread::spawn(move || {
        std::thread::park_timeout(Duration::from_millis(50));
        stop.cancel();
    });
    let stopped = decode_from(Endless(0), &Bounds { within: BOUNDS.within, ..hour }, &never);
    assert!(matches!(stopped, Err(DecodeError::Stopped)), "{stopped:?}");
    stopper.join().unwrap();
}

/// A file on a disk that fails, or whose reading panics, behind some bytes.
struct Failing(Cursor<Vec<u8>>, fn() -> io::Error);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.position() > 4_000 { Err((self.1)()) } else { self.0.read(buffer) }
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_disk_that_fails_is_no_damage_and_a_panic_is_an_error() {
    let never = CancellationToken::new();
    let failing = |how| decode_from(Failing(Cursor::new(file("8khz.wav")), how), &BOUNDS, &never);
    let failed = failing(|| io::Error::from_raw_os_error(5));
    assert!(
        matches!(&failed, Err(DecodeError::Io { source, .. }) if source.raw_os_error() == Some(5)),
        "{failed:?}"
    );
    let panicked = failing(|| panic!("as asked by the test"));
    assert!(matches!(&panicked, Err(DecodeError::Panicked { reason }) if reason == "as asked by the test"));
    for not_a_file in ["no-such.ogg", "."] {
        let error = decode(&path(not_a_file), &BOUNDS, &never);
        assert!(
            matches!(&error, Err(DecodeError::Io { path: named, .. }) if *named == path(not_a_file)),
            "{error:?}"
        );
    }
}

/// Found by fuzzing: symphonia asserts (for now) that the numbers of a Vorbis codebook can be.
#[test]
fn a_codebook_that_cannot_be_is_an_error() {
    let found = decode(&path("found/vorbis-lookup.ogg"), &BOUNDS, &CancellationToken::new());
    assert!(matches!(found, Err(DecodeError::Panicked { .. } | DecodeError::Damaged { .. })), "{found:?}");
}
