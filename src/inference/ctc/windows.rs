//! Where a long sound is cut: at its quietest places, so that words stay whole.

use std::ops::Range;

/// A quiet place is this long: 200 ms.
const QUIET: usize = 3200;
/// Places are tried this far apart: 20 ms.
const APART: usize = 320;

/// The sound in order, in windows of at most `most` samples (16 kHz; at least a second). A sound that is longer is cut in the
/// middle of the quietest 200 ms of the second half of each window, so no window is shorter than an eighth of `most`.
pub(super) fn windows(samples: &[f32], most: usize) -> Vec<Range<usize>> {
    let (mut windows, mut from) = (Vec::new(), 0);
    while samples.len() - from > most {
        let latest = (from + most).min(samples.len() - most / 8);
        let cut = quietest(samples, from + most / 2..latest - QUIET);
        windows.push(from..cut);
        from = cut;
    }
    if from < samples.len() {
        windows.push(from..samples.len());
    }
    windows
}

/// The middle of the quietest place that begins in a range; of equal ones the last.
fn quietest(samples: &[f32], range: Range<usize>) -> usize {
    let energy =
        |from: usize| -> f32 { samples.iter().skip(from).take(QUIET).map(|sample| sample * sample).sum() };
    let places = range.clone().step_by(APART).map(|from| (energy(from), from)).rev();
    let quietest = places.min_by(|(a, _), (b, _)| a.total_cmp(b));
    quietest.map_or(range.end, |(_, from)| from) + QUIET / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: usize = 16_000;

    /// Noise for so many seconds, with silence of 300 ms at these seconds.
    fn sound(seconds: usize, silent: &[usize]) -> Vec<f32> {
        let mut samples: Vec<f32> =
            (0..seconds * SECOND).map(|n| (n * 7919 % 200) as f32 / 100.0 - 1.0).collect();
        for second in silent {
            samples[second * SECOND..second * SECOND + 4800].fill(0.0);
        }
        samples
    }

    #[test]
    fn a_short_sound_is_one_window() {
        assert_eq!(windows(&sound(24, &[10]), 24 * SECOND), vec![Range { start: 0, end: 24 * SECOND }]);
        assert!(windows(&[], 24 * SECOND).is_empty());
    }

    #[test]
    fn a_long_one_is_cut_in_silence() {
        let samples = sound(60, &[5, 17, 40]);
        let cut = windows(&samples, 24 * SECOND);
        assert_eq!(cut.len(), 3);
        for (window, second) in cut.iter().zip([17, 40]) {
            let within = window.end - second * SECOND;
            assert!((1600..=3200).contains(&within), "{window:?} {within}");
        }
    }

    #[test]
    fn windows_follow_each_other_and_are_neither_long_nor_tiny() {
        let most = 24 * SECOND;
        for length in [most + 1, most + 5000, 2 * most, 2 * most + 1, 9 * most - 7] {
            for samples in [vec![0.0; length], vec![0.5; length]] {
                let cut = windows(&samples, most);
                assert!(
                    cut.iter().all(|window| (most / 8..=most).contains(&window.len())),
                    "{length} {cut:?}"
                );
                assert!(cut.windows(2).all(|pair| pair[0].end == pair[1].start));
                assert_eq!((cut[0].start, cut[cut.len() - 1].end), (0, length));
            }
        }
    }
}
