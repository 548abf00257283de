//! What must hold after every schedule and every kill, however often the house died.

use std::collections::{BTreeMap, BTreeSet};

use aisaac::message::Body;
use sqlx::Row as _;

use crate::found::{Drawing, Found, Message, Reply, arrived, place, read, rows};
use crate::people::{Sent, Wants, grey};
use crate::schedule::{Deaths, Played};
use crate::service::{Arrived, World};

/// Attempts after which the house gives up.
const ATTEMPTS: u32 = 3;

/// What a stranger is told, once.
const TURNED_AWAY: &str = "private assistant";

/// Everything that does not hold.
pub(crate) async fn check(played: &mut Played) -> Vec<String> {
    let mut found = read(played).await;
    // Whoever said /forget took rows of others in the lane along: what is left is held to the rest.
    if !played.sent.iter().any(|sent| sent.wants == Wants::Forget) {
        // A picture that was on its way loses its file to nothing but a /forget.
        let gone = &played.world.without_file;
        found.holds(gone.is_empty(), || format!("about to arrive without a file: {gone:?}"));
        found.accepted_once(&played.sent);
        found.settled_once(&played.deaths);
        found.turned_away_once();
        found.drawn_once(&played.deaths);
        found.painted_in_line();
    }
    found.at_rest();
    found.delivered_once(&played.world);
    found.in_order(&played.world);
    found.right_person(&played.sent, &played.world);
    found.files(played).await;
    found.wrong
}

impl Found {
    fn holds(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(what());
        }
    }

    /// Each message has one row.
    fn accepted_once(&mut self, sent: &[Sent]) {
        for one in sent {
            let rows = self.messages.iter().filter(|row| row.sent.word == one.word).count();
            self.holds(rows == 1, || format!("{:?} has {rows} rows", one.word));
        }
    }

    /// Nothing waits for anybody any more.
    fn at_rest(&mut self) {
        let open: Vec<String> = self
            .messages
            .iter()
            .filter(|one| !matches!(one.state.as_str(), "settled" | "parked"))
            .map(|one| format!("message {} is {}", one.id, one.state))
            .chain(
                self.drawings
                    .iter()
                    .filter(|one| matches!(one.state.as_str(), "waiting" | "running"))
                    .map(|one| format!("drawing {} is {}", one.id, one.state)),
            )
            .collect();
        self.wrong.extend(open);
    }

    /// Each message came to its one end, with the replies that go with it.
    fn settled_once(&mut self, deaths: &Deaths) {
        let mut wrong = Vec::new();
        for message in &self.messages {
            let Message { id, state, attempt, sent, .. } = message;
            let replies: Vec<&Reply> = self.replies.iter().filter(|reply| reply.message == *id).collect();
            if !self.as_wanted(message, &replies) {
                let drawings = self.drawings.iter().filter(|drawing| drawing.message == *id);
                let drawings: Vec<&str> = drawings.map(|drawing| drawing.state.as_str()).collect();
                let texts: Vec<&str> = replies.iter().map(|reply| reply.text.as_str()).collect();
                wrong.push(format!("{sent:?} is {state}, its drawings are {drawings:?}, it says {texts:?}"));
            }
            let may = 1 + deaths.over_message(*id);
            if *attempt > may || (state == "parked" && *attempt != ATTEMPTS) {
                wrong.push(format!("{sent:?} is {state} after {attempt} attempts, may {may}"));
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// The stranger was told so once, in whichever lane she called first, and then nothing; what somebody stopped or the
    /// house gave up was told that instead.
    fn turned_away_once(&mut self) {
        let of =
            |message: &Message| self.replies.iter().filter(|reply| reply.message == message.id).collect();
        let hers = self.messages.iter().filter(|one| one.sent.message.from.id == "mallory");
        let hers: Vec<Vec<&Reply>> = hers.filter(|one| one.state == "settled").map(of).collect();
        let told = |replies: &&Vec<&Reply>| replies.iter().any(|reply| reply.text.contains(TURNED_AWAY));
        let silent = |replies: &&Vec<&Reply>| replies.is_empty();
        let (told, silent) = (hers.iter().filter(told).count(), hers.iter().filter(silent).count());
        let right = told == usize::from(told + silent > 0);
        self.holds(right, || format!("the stranger was told {told} times, and {silent} times nothing"));
    }

    /// Whether a message has exactly the replies and drawings that it wants.
    fn as_wanted(&self, message: &Message, replies: &[&Reply]) -> bool {
        let (id, sent) = (message.id, &message.sent);
        let drawings: Vec<_> = self.drawings.iter().filter(|drawing| drawing.message == id).collect();
        let only = |words: &str| replies.len() == 1 && drawings.is_empty() && replies[0].text.contains(words);
        if message.state == "parked" {
            return only("set it aside");
        }
        if only("Stopped.") {
            return true;
        }
        if sent.message.from.id == "mallory" {
            return only(TURNED_AWAY) || (replies.is_empty() && drawings.is_empty());
        }
        if message.unheard {
            return only("did not reach me");
        }
        let pictured = match (replies, drawings.as_slice()) {
            // Its place in line and what came of it, changes in between belong to other messages; a requester who
            // cancelled it was told so as the answer to that.
            ([place, _], [_]) => place.drawing.is_some(),
            ([_], [drawing]) => drawing.state == "cancelled" && self.told_elsewhere(id, sent, drawing),
            _ => only("You already have"),
        };
        match sent.wants {
            Wants::Answer => only(&sent.word),
            Wants::Picture => pictured,
            Wants::Change => match replies {
                // The request had come to no drawing.
                [] => !self.drew(sent),
                [one] if one.drawing.is_some() && drawings.is_empty() => {
                    one.text.starts_with("Changed:") && one.text.contains(&sent.word)
                }
                // Begun in the very moment: a drawing of its own.
                _ => pictured || only("begun or done already"),
            },
            Wants::Word => replies.len() == 1 && drawings.is_empty(),
            Wants::Stop => only("Nothing is running.") || (replies.is_empty() && self.had_in_hand(message)),
            Wants::Forget => true,
        }
    }

    /// Whether the request that this changes has become a drawing.
    fn drew(&self, change: &Sent) -> bool {
        let Body::Edit { of, .. } = &change.message.body else { return false };
        let lane = change.message.address.lane();
        let request = self
            .messages
            .iter()
            .find(|one| one.sent.message.key == *of && one.sent.message.address.lane() == lane);
        request.is_some_and(|request| self.drawings.iter().any(|drawing| drawing.message == request.id))
    }

    /// Whether the lane may have had something in hand when /stop came: that says so itself then.
    fn had_in_hand(&self, stop: &Message) -> bool {
        // Messages behind it by number may have been taken before it.
        let lane = stop.sent.message.address.lane();
        self.messages.iter().any(|one| !one.control && one.sent.message.address.lane() == lane)
    }

    /// Whether the requester has read about a drawing in the reply to another message.
    fn told_elsewhere(&self, message: i64, sent: &Sent, drawing: &Drawing) -> bool {
        self.replies.iter().any(|reply| {
            reply.message != message
                && reply.person == sent.message.from.id
                && reply.text.contains(&drawing.subject)
        })
    }

    /// Each drawing came to the one end that it should, and its requester has been told once.
    fn drawn_once(&mut self, deaths: &Deaths) {
        let mut wrong = Vec::new();
        for drawing in &self.drawings {
            let Drawing { id, state, attempt, cancelled, subject, message, .. } = drawing;
            let replies: Vec<&Reply> =
                self.replies.iter().filter(|reply| reply.drawing == Some(*id)).collect();
            let pictures: Vec<&&Reply> = replies.iter().filter(|reply| reply.grey.is_some()).collect();
            let heavy = subject.contains("heavy");
            let ended = match state.as_str() {
                "done" => !cancelled && !heavy,
                "failed" => heavy,
                "cancelled" => *cancelled && self.somebody_cancels(),
                "parked" => *attempt == ATTEMPTS,
                _ => false,
            };
            let sent = self.messages.iter().find(|one| one.id == *message).map(|one| &one.sent.word);
            let changed = replies.iter().rev().find(|reply| reply.text.starts_with("Changed:"));
            let right = match (changed, sent) {
                (Some(changed), _) => changed.text.contains(subject.as_str()),
                (None, Some(word)) => subject.contains(word.as_str()),
                (None, None) => false,
            };
            let shown = pictures
                .iter()
                .all(|reply| reply.grey == Some(grey(subject)) && reply.text.contains(subject.as_str()));
            let may = 1 + deaths.over_drawing(*id);
            if !ended || pictures.len() != usize::from(state == "done") || !right || !shown || *attempt > may
            {
                let texts: Vec<(&str, Option<u8>)> =
                    replies.iter().map(|reply| (reply.text.as_str(), reply.grey)).collect();
                wrong.push(format!(
                    "drawing {id} of {subject:?} for {sent:?} is {state} (cancelled: {cancelled}) after {attempt} attempts, may {may}: {texts:?}"
                ));
            }
        }
        self.wrong.append(&mut wrong);
    }

    fn somebody_cancels(&self) -> bool {
        self.messages
            .iter()
            .any(|one| matches!(&one.sent.message.body, Body::Text(text) if text.starts_with("/cancel")))
    }

    /// Whoever stood first in line was painted first.
    fn painted_in_line(&mut self) {
        let told = |drawing: &Drawing| {
            let of = self.replies.iter().filter(|reply| reply.drawing == Some(drawing.id));
            of.filter(|reply| reply.grey.is_some() || reply.text.contains("not enough memory"))
                .map(|reply| reply.id)
                .next()
        };
        let order: Vec<i64> = self.drawings.iter().filter_map(told).collect();
        let in_line = order.is_sorted();
        self.holds(in_line, || format!("the line was not kept: {order:?}"));
    }

    /// A part arrives again only when nothing has said that it had arrived, and is the same part then.
    fn delivered_once(&mut self, world: &World) {
        let mut times: BTreeMap<&str, Vec<&Arrived>> = BTreeMap::new();
        for part in &world.arrived {
            times.entry(&part.key).or_default().push(part);
        }
        for (key, parts) in times {
            let may = 1 + world.unconfirmed.iter().filter(|lost| *lost == key).count();
            self.holds(parts.len() <= may, || format!("part {key} arrived {} times, may {may}", parts.len()));
            self.holds(parts.windows(2).all(|pair| pair[0] == pair[1]), || {
                format!("part {key} changed: {parts:?}")
            });
        }
        for reply in std::mem::take(&mut self.replies) {
            let parts = arrived(world, reply.id);
            let whole = !parts.is_empty() && parts.keys().enumerate().all(|(n, part)| n == *part as usize);
            self.holds(whole, || format!("reply {} arrived as parts {:?}", reply.id, parts.keys()));
            self.holds(parts.values().all(|part| part.lane == reply.lane), || {
                format!("reply {} went elsewhere", reply.id)
            });
            self.replies.push(reply);
        }
    }

    /// Replies of a lane arrive in the order in which they were promised, and requests are handled in theirs.
    fn in_order(&mut self, world: &World) {
        let (mut seen, mut last) = (BTreeSet::new(), BTreeMap::new());
        for part in &world.arrived {
            if !seen.insert(&part.key) {
                continue;
            }
            let before = last.insert(&part.lane, place(part));
            self.holds(before.is_none_or(|before| before < place(part)), || {
                format!("{}: {:?} came after {before:?}", part.lane, place(part))
            });
        }
        let mut handled: BTreeMap<String, i64> = BTreeMap::new();
        let mut first = BTreeSet::new();
        let mut late = Vec::new();
        for reply in &self.replies {
            let of = self.messages.iter().find(|message| message.id == reply.message);
            let Some(message) = of.filter(|message| !message.control && message.state == "settled") else {
                continue;
            };
            if first.insert(message.id)
                && handled.insert(reply.lane.clone(), message.id).is_some_and(|before| before > message.id)
            {
                late.push(format!("{}: message {} was handled late", reply.lane, message.id));
            }
        }
        self.wrong.append(&mut late);
    }

    /// Nobody reads a word that somebody else wrote in another lane.
    fn right_person(&mut self, sent: &[Sent], world: &World) {
        let mut wrong = Vec::new();
        for part in &world.arrived {
            let of = self.replies.iter().find(|reply| reply.id == place(part).0);
            let message = of.and_then(|of| self.messages.iter().find(|message| message.id == of.message));
            let (Some(reply), Some(message)) = (of, message) else { continue };
            let asked = &message.sent.message;
            if reply.person != asked.from.id
                || part.lane != asked.address.lane()
                || part.reply_to.as_deref() != Some(asked.request())
            {
                wrong.push(format!("{part:?} is not for {asked:?}"));
            }
        }
        for reply in &self.replies {
            for one in sent.iter().filter(|one| reply.text.contains(&one.word)) {
                let (lane, person) = (one.message.address.lane(), &one.message.from.id);
                // The owner, who may cancel anybody's drawing, reads whose it was.
                if reply.lane != lane && reply.person != *person && reply.person != "ana" {
                    wrong
                        .push(format!("{} reads {:?} of {person} in {}", reply.person, one.word, reply.lane));
                }
            }
        }
        self.wrong.append(&mut wrong);
    }

    /// Every file has a row that names it, and every finished drawing its file.
    async fn files(&mut self, played: &mut Played) {
        let doomed: BTreeSet<String> = rows(&mut played.database, "SELECT file FROM doomed")
            .await
            .iter()
            .map(|row| row.get(0))
            .collect();
        let recordings = self.messages.iter().filter_map(|message| message.recording.clone());
        let named: BTreeSet<String> =
            self.drawings.iter().filter_map(|drawing| drawing.file.clone()).chain(recordings).collect();
        let files: BTreeSet<String> = std::fs::read_dir(&played.media)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let missing: Vec<&String> = named.difference(&files).collect();
        self.holds(missing.is_empty(), || format!("rows without files: {missing:?}"));
        let stray: Vec<&String> =
            files.iter().filter(|file| !named.contains(*file) && !doomed.contains(*file)).collect();
        self.holds(stray.is_empty(), || format!("files without rows: {stray:?}"));
        let both: Vec<&String> = named.intersection(&doomed).collect();
        self.holds(both.is_empty(), || format!("files about to be deleted under their rows: {both:?}"));
    }
}
