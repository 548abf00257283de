//! The next better set of models, said in one sentence when it could be had now. Nothing is downloaded.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::config::{Config, Device};
use super::hub;
use super::places::Places;
use crate::message::Phrase;
use crate::models::{Catalogue, Manifest, SETS, installed, readable};

/// How long the hub may take to answer: nobody waits for an offer.
const SOON: Duration = Duration::from_secs(1);

/// What the next better set is and costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) set: &'static str,
    /// Bytes to download.
    pub(super) download: u64,
    /// Licences of what would come.
    pub(super) licences: Vec<String>,
}

impl Offer {
    /// The command that would bring it.
    pub(super) fn command(&self) -> String {
        format!("aisaac models pull {}", self.set)
    }

    pub(super) fn phrase(&self, key: &str) -> Phrase {
        Phrase::new(key)
            .with("set", self.set)
            .with("size", readable(self.download))
            .with("licences", self.licences.join(", "))
    }
}

/// The next better set, if the hub answers and the configuration lets it be named.
pub(super) async fn offer(places: &Places, config: &Config) -> Option<Offer> {
    if !config.hub.offer {
        return None;
    }
    let gpu = config.inference.device == Device::Cuda;
    let offer = next(&Catalogue::of(places.data()), places.data(), gpu)?;
    hub::options(&config.hub).answers(SOON).await.then_some(offer)
}

/// The largest set for this machine, once the first one is there and as long as something of the larger one would be
/// better than what is installed.
fn next(catalogue: &Catalogue, data: &Path, gpu: bool) -> Option<Offer> {
    let first = SETS.first()?;
    let whole =
        |name: &str| catalogue.named(name).ok().is_some_and(|set| missing(catalogue, data, &set).is_empty());
    let set = SETS.get(if gpu { 2 } else { 1 }).copied()?;
    if !whole(first) && !whole(set) {
        return None;
    }
    let lacking = missing(catalogue, data, &catalogue.named(set).ok()?);
    if lacking.is_empty() {
        return None;
    }
    let download = lacking.iter().map(|model| catalogue.download_bytes(model)).sum();
    let licences: BTreeSet<String> = lacking.iter().map(|model| model.licence.clone()).collect();
    Some(Offer { set, download, licences: licences.into_iter().collect() })
}

/// What of a set is not installed, nor anything as good of the same family.
fn missing<'a>(catalogue: &Catalogue, data: &Path, set: &[&'a Manifest]) -> Vec<&'a Manifest> {
    let as_good = |wanted: &Manifest, other: &Manifest| {
        other.family == wanted.family
            && other.memory_mb >= wanted.memory_mb
            && wanted.languages.iter().all(|language| other.speaks(language))
            && installed(data, other)
    };
    let lacks = |wanted: &&&Manifest| !catalogue.models().any(|other| as_good(wanted, other));
    set.iter().filter(lacks).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::message::Language;
    use crate::models::{Entry, folder};
    use crate::phrases::Phrases;

    fn catalogue() -> Catalogue {
        let of = |name: &str, family: &str, memory: u32, sets: &str, languages: &str| {
            let text = format!(
                "name = '{name}'\nfamily = '{family}'\ntitle = ''\nlicence = 'L-{name}'\nsource = ''\nmemory_mb = {memory}\n\
                 languages = {languages}\nsets = {sets}\n[[file]]\npath = 'x'\nbytes = 7\nfrom = 'hub'\nrepository = 'o/r'\n\
                 revision = 'main'\nremote = 'x'\n"
            );
            Entry { manifest: Manifest::parse(&text).unwrap(), house: BTreeMap::new() }
        };
        let entries = [
            of("base", "understanding", 1, "['starter', 'home', 'gpu']", "[]"),
            of("small", "causal_lm", 1, "['starter']", "['en']"),
            of("middle", "causal_lm", 2, "['home']", "['en', 'ru']"),
            of("painter", "diffusion", 2, "['home']", "['en']"),
            of("large", "causal_lm", 3, "['gpu']", "['en', 'ru']"),
            of("mine", "diffusion", 9, "[]", "['en']"),
        ];
        Catalogue::new(entries, BTreeMap::new())
    }

    #[test]
    fn the_next_set_is_named_until_something_as_good_is_there() {
        let (catalogue, data) = (catalogue(), tempfile::tempdir().unwrap());
        let data = data.path();
        let put = |name: &str| {
            fs::create_dir_all(folder(data, name)).unwrap();
            fs::write(folder(data, name).join("x"), b"whatever").unwrap();
        };
        assert_eq!(next(&catalogue, data, false), None, "the starter comes first");
        put("base");
        put("small");
        let home = next(&catalogue, data, false).unwrap();
        assert_eq!((home.set, home.download), ("home", 14));
        assert_eq!(home.licences, ["L-middle", "L-painter"]);
        assert_eq!(next(&catalogue, data, true).unwrap().set, "gpu");
        put("mine");
        assert_eq!(
            next(&catalogue, data, false).unwrap().licences,
            ["L-middle"],
            "a larger painter is there"
        );
        put("large");
        assert_eq!(next(&catalogue, data, false), None, "so is a larger answer model");
        assert_eq!(next(&catalogue, data, true), None);
    }

    #[test]
    fn an_offer_says_size_licence_and_command() {
        let offer = Offer { set: "home", download: 4_000_000_000, licences: vec!["MIT".into(), "X".into()] };
        let phrases = Phrases::load();
        for language in [Language::Ru, Language::En] {
            let said = phrases.render(language, &offer.phrase("offer"));
            for word in ["home", "4.0 GB", "MIT, X", "aisaac models pull home", "hub.offer"] {
                assert!(said.contains(word), "{said}");
            }
        }
    }

    #[tokio::test]
    async fn a_silent_hub_offers_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(folder.path())).unwrap();
        let mut config = Config::default();
        config.hub.endpoint = "http://127.0.0.1:1".into();
        assert_eq!(offer(&places, &config).await, None);
        assert!(!hub::options(&config.hub).answers(SOON).await);
    }
}
