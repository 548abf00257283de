//! `aisaac.toml`: every key has a default, unknown keys are refused with the nearest known one and the line.

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use super::config_error::ConfigError;
use super::config_error::nearest;
use super::http;
use super::sorry::bad_config;
use crate::inference::whisper;
use crate::message::Language;
use crate::messenger::telegram;
use crate::models::{Catalogue, HubOptions, Manifest, Purpose};

/// The commented example: every key with its default.
pub const EXAMPLE: &str = include_str!("../../config/aisaac.example.toml");

/// The configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The house's language where nothing else tells; the locale's when absent.
    pub language: Option<Language>,
    /// Who may talk.
    pub access: Access,
    /// When the house speaks in groups.
    pub groups: Groups,
    /// Telegram.
    pub telegram: Telegram,
    /// Answers.
    pub answer: Answer,
    /// Pictures.
    pub draw: Draw,
    /// Speech.
    pub hear: Hear,
    /// Models and what they run on.
    pub inference: Inference,
    /// What is kept, and for how long.
    pub keep: Keep,
    /// Where models are downloaded from.
    pub hub: Hub,
    /// The daemon.
    pub run: Run,
}

/// Who may talk: `messenger:id`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Run the bot.
    pub owners: Vec<String>,
    /// May use it.
    pub members: Vec<String>,
    /// Most drawings that a guest may have waiting.
    pub guest_waiting: u32,
    /// What children are held to.
    pub child: Child,
}

/// What children are held to.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Child {
    /// Words that are not talked about and not drawn, in their first forms.
    pub refused: Vec<String>,
    /// Most answers and pictures together in a day.
    pub requests_per_day: u32,
    /// Most pictures in a day.
    pub pictures_per_day: u32,
}

/// When the house speaks in groups, besides being mentioned, answered or given a command by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Groups {
    /// Names that call it.
    pub wake_words: Vec<String>,
    /// Whether recordings are listened to for these names.
    pub listen: bool,
}

/// Telegram. The token is no key: it comes from the environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telegram {
    /// Address of the Bot API.
    pub server: String,
    /// A proxy for it.
    pub proxy: Option<String>,
    /// Whether a request that is worked at gets a reaction.
    pub reactions: bool,
}

/// Answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// Name of the answer model; the best installed one when absent.
    pub model: Option<String>,
    /// The owner's default persona; empty keeps the model's own system message.
    pub persona: String,
    /// Most turns of the conversation that an answer sees.
    pub turns: u32,
    /// Oldest turn that an answer sees, in hours.
    pub hours: u32,
    /// Messages answered at once, in different chats.
    pub lanes: usize,
}

/// Pictures.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draw {
    /// Name of the picture model.
    pub model: String,
    /// Name of the model that finds what to draw in a request; the starter's own, which only cuts, when absent.
    pub extract: Option<String>,
    /// Name of the model that puts it into a language of the picture model; the best installed one when absent.
    pub translate: Option<String>,
    /// Most drawings one person may have waiting.
    pub waiting_per_person: u32,
    /// Offer "draw this instead" from this likelihood up.
    pub offer_from: f32,
}

/// Speech.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hear {
    /// Name of the model that hears every language; the best installed one when absent.
    pub model: Option<String>,
    /// Languages that people speak here, by their codes.
    pub languages: Vec<String>,
    /// The longest recording, in minutes.
    pub minutes: u32,
    /// Hypotheses that a recogniser follows at once.
    pub beams: u32,
}

/// What models run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

/// Models and what they run on.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inference {
    /// `cpu` or `cuda`.
    pub device: Device,
    /// Use the processor when CUDA cannot start; otherwise that is an error.
    pub fall_back_to_cpu: bool,
    /// Threads of one model; 0 for one per core.
    pub threads: usize,
    /// Memory for loaded models, in MiB; the longest idle one is unloaded when it would be exceeded.
    pub memory_mb: u32,
    /// Unload a model after this many idle minutes.
    pub idle_minutes: u64,
    /// libonnxruntime, instead of the one in the data folder.
    pub library: Option<PathBuf>,
}

/// What is kept, and for how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keep {
    /// Days after which messages, pictures and turns are deleted.
    pub days: u32,
}

/// Where models are downloaded from. A token is no key: it comes from the environment.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hub {
    /// Address of a Hugging Face hub.
    pub endpoint: String,
    /// Addresses that are asked, in turn, when the one before cannot be reached.
    pub mirrors: Vec<String>,
    /// Whether `chat` and `doctor` name the next better set.
    pub offer: bool,
}

/// The daemon.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Loopback address of `/health` and `/metrics`; empty for none.
    pub listen: String,
}

impl Default for Run {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8075".to_owned() }
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self { endpoint: HubOptions::default().endpoint, mirrors: Vec::new(), offer: true }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self { owners: Vec::new(), members: Vec::new(), guest_waiting: 1, child: Child::default() }
    }
}

impl Default for Child {
    fn default() -> Self {
        Self { refused: Vec::new(), requests_per_day: 50, pictures_per_day: 10 }
    }
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            wake_words: ["айзек", "исаак", "aisaac", "isaac"].map(str::to_owned).to_vec(), listen: true
        }
    }
}

impl Default for Telegram {
    fn default() -> Self {
        Self { server: telegram::SERVER.to_owned(), proxy: None, reactions: false }
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self { model: None, persona: String::new(), turns: 20, hours: 24, lanes: 4 }
    }
}

impl Default for Draw {
    fn default() -> Self {
        Self {
            model: "sketch".to_owned(),
            extract: None,
            translate: None,
            waiting_per_person: 5,
            offer_from: 0.35,
        }
    }
}

impl Default for Hear {
    fn default() -> Self {
        Self { model: None, languages: vec!["ru".to_owned(), "en".to_owned()], minutes: 10, beams: 1 }
    }
}

impl Default for Inference {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            fall_back_to_cpu: false,
            threads: 0,
            memory_mb: 4_096,
            idle_minutes: 15,
            library: None,
        }
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self { days: 30 }
    }
}

impl Config {
    /// Reads the file that `--config` names, or `aisaac.toml` in the data folder if it is there.
    ///
    /// # Errors
    /// When the file cannot be read, or says something that cannot be understood.
    pub fn load(given: Option<&Path>, usual: &Path) -> anyhow::Result<Self> {
        let path = given.unwrap_or(usual);
        Ok(Self::read(given, usual).map_err(|error| bad_config(path, &error))?.unwrap_or_default())
    }

    /// As [`Config::load`]; `None` when none is named and there is none in the data folder.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read(given: Option<&Path>, usual: &Path) -> Result<Option<Self>, ConfigError> {
        let path = given.unwrap_or(usual);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if given.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(ConfigError::Unreadable { reason: error.to_string() });
            }
        };
        // Models of one's own may be named, too.
        let catalogue = usual.parent().map_or_else(Catalogue::built_in, Catalogue::of);
        let mut config = Self::with(&text, &catalogue)?;
        if let (Some(library), Some(folder)) = (&mut config.inference.library, path.parent()) {
            *library = folder.join(&library);
        }
        Ok(Some(config))
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// Names the line and the key, and for an unknown one the nearest known one.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::with(text, &Catalogue::built_in())
    }

    fn with(text: &str, catalogue: &Catalogue) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::of(&error, text))?;
        config.bounds()?;
        config.models(catalogue)?;
        Ok(config)
    }

    /// Values that their keys cannot have.
    fn bounds(&self) -> Result<(), ConfigError> {
        let within = |fits: bool, key, bound| fits.then_some(()).ok_or(ConfigError::Bound { key, bound });
        within((1..=64).contains(&self.answer.lanes), "answer.lanes", "1–64")?;
        within((1..=10_000).contains(&self.answer.turns), "answer.turns", "1–10000")?;
        within(self.answer.hours >= 1, "answer.hours", "≥ 1")?;
        within((1..=1_000).contains(&self.draw.waiting_per_person), "draw.waiting_per_person", "1–1000")?;
        within((0.0..=1.0).contains(&self.draw.offer_from), "draw.offer_from", "0–1")?;
        let is_heard = |code: &String| whisper::LANGUAGES.contains(&code.as_str());
        let codes = !self.hear.languages.is_empty() && self.hear.languages.iter().all(is_heard);
        within(codes, "hear.languages", "[\"ru\", \"en\", \"de\", …]")?;
        within((1..=60).contains(&self.hear.minutes), "hear.minutes", "1–60")?;
        within((1..=8).contains(&self.hear.beams), "hear.beams", "1–8")?;
        within(self.inference.threads <= 256, "inference.threads", "0–256")?;
        within(self.inference.memory_mb >= 64, "inference.memory_mb", "≥ 64")?;
        within(self.inference.idle_minutes >= 1, "inference.idle_minutes", "≥ 1")?;
        within((1..=36_500).contains(&self.keep.days), "keep.days", "1–36500")?;
        let are_ids = |list: &[String]| list.iter().all(|one| one.contains(':'));
        within(are_ids(&self.access.owners), "access.owners", "messenger:id")?;
        within(are_ids(&self.access.members), "access.members", "messenger:id")?;
        within((1..=1_000).contains(&self.access.guest_waiting), "access.guest_waiting", "1–1000")?;
        let is_address = |text: &String| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| {
                !rest.is_empty() && !rest.contains(char::is_whitespace) && !rest.contains('@')
            })
        };
        within(is_address(&self.hub.endpoint), "hub.endpoint", "https://...")?;
        within(self.hub.mirrors.iter().all(is_address), "hub.mirrors", "https://...")?;
        within(http::is_ours(&self.run.listen), "run.listen", "127.0.0.1:PORT, [::1]:PORT, \"\"")
    }

    /// Names that must be in the catalogue.
    fn models(&self, catalogue: &Catalogue) -> Result<(), ConfigError> {
        let paints = |model: &Manifest| model.family == "diffusion";
        let hears = |model: &Manifest| model.family == "whisper";
        type Fits<'a> = &'a dyn Fn(&Manifest) -> bool;
        let chosen: [(&str, Option<&String>, Fits<'_>); 5] = [
            ("draw.model", Some(&self.draw.model), &paints),
            ("draw.extract", self.draw.extract.as_ref(), &|model| model.is_for(Purpose::Extract)),
            ("draw.translate", self.draw.translate.as_ref(), &|model| model.is_for(Purpose::Translate)),
            ("answer.model", self.answer.model.as_ref(), &|model| model.is_for(Purpose::Answer)),
            ("hear.model", self.hear.model.as_ref(), &hears),
        ];
        for (key, name, fits) in chosen {
            let Some(name) = name else { continue };
            let fits = |model: &&Manifest| fits(model);
            if catalogue.get(name).filter(fits).is_none() {
                let names: Vec<&str> =
                    catalogue.models().filter(fits).map(|model| model.name.as_str()).collect();
                let all = || names.iter().map(|name| (*name).to_owned()).collect();
                let known = nearest(name, &names).map_or_else(all, |near| vec![near]);
                return Err(ConfigError::Model { key, name: name.clone(), known });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_the_default() {
        let commented: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        let example = Config::parse(&commented).unwrap();
        assert_eq!(
            format!("{example:?}"),
            format!("{:?}", Config { language: Some(Language::Ru), ..Config::default() })
                .replace("Hear { model: None", "Hear { model: Some(\"whisper-base\")")
                .replace("extract: None", "extract: Some(\"rut5-qa\")")
                .replace("translate: None", "translate: Some(\"opus-mt-ru-en\")")
                .replace("model: None", "model: Some(\"instruct\")")
                .replace("proxy: None", "proxy: Some(\"socks5://127.0.0.1:1080\")")
                .replace("library: None", "library: Some(\"/usr/lib/libonnxruntime.so\")")
        );
        Config::parse(EXAMPLE).unwrap();
    }

    #[test]
    fn an_unknown_key_names_its_neighbour_and_line() {
        let error =
            Config::parse("[draw]\nmodel = \"sketch\"\nwaiting_per_persn = 3\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: there is no key `waiting_per_persn`; did you mean `waiting_per_person`?");
        let error = Config::parse("[draw]\nstepz = 3\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "line 2: there is no key `stepz`; there are model, extract, translate, waiting_per_person, offer_from"
        );
        let error = Config::parse("language = \"ru\"\n\n[drw]\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: there is no key `drw`; did you mean `draw`?");
    }

    const HEARS: &str = "hear.model: there is no model `sketch` for it; there is: whisper-base, whisper-small, whisper-large-v3-turbo";

    #[test]
    fn a_wrong_value_names_its_line_and_key() {
        for (text, said) in [
            (
                "[answer]\nturns = \"many\"\n",
                "line 2: `turns`: invalid type: string \"many\", expected a whole number",
            ),
            (
                "[draw]\n\nwaiting_per_person = -1\n",
                "line 3: `waiting_per_person`: invalid value: integer `-1`, expected a whole number",
            ),
            (
                "[inference]\ndevice = \"cuba\"\n",
                "line 2: `device`: unknown variant `cuba`, expected `cpu` or `cuda`; did you mean `cuda`?",
            ),
            ("draw = 3\n", "line 1: `draw`: invalid type: integer `3`, expected a section"),
            ("[answer\n", "line 1: unclosed table, expected `]`"),
            ("[answer]\nlanes = 0\n", "answer.lanes must be 1–64"),
            ("[keep]\ndays = 0\n", "keep.days must be 1–36500"),
            ("[access]\nowners = ['bob']\n", "access.owners must be messenger:id"),
            ("[draw]\nmodel = 'skech'\n", "draw.model: there is no model `skech` for it; there is: sketch"),
            ("[hear]\nmodel = 'sketch'\n", HEARS),
            ("[hear]\nlanguages = ['xx']\n", "hear.languages must be [\"ru\", \"en\", \"de\", …]"),
            ("[draw]\noffer_from = 7.0\n", "draw.offer_from must be 0–1"),
            ("[hear]\nlanguages = ['Russian']\n", "hear.languages must be [\"ru\", \"en\", \"de\", …]"),
            ("[hear]\nminutes = 0\n", "hear.minutes must be 1–60"),
            ("[hub]\nendpoint = 'huggingface.co'\n", "hub.endpoint must be https://..."),
            ("[hub]\nmirrors = ['https://me:secret@h']\n", "hub.mirrors must be https://..."),
            ("[run]\nlisten = '0.0.0.0:80'\n", "run.listen must be 127.0.0.1:PORT, [::1]:PORT, \"\""),
            ("[hub]\ntoken = 'x'\n", "line 2: there is no key `token`; there are endpoint, mirrors, offer"),
        ] {
            assert_eq!(Config::parse(text).unwrap_err().to_string(), said);
        }
    }
}
