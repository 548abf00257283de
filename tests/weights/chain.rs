//! From a request to a prompt, by the starter's own models as the house joins them: the router says *draw*, *draw* takes the
//! subject, and the translator puts it into English for a picture model that speaks nothing else.
//!
//! A line of `requests*.tsv` is a request, its subject (several where people would differ, `|` between) and words that a
//! prompt must have (`/` between such as do equally well; a beginning is enough).

use std::time::Instant;

use aisaac::inference::{Handle, Terms, seq2seq};
use aisaac::intent::{self, Ask, Kit, PainterFacts, Rewrites};
use aisaac::message::{Address, Audience, Language, MessageId, Outcome, Settings, Standing};
use aisaac::store::{Role, Store};
use tokio_util::sync::CancellationToken;

use crate::figures::Figures;
use crate::pulled::{hardware, kit, model, pulled};
use crate::understand::same;

/// Per cent of requests that must come right at each step, and of prompts that must have every word they are held to: a
/// translator that writes anything has none of them.
const LEAST: (f64, f64) = (90.0, 85.0);

/// The same of requests by another hand, which are harder: where the house stands, not where it is to be.
const LEAST_BY_OTHERS: (f64, f64) = (80.0, 75.0);

/// The requests, in the order in which they were written; the card of *understand* says how far to trust each file.
const SETS: &[(&str, &str, (f64, f64))] = &[
    ("requests", include_str!("requests.tsv"), LEAST),
    ("requests2", include_str!("requests2.tsv"), LEAST),
    ("requests3", include_str!("requests3.tsv"), LEAST),
    ("requests4", include_str!("requests4.tsv"), LEAST_BY_OTHERS),
];

struct Row {
    text: &'static str,
    subjects: Vec<&'static str>,
    words: Vec<Vec<&'static str>>,
}

impl Row {
    fn of(line: &'static str) -> Self {
        let [text, subjects, words] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let words = words.split_whitespace().map(|word| word.split('/').collect()).collect();
        Self { text, subjects: subjects.split('|').collect(), words }
    }

    /// Whether a prompt has every word that it must have.
    fn says(&self, prompt: &str) -> bool {
        let prompt = prompt.to_lowercase();
        let said: Vec<&str> = prompt.split(|c: char| !c.is_alphanumeric()).collect();
        let has = |word: &&str| said.iter().any(|said| said.starts_with(word));
        self.words.iter().all(|any| any.iter().any(has))
    }
}

/// The translator on a thread of its own, as the house starts it.
fn translator() -> Rewrites {
    let pulled = pulled("translate-ru-en");
    let (languages, to) = (pulled.manifest.languages.clone(), seq2seq::writes(&pulled.manifest).unwrap());
    let model = Handle::spawn(Terms::free("translate-ru-en"), move || {
        seq2seq::rewriter(&pulled.manifest, &pulled.folder, &hardware(0))
            .map(|model| Box::new(model) as aisaac::inference::Boxed<_, _, _>)
    });
    Rewrites { model, languages, to }
}

/// Draws anything, and is asked in English.
fn painter() -> PainterFacts {
    PainterFacts {
        known: None,
        size: (512, 512),
        side: (64, 1024),
        multiple: 8,
        steps: (1, 150),
        languages: vec!["en".to_owned()],
    }
}

fn ask(text: &str, stop: &CancellationToken) -> Ask {
    Ask {
        message: MessageId::new(1),
        text: text.to_owned(),
        args: text.to_owned(),
        slash: false,
        address: Address { messenger: "weights".to_owned(), chat: "ana".to_owned(), thread: None },
        person: "ana".to_owned(),
        standing: Standing::Owner,
        audience: Audience::Private,
        quoted: None,
        language: Language::Ru,
        settings: Settings::default(),
        understood: String::new(),
        pending: None,
        offer_drawing: false,
        seed: 1,
        stop: stop.clone(),
        now: 0,
    }
}

/// What became of a request: each is right or not.
struct Fate {
    understood: String,
    subject: String,
    prompt: String,
    draws: bool,
    right: bool,
    english: bool,
    says: bool,
}

impl Fate {
    async fn of(row: &Row, kit: &Kit, stop: &CancellationToken) -> Self {
        let Ok(route) = intent::route(row.text, None, kit, stop).await else {
            panic!("the router refuses {:?}", row.text)
        };
        let (subject, prompt) = match intent::find("draw").handle(&ask(row.text, stop), kit).await {
            Ok(Outcome::Draw(commission)) => (commission.subject, commission.prompt),
            _ => Default::default(),
        };
        Self {
            understood: route.understood(),
            draws: route.intent.name() == "draw",
            right: row.subjects.iter().any(|wanted| same(&subject, wanted)),
            english: !prompt.is_empty() && in_english(&prompt),
            says: row.says(&prompt),
            subject,
            prompt,
        }
    }
}

#[tokio::test]
#[ignore = "needs the pulled starter models (make test-weights)"]
async fn a_request_in_russian_becomes_a_prompt_in_english() {
    let (folder, stop) = (tempfile::tempdir().unwrap(), CancellationToken::new());
    let store = Store::open(&folder.path().join("aisaac.db"), "weights", Role::House, 0).await.unwrap();
    let kit = Kit { translator: Some(translator()), painter: Some(painter()), ..kit(model(0), &store) };
    let mut figures = Figures::of("from a request to a prompt");
    for (set, lines, (least, least_said)) in SETS {
        let (mut fates, started) = (Vec::new(), Instant::now());
        for row in lines.lines().map(Row::of) {
            let fate = Fate::of(&row, &kit, &stop).await;
            if !(fate.draws && fate.right && fate.english && fate.says) {
                let Fate { understood, subject, prompt, .. } = &fate;
                println!("  {}: {understood}\n      {subject:?}\n      {prompt:?}", row.text);
            }
            fates.push((row, fate));
        }
        let spent = started.elapsed() / u32::try_from(fates.len()).unwrap();
        let count = |right: fn(&Fate) -> bool| fates.iter().filter(|(_, fate)| right(fate)).count();
        for (what, right) in [
            ("understood as draw", count(|fate| fate.draws)),
            ("subjects", count(|fate| fate.right)),
            ("both", count(|fate| fate.draws && fate.right)),
            ("prompts in English", count(|fate| fate.english)),
        ] {
            figures.share(&format!("{set}: {what}"), right, fates.len(), *least);
        }
        let held = fates.iter().filter(|(row, fate)| fate.right && !row.words.is_empty());
        let (held, say) = held.fold((0, 0), |(of, say), (_, fate)| (of + 1, say + usize::from(fate.says)));
        let what = format!("{set}: prompts of right subjects with every word that they must have");
        figures.share(&what, say, held, *least_said);
        figures.told(&format!("{set}: a request takes"), format!("{} ms", spent.as_millis()));
    }
    store.close().await;
    figures.judge();
}

/// Nothing but what stood in quotes is in Cyrillic letters.
fn in_english(prompt: &str) -> bool {
    let mut quoted = false;
    prompt.chars().all(|letter| {
        quoted = match letter {
            '«' | '“' => true,
            '»' | '”' => false,
            '"' => !quoted,
            _ => quoted,
        };
        quoted || !matches!(letter, '\u{400}'..='\u{4ff}')
    })
}
