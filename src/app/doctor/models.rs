//! The models: their files, whether there is one for each thing the house does, and what languages it answers in.
//! Facts in, checks out.

use super::check::{Check, State};
use super::ground::quoted;
use crate::app::pull_error::of_unusable;
use crate::message::Phrase;
use crate::models::{self, Flaw};

/// One model's files as they were found.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) name: String,
    pub(super) folder: String,
    /// Bytes on disk when it is whole.
    pub(super) bytes: u64,
    pub(super) state: models::State,
    /// What is wrong by the sums; `None` when they were not made.
    pub(super) flaws: Option<Vec<Flaw>>,
}

/// A model that the house needs for something.
#[derive(Debug, Clone)]
pub(super) struct Role {
    /// `understanding`, `extraction`, `translation`, `answers`, `pictures`, `hearing`.
    pub(super) name: &'static str,
    pub(super) wanted: Wanted,
    /// How long a small request took, or why it failed; `None` when that was not tried.
    pub(super) trial: Option<Result<u64, String>>,
}

/// What there is of a model that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Installed: name and title.
    Here { model: String, title: String },
    /// None is: the picture model of this title understands people without.
    Needless { title: String },
    /// Not, or not all of it; what would bring it.
    Missing { model: String, pull: String },
    /// The configuration names something that is not in the catalogue.
    Unknown { model: String, nearest: Option<String> },
    /// The configuration names a model that does something else.
    OtherKind { model: String },
}

/// Nothing about a model of which nothing is there.
pub(super) fn files(facts: &Files) -> Option<Check> {
    let about = |state, key: &str| Check::new("model", state, Phrase::new(key)).of(&facts.name);
    let pull = format!("aisaac models pull {}", facts.name);
    match (&facts.state, &facts.flaws) {
        (models::State::Missing, _) => None,
        (models::State::Partial { wanting }, _) => {
            let text = Phrase::new("doctor-model-partial").with("files", wanting.join(", "));
            Some(Check::new("model", State::Wrong, text).of(&facts.name).run(&pull))
        }
        (models::State::Installed, Some(flaws)) if !flaws.is_empty() => {
            let prefix = format!("{}/", facts.name);
            let paths: Vec<&str> =
                flaws.iter().map(|flaw| flaw.file.strip_prefix(&prefix).unwrap_or(&flaw.file)).collect();
            let text = Phrase::new("doctor-model-wrong").with("files", paths.join(", "));
            let whole = paths.iter().map(|path| quoted(&format!("{}/{path}", facts.folder)));
            let command = format!("rm {} && {pull}", whole.collect::<Vec<_>>().join(" "));
            Some(Check::new("model", State::Wrong, text).of(&facts.name).run(&command))
        }
        (models::State::Installed, Some(_)) => Some(about(State::Ok, "doctor-model-summed")),
        (models::State::Installed, None) => {
            let size = models::readable(facts.bytes);
            let text = Phrase::new("doctor-model").with("size", size);
            Some(Check::new("model", State::Ok, text).of(&facts.name))
        }
    }
}

/// A manifest of one's own that cannot be used.
pub(super) fn unusable(facts: &models::Unusable) -> Check {
    let text = of_unusable(facts);
    Check::new("manifest", State::Warning, text).cure(Phrase::new("doctor-manifest-cure"))
}

/// Whether there is a model for something, and whether it works where that was tried.
pub(super) fn role(facts: &Role) -> Check {
    let said =
        |state, key: &str, model: &str| Check::new(facts.name, state, Phrase::new(key).with("model", model));
    match (&facts.wanted, &facts.trial) {
        (Wanted::Here { title, .. }, None) => said(State::Ok, "doctor-role", title),
        (Wanted::Here { title, .. }, Some(Ok(ms))) => {
            let ms = i64::try_from(*ms).unwrap_or(i64::MAX);
            let text = Phrase::new("doctor-role-works").with("model", title.as_str()).with("ms", ms);
            Check::new(facts.name, State::Ok, text)
        }
        (Wanted::Here { model, title }, Some(Err(reason))) => {
            let text = Phrase::new("doctor-role-fails").with("model", title.as_str());
            let text = text.with("reason", reason.as_str());
            let cure = Phrase::new("doctor-role-fails-cure").with("model", model.as_str());
            Check::new(facts.name, State::Wrong, text).cure(cure)
        }
        (Wanted::Needless { title }, _) => said(State::Ok, "doctor-role-needless", title),
        (Wanted::Missing { model, pull }, _) => {
            said(State::Wrong, "doctor-role-missing", model).run(&format!("aisaac models pull {pull}"))
        }
        (Wanted::Unknown { model, nearest: Some(nearest) }, _) => {
            let cure = Phrase::new("doctor-config-nearest").with("nearest", nearest.as_str());
            said(State::Wrong, "doctor-role-unknown", model).cure(cure)
        }
        (Wanted::Unknown { model, nearest: None }, _) => {
            said(State::Wrong, "doctor-role-unknown", model).run("aisaac models list")
        }
        (Wanted::OtherKind { model }, _) => {
            said(State::Wrong, "doctor-role-other", model).run("aisaac models list")
        }
    }
}

/// Which of the house's languages the answer model lacks; `chosen` when the configuration names that model, `size` of
/// the one that has them.
pub(super) fn languages(spoken: &[String], chosen: bool, size: &str) -> Check {
    let lacks = |code: &str| !spoken.iter().any(|language| language == code);
    let lacking = match (lacks("ru"), lacks("en")) {
        (false, false) => return Check::new("languages", State::Ok, Phrase::new("doctor-languages")),
        (true, false) => "ru",
        (false, true) => "en",
        (true, true) => "both",
    };
    let cure = if chosen { "doctor-languages-chosen" } else { "doctor-languages-cure" };
    Check::new("languages", State::Warning, Phrase::new("doctor-languages-lacking").with("lacking", lacking))
        .cure(Phrase::new(cure).with("size", size))
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;
    use crate::models::FlawKind;

    fn found(state: models::State, flaws: Option<Vec<Flaw>>) -> Option<Check> {
        let facts =
            Files { name: "sketch".into(), folder: "/d/models/sketch".into(), bytes: 5, state, flaws };
        let check = files(&facts);
        speakable(check.as_slice());
        check
    }

    #[test]
    fn files_are_missing_incomplete_or_wrong() {
        use models::State::{Installed, Missing, Partial};
        assert_eq!(found(Missing, None), None);
        let partial = found(Partial { wanting: vec!["unet/model.onnx".into()] }, None).unwrap();
        assert_eq!(partial.cure.unwrap().args["command"], "aisaac models pull sketch".into());
        let flaw = Flaw { file: "sketch/unet/model.onnx".into(), kind: FlawKind::Unknown };
        let wrong = found(Installed, Some(vec![flaw])).unwrap();
        let command = "rm /d/models/sketch/unet/model.onnx && aisaac models pull sketch";
        assert_eq!(wrong.cure.unwrap().args["command"], command.into());
        assert_eq!(found(Installed, Some(vec![])).unwrap().text.key, "doctor-model-summed");
        assert_eq!(found(Installed, None).unwrap().state, State::Ok);
    }

    #[test]
    fn a_manifest_that_cannot_be_used_is_told() {
        let kind = models::UnusableKind::Unreadable { reason: "odd".into() };
        let unusable = models::Unusable { path: "/d/manifests/x/manifest.toml".into(), kind };
        speakable(&[super::unusable(&unusable)]);
    }

    #[test]
    fn each_thing_the_house_does_needs_a_model() {
        let here = || Wanted::Here { model: "m".into(), title: "Model".into() };
        let roles = [
            (here(), None, State::Ok),
            (here(), Some(Ok(12)), State::Ok),
            (here(), Some(Err("no memory".to_owned())), State::Wrong),
            (Wanted::Needless { title: "Model".into() }, None, State::Ok),
            (Wanted::Missing { model: "m".into(), pull: "starter".into() }, None, State::Wrong),
            (Wanted::Unknown { model: "n".into(), nearest: Some("m".into()) }, None, State::Wrong),
            (Wanted::Unknown { model: "n".into(), nearest: None }, None, State::Wrong),
            (Wanted::OtherKind { model: "m".into() }, None, State::Wrong),
        ];
        for (wanted, trial, state) in roles {
            for name in ["understanding", "extraction", "translation", "answers", "pictures", "hearing"] {
                let check = role(&Role { name, wanted: wanted.clone(), trial: trial.clone() });
                assert_eq!(check.state, state, "{check:?}");
                speakable(&[check]);
            }
        }
    }

    #[test]
    fn a_language_that_is_lacking_is_told_with_what_it_costs() {
        let said = |spoken: &[&str], chosen| {
            let spoken: Vec<String> = spoken.iter().map(|code| (*code).to_owned()).collect();
            languages(&spoken, chosen, "627 MB")
        };
        let lacking = said(&["en"], false);
        assert_eq!(lacking.text.args["lacking"], "ru".into());
        assert_eq!(lacking.cure.as_ref().unwrap().args["size"], "627 MB".into());
        assert_eq!(said(&["ru", "en", "de"], false).state, State::Ok);
        speakable(&[lacking, said(&["ru"], true), said(&[], false), said(&["en", "ru"], true)]);
    }
}
