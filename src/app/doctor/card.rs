//! The graphics card, its driver, and whether the runtime library's CUDA build is one for them. Facts in, checks out.

use super::check::{Check, State};
use crate::message::Phrase;

/// A card as `nvidia-smi` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) driver: String,
    /// Compute capability.
    pub(super) capability: Option<Version>,
    pub(super) memory_mb: Option<u64>,
}

/// Parts of a version, the largest first.
pub(super) type Version = Vec<u32>;

/// What there is of cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cards {
    /// No `nvidia-smi`, or it knows of none.
    None,
    /// It is there and fails: what it says.
    Silent(String),
    Seen(Vec<Card>),
}

/// Cards, and what the house wants of them.
#[derive(Debug, Clone)]
pub(super) struct Gpu {
    pub(super) cards: Cards,
    /// `inference.device` is `cuda`.
    pub(super) wanted: bool,
    /// The configuration allows the processor instead.
    pub(super) fallback: bool,
    /// The major version of CUDA that the library was built for, where it can be told.
    pub(super) cuda: Option<u32>,
    /// The largest model that the house would load, with its MiB.
    pub(super) largest: Option<(String, u32)>,
}

/// What a CUDA build needs: ONNX Runtime's packages hold code from this capability on (their `CMAKE_CUDA_ARCHITECTURES`),
/// and NVIDIA names the driver (CUDA release notes, table of minor version compatibility).
struct Needs {
    cuda: u32,
    capability: [u32; 2],
    driver: [u32; 3],
}

const NEEDS: [Needs; 3] = [
    Needs { cuda: 11, capability: [5, 2], driver: [450, 80, 2] },
    Needs { cuda: 12, capability: [6, 0], driver: [525, 60, 13] },
    Needs { cuda: 13, capability: [7, 5], driver: [580, 65, 6] },
];

/// The lines of `--query-gpu=name,driver_version,compute_cap,memory.total --format=csv,noheader,nounits`.
pub(super) fn parse(text: &str) -> Vec<Card> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let card = |line: &str| {
        // A name may hold a comma, the rest does not.
        let mut parts = line.rsplitn(4, ',').map(str::trim);
        let (memory, capability, driver) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Card {
            name: parts.next()?.to_owned(),
            driver: driver.to_owned(),
            capability: version(capability),
            memory_mb: memory.parse().ok(),
        })
    };
    lines.filter_map(card).collect()
}

/// `8.9`, `580.65.06`.
fn version(text: &str) -> Option<Version> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// The first card, and what is in its way.
pub(super) fn gpu(facts: &Gpu) -> Check {
    let bad = if facts.fallback { State::Warning } else { State::Wrong };
    let cards = match &facts.cards {
        Cards::None if facts.wanted => {
            return Check::new("gpu", bad, Phrase::new("doctor-gpu-none-wanted"))
                .cure(Phrase::new("doctor-cuda-driver-cure"));
        }
        Cards::None => return Check::new("gpu", State::Ok, Phrase::new("doctor-gpu-none")),
        Cards::Silent(reason) => {
            let text = Phrase::new("doctor-gpu-silent").with("reason", reason.as_str());
            let state = if facts.wanted { bad } else { State::Warning };
            return Check::new("gpu", state, text).cure(Phrase::new("doctor-gpu-silent-cure"));
        }
        Cards::Seen(cards) => cards,
    };
    let Some(card) = cards.first() else {
        return Check::new("gpu", State::Ok, Phrase::new("doctor-gpu-none"));
    };
    if facts.wanted
        && let Some(check) = unfit(facts, card, bad)
    {
        return check;
    }
    let key = if facts.wanted { "doctor-gpu" } else { "doctor-gpu-unused" };
    Check::new("gpu", State::Ok, about(key, card))
}

/// Whether the card is too old for the library, the driver too old, or its memory too small.
fn unfit(facts: &Gpu, card: &Card, bad: State) -> Option<Check> {
    let needs = facts.cuda.and_then(|cuda| NEEDS.iter().find(|needs| needs.cuda == cuda));
    if let Some(needs) = needs {
        let fits = NEEDS.iter().rev().find(|other| {
            card.capability.as_ref().is_some_and(|have| have.as_slice() >= other.capability.as_slice())
        });
        if card.capability.as_ref().is_some_and(|have| have.as_slice() < needs.capability.as_slice()) {
            let text = about("doctor-gpu-old", card).with("cuda", i64::from(needs.cuda));
            let text = text.with("least", dotted(&needs.capability));
            let cure = match fits {
                Some(other) => Phrase::new("doctor-gpu-old-cure").with("cuda", i64::from(other.cuda)),
                None => Phrase::new("doctor-gpu-old-none"),
            };
            return Some(Check::new("gpu", bad, text).cure(cure));
        }
        if version(&card.driver).is_some_and(|have| have.as_slice() < needs.driver.as_slice()) {
            let text = about("doctor-gpu-driver", card).with("cuda", i64::from(needs.cuda));
            let cure = Phrase::new("doctor-gpu-driver-cure").with("least", dotted(&needs.driver));
            return Some(Check::new("gpu", bad, text).cure(cure));
        }
    }
    let (model, mb) = facts.largest.as_ref()?;
    let memory = card.memory_mb.filter(|memory| u64::from(*mb) > *memory)?;
    let text = about("doctor-gpu-small", card).with("model", model.as_str()).with("mb", i64::from(*mb));
    let text = text.with("memory", i64::try_from(memory).unwrap_or(i64::MAX));
    Some(Check::new("gpu", State::Warning, text).cure(Phrase::new("doctor-memory-huge-cure")))
}

fn about(key: &str, card: &Card) -> Phrase {
    let capability = card.capability.as_deref().map_or_else(|| "?".to_owned(), dotted);
    let memory = card.memory_mb.map_or_else(|| "?".to_owned(), |memory| memory.to_string());
    Phrase::new(key)
        .with("name", card.name.as_str())
        .with("driver", card.driver.as_str())
        .with("capability", capability)
        .with("memory", memory)
}

fn dotted(version: &[u32]) -> String {
    version.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::super::check::speakable;
    use super::*;

    const LINES: &str =
        "NVIDIA GeForce GTX 1080 Ti, 570.86.10, 6.1, 11264\nOdd, Name, 580.65.06, 8.9, 24564\n\n";

    #[test]
    fn lines_of_nvidia_smi_are_read_from_behind() {
        let cards = parse(LINES);
        assert_eq!(cards.len(), 2);
        assert_eq!((cards[0].capability.clone(), cards[0].memory_mb), (Some(vec![6, 1]), Some(11_264)));
        assert_eq!((cards[1].name.as_str(), cards[1].driver.as_str()), ("Odd, Name", "580.65.06"));
        assert_eq!(parse("X, 1.2, [N/A], [N/A]")[0].capability, None);
        assert_eq!(parse("No devices were found"), []);
    }

    fn said(cards: Cards, wanted: bool, cuda: Option<u32>, mb: u32) -> (State, String) {
        let largest = Some(("sd15".to_owned(), mb));
        let check = gpu(&Gpu { cards, wanted, fallback: false, cuda, largest });
        speakable(std::slice::from_ref(&check));
        (check.state, check.text.key)
    }

    #[test]
    fn a_card_is_missing_silent_old_small_or_fine() {
        use State::{Ok, Warning, Wrong};
        let cards = |line: &str| Cards::Seen(parse(line));
        let pascal = || cards(LINES);
        let modern = |driver: &str| cards(&format!("RTX 4090, {driver}, 8.9, 24564"));
        assert_eq!(said(Cards::None, false, None, 1), (Ok, "doctor-gpu-none".into()));
        assert_eq!(said(Cards::None, true, None, 1), (Wrong, "doctor-gpu-none-wanted".into()));
        let silent = Cards::Silent("Driver/library version mismatch".into());
        assert_eq!(said(silent.clone(), false, None, 1), (Warning, "doctor-gpu-silent".into()));
        assert_eq!(said(silent, true, None, 1), (Wrong, "doctor-gpu-silent".into()));
        assert_eq!(said(pascal(), false, Some(13), 1), (Ok, "doctor-gpu-unused".into()));
        assert_eq!(said(pascal(), true, Some(13), 1), (Wrong, "doctor-gpu-old".into()));
        assert_eq!(said(pascal(), true, Some(12), 1), (Ok, "doctor-gpu".into()));
        assert_eq!(said(pascal(), true, None, 1), (Ok, "doctor-gpu".into()), "what is not known is not said");
        assert_eq!(said(cards("GTX 680, 470.1, 3.0, 2048"), true, Some(12), 1).1, "doctor-gpu-old");
        assert_eq!(said(modern("570.86.10"), true, Some(13), 1), (Wrong, "doctor-gpu-driver".into()));
        assert_eq!(said(modern("580.65.06"), true, Some(13), 1), (Ok, "doctor-gpu".into()));
        assert_eq!(said(modern("580.65.06"), true, Some(13), 30_000), (Warning, "doctor-gpu-small".into()));
    }

    #[test]
    fn an_old_card_is_told_which_library_it_can_have() {
        let cure = |line: &str| {
            let (cards, largest) = (Cards::Seen(parse(line)), None);
            gpu(&Gpu { cards, wanted: true, fallback: true, cuda: Some(13), largest }).cure.unwrap()
        };
        assert_eq!(cure(LINES).args["cuda"], 12.into());
        assert_eq!(cure("GTX 680, 470.1, 3.0, 2048").key, "doctor-gpu-old-none");
    }
}
