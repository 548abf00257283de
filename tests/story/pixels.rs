//! A real painter (pocket weights): who else is in line changes no pixel.

use std::collections::BTreeMap;
use std::path::Path;

use aisaac::app::engines::{Engines, PictureModel};
use aisaac::inference::{Boxed, Handle, Terms, diffusion, runtime};
use aisaac::intent::PainterFacts;
use aisaac::models::Manifest;

use crate::models;
use crate::world::Story;

/// The usual fakes around a pocket Stable Diffusion, which reads its prompts by CLIP and so speaks English.
pub(crate) fn engines(held: &models::Held) -> Engines {
    let manifest = "name = 'pocket'\nfamily = 'diffusion'\ntitle = ''\nlicence = ''\nsource = ''\n\
                    languages = ['en']\nmemory_mb = 1\nfile = []\n[settings]\nsteps = 3\n";
    let manifest = Manifest::parse(manifest).unwrap();
    let languages = manifest.languages.clone();
    let model = Handle::spawn(Terms::free("pocket"), move || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket/diffusion-clip");
        diffusion::load(&manifest, &folder, &BTreeMap::new(), &runtime::for_tests())
            .map(|model| Box::new(model) as Boxed<_, _, _>)
    });
    let facts =
        PainterFacts { known: None, size: (32, 32), side: (32, 64), multiple: 8, steps: (1, 150), languages };
    let about = aisaac::drawing::Facts { model: "pocket".to_owned(), caption: None };
    Engines { painting: Some(PictureModel { model, facts, about }), ..models::engines(held) }
}

/// The PNG files of a story in which these people asked at the same moment, by requester.
async fn pictures(requests: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut story = Story::with(engines, 1_000, "").await;
    for (who, text) in requests {
        story.says(who, 1, text).await;
    }
    story.answers().await;
    while story.paints().await {}
    let rows = story.house().store.reader().queue(10).await.unwrap();
    assert!(rows.iter().all(|row| row.state == "done"), "{rows:?}");
    let media = story.places().media();
    let bytes = |seed: &str| {
        let file = std::fs::read_dir(&media).unwrap().map(|entry| entry.unwrap().path());
        let mut named = file.filter(|path| path.to_string_lossy().ends_with(&format!("-{seed}.png")));
        std::fs::read(named.next().unwrap()).unwrap()
    };
    let seed = |text: &str| text.rsplit(' ').next().unwrap().to_owned();
    requests.iter().map(|(who, text)| ((*who).to_owned(), bytes(&seed(text)))).collect()
}

#[tokio::test]
async fn two_at_the_same_moment_get_the_pictures_that_each_would_get_alone() {
    let (ana, bob) = (("ana", "draw the red cat --seed 11"), ("bob", "draw the blue house --seed 12"));
    let together = pictures(&[ana, bob]).await;
    let alone = [pictures(&[ana]).await, pictures(&[bob]).await];
    assert_eq!(together["ana"], alone[0]["ana"]);
    assert_eq!(together["bob"], alone[1]["bob"]);
    assert_ne!(together["ana"], together["bob"]);
}
