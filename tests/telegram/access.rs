//! Who may talk: the program itself is claimed with the code that it prints; strangers, roles and groups.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::fake::{Post, TOKEN};
use crate::models::sound;
use crate::world::{LONG, Plan, World};

/// The program as a service manager would start it.
struct Program {
    child: Child,
    errors: BufReader<ChildStderr>,
}

impl Program {
    fn starts(folder: &Path, server: &str) -> Self {
        let config = format!("language = 'en'\n[run]\nlisten = ''\n[telegram]\nserver = '{server}'\n");
        std::fs::write(folder.join("aisaac.toml"), config).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_aisaac"))
            .args(["--data", folder.to_str().unwrap(), "run"])
            .env_clear()
            .env("AISAAC_TELEGRAM_TOKEN", TOKEN)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, errors }
    }

    /// The code in the frame.
    fn code(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.errors.read_line(&mut line).unwrap() > 0, "no code is printed");
            let words: Vec<&str> = line.trim_matches(['│', ' ', '\n']).split(' ').collect();
            if let [head, tail] = words[..]
                && line.starts_with('│')
                && head.len() == 4
                && tail.len() == 4
            {
                return format!("{head} {tail}");
            }
        }
    }

    /// Told to stop, it does; the rest of what it said.
    fn stops(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        rest
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_is_claimed_with_the_code_that_it_prints() {
    let world = World::asleep(Plan::default()).await;
    let (server, ana, mallory, late) = (&world.server, world.ana, world.mallory, world.member(0));
    let folder = tempfile::tempdir().unwrap();
    let (path, url) = (folder.path().to_owned(), server.url());
    let (mut program, code) = tokio::task::spawn_blocking(move || {
        let mut program = Program::starts(&path, &url);
        let code = program.code();
        (program, code)
    })
    .await
    .unwrap();
    server.say(mallory, mallory, "hello");
    server.wait_for(LONG, |seen| seen.replies(mallory).count() == 1).await;
    assert!(world.read(mallory)[0].starts_with("Nobody owns this assistant yet."));
    server.say(ana, ana, &code.to_lowercase());
    server.wait_for(LONG, |seen| seen.replies(ana).count() == 1).await;
    assert!(world.read(ana)[0].starts_with("You are my owner now."), "{:?}", world.read(ana));
    server.say(late, late, &format!("/claim {code}"));
    server.wait_for(LONG, |seen| seen.replies(late).count() == 1).await;
    assert!(world.read(late)[0].contains("I have an owner now"), "{:?}", world.read(late));
    for (language, words) in [("", "what I can do"), ("ru", "что я умею")] {
        let commands = server.commands(&serde_json::json!({ "type": "default" }), language);
        let commands = commands.unwrap_or_else(|| panic!("no menu in {language:?}")).to_string();
        assert!(commands.contains("\"help\"") && commands.contains(words), "{commands}");
    }
    // Another start has an owner: no code.
    let said = tokio::task::spawn_blocking(move || program.stops()).await.unwrap();
    let (path, url) = (folder.path().to_owned(), server.url());
    program = tokio::task::spawn_blocking(move || Program::starts(&path, &url)).await.unwrap();
    server.say(ana, ana, "/people");
    server.wait_for(LONG, |seen| seen.replies(ana).count() == 2).await;
    assert!(world.read(ana)[1].contains(": owner"), "{:?}", world.read(ana));
    let rest = tokio::task::spawn_blocking(move || program.stops()).await.unwrap();
    assert!(!rest.contains("Nobody owns this assistant yet"), "{rest}");
    assert!(![said, rest].concat().contains(TOKEN), "the token stands in the log");
}

#[tokio::test]
async fn a_code_said_in_a_group_is_nobodys_any_more() {
    let world = World::with(Plan { unowned: true, ..Plan::default() }).await;
    let code = world.code.clone().unwrap();
    world.server.set_reads_all(true);
    let group = world.server.group("Family", &[world.ana]);
    world.server.say(group, world.ana, &code);
    world.rests().await;
    world.server.say(world.ana, world.ana, &code);
    let read = world.reads(world.ana, 1).await;
    assert!(!read[0].contains("You are my owner"), "{read:?}");
    world.until("the code is nowhere", || async { world.hold(&code).is_empty() }).await;
}

#[tokio::test]
async fn a_stranger_is_told_once_and_let_in_by_a_reply_in_a_group() {
    let world = World::new().await;
    let (ana, mallory) = (world.ana, world.mallory);
    let group = world.server.group("Family", &[ana, mallory]);
    for _ in 0..3 {
        world.server.say(mallory, mallory, "hello");
    }
    let asked = world.server.say(group, mallory, "@house_bot hello");
    world.rests().await;
    let sentence = format!("This is a private assistant. Its owner can let you in; your id is {mallory}.");
    assert_eq!(world.read(mallory), [sentence]);
    let before = world.read(group);
    assert!(before.len() <= 1 && !before.concat().contains("You said"), "{before:?}");
    world.server.post(Post::by(ana, group).text("/allow@house_bot").reply_to(asked));
    world.reads(group, before.len() + 1).await;
    assert!(world.read(group).last().unwrap().contains("may talk to me now"), "{:?}", world.read(group));
    world.server.say(mallory, mallory, "What is a fjord?");
    assert_eq!(world.reads(mallory, 2).await[1], "You said: What is a fjord? (0 before)");
}

#[tokio::test]
async fn a_command_in_reply_to_a_voice_note_asks_nothing_of_the_note() {
    let world = World::new().await;
    let (ana, mallory) = (world.ana, world.mallory);
    let group = world.server.group("Family", &[ana, mallory]);
    let note = world.server.post(Post::by(mallory, group).voice(sound(0), 1));
    world.server.post(Post::by(ana, group).text("/allow@house_bot").reply_to(note));
    assert!(world.reads(group, 1).await[0].contains("may talk to me now"), "{:?}", world.read(group));
    world.rests().await;
    assert_eq!(world.server.calls("getFile").len(), 0);
}

#[tokio::test]
async fn ids_that_several_people_share_are_nobody() {
    let world = World::new().await;
    world.server.set_reads_all(true);
    let ana = world.ana;
    let (group, channel) = (world.server.supergroup("Family", &[ana]), world.server.channel("News"));
    world.lets_in(group).await;
    let anonymous = world.server.post(Post::by_anonymous(group).text("@house_bot hello"));
    world.server.post(Post::by_channel(channel, group).text("@house_bot hello"));
    let post = world.server.post(Post::in_channel(channel).text("@house_bot hello"));
    world.server.post(Post::by_linked_channel(channel, post, group).text("@house_bot hello"));
    world.rests().await;
    let read = world.read(group);
    assert!(!read.is_empty() && read.iter().all(|said| !said.contains("You said")), "{read:?}");
    assert!(read[0].starts_with("Different people can write under this name"), "{read:?}");
    world.server.post(Post::by(ana, group).text("/allow@house_bot").reply_to(anonymous));
    world.reads(group, read.len() + 1).await;
    let last = world.read(group).last().unwrap().clone();
    assert!(last.starts_with("Anybody may stand behind this id"), "{last}");
    assert_eq!(world.number("SELECT count(*) FROM roles").await, 0);
}

#[tokio::test]
async fn a_group_that_is_let_in_is_a_group_of_guests() {
    let world = World::new().await;
    let (ana, mallory) = (world.ana, world.mallory);
    let group = world.server.group("Family", &[ana, mallory]);
    world.server.say(group, ana, "/allow@house_bot");
    assert!(world.reads(group, 1).await[0].starts_with("I listen to this group now."));
    world.server.say(group, mallory, "@house_bot hello");
    assert_eq!(world.reads(group, 2).await[1], "You said: hello (0 before)");
    world.server.say(mallory, mallory, "hello");
    assert!(world.reads(mallory, 1).await[0].starts_with("This is a private assistant."));
    world.server.say(group, ana, "/deny@house_bot");
    world.reads(group, 3).await;
    world.server.say(group, mallory, "@house_bot hello again");
    world.rests().await;
    assert!(!world.read(group).iter().any(|said| said.contains("hello again")));
}

#[tokio::test]
async fn the_greeting_speaks_of_letting_in_only_where_that_is_to_be_done() {
    let world = World::new().await;
    let ana = world.ana;
    for (title, let_in, said) in [
        ("New", false, "Hello! To let me answer everybody here, write /allow"),
        ("Known", true, "Hello! I answer everybody here."),
    ] {
        let group = world.server.group(title, &[ana]);
        if let_in {
            world.lets_in(group).await;
        }
        world.server.bot_removed(group, ana);
        world.server.bot_added(group, ana);
        world.rests().await;
        let read = world.read(group);
        assert!(read.len() == 1 && read[0].starts_with(said), "{title}: {read:?}");
    }
}
