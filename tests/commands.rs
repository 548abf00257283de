//! The command line as scripts meet it: exit codes, sentences, JSON lines; on a data folder where nothing is installed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests stand outside #[test] functions"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program on a data folder, in Russian, with lines for its standard input.
fn aisaac(data: &Path, arguments: &[&str], input: &str) -> Ran {
    with(data, arguments, input, &[])
}

/// The same, with variables.
fn with(data: &Path, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aisaac"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .env("AISAAC_DATA", data)
        .env("LANG", "ru_RU.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = child.wait_with_output().unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

#[test]
fn a_step_without_its_model_says_what_to_pull() {
    let data = tempfile::tempdir().unwrap();
    for (step, sentence) in [
        ("understand", "models pull starter"),
        ("answer", "модель для ответов не установлена"),
        ("draw", "aisaac models pull starter"),
        ("hear", "Слушать я пока не могу"),
    ] {
        let ran = aisaac(data.path(), &["step", step, "--json", "кот"], "");
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{step}");
        assert!(ran.err.contains(sentence), "{step}: {}", ran.err);
    }
}

#[test]
fn a_recording_is_refused_in_words_wherever_it_is_named() {
    let data = tempfile::tempdir().unwrap();
    let note = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/audio/voice.ogg");
    // Nothing is brought that nobody could hear, be it there or not.
    let deaf = "Слушать я пока не могу";
    for named in [note.to_str().unwrap(), "/nowhere/note.ogg"] {
        let ran = aisaac(data.path(), &["ask", "--json", "--voice", named], "");
        assert!(ran.code == 1 && ran.out.contains(deaf), "{named}: {} {}", ran.out, ran.err);
    }
    let ran = aisaac(data.path(), &["chat"], "/voice /nowhere/note.ogg\n/голос /\n");
    assert_eq!(ran.out.matches(deaf).count(), 2, "{} {}", ran.out, ran.err);
}

#[test]
fn run_without_a_messenger_names_the_one_that_needs_none() {
    let data = tempfile::tempdir().unwrap();
    let ran = aisaac(data.path(), &["run"], "");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("aisaac chat"), "{}", ran.err);
    std::fs::write(data.path().join("aisaac.toml"), "[run]\nlisten = '0.0.0.0:8075'\n").unwrap();
    let ran = aisaac(data.path(), &["run"], "");
    assert_eq!(ran.code, 2, "what cannot be meant so is not worth another start");
    assert!(ran.err.contains("run.listen") && ran.err.contains("127.0.0.1:PORT"), "{}", ran.err);
}

#[test]
fn a_configuration_is_checked_by_line_and_key() {
    let data = tempfile::tempdir().unwrap();
    let check = |text: &str| {
        std::fs::write(data.path().join("aisaac.toml"), text).unwrap();
        aisaac(data.path(), &["config", "check"], "")
    };
    assert!(check(&aisaac(data.path(), &["config", "example"], "").out).out.ends_with("в порядке.\n"));
    let ran = check("[draw]\nmodle = 'sketch'\n");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(
        ran.err.contains("aisaac.toml, строка 2: нет ключа «modle»; может быть, «model»?"),
        "{}",
        ran.err
    );
}

#[test]
fn what_stops_a_command_is_said_in_the_language_of_the_locale() {
    let data = tempfile::tempdir().unwrap();
    let ran = aisaac(data.path(), &["--log", "bananas", "queue", "list"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("bananas — не уровень журнала"), "{}", ran.err);
    let ran = aisaac(data.path(), &["queue", "cancel", "7"], "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("Рисунок 7 не ждёт и не рисуется."), "{}", ran.err);
    std::fs::write(data.path().join("aisaac.db"), "no database at all, but long enough to have a header")
        .unwrap();
    let ran = aisaac(data.path(), &["chat"], "привет\n");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("База повреждена."), "{}", ran.err);
    let file = data.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let ran = aisaac(&file, &["chat"], "");
    assert!(ran.err.contains("нельзя пользоваться"), "{}", ran.err);
    let other = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(other.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let ran = aisaac(other.path(), &["chat"], "");
    assert!(ran.err.contains("уже работает другой aisaac"), "{}", ran.err);
}

#[test]
fn doctor_works_where_nothing_is_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("not/there");
    let ran = aisaac(&data, &["doctor", "--json"], "");
    assert!(!folder.path().join("not").exists());
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let state = |check: &str| {
        let line = lines.iter().find(|line| line["check"] == check).unwrap();
        (line["state"].as_str().unwrap().to_owned(), line["cure"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(state("database").0, "ok");
    for check in ["disk", "pragmas", "gpu", "memory", "clock", "locale"] {
        assert!(!state(check).0.is_empty(), "{check} is looked at");
    }
    assert_eq!((state("pragmas").0, state("locale").0), ("ok".into(), "ok".into()), "{}", ran.out);
    assert!(!ran.out.contains("\"better\""), "no hub is asked from a pipe");
    assert_eq!(state("runtime"), ("wrong".into(), "выполните: aisaac models pull runtime".into()));
    assert_eq!(state("pictures"), ("wrong".into(), "выполните: aisaac models pull starter".into()));
    assert!(lines.iter().all(|line| line["state"] == "ok" || line["cure"].is_string()), "{}", ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let human = aisaac(&data, &["doctor"], "");
    assert!(human.out.contains("✗ ответы") && human.out.contains("Не в порядке"), "{}", human.out);
}

/// A Bot API server that knows two questions, in order, and says what time it is.
fn bot_api(results: [&'static str; 2]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for result in results {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"{}") {
                let mut byte = [0];
                assert_eq!(stream.read(&mut byte).unwrap(), 1);
                asked.push(byte[0]);
            }
            let body = format!("{{\"ok\": true, \"result\": {result}}}");
            let head = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close";
            write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    format!("http://{address}")
}

#[test]
fn doctor_looks_at_telegram_and_never_says_the_token() {
    const TOKEN: &str = "7300000001:AAFakeFakeFakeFakeFakeFakeFakeFakeFake";
    let data = tempfile::tempdir().unwrap();
    let telegram = |token: &str, server: &str| {
        std::fs::write(data.path().join("aisaac.toml"), format!("[telegram]\nserver = '{server}'\n"))
            .unwrap();
        let ran = with(data.path(), &["doctor"], "", &[("AISAAC_TELEGRAM_TOKEN", token)]);
        assert!(!format!("{}{}", ran.out, ran.err).contains("AAFake"), "{} {}", ran.out, ran.err);
        let lines = ran.out.lines().skip_while(|line| !line.contains("Telegram"));
        let lines = lines.take_while(|line| !line.contains("среда"));
        let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.collect::<Vec<_>>().join("\n")
    };
    let server = bot_api([
        r#"{"id": 7300000001, "is_bot": true, "username": "house_bot", "can_read_all_group_messages": false}"#,
        r#"{"url": "https://example.org/AAFake", "pending_update_count": 3}"#,
    ]);
    let told = telegram(TOKEN, &server);
    for line in [
        "✓ Telegram @house_bot отвечает; ждут 3 обновления",
        "! Telegram сообщения забирает вебхук на example.org;",
        "! Telegram включён режим приватности",
        "! Telegram часы этого компьютера спешат",
        "! Telegram хозяина у бота ещё нет",
        "пришлите боту @house_bot код",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let told = telegram(TOKEN, "http://127.0.0.1:1");
    assert!(told.starts_with("✗ Telegram") && told.contains("telegram.server?"), "{told}");
    let told = telegram("not a token", "http://127.0.0.1:1");
    assert!(told.contains("AISAAC_TELEGRAM_TOKEN") && told.contains("/mybots"), "{told}");
    let told = telegram("", "http://127.0.0.1:1");
    assert!(told.starts_with("✓ Telegram") && told.contains("не настроен"), "{told}");
}

#[test]
fn doctor_names_the_line_of_a_wrong_configuration_and_goes_on() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("aisaac.toml"), "[draw]\nmodle = 'sketch'\n").unwrap();
    let ran = aisaac(data.path(), &["doctor"], "");
    assert!(ran.out.contains("строка 2: нет ключа «modle»") && ran.out.contains("«model»"), "{}", ran.out);
    assert!(ran.out.contains("потоки"), "the rest is looked at too");
    let left: Vec<_> = std::fs::read_dir(data.path()).unwrap().collect();
    assert_eq!((ran.code, left.len()), (1, 1), "nothing was made");
}

#[test]
fn a_backup_is_made_beside_a_house_and_put_back_where_none_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("копия.zip"));
    let name = file.to_str().unwrap();
    let ran = aisaac(&data, &["backup", name], "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("нет базы") && !data.exists(), "{}", ran.err);
    aisaac(&data, &["chat"], "привет\n");
    let lock = std::fs::File::create(data.join("lock")).unwrap();
    lock.lock().unwrap();
    let ran = aisaac(&data, &["backup", name], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(
        ran.out.contains("1 сообщение и 0 картинок") && ran.out.contains("Моделей в ней нет"),
        "{}",
        ran.out
    );
    assert!(aisaac(&data, &["backup", name], "").err.contains("--force"));
    let ran = aisaac(&data, &["backup", "--force", "--json", name], "");
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((said["messages"].as_u64(), said["unfinished"]["replies"].as_u64()), (Some(1), Some(0)));
    let ran = aisaac(&data, &["restore", name], "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("сейчас работает дом"), "{}", ran.err);
    drop(lock);
    let ran = aisaac(&data, &["restore", name], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("before-restore-1"), "{}", ran.out);
    let ran = aisaac(&folder.path().join("other"), &["restore", "--json", "--unfinished", "drop", name], "");
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((said["messages"].as_u64(), said["before"].is_null()), (Some(1), true));
    // What a power cut in the middle of a restore leaves.
    std::fs::write(data.join("restore-cut-off"), "").unwrap();
    let ran = aisaac(&data, &["chat"], "привет\n");
    assert!(ran.code == 1 && ran.err.contains("оборвалось"), "{}", ran.err);
    assert_eq!(aisaac(&data, &["restore", name], "").code, 0);
    assert_eq!(aisaac(&data, &["chat"], "привет\n").code, 0);
}

#[cfg(unix)]
#[test]
fn a_new_data_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    aisaac(&data, &["queue", "list"], "");
    assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
}
