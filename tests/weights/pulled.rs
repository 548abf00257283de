//! The pulled starter models as the product uses them: where they lie, on what they run, and what the router needs.
//! Shared by the tests on weights and the benches.

use std::path::PathBuf;
use std::sync::Arc;

use aisaac::conversation::Bounds;
use aisaac::inference::runtime::Hardware;
use aisaac::inference::{Boxed, Control, Handle, Terms, Understanding, understanding};
use aisaac::intent::{self, Kit, Options};
use aisaac::models::{self, Catalogue, Manifest};
use aisaac::phrases::Phrases;
use aisaac::store::Store;
use tokio_util::sync::CancellationToken;

/// A pulled model: its manifest and where it lies.
pub(crate) struct Pulled {
    pub(crate) manifest: Manifest,
    pub(crate) folder: PathBuf,
}

pub(crate) fn data() -> PathBuf {
    let data = std::env::var_os("AISAAC_WEIGHTS").map(PathBuf::from);
    data.expect("AISAAC_WEIGHTS names no data folder with the starter models: run `make test-weights`")
}

pub(crate) fn pulled(name: &str) -> Pulled {
    let (data, catalogue) = (data(), Catalogue::built_in());
    let manifest = catalogue.get(name).unwrap().clone();
    assert!(
        models::installed(&data, &manifest),
        "{name} is not installed in {}: run `make test-weights`, or aisaac models pull starter",
        data.display()
    );
    Pulled { folder: models::folder(&data, name), manifest }
}

/// The processor on so many threads (0: one per core, the product's default), with the library that was pulled.
pub(crate) fn hardware(threads: usize) -> Hardware {
    let library = models::library(&data());
    assert!(library.is_file(), "no {}: run `make test-weights`", library.display());
    Hardware::cpu(library, threads)
}

/// A control that nobody stops or listens to.
pub(crate) fn quiet<P: 'static>() -> Control<'static, P> {
    Control::detached(CancellationToken::new(), Box::new(|_| ()))
}

/// The understanding model on a thread of its own.
pub(crate) fn model(threads: usize) -> Understanding {
    let (pulled, hardware, commands) = (pulled("understand"), hardware(threads), intent::commands());
    Handle::spawn(Terms::free("understand"), move || {
        understanding::load(&pulled.manifest, &pulled.folder, &commands, &hardware)
            .map(|model| Box::new(model) as Boxed<_, _, _>)
    })
}

/// What the router needs: the model, and a house without anything else.
pub(crate) fn kit(model: Understanding, store: &Store) -> Kit {
    Kit {
        understanding: Some(model),
        extractor: None,
        translator: None,
        answering: None,
        painter: None,
        phrases: Arc::new(Phrases::load()),
        access: Arc::default(),
        reader: store.reader(),
        house: Arc::new(|_| intent::HouseNow::default()),
        notices: tokio::sync::mpsc::channel(1).0,
        options: Options {
            conversation: Bounds { turns: 0, age_ms: 0 },
            persona: None,
            offer_from: 1.0,
            free_disk: Arc::new(|| None),
        },
    }
}
