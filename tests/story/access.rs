//! Who may talk: the code, strangers, roles, groups, and what guests and children are held to.

use aisaac::app::engines::Engines;
use aisaac::inbox::Inbox;
use aisaac::intent::{Known, PainterFacts};
use aisaac::message::{Audience, Body, Message, Person, Quoted};
use insta::assert_snapshot;

use crate::models::{self, Held};
use crate::world::{Story, message};

/// The group of these stories.
const GROUP: &str = "-100";

impl Story {
    /// A house that nobody owns yet, and the code that was printed at its start.
    async fn claimable() -> (Self, String) {
        let story = Self::unowned("").await;
        story.told();
        let code = story.code();
        (story, code)
    }

    /// A house whose owner has let the group in, with the message 1.
    async fn with_group() -> Self {
        let mut story = Self::new().await;
        story.in_group("!ana", 1, "/allow").await;
        story.told();
        story
    }

    /// Somebody says something in a group; with an exclamation mark before the name the house is meant for sure.
    async fn in_group(&mut self, who: &str, number: u32, text: &str) {
        let (person, called) = who.strip_prefix('!').map_or((who, false), |person| (person, true));
        let message = in_group(person, called, number, text);
        self.offer(message, text).await;
    }

    /// Somebody answers somebody else's message in a group.
    async fn answering(&mut self, who: &str, number: u32, whom: Person, text: &str) {
        let mut message = in_group(who, true, number, text);
        let key = "m:0".to_owned();
        message.quoted = Some(Quoted { key, ours: false, from: Some(whom), text: None, recording: None });
        self.offer(message, text).await;
    }

    /// A message, its line in the transcript, and what comes of it.
    async fn offer(&mut self, message: Message, text: &str) {
        self.accepts(message, text).await;
        self.comes_to().await;
    }

    /// Somebody calls the house in a group; nothing is done about it yet.
    async fn offers_in_group(&self, who: &str, number: u32, text: &str) {
        self.accepts(in_group(who, true, number, text), text).await;
    }

    async fn accepts(&self, message: Message, text: &str) {
        self.transcript.write(format!("{} in {GROUP}: {text}", message.from.id));
        Inbox::new(self.house().store.clone()).accept(message, "{}", self.now()).await.unwrap();
    }

    /// Everything that waits is answered and painted.
    async fn comes_to(&mut self) {
        self.answers().await;
        while self.paints().await {}
    }

    /// Files of the data folder that hold a word.
    fn keeps(&self, word: &str) -> bool {
        ["aisaac.db", "aisaac.db-wal"].iter().any(|file| {
            let bytes = std::fs::read(self.places().data().join(file)).unwrap();
            bytes.windows(word.len()).any(|window| window == word.as_bytes())
        })
    }
}

fn in_group(who: &str, called: bool, number: u32, text: &str) -> Message {
    let mut message = message(who, &format!("m:{number}"), Body::Text(text.to_owned()));
    message.address.chat = GROUP.to_owned();
    Message { audience: Audience::Group { called }, ..message }
}

fn person(id: &str, name: &str, shared: bool) -> Person {
    Person { id: id.to_owned(), name: Some(name.to_owned()), shared, ..Person::default() }
}

/// Small letters and another gap: the code all the same.
fn carelessly(code: &str) -> String {
    let (head, tail) = code.split_at(3);
    format!(" {}-{} ", head.to_lowercase(), tail.to_lowercase())
}

#[tokio::test]
async fn whoever_sends_the_code_is_the_owner_and_the_next_is_too_late() {
    let mut story = Story::unowned("").await;
    let code = story.code();
    story.plays("700", 1, "hello").await;
    story.plays("700", 2, "/start").await;
    story.plays("700", 3, "AB2C D3EF").await;
    story.plays("700", 4, &format!("/start {}", carelessly(&code))).await;
    story.plays("700", 5, "What is a fjord?").await;
    story.plays("800", 1, &format!("/claim {code}")).await;
    story.plays("800", 2, &code).await;
    story.plays("700", 6, &format!("/claim {code}")).await;
    story.plays("700", 7, "/people").await;
    story.restarts().await;
    story.plays("700", 8, "/people").await;
    let told = story.told().replace(&code, "THECODE").replace(&carelessly(&code), " the-code ");
    assert_snapshot!(told, @"
    ┌──────────────────────────────────────────────────────────────────────┐
    │ Nobody owns this assistant yet.                                      │
    │ Send it this code in a private chat; whoever does becomes the owner: │
    │                                                                      │
    │     •••• ••••                                                        │
    │                                                                      │
    │ The code counts once. The next start makes a new one.                │
    └──────────────────────────────────────────────────────────────────────┘
    700: hello
      → 700: Nobody owns this assistant yet. If you have started it, send me the code that it printed. Your id is 700.
    700: /start
    700: AB2C D3EF
      → 700: That is not the code.
    700: /start  the-code 
      → 700: You are my owner now. /allow lets others in: in answer to a message of theirs, with the id that I tell them, or alone in a group. /people lists them, /help shows what I can do.
    700: What is a fjord?
      ~ 700: You said: …
      ~ 700: You said: What is a fjord?…
      ~ 700: You said: What is a fjord? (0 before)…
      → 700: You said: What is a fjord? (0 before)
    800: /claim THECODE
      → 800: Somebody was faster: I have an owner now, who can let you in; your id is 800.
    800: THECODE
    700: /claim THECODE
      → 700: I have an owner, and no code is needed.
    700: /people
      → 700: People:
          700: owner
          No group is let in.
    -- the house has stopped and stands up again
    700: /people
      → 700: People:
          700: owner
          No group is let in.
    ");
    assert!(!story.keeps(&code) && !story.keeps(&carelessly(&code)), "the code is nowhere");
}

#[tokio::test]
async fn wrong_codes_lock_out_for_an_hour_and_the_right_one_counts_for_nothing_meanwhile() {
    let (mut story, code) = Story::claimable().await;
    for number in 0..5 {
        story.plays("700", number, &format!("AB2C D3E{}", number + 2)).await;
    }
    story.plays("700", 5, "/claim anything").await;
    story.plays("700", 6, &code).await;
    story.plays("700", 7, "hello").await;
    story.passes(61);
    story.plays("700", 8, "/claim anything").await;
    story.plays("700", 9, &code).await;
    assert_snapshot!(story.told().replace(&code, "THECODE"), @"
    700: AB2C D3E2
      → 700: That is not the code.
    700: AB2C D3E3
      → 700: That is not the code.
    700: AB2C D3E4
      → 700: That is not the code.
    700: AB2C D3E5
      → 700: That is not the code.
    700: AB2C D3E6
      → 700: That was the fifth wrong code. I take no code from you for an hour.
    700: /claim anything
    700: THECODE
    700: hello
      → 700: Nobody owns this assistant yet. If you have started it, send me the code that it printed. Your id is 700.
    -- 61 minutes pass
    700: /claim anything
      → 700: That is not the code.
    700: THECODE
      → 700: You are my owner now. /allow lets others in: in answer to a message of theirs, with the id that I tell them, or alone in a group. /people lists them, /help shows what I can do.
    ");
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_is_the_owner() {
    const LATE: &str = "I have an owner now";
    const STRANGER: &str = "This is a private assistant";
    // Whoever is read when the code is used up already is too late with a code that is said to be one; the code alone is
    // then what any stranger says. Which of the two is read first, and when, is chance.
    for (first, second, said, others) in [
        ("700", "800", "/claim ", [LATE, LATE]),
        ("800", "700", "/claim ", [LATE, LATE]),
        ("700", "800", "", [LATE, STRANGER]),
        ("800", "700", "", [LATE, STRANGER]),
    ] {
        let (mut story, code) = Story::claimable().await;
        let code = format!("{said}{code}");
        story.says(first, 1, &code).await;
        story.says(second, 1, &code).await;
        let (stop, house) = (story.stop(), story.house());
        let (one, other) =
            tokio::join!(house.assistant.handle_next(&stop), house.assistant.handle_next(&stop));
        assert!(one.unwrap() && other.unwrap());
        story.delivers().await;
        let told = story.told();
        let owners = story.house().store.reader().people("scripted").await.unwrap();
        assert_eq!(owners.len(), 1);
        let (owner, other) = (&owners[0].id, if owners[0].id == first { second } else { first });
        let hears = |who: &str| {
            let to = format!("→ {who}: ");
            told.lines().filter_map(|line| line.split_once(&to)).map(|(_, said)| said).collect::<Vec<_>>()
        };
        let [won] = hears(owner)[..] else { panic!("{told}") };
        assert!(won.contains("You are my owner now"), "{told}");
        let [lost] = hears(other)[..] else { panic!("{told}") };
        assert!(others.iter().any(|words| lost.contains(words)), "{told}");
    }
}

#[tokio::test]
async fn a_restart_between_code_and_claim_makes_another_code() {
    let (mut story, old) = Story::claimable().await;
    // On disk, and not looked at before the house dies.
    story.says("700", 1, &old).await;
    story.dies().await;
    let new = story.code();
    story.comes_to().await;
    story.plays("700", 2, &new).await;
    story.restarts().await;
    story.plays("700", 3, "hello").await;
    assert_ne!(old, new);
    assert_snapshot!(story.told().replace(&old, "OLDCODE").replace(&new, "NEWCODE"), @"
    700: OLDCODE
    -- the house dies and stands up again
    ┌──────────────────────────────────────────────────────────────────────┐
    │ Nobody owns this assistant yet.                                      │
    │ Send it this code in a private chat; whoever does becomes the owner: │
    │                                                                      │
    │     •••• ••••                                                        │
    │                                                                      │
    │ The code counts once. The next start makes a new one.                │
    └──────────────────────────────────────────────────────────────────────┘
      → 700: That is not the code.
    700: NEWCODE
      → 700: You are my owner now. /allow lets others in: in answer to a message of theirs, with the id that I tell them, or alone in a group. /people lists them, /help shows what I can do.
    -- the house has stopped and stands up again
    700: hello
      ~ 700: You said: …
      ~ 700: You said: hello…
      ~ 700: You said: hello (0 before)…
      → 700: You said: hello (0 before)
    ");
}

#[tokio::test]
async fn a_code_said_in_a_group_or_under_a_shared_id_makes_nobody_the_owner() {
    let (mut story, code) = Story::claimable().await;
    let mut shared = message("500", "m:1", Body::Text(code.clone()));
    shared.from.shared = true;
    story.transcript.write("500, behind whom may stand anybody: THECODE");
    Inbox::new(story.house().store.clone()).accept(shared, "{}", story.now()).await.unwrap();
    story.comes_to().await;
    story.in_group("700", 1, "AB2C D3EF").await;
    story.in_group("700", 2, &code).await;
    story.plays("700", 3, &code).await;
    assert_snapshot!(story.told().replace(&code, "THECODE"), @"
    500, behind whom may stand anybody: THECODE
    700 in -100: AB2C D3EF
    700 in -100: THECODE
    700: THECODE
      → 700: This is a private assistant. Its owner can let you in; your id is 700.
    ");
    assert_eq!(story.house().store.reader().people("scripted").await.unwrap(), []);
}

#[tokio::test]
async fn a_stranger_gets_one_sentence_and_nothing_of_him_is_kept() {
    let mut story = Story::new().await;
    let mut first = message("700", "m:1", Body::Text("zqwords".to_owned()));
    first.from.name = Some("zqname".to_owned());
    first.quoted = Some(Quoted {
        key: "m:0".into(),
        ours: false,
        from: Some(person("800", "zqother", false)),
        text: Some("zqquoted".into()),
        recording: None,
    });
    story.transcript.write("700: …");
    Inbox::new(story.house().store.clone()).accept(first, "zqraw", story.now()).await.unwrap();
    story.comes_to().await;
    for (number, text) in [(2, "draw a cat"), (3, "/stop"), (4, "/help"), (5, "/allow 700")] {
        story.plays("700", number, text).await;
    }
    story.restarts().await;
    story.plays("700", 6, "still there?").await;
    story.plays("ana", 1, "/allow 700").await;
    story.plays("700", 7, "draw a cat").await;
    story.plays("ana", 2, "/deny 700").await;
    story.plays("700", 8, "draw a dog").await;
    story.plays("ana", 3, "/people").await;
    assert_snapshot!(story.told(), @"
    700: …
      → 700: This is a private assistant. Its owner can let you in; your id is 700.
    700: draw a cat
    700: /stop
    700: /help
    700: /allow 700
    -- the house has stopped and stands up again
    700: still there?
    ana: /allow 700
      → ana: 700 may talk to me now, as a member, in private and in groups that are let in.
    700: draw a cat
      → 700: I am drawing “a cat”.
      ~ 700: place 0
      ~ 700: step 1/4 2/4 3/4 4/4
      → 700: [picture] a cat · 8×8 · seed 2 · 4 steps
    ana: /deny 700
      → ana: I do not answer 700 any more.
    700: draw a dog
    ana: /people
      → ana: People:
          ana: owner (configuration)
          bob: member (configuration)
          eva: member (configuration)
          700: not heard
          No group is let in.
    ");
    for word in ["zqwords", "zqname", "zqother", "zqquoted", "zqraw"] {
        assert!(!story.keeps(word), "{word}");
    }
}

#[tokio::test]
async fn a_group_is_let_in_by_the_owner_alone() {
    let mut story = Story::new().await;
    for (number, (who, text)) in (1..).zip([
        ("!700", "draw a cat"),
        ("!800", "what is this?"),
        ("!bob", "draw a dog"),
        ("700", "nobody is called"),
        ("!bob", "/allow"),
        ("!ana", "/allow"),
        ("!700", "draw a cat"),
        ("!700", "/allow 800"),
        ("!bob", "/settings steps 9"),
        ("!700", "/settings steps 7"),
        ("!700", "/settings"),
    ]) {
        story.in_group(who, number, text).await;
    }
    assert_snapshot!(story.told(), @"
    700 in -100: draw a cat
      → -100: This is a private assistant. Its owner can let this group in; its id is -100.
    800 in -100: what is this?
    bob in -100: draw a dog
    700 in -100: nobody is called
    bob in -100: /allow
    ana in -100: /allow
      → -100: I listen to this group now. Everybody here is a guest; /allow in answer to somebody's message makes a member.
    700 in -100: draw a cat
      → -100: I am drawing “a cat”.
      ~ -100: place 0
      ~ -100: step 1/4 2/4 3/4 4/4
      → -100: [picture] a cat · 8×8 · seed 2 · 4 steps
    700 in -100: /allow 800
      → -100: Only my owner can do that.
    bob in -100: /settings steps 9
      → -100: Done. Language: as you write. Size: the model's own. Steps: 9. Seed: a new one each time.
          Names that call me: my own. Recordings: as my owner has set.
    700 in -100: /settings steps 7
      → -100: Only members can change the settings of this chat.
    700 in -100: /settings
      → -100: Language: as you write. Size: the model's own. Steps: 9. Seed: a new one each time.
          Names that call me: my own. Recordings: as my owner has set.
    ");
}

#[tokio::test]
async fn somebody_is_denied_and_a_group_closed_and_let_in_again() {
    let mut story = Story::with_group().await;
    story.answering("ana", 2, person("800", "Carl", false), "/deny").await;
    story.in_group("!800", 3, "draw a dog").await;
    story.in_group("!ana", 4, "/deny").await;
    story.in_group("!700", 5, "draw a fox").await;
    story.in_group("!ana", 6, "draw a hen").await;
    story.plays("ana", 1, &format!("/пустить {GROUP}")).await;
    story.in_group("!700", 7, "draw a fox").await;
    story.plays("ana", 2, "/люди").await;
    assert_snapshot!(story.told(), @"
    ana in -100: /deny
      → -100: I do not answer Carl (800) any more.
    800 in -100: draw a dog
    ana in -100: /deny
      → -100: I do not listen to this group any more.
    700 in -100: draw a fox
    ana in -100: draw a hen
      → -100: I am drawing “a hen”.
      ~ -100: place 0
      ~ -100: step 1/4 2/4 3/4 4/4
      → -100: [picture] a hen · 8×8 · seed 4 · 4 steps
    ana: /пустить -100
      → ana: I listen to the group -100 now. Everybody there is a guest.
    700 in -100: draw a fox
      → -100: I am drawing “a fox”.
      ~ -100: place 0
      ~ -100: step 1/4 2/4 3/4 4/4
      → -100: [picture] a fox · 8×8 · seed 6 · 4 steps
    ana: /люди
      → ana: People:
          ana: owner (configuration)
          bob: member (configuration)
          eva: member (configuration)
          Carl (800): not heard
          Groups that are let in:
          -100
    ");
}

#[tokio::test]
async fn roles_are_given_by_answer_or_id_and_refused_in_words() {
    let mut story = Story::with_group().await;
    let (bert, admin) = (person("701", "Bert", false), person("900", "Admins", true));
    story.answering("ana", 2, bert.clone(), "/allow гостем").await;
    story.answering("ana", 3, bert, "/allow").await;
    story.answering("ana", 4, admin, "/allow").await;
    story.answering("ana", 5, person("ana", "Ana", false), "/deny").await;
    story.answering("ana", 6, person("bob", "Bob", false), "/deny").await;
    for (number, text) in [
        (1, "/allow"),
        (2, "/allow @bert"),
        (3, "/allow 702 boss"),
        (4, "/allow 702 child"),
        (5, "/deny 702 now"),
    ] {
        story.plays("ana", number, text).await;
    }
    story.plays("bob", 1, "/allow 703").await;
    story.plays("bob", 2, "/people").await;
    story.plays("ana", 6, "/people").await;
    assert_snapshot!(story.told(), @"
    ana in -100: /allow гостем
      → -100: Bert (701) may talk to me now, as a guest: answers and pictures, no settings.
    ana in -100: /allow
      → -100: Bert (701) may talk to me now, as a member, in private and in groups that are let in.
    ana in -100: /allow
      → -100: Anybody may stand behind this id (an anonymous admin, a channel, the service itself), so it can have no role.
    ana in -100: /deny
      → -100: That is you, and you stay my owner.
    ana in -100: /deny
      → -100: The configuration lists bob, and it goes first: change it in [access].
    ana: /allow
      → ana: Whom? /allow ID, and if need be: member, guest or child. Or say /allow in a group, or in answer to a message there.
    ana: /allow @bert
      → ana: “@bert” is no id. An id is a number (-… for a group) or looks like @name:server; I tell it to whoever writes to me. A bare @name may belong to somebody else tomorrow.
    ana: /allow 702 boss
      → ana: There is no role “boss”. There are: member, guest, child.
    ana: /allow 702 child
      → ana: 702 may talk to me now, as a child: with the words and the number of requests a day that the configuration sets.
    ana: /deny 702 now
      → ana: Whom? /deny ID. Or say /deny in a group, or in answer to a message there.
    bob: /allow 703
      → bob: Only my owner can do that.
    bob: /people
      → bob: Only my owner can do that.
    ana: /people
      → ana: People:
          ana: owner (configuration)
          bob: member (configuration)
          eva: member (configuration)
          Bert (701): member
          702: child
          Groups that are let in:
          -100
    ");
}

#[tokio::test]
async fn a_shared_id_is_nobody_in_a_group_that_was_let_in_and_is_never_allowed_by_its_number() {
    let mut story = Story::with_group().await;
    for (number, called, text) in
        [(2, false, "nobody is called"), (3, true, "draw a cat"), (4, true, "draw a dog")]
    {
        let mut message = in_group("900", called, number, text);
        message.from.shared = true;
        story.offer(message, text).await;
    }
    story.plays("ana", 1, "/allow 900").await;
    story.plays("ana", 2, "/deny 900").await;
    assert_snapshot!(story.told(), @"
    900 in -100: nobody is called
    900 in -100: draw a cat
      → -100: Different people can write under this name, so I do not answer it. Please write from your own account.
    900 in -100: draw a dog
    ana: /allow 900
      → ana: Anybody may stand behind this id (an anonymous admin, a channel, the service itself), so it can have no role.
    ana: /deny 900
      → ana: I do not answer 900 any more.
    ");
}

#[tokio::test]
async fn stop_by_a_stranger_in_a_group_stops_nothing() {
    let mut story = Story::new().await;
    story.offers_in_group("ana", 1, "Tell me a slow tale").await;
    story
        .while_answering(async |story, stop| {
            story.offers_in_group("700", 2, "/stop").await;
            story.house().assistant.handle_next(stop).await.unwrap();
            story.held.lets_go();
        })
        .await;
    story.delivers().await;
    assert_snapshot!(story.told(), @"
    ana in -100: Tell me a slow tale
    700 in -100: /stop
      ~ -100: You said: …
      ~ -100: You said: Tell me a slow tale…
      ~ -100: You said: Tell me a slow tale (0 before)…
      → -100: This is a private assistant. Its owner can let this group in; its id is -100.
      → -100: You said: Tell me a slow tale (0 before)
    ");
}

const CHILD: &str =
    "[access.child]\nrefused = ['кровь', 'dragon', 'кот']\nrequests_per_day = 4\npictures_per_day = 2\n";

/// A picture model that knows a cat, also by the name of one.
fn knowing(held: &Held) -> Engines {
    let mut engines = models::engines(held);
    let cat =
        r#"[{"en": "cat", "ru": "кот", "synonyms_ru": ["кошка", "мурзик"]}, {"en": "sun", "ru": "солнце"}]"#;
    if let Some(painting) = &mut engines.painting {
        let known = Some(Known::parse(cat).unwrap());
        painting.facts = PainterFacts { known, ..painting.facts.clone() };
    }
    engines
}

#[tokio::test]
async fn a_child_is_told_kindly_of_refused_words_in_all_their_forms() {
    let mut story = Story::with(knowing, 1_000, CHILD).await;
    story.plays("ana", 1, "/allow 700 child").await;
    for (number, text) in [
        (1, "нарисуй лужу КРОВИ"),
        (2, "tell me about dragons"),
        (3, "/draw dragon"),
        // Nobody said the word; what the picture model would read has it.
        (4, "нарисуй мурзика"),
        (5, "нарисуй солнце"),
        (6, "/settings steps 9"),
        (7, "/persona dragon"),
    ] {
        story.plays("700", number, text).await;
    }
    // The last picture of a lane is somebody else's, and "again" has no word in it.
    story.in_group("!ana", 2, "/allow").await;
    story.in_group("!ana", 3, "нарисуй кошку").await;
    story.in_group("!700", 4, "again").await;
    story.plays("bob", 1, "tell me about dragons").await;
    assert_snapshot!(story.told(), @"
    ana: /allow 700 child
      → ana: 700 may talk to me now, as a child: with the words and the number of requests a day that the configuration sets.
    700: нарисуй лужу КРОВИ
      → 700: Давай поговорим о чём-нибудь другом.
    700: tell me about dragons
      → 700: Let us talk about something else.
    700: /draw dragon
      → 700: Let us talk about something else.
    700: нарисуй мурзика
      → 700: Давай поговорим о чём-нибудь другом.
    700: нарисуй солнце
      → 700: Рисую: «солнце».
      ~ 700: place 0
      ~ 700: step 1/4 2/4 3/4 4/4
      → 700: [picture] солнце · 8×8 · сид 6 · 4 шага
    700: /settings steps 9
      → 700: Only members can change the settings of this chat.
    700: /persona dragon
      → 700: Only members can change the settings of this chat.
    ana in -100: /allow
      → -100: I listen to this group now. Everybody here is a guest; /allow in answer to somebody's message makes a member.
    ana in -100: нарисуй кошку
      → -100: Рисую: «кошку».
      ~ -100: place 0
      ~ -100: step 1/4 2/4 3/4 4/4
      → -100: [picture] кошку · 8×8 · сид 10 · 4 шага
    700 in -100: again
      → -100: Let us talk about something else.
    bob: tell me about dragons
      ~ bob: You said: …
      ~ bob: You said: tell me about dragons…
      ~ bob: You said: tell me about dragons (0 before)…
      → bob: You said: tell me about dragons (0 before)
    ");
}

#[tokio::test]
async fn what_a_child_asks_for_is_counted_until_midnight() {
    let mut story = Story::with(models::engines, 1_000, CHILD).await;
    story.plays("ana", 1, "/allow 700 child").await;
    story.told();
    for (number, text) in [
        (1, "draw a cat"),
        (2, "/help"),
        (3, "draw a dog"),
        (4, "draw a fox"),
        (5, "/forget"),
        (6, "draw a fox"),
        (7, "one"),
    ] {
        story.plays("700", number, text).await;
    }
    story.restarts().await;
    story.plays("700", 8, "two").await;
    story.in_group("!ana", 1, "/allow").await;
    story.in_group("!700", 2, "three, elsewhere").await;
    story.plays("700", 9, "/help").await;
    story.passes(24 * 60);
    story.plays("700", 10, "draw a fox").await;
    let told = story.told();
    let without_help: Vec<&str> = told
        .lines()
        .filter(|line| !line.starts_with("      ") && !line.is_empty() && !line.contains("  ~ "))
        .collect();
    assert_snapshot!(without_help.join("\n"), @"
    700: draw a cat
      → 700: I am drawing “a cat”.
      → 700: [picture] a cat · 8×8 · seed 2 · 4 steps
    700: /help
      → 700: I understand your own words. For example:
    700: draw a dog
      → 700: I am drawing “a dog”.
      → 700: [picture] a dog · 8×8 · seed 4 · 4 steps
    700: draw a fox
      → 700: Those were many pictures for today: 2. Tomorrow I draw again, and today we can still talk.
    700: /forget
      → 700: Deleted: 4 messages and 2 pictures, and the settings of this chat.
    700: draw a fox
      → 700: Those were many pictures for today: 2. Tomorrow I draw again, and today we can still talk.
    700: one
      → 700: You said: one (0 before)
    -- the house has stopped and stands up again
    700: two
      → 700: You said: two (1 before)
    ana in -100: /allow
      → -100: I listen to this group now. Everybody here is a guest; /allow in answer to somebody's message makes a member.
    700 in -100: three, elsewhere
      → -100: That was a lot for today: 4 requests. Tomorrow we go on!
    700: /help
      → 700: I understand your own words. For example:
    -- 1440 minutes pass
    700: draw a fox
      → 700: I am drawing “a fox”.
      → 700: [picture] a fox · 8×8 · seed 12 · 4 steps
    ");
}

#[tokio::test]
async fn a_guest_waits_with_one_drawing_and_changes_nothing() {
    let mut story = Story::with(models::engines, 1_000, "").await;
    story.plays("ana", 1, "/allow 700 guest").await;
    story.told();
    for (number, text) in [(1, "draw a cat"), (2, "draw a dog")] {
        story.says("700", number, text).await;
    }
    for number in [1, 2] {
        story.says("bob", number, "draw a hen").await;
    }
    story.answers().await;
    while story.paints().await {}
    for (number, text) in [(3, "/settings steps 9"), (4, "/persona a pirate"), (5, "/settings"), (6, "/new")]
    {
        story.plays("700", number, text).await;
    }
    assert_snapshot!(story.told(), @"
    700: draw a cat
    700: draw a dog
    bob: draw a hen
    bob: draw a hen
      → 700: I am drawing “a cat”.
      → 700: You already have 1 drawing waiting. Let them finish, or cancel one with /cancel.
      → bob: “a hen”: number 2 in line.
      → bob: “a hen”: number 3 in line.
      ~ 700: place 0
      ~ bob: place 1
      ~ bob: place 2
      ~ 700: step 1/4 2/4 3/4 4/4
      → 700: [picture] a cat · 8×8 · seed 2 · 4 steps
      ~ bob: place 0
      ~ bob: place 1
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a hen · 8×8 · seed 4 · 4 steps
      ~ bob: place 0
      ~ bob: step 1/4 2/4 3/4 4/4
      → bob: [picture] a hen · 8×8 · seed 5 · 4 steps
    700: /settings steps 9
      → 700: Only members can change the settings of this chat.
    700: /persona a pirate
      → 700: Only members can change the settings of this chat.
    700: /settings
      → 700: Language: as you write. Size: the model's own. Steps: the model's own. Seed: a new one each time.
    700: /new
      → 700: A fresh conversation: what was said before no longer counts. To delete everything that is kept: /forget
    ");
}

#[tokio::test]
async fn help_speaks_of_letting_in_to_the_owner_only() {
    let mut story = Story::new().await;
    story.plays("bob", 1, "/help").await;
    let bob = story.told();
    story.plays("ana", 1, "/help").await;
    let ana = story.told();
    for command in ["/allow", "/deny", "/people"] {
        assert!(ana.contains(command) && !bob.contains(command), "{command}");
    }
}

#[tokio::test]
async fn a_group_has_names_and_a_rule_of_its_own() {
    let mut story = Story::with_group().await;
    story.answering("ana", 2, person("701", "Bert", false), "/allow").await;
    story.in_group("!701", 3, "/settings имя Кеша").await;
    story.in_group("701", 4, "Isaac, one").await;
    story.in_group("701", 5, "Кеша, two").await;
    story.in_group("!701", 6, "/settings не слушай голосовые").await;
    story.in_group("!700", 7, "/settings names default").await;
    story.in_group("!701", 8, "/settings names default").await;
    story.in_group("!701", 9, "/settings name a-b").await;
    story.in_group("701", 10, "Isaac, three").await;
    story.plays("ana", 1, "/settings wake word Kesha").await;
    story.plays("ana", 2, "/settings").await;
    assert_snapshot!(story.told(), @"
    ana in -100: /allow
      → -100: Bert (701) may talk to me now, as a member, in private and in groups that are let in.
    701 in -100: /settings имя Кеша
      → -100: Done. Language: as you write. Size: the model's own. Steps: the model's own. Seed: a new one each time.
          Names that call me: Кеша. Recordings: as my owner has set.
    701 in -100: Isaac, one
    701 in -100: Кеша, two
      ~ -100: You said: …
      ~ -100: You said: two…
      ~ -100: You said: two (0 before)…
      → -100: You said: two (0 before)
    701 in -100: /settings не слушай голосовые
      → -100: Done. Language: as you write. Size: the model's own. Steps: the model's own. Seed: a new one each time.
          Names that call me: Кеша. Recordings: I do not listen.
    700 in -100: /settings names default
      → -100: Only members can change the settings of this chat.
    701 in -100: /settings names default
      → -100: Done. Language: as you write. Size: the model's own. Steps: the model's own. Seed: a new one each time.
          Names that call me: my own. Recordings: I do not listen.
    701 in -100: /settings name a-b
      → -100: A name is one word of 2 to 30 letters; at most 5 names.
    701 in -100: Isaac, three
      ~ -100: You said: …
      ~ -100: You said: three…
      ~ -100: You said: three (1 before)…
      → -100: You said: three (1 before)
    ana: /settings wake word Kesha
      → ana: That is for groups: in private I hear everything that you say to me.
    ana: /settings
      → ana: Language: as you write. Size: the model's own. Steps: the model's own. Seed: a new one each time.
    ");
}

#[tokio::test]
async fn in_a_group_only_the_owner_forgets_what_is_others() {
    let mut story = Story::with_group().await;
    story.answering("ana", 2, person("700", "Bert", false), "/allow").await;
    story.in_group("!700", 3, "/settings steps 9").await;
    for (who, number) in [("!700", 4), ("!701", 5)] {
        story.in_group(who, number, &format!("What is zq{}?", who.trim_start_matches('!'))).await;
        story.in_group(who, number + 10, &format!("draw zqthing{}", who.trim_start_matches('!'))).await;
    }
    // What others are owed: a drawing that waits, and a reply that is not delivered.
    story.offers_in_group("701", 20, "draw zqowed").await;
    while story.house().assistant.handle_next(&story.stop()).await.unwrap() {}
    story.offers_in_group("700", 21, "draw zqmine").await;
    while story.house().assistant.handle_next(&story.stop()).await.unwrap() {}
    story.told();
    story.offers_in_group("700", 22, "/forget").await;
    story.comes_to().await;
    for (word, kept) in
        [("zq700", false), ("zqthing700", false), ("zqmine", false), ("zq701", true), ("zqthing701", true)]
    {
        assert_eq!(story.keeps(word), kept, "{word}");
    }
    story.in_group("!701", 23, "/settings").await;
    story.in_group("!701", 24, "again").await;
    story.in_group("!ana", 25, "/forget").await;
    assert!(!story.keeps("zq701") && !story.keeps("zqthing701"));
    assert_snapshot!(story.told(), @"
    700 in -100: /forget
      → -100: I am drawing “zqowed”.
      → -100: Deleted: 4 messages and 1 picture of yours. What others have asked for stays.
      ~ -100: place 0
      ~ -100: step 1/9 2/9 3/9 4/9 5/9 6/9 7/9 8/9 9/9
      → -100: [picture] zqowed · 8×8 · seed 8 · 9 steps
    701 in -100: /settings
      → -100: Language: as you write. Size: the model's own. Steps: 9. Seed: a new one each time.
          Names that call me: my own. Recordings: as my owner has set.
    701 in -100: again
      → -100: I am drawing “zqowed”.
      ~ -100: place 0
      ~ -100: step 1/9 2/9 3/9 4/9 5/9 6/9 7/9 8/9 9/9
      → -100: [picture] zqowed · 8×8 · seed 12 · 9 steps
    ana in -100: /forget
      ~ -100: (forget what you keep yourself)
      → -100: Deleted: 8 messages and 3 pictures, and the settings of this chat.
    ");
}
