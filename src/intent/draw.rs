//! *draw*: what is to be drawn, with the request's own options, becomes a [`Commission`].
//!
//! The subject is a piece of the request as it stands. A thing that the picture model does not know is said, not
//! painted as something else. A bare "draw" leaves a question.

use async_trait::async_trait;

use super::kit::{Ask, Kit, PainterFacts};
use super::known::Subject;
use super::options::{self, Wishes};
use super::prompt;
use super::subject::subject_of;
use super::{Intent, minded, theirs};
use crate::message::{
    Commission, Content, Failure, FailureKind, Language, Outcome, Pending, Phrase, disk_low,
};

const RU: &[&str] = &[
    "нарисуй кота",
    "нарисуй что-нибудь",
    "можешь нарисовать дом у реки?",
    "изобрази закат над морем",
    "сгенерируй картинку с драконом",
    "сделай портрет старого моряка",
    "хочу картинку с котиком",
    "логотип для кофейни, пожалуйста",
    "покажи, как выглядит замок на скале",
    "набросай эскиз татуировки",
];

const EN: &[&str] = &[
    "draw a cat",
    "draw something",
    "can you draw a house by the river?",
    "paint a sunset over the sea",
    "generate a picture of a dragon",
    "make a portrait of an old sailor",
    "gimme a pic of a red apple",
    "I want a logo for a coffee shop",
    "show me what a castle on a cliff looks like",
    "sketch a tattoo for me",
];

/// Most things named to somebody who asked for an unknown one.
const NEAREST: usize = 5;

/// Subjects that only point.
const POINTS: &[&str] =
    &["это", "этого", "эту", "его", "её", "ее", "их", "то", "this", "that", "it", "him", "her", "them"];

/// Most characters of somebody's words that become a subject.
const MOST_QUOTED: usize = 300;

/// Draws a picture.
pub(super) struct Draw;

#[async_trait]
impl Intent for Draw {
    fn name(&self) -> &'static str {
        "draw"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["нарисуй", "image", "imagine"]
    }

    fn examples(&self, language: Language) -> &'static [&'static str] {
        language.pick(RU, EN)
    }

    async fn handle(&self, ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
        let wishes = options::parse(&ask.args).map_err(|failure| with_size(failure, kit))?;
        let subject = match (&ask.pending, ask.slash) {
            (_, true) => Some(wishes.rest.clone()),
            (Some(_), false) => {
                subject_of(&wishes.rest, ask, kit).await?.or_else(|| Some(wishes.rest.clone()))
            }
            (_, false) => subject_of(&wishes.rest, ask, kit).await?,
        };
        let subject = subject.filter(|subject| !points(subject));
        let subject = subject.or_else(|| names_a_thing(&wishes.rest, kit).then(|| wishes.rest.clone()));
        // "Draw this", said in answer to somebody's words.
        let subject = subject.or_else(|| quoted(ask));
        let Some(subject) = subject.filter(|subject| !subject.is_empty()) else {
            let content = Content::Phrases { phrases: vec![Phrase::new("what-to-draw")] };
            return Ok(Outcome::Ask {
                content,
                pending: Pending::Subject { options: wishes.said() },
                remember: None,
            });
        };
        commission(subject, wishes, ask, kit).await.map(Outcome::Draw)
    }
}

/// Draws what was answered in words, whole: a button says that it was meant so.
pub(super) async fn instead(ask: &Ask, kit: &Kit) -> Result<Outcome, Failure> {
    let wishes = options::parse(&ask.args).map_err(|failure| with_size(failure, kit))?;
    let subject = subject_of(&wishes.rest, ask, kit).await?.unwrap_or_else(|| wishes.rest.clone());
    commission(subject, wishes, ask, kit).await.map(Outcome::Draw)
}

/// Whether a subject only points at something.
fn points(subject: &str) -> bool {
    POINTS.contains(&subject.trim().to_lowercase().as_str())
}

/// The words that a request answers.
fn quoted(ask: &Ask) -> Option<String> {
    let text = ask.quoted.as_ref()?.text.as_deref()?.trim();
    let line: String = text.lines().next().unwrap_or_default().chars().take(MOST_QUOTED).collect();
    Some(line).filter(|line| !line.trim().is_empty())
}

/// Whether the whole request is the name of a thing that the picture model knows.
fn names_a_thing(text: &str, kit: &Kit) -> bool {
    kit.painter.as_ref().and_then(|facts| facts.known.as_ref()).is_some_and(|known| known.knows(text))
}

/// A size that could not be read is answered with one that this picture model takes.
pub(super) fn with_size(mut failure: Failure, kit: &Kit) -> Failure {
    if failure.phrase.key == "size-bad"
        && let Some(facts) = &kit.painter
    {
        let (width, height) = facts.size;
        failure.phrase = failure.phrase.with("bound", format!("{width}x{height}"));
    }
    failure
}

/// A commission for the subject, if the picture model can draw it with these wishes.
pub(super) async fn commission(
    subject: String,
    wishes: Wishes,
    ask: &Ask,
    kit: &Kit,
) -> Result<Commission, Failure> {
    let Some(facts) = &kit.painter else {
        return Err(Failure {
            kind: FailureKind::Ours,
            phrase: Phrase::new("draw-model-missing"),
            source: None,
        });
    };
    let wishes = Wishes {
        size: wishes.size.or(ask.settings.size),
        steps: wishes.steps.or(ask.settings.steps),
        seed: wishes.seed.or(ask.settings.seed).or(Some(ask.seed)),
        ..wishes
    };
    minded(&subject, ask, kit)?;
    let order = order(subject, wishes, ask.language, facts, (kit.options.free_disk)())?;
    let (mut asked, mut negative) = (order.prompt, order.negative);
    if facts.known.is_none() {
        let put = async |text: &str| prompt(text, &facts.languages, kit.translator.as_ref(), &ask.stop).await;
        asked = put(&order.subject).await?;
        if let Some(unwanted) = negative {
            negative = Some(put(&unwanted).await?);
        }
    }
    minded(&asked, ask, kit)?;
    Ok(Commission {
        prompt: asked,
        negative,
        request: ask.text.clone(),
        intent: ask.understood.clone(),
        ..order
    })
}

/// A commission, if the picture model with these facts can draw it and the disk has room (free bytes, where that can
/// be told). Names of known things are offered in `language`. A seed that was not wished for is 0.
///
/// # Errors
/// What the person can mend: another subject, size or steps; or that the disk is too full.
pub fn order(
    subject: String,
    wishes: Wishes,
    language: Language,
    facts: &PainterFacts,
    free_disk: Option<u64>,
) -> Result<Commission, Failure> {
    if let Some(phrase) = disk_low(free_disk) {
        return Err(Failure { kind: FailureKind::Busy, phrase, source: None });
    }
    if let Some(known) = &facts.known
        && let Subject::Unknown { nearest } = known.look_up(&subject, language, NEAREST)
    {
        return Err(theirs(
            Phrase::new("unknown-subject")
                .with("subject", subject)
                .with("count", i64::try_from(known.len()).unwrap_or(i64::MAX))
                .with("nearest", nearest.join(", ")),
        ));
    }
    let Wishes { size, steps, .. } = wishes;
    check(size, steps, facts)?;
    Ok(Commission {
        prompt: facts.known.as_ref().map_or_else(|| subject.clone(), |known| known.asked(&subject)),
        subject,
        negative: wishes.no,
        seed: wishes.seed.unwrap_or_default(),
        size,
        steps,
        as_file: wishes.as_file,
        request: String::new(),
        intent: String::new(),
    })
}

/// Size and steps within what the model does.
pub(super) fn check(
    size: Option<(u32, u32)>,
    steps: Option<u32>,
    facts: &PainterFacts,
) -> Result<(), Failure> {
    if let Some((width, height)) = size {
        let value = format!("{width}x{height}");
        let (least, most) = facts.side;
        if [width, height].iter().any(|side| side % facts.multiple.max(1) != 0) {
            return Err(theirs(
                Phrase::new("size-not-multiple")
                    .with("value", value)
                    .with("bound", i64::from(facts.multiple)),
            ));
        }
        if [width, height].iter().any(|side| !(least..=most).contains(side)) {
            let bound = if least == most {
                format!("{least}x{most}")
            } else {
                format!("{least}x{least}–{most}x{most}")
            };
            return Err(theirs(Phrase::new("size-out-of-range").with("value", value).with("bound", bound)));
        }
    }
    if let Some(steps) = steps {
        let (least, most) = facts.steps;
        if !(least..=most).contains(&steps) {
            let bound = format!("{least}–{most}");
            return Err(theirs(
                Phrase::new("steps-out-of-range").with("value", i64::from(steps)).with("bound", bound),
            ));
        }
    }
    Ok(())
}
