//! The router: slash commands first, then the question that waits, then the comparison with every command.

use tokio_util::sync::CancellationToken;

use super::kit::Kit;
use super::letters::one_alphabet;
use super::{ALL, Intent, asking, find, language, options, settings, theirs};
use crate::inference::{InferenceError, UnderstandRequest, Understood};
use crate::message::{Failure, FailureKind, Pending, Phrase};

/// Score from which another wish overtakes a question of ours.
const CLEARLY: f32 = 0.9;
/// Score from which a text with a command to draw is one: of the phrases that were measured, none that is a question has a
/// hundredth, none that is a drawing less than nine.
const POSSIBLY: f32 = 0.05;

/// Where a request goes.
#[derive(Clone)]
pub struct Route {
    /// The intent.
    pub intent: &'static dyn Intent,
    /// What it reads.
    pub args: String,
    /// Chosen by a slash command.
    pub slash: bool,
    /// It answers the question that waits.
    pub answers_pending: bool,
    /// Low confidence: answer, and offer to draw instead.
    pub offer_drawing: bool,
    /// Every intent's score, best first; empty when no model was asked.
    pub scores: Vec<(String, f32)>,
}

impl Route {
    /// To the intent of that name, whatever a model would say.
    #[must_use]
    pub fn to(name: &str, args: &str) -> Self {
        Self {
            intent: find(name),
            args: args.to_owned(),
            slash: false,
            answers_pending: false,
            offer_drawing: false,
            scores: Vec::new(),
        }
    }

    /// In one word, with the score where a model compared.
    #[must_use]
    pub fn understood(&self) -> String {
        let name = self.intent.name();
        match self.scores.iter().find(|(scored, _)| scored == name) {
            Some((_, score)) => format!("{name} {score:.2}"),
            None if self.slash => format!("/{name}"),
            None => name.to_owned(),
        }
    }
}

/// Decides what a request means.
///
/// # Errors
/// An unknown slash command (with the nearest known one), or a model that fails.
pub async fn route(
    text: &str,
    pending: Option<&Pending>,
    kit: &Kit,
    stop: &CancellationToken,
) -> Result<Route, Failure> {
    if let Some(command) = text.strip_prefix('/') {
        return slash(command);
    }
    if let Some(Pending::DrawInstead { text: earlier }) = pending
        && language::yes(text)
    {
        return Ok(Route { answers_pending: true, ..Route::to("draw", earlier) });
    }
    if language::small_talk(text).is_some() {
        return Ok(Route::to("answer", text));
    }
    // Options and thanks say nothing about what is meant, and would only disturb the comparison.
    let said = one_alphabet(&options::plain(text));
    let (scores, matched) = compare(language::without_thanks(&said), kit, stop).await?;
    let best = scores.first().filter(|_| matched).map_or("answer", |(name, _)| name.as_str());
    let draw = scores.iter().find(|(name, _)| name == "draw").map_or(0.0, |(_, score)| *score);
    let best = if is_drawn(text, best, draw) { "draw" } else { best };
    if let Some(Pending::Subject { options }) = pending {
        let whole = format!("{text} {options}");
        if best == "draw" {
            return Ok(Route { scores, ..Route::to("draw", whole.trim()) });
        }
        if names_subject(text, best, &scores, kit) {
            return Ok(Route { answers_pending: true, scores, ..Route::to("draw", whole.trim()) });
        }
    }
    let offer_drawing = best == "answer" && draw >= kit.options.offer_from && drawable(text, kit);
    Ok(Route { offer_drawing, ..Route { scores: scores.clone(), ..Route::to(best, text) } })
}

/// Whether a text that commands to draw is a drawing, whatever it looks like most: "draw bigger pictures" and "draw a bicycle"
/// are alike to the model, and only one of them says how; and small talk around a command makes no question of it.
fn is_drawn(text: &str, best: &str, draw: f32) -> bool {
    let unlikely = match best {
        "settings" => settings::says(text),
        "answer" => draw < POSSIBLY,
        _ => true,
    };
    !unlikely && asking::commands(text)
}

/// Whether a text names what to draw: a known thing, or anything that is no question and not clearly another wish.
fn names_subject(text: &str, best: &str, scores: &[(String, f32)], kit: &Kit) -> bool {
    let known =
        kit.painter.as_ref().and_then(|facts| facts.known.as_ref()).is_some_and(|known| known.knows(text));
    let clear = scores.first().is_some_and(|(_, score)| *score >= CLEARLY);
    !language::asks(text) && (known || best == "answer" || !clear)
}

/// Whether the picture model, if there is one, can draw what a text names.
fn drawable(text: &str, kit: &Kit) -> bool {
    kit.painter.as_ref().is_some_and(|facts| facts.known.as_ref().is_none_or(|known| known.knows(text)))
}

async fn compare(
    text: &str,
    kit: &Kit,
    stop: &CancellationToken,
) -> Result<(Vec<(String, f32)>, bool), Failure> {
    let Some(model) = &kit.understanding else {
        let phrase = Phrase::new("understand-model-missing");
        return Err(Failure { kind: FailureKind::Ours, phrase, source: None });
    };
    let request = UnderstandRequest::Intent { text: text.to_owned() };
    match model.run(request, stop.clone(), Box::new(|()| ())).await.map_err(InferenceError::failure)? {
        Understood::Intent { scores, matched } => Ok((scores, matched)),
        Understood::Subject(_) => Ok((Vec::new(), false)),
    }
}

/// Whether what a request answers can matter to it: to words it can, of commands only to those that answer and draw.
#[must_use]
pub fn reads_quoted(text: &str) -> bool {
    let reads = |route: Route| matches!(route.intent.name(), "answer" | "draw");
    text.strip_prefix('/').is_none_or(|command| slash(command).is_ok_and(reads))
}

/// `/name rest`, `/name@bot rest`; an unknown name is refused with the nearest known one.
fn slash(command: &str) -> Result<Route, Failure> {
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let name = word.split('@').next().unwrap_or_default().to_lowercase();
    let known =
        |intent: &&&'static dyn Intent| intent.name() == name || intent.aliases().contains(&name.as_str());
    if let Some(intent) = ALL.iter().find(known) {
        return Ok(Route { slash: true, ..Route::to(intent.name(), rest.trim()) });
    }
    let words = ALL.iter().flat_map(|intent| intent.aliases().iter().copied().chain([intent.name()]));
    let nearest =
        words.max_by(|a, b| strsim::jaro_winkler(a, &name).total_cmp(&strsim::jaro_winkler(b, &name)));
    let phrase = Phrase::new("unknown-command").with("command", format!("/{name}"));
    Err(theirs(phrase.with("nearest", format!("/{}", nearest.unwrap_or("help")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_about_the_house_does_not_wait_for_what_it_answers() {
        for (text, reads) in [
            ("что он сказал?", true),
            ("/draw", true),
            ("/нарисуй", true),
            ("/cancel", false),
            ("/allow@house_bot", false),
            ("/очередь", false),
            ("/nonsense", false),
        ] {
            assert_eq!(reads_quoted(text), reads, "{text}");
        }
    }

    #[test]
    fn slash_commands_have_aliases_and_neighbours() {
        assert_eq!(slash("draw a cat").unwrap().args, "a cat");
        assert_eq!(slash("очередь").unwrap().intent.name(), "queue");
        assert_eq!(slash("help@aisaac_bot").unwrap().intent.name(), "help");
        let refused = slash("hepl").err().unwrap();
        assert_eq!(refused.phrase.args["nearest"], "/help".into());
    }
}
