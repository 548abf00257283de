//! Heed: is a message for us, and can we read it? Pure.

use crate::access::Standing;
use crate::inbox::is_stop;
use crate::message::{Body, Phrase};

/// What to do with a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heeded {
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
    /// End what runs in the lane.
    Stop,
    /// Say this and nothing more.
    Refuse(Phrase),
}

/// Decides from the message, which may have so many characters, and from who sent it.
pub(super) fn heed(body: &Body, limit: usize, standing: Standing) -> Heeded {
    if standing == Standing::Stranger {
        return Heeded::Refuse(Phrase::new("stranger"));
    }
    let text = match body {
        Body::Text(text) | Body::Edit { text, .. } => text,
        Body::Voice(recording) => match &recording.caption {
            Some(caption) if caption.chars().count() > limit => return too_long(limit),
            _ => return Heeded::Hear,
        },
        Body::Unsupported(what) if what == "utf8" => return Heeded::Refuse(Phrase::new("broken-text")),
        Body::Unsupported(_) => return Heeded::Refuse(Phrase::new("unsupported-body")),
    };
    if text.trim().is_empty() {
        return Heeded::Refuse(Phrase::new("empty"));
    }
    if text.chars().count() > limit {
        return too_long(limit);
    }
    match body {
        Body::Edit { of, .. } => Heeded::Edit { of: of.clone(), text: text.trim().to_owned() },
        _ if is_stop(body) => Heeded::Stop,
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
    use crate::message::Recording;

    #[test]
    fn what_is_heeded() {
        let text = |text: &str| Body::Text(text.into());
        let voice = Body::Voice(Recording { remote: "v".into(), caption: None });
        assert_eq!(heed(&voice, TEXT_LIMIT, Standing::Member), Heeded::Hear);
        let caption = Some("a".repeat(TEXT_LIMIT + 1));
        let captioned = Body::Voice(Recording { remote: "v".into(), caption });
        assert!(matches!(heed(&captioned, TEXT_LIMIT, Standing::Member), Heeded::Refuse(_)));
        assert!(matches!(heed(&voice, TEXT_LIMIT, Standing::Stranger), Heeded::Refuse(_)));
        assert_eq!(heed(&text(" hi "), TEXT_LIMIT, Standing::Owner), Heeded::Text("hi".into()));
        assert_eq!(
            heed(&text("hi"), TEXT_LIMIT, Standing::Stranger),
            Heeded::Refuse(Phrase::new("stranger"))
        );
        assert_eq!(heed(&text(" \n"), TEXT_LIMIT, Standing::Member), Heeded::Refuse(Phrase::new("empty")));
        assert_eq!(heed(&text("/Stop"), TEXT_LIMIT, Standing::Member), Heeded::Stop);
        let long = heed(&text(&"a".repeat(TEXT_LIMIT + 1)), TEXT_LIMIT, Standing::Owner);
        assert!(matches!(long, Heeded::Refuse(phrase) if phrase.key == "too-long"));
        assert_eq!(
            heed(&Body::Unsupported("photo".into()), TEXT_LIMIT, Standing::Owner),
            Heeded::Refuse(Phrase::new("unsupported-body"))
        );
    }
}
