//! `step draw`: what to draw becomes a picture at once, beside the line of drawings. Requests are held to the same
//! bounds as in the house.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::app::arguments::DrawArguments;
use crate::app::clock;
use crate::app::engines::{Engines, PictureModel};
use crate::app::places::Places;
use crate::app::voice::Voice;
use crate::drawing;
use crate::inference::{DrawRequest, Painting};
use crate::intent::{self, PainterFacts};
use crate::media::Media;
use crate::message::{Failure, Phrase};

/// The picture model, where its pictures go, and what is asked of each.
pub(super) struct Pictures<'a> {
    model: Painting,
    facts: PainterFacts,
    name: String,
    place: PathBuf,
    folder: Media,
    arguments: &'a DrawArguments,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(
        engines: &Engines,
        places: &Places,
        arguments: &'a DrawArguments,
        voice: &Voice,
    ) -> anyhow::Result<Self> {
        let PictureModel { model, facts, about } =
            engines.painting.clone().ok_or_else(|| voice.refusal(&Phrase::new("draw-model-missing")))?;
        let place = arguments.out.clone().unwrap_or_else(|| places.data().join("steps"));
        let folder = Media::open(place.clone()).with_context(|| format!("the folder {}", place.display()))?;
        Ok(Self { model, facts, name: about.model, place, folder, arguments })
    }

    /// `prompt` may hold options, as in a request; those of the command line come first.
    pub(super) async fn one(&self, prompt: &str, voice: &Voice) -> anyhow::Result<Done> {
        let refused = |failure: Failure| voice.refusal(&failure.phrase);
        let mut wishes = intent::wishes(prompt).map_err(refused)?;
        let Self { arguments, .. } = self;
        for (name, value) in
            [("seed", &arguments.seed), ("size", &arguments.size), ("steps", &arguments.steps)]
        {
            if let Some(value) = value {
                wishes.set(name, value).map_err(refused)?;
            }
        }
        wishes.seed = wishes.seed.or_else(|| Some(clock::dice()));
        let subject = wishes.rest.clone();
        if subject.is_empty() {
            return Err(voice.refusal(&Phrase::new("what-to-draw")));
        }
        let free = fs4::available_space(&self.place).ok();
        let order = intent::order(subject, wishes, voice.language, &self.facts, free).map_err(refused)?;
        let painted =
            self.model.run(DrawRequest::of(&order), CancellationToken::new(), Box::new(|_| ())).await;
        let picture = painted.map_err(|error| voice.error(error))?;
        let bytes = drawing::encode(&order, &picture, &self.name)?;
        let name = format!("step-{}-{}.png", clock::now(), order.seed);
        let file = self
            .folder
            .write(&name, &bytes)
            .await
            .with_context(|| format!("the file {name}"))?
            .display()
            .to_string();
        let line = json!({"prompt": order.prompt, "file": file, "seed": order.seed});
        Ok(Done { human: format!("{file}\t{}", order.prompt), line })
    }
}
