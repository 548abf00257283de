//! `step`: one step by itself, to see which one went wrong. Arguments, or lines of standard input.
//!
//! No house is needed and none is disturbed. A line that fails says so, and the next one is done all the same.

mod answer;
mod draw;
mod hear;
mod translate;
mod understand;

use std::io::{BufRead as _, ErrorKind, Write as _};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::arguments::{StepArguments, StepCommand};
use super::config::Config;
use super::engines::{self, Engines};
use super::places::Places;
use super::say;
use super::voice::Voice;
use crate::message::{Phrase, millis};

/// Does a step on every input. False when one of them failed.
pub(super) async fn step(places: &Places, config: &Config, command: &StepCommand) -> anyhow::Result<bool> {
    let engines = Engines::installed(places, config);
    let voice = Voice::of(config.language);
    let done = match command {
        StepCommand::Hear(arguments) => {
            let speech = hear::speech(&engines, &voice)?;
            each(arguments, "file", &voice, async |file| hear::one(&speech, file, &voice).await).await
        }
        StepCommand::Understand(arguments) => {
            let model = understand::model(&engines)?;
            each(arguments, "text", &voice, async |text| understand::intent(&model, text).await).await
        }
        StepCommand::Extract(arguments) => {
            let model = understand::model(&engines)?;
            let models = (engines.extractor.as_ref(), Some(&model));
            each(arguments, "text", &voice, async |text| understand::subject(models, text, &voice).await)
                .await
        }
        StepCommand::Translate(arguments) => {
            let translator = translate::translator(&engines, &voice)?;
            each(arguments, "text", &voice, async |text| translate::one(&translator, text, &voice).await)
                .await
        }
        StepCommand::Answer(arguments) => {
            let answers = answer::Answers::new(&engines, config, &voice)?;
            each(arguments, "text", &voice, async |text| answers.one(text, &voice).await).await
        }
        StepCommand::Draw(arguments) => {
            let pictures = draw::Pictures::new(&engines, places, arguments, &voice)?;
            each(&arguments.step, "prompt", &voice, async |text| pictures.one(text, &voice).await).await
        }
    };
    engines::end(&engines.threads).await;
    done
}

/// What a step made of one input.
struct Done {
    /// For people.
    human: String,
    /// The fields of the JSON line, without `ms`.
    line: Value,
}

/// Does `work` on every input and shows what came of it. With `--json` a failed input has its line too, with `error`.
async fn each(
    arguments: &StepArguments,
    named: &str,
    voice: &Voice,
    work: impl AsyncFn(&str) -> anyhow::Result<Done>,
) -> anyhow::Result<bool> {
    let mut all_well = true;
    for (at, input) in inputs(arguments).enumerate() {
        let since = Instant::now();
        let (text, done) = match input {
            Ok(text) => {
                let done = work(&text).await;
                (text, done)
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                (String::new(), Err(voice.refusal(&Phrase::new("broken-text"))))
            }
            Err(error) => return Err(error.into()),
        };
        let (human, line) = match done {
            Ok(Done { human, line }) => (Some(human), line),
            Err(error) => {
                all_well = false;
                writeln!(std::io::stderr(), "aisaac: {}: {error:#}", at + 1)?;
                (None, json!({named: text, "error": format!("{error:#}")}))
            }
        };
        if arguments.json {
            let mut line = object(line);
            let ms = millis(since.elapsed());
            line.insert("ms".to_owned(), json!(ms));
            say(&Value::Object(line).to_string())?;
        } else if let Some(human) = human {
            say(&human)?;
        }
    }
    Ok(all_well)
}

fn inputs(arguments: &StepArguments) -> Box<dyn Iterator<Item = std::io::Result<String>> + '_> {
    if arguments.input.is_empty() || arguments.input == ["-"] {
        return Box::new(std::io::stdin().lock().lines());
    }
    Box::new(arguments.input.iter().cloned().map(Ok))
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
