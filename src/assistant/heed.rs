//! Heed: is a message for us, and can we read it? Pure.

use super::wake::Wake;
use crate::access::{Standing, claim};
use crate::inbox::is_stop;
use crate::message::{AccessChange, Audience, Body, Event, Message, Phrase};

/// What to do with a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heeded {
    /// It is not for us.
    Ignore,
    /// Handle this text.
    Text(String),
    /// An earlier message was edited; this is its new text.
    Edit {
        /// Key of the earlier message.
        of: String,
        /// The new text.
        text: String,
    },
    /// Somebody spoke: it has to be heard first.
    Hear,
    /// A button of ours was pressed.
    Press {
        /// What it says.
        data: String,
    },
    /// Something happened to the chat.
    Event(Event),
    /// End what runs in the lane.
    Stop,
    /// Somebody who may not talk calls the house.
    Stranger,
    /// Somebody says what may be the one-time code.
    Claim(AccessChange),
    /// Say this and nothing more.
    Refuse(Phrase),
}

/// What a message is heeded by.
pub(super) struct Manners<'a> {
    /// Characters that a message may have.
    pub(super) limit: usize,
    /// What its sender is here.
    pub(super) standing: Standing,
    /// There is a code that makes its sender the owner.
    pub(super) claimable: bool,
    /// Words that call the house in a group.
    pub(super) wake: &'a Wake,
    /// Whether every recording of a group is listened to for them.
    pub(super) listens: bool,
}

/// Decides from the message alone. What a group says without calling the house is not for it; a recording may call it.
pub(super) fn heed(message: &Message, manners: &Manners<'_>) -> Heeded {
    let body = &message.body;
    match body {
        Body::Event(event) => return Heeded::Event(event.clone()),
        Body::Press { .. } if manners.standing == Standing::Stranger => return Heeded::Ignore,
        Body::Press { data, .. } => return Heeded::Press { data: data.clone() },
        Body::Text(_) | Body::Edit { .. } | Body::Voice(_) | Body::Unsupported(_) => {}
    }
    if let Some(claim) = claimed(message, manners) {
        return Heeded::Claim(claim);
    }
    let Some(called) = called(message, manners) else { return Heeded::Ignore };
    if manners.standing == Standing::Stranger {
        return Heeded::Stranger;
    }
    match called {
        Called::Perhaps => Heeded::Hear,
        Called::With(text) => read(body, text, manners.limit),
    }
}

/// Decides once a recording was heard. `None`: it is not for us after all.
pub(super) fn heed_spoken(message: &Message, text: &str, manners: &Manners<'_>) -> Heeded {
    let text = match message.audience {
        Audience::Group { called: false } => match manners.wake.calls_aloud(text) {
            Some(rest) => rest,
            None => return Heeded::Ignore,
        },
        Audience::Private | Audience::Group { called: true } => text,
    };
    read(&Body::Text(text.to_owned()), text, manners.limit)
}

/// What may be the code, while there is one, or is meant as one. Said where others hear it, it is nobody's any more,
/// whether the house was called or not.
fn claimed(message: &Message, manners: &Manners<'_>) -> Option<AccessChange> {
    let Body::Text(text) = &message.body else { return None };
    let (said, aloud) = (claim::said(text)?, message.audience.is_group());
    let meant = manners.claimable || said.claims && !aloud;
    meant.then_some(AccessChange::Claim { sum: said.sum, aloud })
}

/// How a message calls the house.
enum Called<'a> {
    /// With this text.
    With(&'a str),
    /// Only its recording can tell.
    Perhaps,
}

fn called<'a>(message: &'a Message, manners: &Manners<'_>) -> Option<Called<'a>> {
    let text = match &message.body {
        Body::Text(text) | Body::Edit { text, .. } => text,
        Body::Voice(recording) => recording.caption.as_deref().unwrap_or_default(),
        _ => "",
    };
    match message.audience {
        Audience::Private | Audience::Group { called: true } => Some(Called::With(text)),
        Audience::Group { called: false } => match (&message.body, manners.wake.calls(text)) {
            (_, Some(rest)) => Some(Called::With(rest)),
            (Body::Voice(_), None) if manners.listens && manners.standing != Standing::Stranger => {
                Some(Called::Perhaps)
            }
            (_, None) => None,
        },
    }
}

fn read(body: &Body, text: &str, limit: usize) -> Heeded {
    let long = text.chars().count() > limit;
    match body {
        Body::Voice(_) if long => return too_long(limit),
        Body::Voice(_) => return Heeded::Hear,
        Body::Unsupported(what) if what == "utf8" => return Heeded::Refuse(Phrase::new("broken-text")),
        Body::Unsupported(what) if what == "photo" => return Heeded::Refuse(Phrase::new("photo-later")),
        Body::Unsupported(_) => return Heeded::Refuse(Phrase::new("unsupported-body")),
        _ => {}
    }
    if text.trim().is_empty() {
        return Heeded::Refuse(Phrase::new("empty"));
    }
    if long {
        return too_long(limit);
    }
    match body {
        Body::Edit { of, .. } => Heeded::Edit { of: of.clone(), text: text.trim().to_owned() },
        _ if is_stop(text) => Heeded::Stop,
        _ => Heeded::Text(text.trim().to_owned()),
    }
}

fn too_long(limit: usize) -> Heeded {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Heeded::Refuse(Phrase::new("too-long").with("limit", limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::TEXT_LIMIT;
    use crate::message::{Address, Person, Recording};

    fn said(audience: Audience, body: Body) -> Message {
        let address = Address { messenger: "m".into(), chat: "c".into(), thread: None };
        Message { audience, ..Message::new(address, "m:1", Person::default(), body, 1) }
    }

    fn heeded(message: &Message, standing: Standing) -> Heeded {
        let wake = Wake::new(&["айзек".to_owned(), "isaac".to_owned()]);
        let limit = TEXT_LIMIT;
        heed(message, &Manners { limit, standing, claimable: false, wake: &wake, listens: true })
    }

    fn private(body: Body, standing: Standing) -> Heeded {
        heeded(&said(Audience::Private, body), standing)
    }

    fn text(text: &str) -> Body {
        Body::Text(text.into())
    }

    fn voice(caption: Option<String>) -> Body {
        Body::Voice(Recording { remote: "v".into(), caption })
    }

    #[test]
    fn what_is_heeded_in_private() {
        assert_eq!(private(voice(None), Standing::Member), Heeded::Hear);
        let captioned = voice(Some("a".repeat(TEXT_LIMIT + 1)));
        assert!(matches!(private(captioned, Standing::Member), Heeded::Refuse(_)));
        assert_eq!(private(voice(None), Standing::Stranger), Heeded::Stranger);
        assert_eq!(private(text(" hi "), Standing::Owner), Heeded::Text("hi".into()));
        assert_eq!(private(text("hi"), Standing::Stranger), Heeded::Stranger);
        assert_eq!(private(text(" \n"), Standing::Member), Heeded::Refuse(Phrase::new("empty")));
        assert_eq!(private(text("/Stop"), Standing::Member), Heeded::Stop);
        let long = private(text(&"a".repeat(TEXT_LIMIT + 1)), Standing::Owner);
        assert!(matches!(long, Heeded::Refuse(phrase) if phrase.key == "too-long"));
        for (what, key) in [("photo", "photo-later"), ("dice", "unsupported-body"), ("utf8", "broken-text")] {
            let refused = private(Body::Unsupported(what.into()), Standing::Owner);
            assert_eq!(refused, Heeded::Refuse(Phrase::new(key)));
        }
    }

    #[test]
    fn a_group_is_heard_only_when_it_calls() {
        let group = |called, body| said(Audience::Group { called }, body);
        let member = |message: &Message| heeded(message, Standing::Member);
        assert_eq!(member(&group(false, text("draw a cat"))), Heeded::Ignore);
        assert_eq!(member(&group(true, text("draw a cat"))), Heeded::Text("draw a cat".into()));
        assert_eq!(member(&group(false, text("Айзек, нарисуй кота"))), Heeded::Text("нарисуй кота".into()));
        assert_eq!(member(&group(false, text("/stop"))), Heeded::Ignore);
        assert_eq!(member(&group(false, Body::Unsupported("photo".into()))), Heeded::Ignore);
        assert_eq!(member(&group(false, voice(None))), Heeded::Hear);
        let stranger = |message: &Message| heeded(message, Standing::Stranger);
        assert_eq!(stranger(&group(false, voice(None))), Heeded::Ignore);
        assert_eq!(stranger(&group(true, text("hi"))), Heeded::Stranger);
        assert_eq!(stranger(&group(true, text("/stop"))), Heeded::Stranger);
        assert_eq!(stranger(&group(false, text("hi"))), Heeded::Ignore);
        let edit = Body::Edit { of: "m:1".into(), text: "isaac, a dog".into() };
        assert_eq!(member(&group(false, edit)), Heeded::Edit { of: "m:1".into(), text: "a dog".into() });
    }

    #[test]
    fn a_recording_of_a_group_has_to_call_aloud() {
        let wake = Wake::new(&["айзек".to_owned()]);
        let manners = |listens| Manners {
            limit: TEXT_LIMIT,
            standing: Standing::Member,
            claimable: false,
            wake: &wake,
            listens,
        };
        let note = |called| said(Audience::Group { called }, voice(None));
        assert_eq!(heed(&note(false), &manners(false)), Heeded::Ignore);
        let spoken = |called, text: &str| heed_spoken(&note(called), text, &manners(true));
        assert_eq!(spoken(false, "Айзик, который час?"), Heeded::Text("который час?".into()));
        assert_eq!(spoken(false, "Купи хлеба."), Heeded::Ignore);
        assert_eq!(spoken(true, "Купи хлеба."), Heeded::Text("Купи хлеба.".into()));
    }

    #[test]
    fn a_code_is_read_while_there_is_one_and_where_it_is_said() {
        let wake = Wake::new(&["isaac".to_owned()]);
        let heeded = |audience, body, claimable| {
            let (limit, standing) = (TEXT_LIMIT, Standing::Stranger);
            heed(&said(audience, body), &Manners { limit, standing, claimable, wake: &wake, listens: true })
        };
        let (private, group) = (Audience::Private, Audience::Group { called: false });
        let claim = |aloud| Heeded::Claim(AccessChange::Claim { sum: claim::sum("AB2CD3EF"), aloud });
        assert_eq!(heeded(private, text("ab2c d3ef"), true), claim(false));
        assert_eq!(heeded(private, text("/claim ab2cd3ef"), false), claim(false));
        assert_eq!(heeded(private, text("ab2c d3ef"), false), Heeded::Stranger);
        assert_eq!(heeded(group, text("ab2c d3ef"), true), claim(true));
        assert_eq!(heeded(group, text("/claim ab2cd3ef"), false), Heeded::Ignore);
        assert_eq!(heeded(private, text("hello"), true), Heeded::Stranger);
        assert_eq!(heeded(private, voice(Some("ab2c d3ef".into())), true), Heeded::Stranger);
    }
}
