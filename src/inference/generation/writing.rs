//! Lets an encoder-decoder write until it ends its answer: greedily, by drawing, or with beams.
//!
//! The prompt has been read before. In: rules, how to choose, and somebody who watches each step (the stop of whoever
//! asked, a sign that it repeats itself). Out: new tokens and how sure the model was of them.

use super::beams::{Beams, Hypothesis, Search};
use super::encoder_decoder::EncoderDecoder;
use super::rules::{Rule, log_probability, log_softmax};
use super::sampling::Sampler;
use crate::inference::InferenceError;
use crate::inference::requests::Sampling;

/// Looks at what has been written so far, between two tokens; `false` ends the writing there.
pub type Watch<'a> = dyn FnMut(&[u32]) -> Result<bool, InferenceError> + 'a;

/// Follows one answer: the best token each time, or one drawn where `sampling` has a temperature (its log probability is
/// that at temperature 1).
///
/// # Errors
/// Those of the model and of the watch.
pub fn one(
    model: &mut EncoderDecoder,
    rules: &[&dyn Rule],
    (sampling, search): (&Sampling, Search),
    watch: &mut Watch<'_>,
) -> Result<Hypothesis, InferenceError> {
    let mut sampler = Sampler::new(sampling);
    let mut said = Hypothesis::default();
    while said.tokens.len() < search.most {
        let scores = model.scores_mut(0);
        rules.iter().for_each(|rule| rule.apply(&said.tokens, scores));
        // A temperature changes the scores while one is chosen.
        let drawn = (search.surely && sampling.temperature > 0.0).then(|| scores.to_vec());
        let Some(next) = sampler.choose(scores, &said.tokens) else { break };
        if search.surely {
            said.log_probability += log_probability(drawn.as_deref().unwrap_or(scores), next);
        }
        if next == search.end {
            said.ended = true;
            break;
        }
        said.tokens.push(next);
        if !watch(&said.tokens)? || said.tokens.len() == search.most {
            break;
        }
        model.read(&[&[next]])?;
    }
    Ok(said)
}

/// Follows several answers at once and returns the best.
///
/// # Errors
/// Those of the model and of the watch.
pub fn several(
    model: &mut EncoderDecoder,
    rules: &[&dyn Rule],
    search: Search,
    watch: &mut Watch<'_>,
) -> Result<Hypothesis, InferenceError> {
    let mut beams = Beams::new(search);
    loop {
        for (row, beam) in beams.running().iter().enumerate() {
            let scores = model.scores_mut(row);
            log_softmax(scores);
            rules.iter().for_each(|rule| rule.apply(&beam.tokens, scores));
        }
        let rows: Vec<&[f32]> = (0..beams.running().len()).map(|row| model.scores(row)).collect();
        let Some(next) = beams.step(&rows) else { break };
        if !watch(beams.running().first().map_or(&[][..], |best| &best.tokens))? {
            break;
        }
        let (rows, tokens): (Vec<usize>, Vec<[u32; 1]>) =
            next.into_iter().map(|(row, token)| (row, [token])).unzip();
        model.choose(&rows)?;
        model.read(&tokens.iter().map(<[u32; 1]>::as_slice).collect::<Vec<_>>())?;
    }
    let nothing = Hypothesis { log_probability: f32::NEG_INFINITY, ..Hypothesis::default() };
    Ok(beams.best().unwrap_or(nothing))
}
