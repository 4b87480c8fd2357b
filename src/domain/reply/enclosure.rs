//! The pictures and files of a message: from the agent's event to the parts that carry them.
//!
//! Pictures that an agent sends in a row are one message. Each was a message of its own until the first of
//! them has its turn; then that one takes over the others ([`Reply::take_over`]), which are
//! [`ReplyState::Joined`] from there on. A file is made ready before the first part is submitted, and every
//! file goes in exactly one part.

use std::borrow::Cow;

use ruma::{EventId, OwnedEventId};
use serde::{Deserialize, Serialize};

use super::part::{Part, in_words};
use super::{Reply, ReplyState};
use crate::clock::Millis;
use crate::domain::sent_file::SentFile;
use crate::domain::spelling::words::corrected;

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// The event that brought it.
    pub event: OwnedEventId,
    /// What the agent wrote beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caption: String,
    /// The file as the agent posted it.
    pub file: SentFile,
    /// Whether its bytes are being read. If its turn finds it like this, the program ended meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_being_read: bool,
    /// Whether the program had ended once before when its bytes began to be read: then that is done alone,
    /// and not a third time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_read_again: bool,
    /// The file as it goes to the phone, once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
}

/// A file that is ready to be fetched by the provider, or by the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The desk's id of it: 32 hexadecimal digits, random.
    pub id: String,
    /// The name it goes by, like `image-1.jpg`.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// Whether the contact gets a link to it in the text, and not the file itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_link: bool,
    /// Until when its link holds.
    pub until: Millis,
}

/// What one message to the provider has room for, and how texts and files share it.
pub struct Room<'a> {
    /// How many files it may have.
    pub files: usize,
    /// How large they may be together, in bytes.
    pub bytes: u64,
    /// How many UTF-16 units a text may have that has links in it.
    pub units: usize,
    /// Whether a file of a media type takes a text beside it.
    pub takes_text: &'a dyn Fn(&str) -> bool,
    /// Cuts a text into parts.
    pub split: &'a dyn Fn(&str) -> Vec<String>,
}

/// How long a link to a file is taken to be, in UTF-16 units, with the line break before it.
const LINK_UNITS: usize = 200;
/// How many links stand in one message.
const LINKS: usize = 5;

/// Adds a link to a file to the text below which it stands.
pub fn add_link(text: &mut String, link: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(link);
}

impl Reply {
    /// Has it bring one more file. Its text is the caption of the first.
    #[must_use]
    pub fn enclosing(mut self, file: SentFile) -> Self {
        let (event, is_first) = (self.event.clone(), self.enclosures.is_empty());
        let caption = if is_first { self.text.clone() } else { String::new() };
        self.enclosures.push(Enclosure::new(event, caption, file));
        self
    }

    /// The events that show what becomes of it: those that brought its files, or the one it was typed in.
    #[must_use]
    pub fn events(&self) -> Vec<&EventId> {
        let mut events: Vec<&EventId> = Vec::new();
        for enclosure in &self.enclosures {
            if !events.contains(&&*enclosure.event) {
                events.push(&enclosure.event);
            }
        }
        if events.is_empty() { vec![&self.event] } else { events }
    }

    /// What it says, for people who look for it.
    #[must_use]
    pub fn in_words(&self) -> Cow<'_, str> {
        let text = self.shown().unwrap_or(&self.text);
        if self.enclosures.is_empty() { text.into() } else { in_words(text) }
    }

    /// What of a standard response is for people to read, where that is not its text.
    fn shown(&self) -> Option<&str> {
        self.response.as_ref().and_then(|used| used.shown.as_deref())
    }

    /// What was written in each of its events, as the transcript has it.
    pub(super) fn lines(&self) -> Vec<(&EventId, Cow<'_, str>)> {
        if self.enclosures.is_empty() || self.response.is_some() {
            return vec![(&*self.event, self.in_words())];
        }
        self.enclosures.iter().map(|own| (&*own.event, in_words(&own.caption))).collect()
    }

    /// Whether it may be taken over by one that was said just before it, or take over one that was said just
    /// after. A standard response stays by itself: what follows it does so once it has gone as a whole.
    #[must_use]
    pub fn may_be_joined(&self) -> bool {
        self.is_waiting()
            && self.held.is_none()
            && self.in_reply_to.is_none()
            && self.response.is_none()
            && !self.enclosures.is_empty()
            && self.enclosures.iter().all(|enclosure| enclosure.ready.is_none())
    }

    /// Takes over a message that was said just after it: from here on they are one.
    pub fn take_over(&mut self, other: &mut Self) {
        self.enclosures.append(&mut other.enclosures);
        if self.signature.is_empty() {
            self.signature = std::mem::take(&mut other.signature);
        }
        other.state = ReplyState::Joined { into: self.id.clone() };
        self.spelling = self.spelling.take().or_else(|| other.spelling.take());
        self.gather_captions();
    }

    /// Corrects a word wherever it was written.
    pub(super) fn correct_word(&mut self, word: &str, by: &str) {
        if self.enclosures.is_empty() {
            self.text = corrected(&self.text, word, by);
            return;
        }
        for enclosure in &mut self.enclosures {
            enclosure.caption = corrected(&enclosure.caption, word, by);
        }
        self.gather_captions();
    }

    /// Its text is what was written beside its files, in their order.
    fn gather_captions(&mut self) {
        let captions = self.enclosures.iter().map(|enclosure| enclosure.caption.as_str());
        self.text = captions.filter(|caption| !caption.is_empty()).collect::<Vec<_>>().join("\n");
    }

    /// Changes what was written beside the file of an event, and the file if there is another. False if it is
    /// already on its way.
    pub fn rewrite_beside(&mut self, event: &EventId, caption: &str, file: Option<&SentFile>) -> bool {
        if self.is_waiting()
            && let Some(own) = self.enclosures.iter_mut().find(|enclosure| enclosure.event == event)
        {
            caption.clone_into(&mut own.caption);
            if let Some(file) = file.filter(|file| **file != own.file) {
                *own = Enclosure::new(own.event.clone(), std::mem::take(&mut own.caption), file.clone());
            }
            self.gather_captions();
        }
        matches!(self.state, ReplyState::Waiting | ReplyState::Dropped)
    }

    /// Leaves out what an event brought, because it was taken back or cannot go. False if it is already on
    /// its way. If nothing is left, nothing of it goes.
    pub fn leave_out(&mut self, event: &EventId) -> bool {
        if !self.is_waiting() {
            return false;
        }
        self.enclosures.retain(|enclosure| enclosure.event != event);
        self.gather_captions();
        if self.enclosures.is_empty() {
            self.give_up();
        }
        true
    }

    /// Notes that the file of an event is about to be read, for the second time if the program ended over the
    /// first; or that it was read without harm. False if it is no longer to be made ready, because it was
    /// changed or taken back.
    pub fn note_reading(&mut self, event: &EventId, file: &SentFile, is_being_read: bool) -> bool {
        let wanted = |one: &&mut Enclosure| one.event == event && one.file == *file && one.ready.is_none();
        let Some(own) = self.enclosures.iter_mut().find(wanted) else { return false };
        own.is_read_again = is_being_read && own.is_being_read;
        own.is_being_read = is_being_read;
        true
    }

    /// The first of its files that is not ready, by its place, while there is something left to submit.
    #[must_use]
    pub fn next_to_make_ready(&self) -> Option<(usize, &Enclosure)> {
        let mut files = self.enclosures.iter().enumerate();
        files.find(|(_, enclosure)| enclosure.ready.is_none()).filter(|_| self.has_more())
    }

    /// Whether it brings files, and some of it is still to be submitted.
    #[must_use]
    pub fn has_files_to_send(&self) -> bool {
        self.held.is_none() && !self.enclosures.is_empty() && self.has_more()
    }

    /// The files that go in a part.
    #[must_use]
    pub fn files_of(&self, part: &Part) -> Vec<&Ready> {
        let of = |place: &usize| self.enclosures.get(*place)?.ready.as_ref();
        part.files.iter().filter_map(of).collect()
    }

    /// Divides a message whose files are ready into the parts that carry them: files together as far as there
    /// is room, in order; the text goes with the first of them.
    pub fn divide(&mut self, room: &Room<'_>) {
        if !self.is_waiting() || self.enclosures.is_empty() {
            return;
        }
        let mut texts = (room.split)(self.whole().trim()).into_iter();
        let (groups, links) = self.groups(room);
        let mut parts: Vec<Part> = Vec::new();
        let first_takes_text = groups.first().is_some_and(|group| {
            let mimes = group.iter().filter_map(|place| self.enclosures[*place].ready.as_ref());
            mimes.map(|ready| ready.mime.as_str()).all(room.takes_text)
        });
        let mut groups = groups.into_iter();
        if first_takes_text && let Some(group) = groups.next() {
            parts.push(Part::with_files(texts.next().unwrap_or_default(), group));
        }
        parts.extend(texts.map(Part::unsent));
        parts.extend(groups.map(|group| Part::with_files(String::new(), group)));
        for links in links.chunks(LINKS) {
            match parts.last_mut() {
                Some(last) if last.files.is_empty() && last.has_room_for(links.len(), room.units) => {
                    last.files = links.to_vec();
                }
                Some(_) | None => parts.push(Part::with_files(String::new(), links.to_vec())),
            }
        }
        self.state = ReplyState::Parts { parts, told: vec![] };
    }

    /// The places of its files, in the groups that go together, and of those that go as links.
    fn groups(&self, room: &Room<'_>) -> (Vec<Vec<usize>>, Vec<usize>) {
        let (mut groups, mut links) = (Vec::<Vec<usize>>::new(), Vec::new());
        let mut held = 0;
        for (place, enclosure) in self.enclosures.iter().enumerate() {
            let Some(ready) = &enclosure.ready else { continue };
            if ready.as_link {
                links.push(place);
                continue;
            }
            match groups.last_mut() {
                Some(group) if group.len() < room.files && held + ready.bytes <= room.bytes => {
                    group.push(place);
                    held += ready.bytes;
                }
                Some(_) | None => {
                    groups.push(vec![place]);
                    held = ready.bytes;
                }
            }
        }
        (groups, links)
    }

    /// Keeps of its files those that these parts carry, to be made ready again; the parts name them by their
    /// new places.
    pub(super) fn with_files_of(&mut self, parts: &mut [Part]) {
        let files = std::mem::take(&mut self.enclosures);
        for place in parts.iter_mut().flat_map(|part| &mut part.files) {
            if let Some(file) = files.get(*place) {
                let Enclosure { event, caption, file, .. } = file.clone();
                self.enclosures.push(Enclosure::new(event, caption, file));
                *place = self.enclosures.len() - 1;
            }
        }
    }
}

impl Enclosure {
    fn new(event: OwnedEventId, caption: String, file: SentFile) -> Self {
        Self { event, caption, file, is_being_read: false, is_read_again: false, ready: None }
    }

    /// Whether the program ended twice while it was read, the second time with no other file beside it. It is
    /// not read again.
    #[must_use]
    pub fn ended_program_twice(&self) -> bool {
        self.is_being_read && self.is_read_again
    }
}

impl Part {
    fn with_files(text: String, files: Vec<usize>) -> Self {
        Self { files, ..Self::unsent(text) }
    }

    /// Whether so many links can stand below its text.
    fn has_room_for(&self, links: usize, units: usize) -> bool {
        self.text.encode_utf16().count() + links * LINK_UNITS <= units
    }
}

#[cfg(test)]
#[path = "enclosure_tests.rs"]
mod tests;
