//! Refused words: a child is not answered and not drawn what has one, by whatever way it comes in.

use aisaac::app::engines::Engines;
use aisaac::inbox::Inbox;
use aisaac::message::{Audience, Body, Message, MessageId, Person, Press, Quoted, Recording};

use crate::models::{self, Held};
use crate::world::{Story, message};

const CHILD: &str = "[access.child]\nrefused = ['dragon']\n";

const REFUSED: &str = "Let us talk about something else.";

fn hearing(held: &Held) -> Engines {
    let says = |_| "Tell me about dragons".to_owned();
    Engines { speech: Some(models::speech(held, says)), ..models::engines(held) }
}

/// A house with a child, 700, in private and in a group.
async fn story() -> Story {
    let mut story = Story::with(hearing, 1_000, CHILD).await;
    story.plays("ana", 1, "/allow 700 child").await;
    story.offers_to("ana", 900, Body::Text("/allow".to_owned()), None).await;
    story.told();
    story
}

fn recording() -> Recording {
    Recording { remote: "0".to_owned(), caption: None }
}

impl Story {
    /// Somebody calls the house in the group, in answer to something.
    async fn offers_to(&mut self, who: &str, number: u32, body: Body, quoted: Option<Quoted>) -> MessageId {
        let mut message = message(who, &format!("m:{number}"), body);
        message.address.chat = "-100".to_owned();
        let audience = Audience::Group { called: true };
        let id =
            self.inbox().accept(Message { audience, quoted, ..message }, "{}", self.now()).await.unwrap();
        self.comes().await;
        id
    }

    fn inbox(&self) -> Inbox {
        Inbox::new(self.house().store.clone())
    }

    async fn comes(&mut self) {
        self.answers().await;
        self.fetches().await;
        self.answers().await;
        while self.paints().await {}
    }

    /// What the child is told now: one kind sentence, and no model has said or drawn a word.
    fn is_refused(&self) {
        let told = self.told();
        let said: Vec<&str> = told.lines().filter(|line| line.starts_with("  ")).collect();
        assert!(said.len() == 1 && said[0].ends_with(REFUSED), "{told}");
    }
}

fn quoted(text: Option<&str>, recording: Option<Recording>) -> Option<Quoted> {
    let from = Some(Person { id: "bob".to_owned(), ..Person::default() });
    let text = text.map(str::to_owned);
    Some(Quoted { key: "m:0".to_owned(), ours: false, from, text, recording })
}

#[tokio::test]
async fn somebodys_words_that_are_answered_or_drawn() {
    let mut story = story().await;
    for (number, text) in [(1, "What does that mean?"), (2, "draw this"), (3, "/answer this")] {
        let about = quoted(Some("There be dragons"), None);
        story.offers_to("700", number, Body::Text(text.to_owned()), about).await;
        story.is_refused();
    }
    let about = quoted(Some("There be dragons"), None);
    story.offers_to("bob", 4, Body::Text("What does that mean?".to_owned()), about).await;
    assert!(story.told().contains("There be dragons"), "others are answered");
}

#[tokio::test]
async fn what_was_heard() {
    let mut story = story().await;
    story.offers_to("700", 1, Body::Voice(recording()), None).await;
    let told = story.told();
    assert!(told.ends_with(REFUSED) && !told.contains('~'), "{told}");
    let about = quoted(None, Some(recording()));
    story.offers_to("700", 2, Body::Text("What does he say?".to_owned()), about).await;
    story.is_refused();
}

#[tokio::test]
async fn an_edit() {
    let mut story = story().await;
    story.plays("700", 1, "Tell me about cats").await;
    story.told();
    story.edits("700", 1, "Tell me about dragons").await;
    story.comes().await;
    let told = story.told();
    assert!(told.ends_with(REFUSED) && !told.contains('~'), "{told}");
}

#[tokio::test]
async fn a_button_under_somebody_elses_request() {
    let mut story = story().await;
    let answered = story.offers_to("bob", 1, Body::Text("Tell me about dragons".to_owned()), None).await;
    let drawn = story.offers_to("bob", 2, Body::Text("draw a dragon".to_owned()), None).await;
    story.told();
    for (number, press) in (3..).zip([
        Press::Answer(answered),
        Press::Answer(drawn),
        Press::Draw(answered),
        Press::Again(aisaac::message::DrawingId::new(1)),
        Press::Same(aisaac::message::DrawingId::new(1)),
    ]) {
        story.offers_to("700", number, Body::Press { of: "m:1".to_owned(), data: press.data() }, None).await;
        story.is_refused();
    }
}

#[tokio::test]
async fn somebody_elses_request_once_more() {
    let mut story = story().await;
    story.offers_to("bob", 1, Body::Text("Tell me about dragons".to_owned()), None).await;
    story.told();
    for (number, text) in [(2, "/redo try a different answer"), (3, "/redo")] {
        story.offers_to("700", number, Body::Text(text.to_owned()), None).await;
        story.is_refused();
    }
}
