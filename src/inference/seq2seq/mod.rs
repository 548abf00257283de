//! Encoder-decoder models of text (T5, mT5, Marian, as optimum exports them): one text goes in, another comes out.
//!
//! In: a text, or a conversation. Out: text, partial text on the way where one answer is followed. [`Rewriter`] translates
//! and extracts, [`Instruct`] answers people. How a text stands before the model is the manifest's business, how it writes
//! that of its generation_config.json. It never judges what it wrote.

mod generation;
mod instruct;
mod latin;
mod rewriter;
mod settings;
mod strangers;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod translate_tests;
mod words;
#[cfg(test)]
mod words_tests;

use std::path::Path;
use std::time::Instant;

use self::generation::Writing;
pub use self::instruct::{Facts, Instruct, load as instruct};
pub use self::rewriter::{Rewriter, load as rewriter};
use self::settings::Settings;
pub use self::settings::{check, writes};
use self::words::Words;
use super::error::InferenceError;
use super::generation::beams::Search;
use super::generation::encoder_decoder::{EncoderDecoder, Paths};
use super::generation::repetition::Loops;
use super::generation::rules::Rule;
use super::generation::stream::TextStream;
use super::generation::writing;
use super::graph::Feeds;
use super::model::Control;
use super::requests::Sampling;
use super::runtime::Hardware;
use crate::message::millis;
use crate::models::Manifest;

const IDS: &str = "input_ids";
const MASK: &str = "attention_mask";
/// What ends an answer when it comes again and again: long runs soon, a single token late (a number may have zeros).
const LOOPS: Loops = Loops {
    times: |length| match length {
        1 => 24,
        2..5 => 8,
        _ => 4,
    },
};

/// A loaded encoder-decoder.
struct Seq2Seq {
    name: String,
    settings: Settings,
    writing: Writing,
    words: Words,
    model: EncoderDecoder,
}

/// How one answer is written.
struct Wish {
    sampling: Sampling,
    most: usize,
}

/// What was written.
struct Written {
    tokens: Vec<u32>,
    stopped: bool,
    repeated: bool,
}

/// Opens the model that a manifest describes.
fn open(manifest: &Manifest, folder: &Path, hardware: &Hardware) -> Result<Seq2Seq, InferenceError> {
    let settings = Settings::of(manifest)?;
    let writing = Writing::read(&settings, folder)?;
    let words = Words::open(&settings, folder, writing.search.end)?;
    let first = settings.first.as_ref().map(|path| folder.join(path));
    let (encoder, decoder) = (folder.join(&settings.encoder), folder.join(&settings.decoder));
    let paths = Paths { encoder: &encoder, decoder: &decoder, first: first.as_deref() };
    let model = EncoderDecoder::open(paths, hardware)?;
    model.encoder().require(&[IDS], &[])?;
    if let Some(known) = model.vocabulary() {
        let most = writing.tokens().map(|id| id as usize + 1).chain([words.size()]).max().unwrap_or(0);
        if most > known {
            let reason =
                format!("it knows {known} tokens, its tokenizer or generation_config.json names {most}");
            return Err(InferenceError::File { path: decoder, reason });
        }
    }
    let end = writing.search.end;
    if !words.ends().is_empty() && !words.ends().contains(&end) {
        let reason = format!(
            "its tokenizer ends texts with the token {:?}, eos_token_id is {end}: it is another model's",
            words.ends()
        );
        return Err(InferenceError::File { path: folder.to_owned(), reason });
    }
    Ok(Seq2Seq { name: manifest.name.clone(), settings, writing, words, model })
}

impl Seq2Seq {
    /// Ids of what the model reads.
    ///
    /// # Errors
    /// [`InferenceError::Refused`] when they are too many.
    fn ids(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        let (ids, most) = (self.words.ids(text)?, self.settings.max_input_tokens);
        if ids.len() <= most {
            return Ok(ids);
        }
        let (value, bound) = (ids.len().to_string(), most.to_string());
        Err(InferenceError::Refused { key: "message-too-long", value, bound })
    }

    /// Reads and writes.
    fn write(
        &mut self,
        ids: &[u32],
        wish: &Wish,
        ctl: &Control<String>,
    ) -> Result<(String, Written), InferenceError> {
        let started = Instant::now();
        let written = self.begin(ids).and_then(|()| self.answer(wish, ctl));
        self.model.forget()?;
        let (text, written) = written?;
        tracing::debug!(
            model = self.name,
            read = ids.len(),
            tokens = written.tokens.len(),
            stopped = written.stopped,
            repeated = written.repeated,
            ms = millis(started.elapsed()),
            "written"
        );
        Ok((text, written))
    }

    /// Lets the encoder read, and the decoder the token before the first.
    fn begin(&mut self, ids: &[u32]) -> Result<(), InferenceError> {
        let encoder = self.model.encoder();
        let read = ids.iter().map(|id| i64::from(*id)).collect();
        let mut feeds: Feeds<'_> = vec![(IDS.into(), encoder.whole(IDS, &[1, ids.len()], read)?)];
        if encoder.has_input(MASK) {
            feeds.push((MASK.into(), encoder.whole(MASK, &[1, ids.len()], vec![1; ids.len()])?));
        }
        self.model.encode(feeds)?;
        self.model.read(&[&[self.writing.start]])
    }

    /// Writes until the model, its length, a circle or somebody ends it. One answer is shown as it grows.
    fn answer(&mut self, wish: &Wish, ctl: &Control<String>) -> Result<(String, Written), InferenceError> {
        let Self { model, words, writing, .. } = self;
        let most = wish.most.clamp(1, writing.search.most);
        let width = if wish.sampling.temperature > 0.0 { 1 } else { writing.search.width };
        let search = Search { width, most, ..writing.search };
        let rules = writing.rules(most);
        let rules: Vec<&dyn Rule> = rules.iter().map(Box::as_ref).collect();
        let mut stream = TextStream::new(|ids: &[u32]| words.text(ids), Vec::new());
        let (mut so_far, mut stopped, mut repeated) = (Vec::new(), false, false);
        let mut watch = |tokens: &[u32]| {
            repeated = LOOPS.run(tokens).is_some();
            so_far = tokens.to_vec();
            if let Some(last) = tokens.last().filter(|_| width == 1) {
                let grown = stream.push(*last)?.text;
                if !grown.is_empty() {
                    ctl.progress(grown);
                }
            }
            stopped = matches!(ctl.checkpoint(), Err(InferenceError::Stopped));
            Ok(!repeated && !stopped)
        };
        let tokens = if width == 1 {
            writing::one(model, &rules, (&wish.sampling, search), &mut watch)?.tokens
        } else {
            let best = writing::several(model, &rules, search, &mut watch)?;
            // One that goes in circles says nothing against another that is whole.
            repeated &= !best.ended;
            if stopped || repeated { so_far } else { best.tokens }
        };
        let tokens = if repeated { LOOPS.once(&tokens).to_vec() } else { tokens };
        let text = words.text(&tokens)?.trim().to_owned();
        Ok((text, Written { tokens, stopped, repeated }))
    }
}
