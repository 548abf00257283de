//! Where somebody speaks: silence before and after is cut off, long pauses are shortened. Pure.
//!
//! The rule is the one of Silero's `get_speech_timestamps`: speech begins where its probability reaches [`THRESHOLD`] and
//! has ended when it has stayed below [`NEG_THRESHOLD`] for [`MIN_SILENCE`]; what is shorter than [`MIN_SPEECH`] was a click.

use std::ops::Range;

use super::RATE;
use crate::inference::Voiced;

const THRESHOLD: f32 = 0.5;
const NEG_THRESHOLD: f32 = 0.35;

const fn samples(ms: usize) -> usize {
    ms * RATE as usize / 1_000
}

/// Shortest speech.
const MIN_SPEECH: usize = samples(200);
/// Shortest silence that ends it.
const MIN_SILENCE: usize = samples(100);
/// What is left of the silence around speech: words begin and end softly.
const SPEECH_PAD: usize = samples(200);
/// Longest pause that stays as it is; of a longer one the edges stay.
const PAUSE: usize = samples(1_000);

/// How loud a recording is to be: 999 of 1,000 samples within this of full scale, so that a click does not count.
const LOUD: f32 = 0.4;
/// Most that a recording is amplified: what is still softer is noise.
const MOST_GAIN: f32 = 100.0;
/// Samples that are looked at.
const LOOKED_AT: usize = 1_000_000;

/// A soft recording, as loud as Silero and Whisper are used to: Whisper's frames move with the level, and Silero takes a soft
/// voice for silence (card of *whisper-base*).
pub(super) fn amplified(mut samples: Vec<f32>) -> Vec<f32> {
    let step = (samples.len() / LOOKED_AT).max(1);
    let mut sizes: Vec<f32> = samples.iter().step_by(step).map(|sample| sample.abs()).collect();
    let place = sizes.len() * 999 / 1_000;
    if place >= sizes.len() {
        return samples;
    }
    let (_, loud, _) = sizes.select_nth_unstable_by(place, f32::total_cmp);
    let gain = (LOUD / loud.max(LOUD / MOST_GAIN)).max(1.0);
    samples.iter_mut().for_each(|sample| *sample = (*sample * gain).clamp(-1.0, 1.0));
    samples
}

/// Ranges of samples in which somebody speaks, with their edges, in order and apart from each other.
pub(super) fn spoken(voiced: &Voiced, length: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut start, mut quiet) = (None, None);
    for (frame, &probability) in voiced.probabilities.iter().enumerate() {
        let at = frame * Voiced::FRAME;
        match start {
            None if probability >= THRESHOLD => (start, quiet) = (Some(at), None),
            None => {}
            Some(_) if probability >= THRESHOLD => quiet = None,
            Some(begun) if probability < NEG_THRESHOLD => {
                let since = *quiet.get_or_insert(at);
                if at + Voiced::FRAME - since >= MIN_SILENCE {
                    found.push(begun..since);
                    start = None;
                }
            }
            Some(_) => {}
        }
    }
    found.extend(start.map(|begun| begun..quiet.unwrap_or(length)));
    found.retain(|one| one.len() >= MIN_SPEECH);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for one in found {
        let one = one.start.saturating_sub(SPEECH_PAD)..(one.end + SPEECH_PAD).min(length);
        match apart.last_mut() {
            Some(last) if one.start <= last.end + PAUSE - 2 * SPEECH_PAD => last.end = one.end,
            _ => apart.push(one),
        }
    }
    apart
}

/// A recording without its silences.
pub(super) struct Cut {
    pub(super) samples: Vec<f32>,
    pub(super) places: Places,
}

impl Cut {
    /// Keeps these ranges.
    pub(super) fn new(samples: &[f32], spoken: &[Range<usize>]) -> Self {
        let mut cut = Self { samples: Vec::new(), places: Places(Vec::new()) };
        for range in spoken {
            cut.places.0.push((cut.samples.len(), range.start));
            cut.samples.extend_from_slice(samples.get(range.clone()).unwrap_or_default());
        }
        cut
    }
}

/// Where the pieces of a cut recording begin in it, and where they began before.
#[derive(Debug, Clone)]
pub(super) struct Places(Vec<(usize, usize)>);

impl Places {
    /// When in the recording something began that begins at `ms` of the cut one.
    pub(super) fn begins(&self, ms: u32) -> u32 {
        let at = samples(ms as usize);
        was(at, self.0.iter().rev().find(|(here, _)| *here <= at))
    }

    /// When in the recording something ended that ends at `ms` of the cut one: what ends with a piece does not end after
    /// the pause.
    pub(super) fn ends(&self, ms: u32) -> u32 {
        let at = samples(ms as usize);
        was(at, self.0.iter().rev().find(|(here, _)| *here < at))
    }
}

fn was(at: usize, piece: Option<&(usize, usize)>) -> u32 {
    let was = piece.map_or(at, |(here, began)| at - here + began);
    u32::try_from(was * 1_000 / RATE as usize).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of silence and of speech, in turn.
    fn voiced(turns: &[usize]) -> Voiced {
        let frames = turns
            .iter()
            .enumerate()
            .flat_map(|(turn, frames)| std::iter::repeat_n(if turn % 2 == 0 { 0.02 } else { 0.9 }, *frames));
        Voiced { probabilities: frames.collect() }
    }

    fn once(range: Range<usize>) -> Vec<Range<usize>> {
        std::iter::once(range).collect()
    }

    fn length(turns: &[usize]) -> usize {
        turns.iter().sum::<usize>() * Voiced::FRAME
    }

    #[test]
    fn what_is_soft_is_amplified_whatever_clicks_in_it() {
        let voice =
            |loud: f32| -> Vec<f32> { (0..16_000).map(|at| loud * (at as f32 * 0.1).sin()).collect() };
        let most = |samples: &[f32]| samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
        let mut soft = voice(0.01);
        soft[7] = -0.9;
        let heard = amplified(soft);
        assert!((most(&heard[8..]) - LOUD).abs() < 0.01 && heard[7] == -1.0);
        assert_eq!(amplified(voice(0.7)), voice(0.7), "never softer");
        assert!((most(&amplified(voice(0.000_1))) - 0.01).abs() < 0.001, "at most a hundred times");
        assert!(amplified(Vec::new()).is_empty());
    }

    #[test]
    fn silence_around_speech_goes_but_for_its_edges() {
        let turns = [50, 30, 60];
        let found = spoken(&voiced(&turns), length(&turns));
        assert_eq!(found, once(50 * 512 - SPEECH_PAD..80 * 512 + SPEECH_PAD));
        assert!(spoken(&voiced(&[100]), length(&[100])).is_empty());
        assert!(spoken(&voiced(&[50, 3, 50]), length(&[50, 3, 50])).is_empty(), "a click");
        assert!(spoken(&Voiced::default(), 0).is_empty());
    }

    #[test]
    fn speech_from_edge_to_edge_is_whole() {
        assert_eq!(spoken(&voiced(&[0, 40]), 40 * 512 - 100), once(0..40 * 512 - 100));
    }

    #[test]
    fn a_long_pause_is_shortened_and_a_short_one_stays() {
        let short = [0, 30, 20, 30];
        assert_eq!(spoken(&voiced(&short), length(&short)), once(0..80 * 512));
        let long = [0, 30, 100, 30];
        let found = spoken(&voiced(&long), length(&long));
        assert_eq!(found, [0..30 * 512 + SPEECH_PAD, 130 * 512 - SPEECH_PAD..160 * 512]);
        let samples: Vec<f32> = (0..160 * 512).map(|at| at as f32).collect();
        let cut = Cut::new(&samples, &found);
        assert_eq!(cut.samples.len(), 60 * 512 + 2 * SPEECH_PAD);
        // What is heard at the beginning of the second piece was at its own place in the recording.
        let second = u32::try_from((30 * 512 + SPEECH_PAD) * 1_000 / 16_000).unwrap();
        assert_eq!(
            cut.places.begins(second),
            u32::try_from((130 * 512 - SPEECH_PAD) * 1_000 / 16_000).unwrap()
        );
        assert_eq!(
            (cut.places.begins(100), cut.places.ends(second)),
            (100, second),
            "the first ends where the pause begins"
        );
        assert_eq!(cut.places.ends(second + 20), cut.places.begins(second) + 20);
    }
}
