//! Looks at both sides of a conversation, the phone and the agent's client, and shows what happens there as
//! it happens.
//!
//! What is shown is what the phone company took and delivered and what the client received, not what a script
//! says; the story waits for things to be shown before it goes on.

use std::io::{self, Write};
use std::time::Duration;

use ruma::{EventId, OwnedRoomId};
use thiserror::Error;

use super::agent::Agent;
use super::agent::seen::{Log, Seen};
use super::screen::{Screen, Voice};
use crate::sms::simulator::{LogWhat, Simulator};

/// How often both sides are looked at.
const POLL: Duration = Duration::from_millis(40);
/// How long something may take; all of it takes a few seconds on an idle machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much of a message is quoted where something happens to it, in characters.
const QUOTED_CHARS: usize = 24;

/// Why watching ended.
#[derive(Debug, Error)]
pub(super) enum WatchError {
    /// The terminal is gone.
    #[error("the story could not be printed")]
    Print(#[from] io::Error),
    /// Something did not happen.
    #[error("waited {} s in vain for {what}; last seen:\n{seen}", PATIENCE.as_secs())]
    InVain {
        /// What should have happened.
        what: String,
        /// What the client saw last.
        seen: String,
    },
}

/// A text that the phone company took for the phone.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    sid: String,
    /// Its words.
    pub(super) body: String,
    /// Whether it is on the phone.
    pub(super) is_delivered: bool,
}

/// Both sides of one conversation.
pub(super) struct Watch<'a, W> {
    /// Where they are shown.
    pub(super) screen: &'a mut Screen<W>,
    agent: &'a Agent,
    simulator: &'a Simulator,
    /// The contact's number.
    phone: String,
    /// The agent's room with the bot.
    console: OwnedRoomId,
    /// The conversation's room, once it is offered.
    room: Option<OwnedRoomId>,
    /// The conversation's id.
    interaction: Option<String>,
    /// Where the last thing was shown in the client.
    place: Option<OwnedRoomId>,
    position: usize,
    phone_position: usize,
    /// What the client showed.
    events: Vec<Seen>,
    /// What the phone company took for the phone, in order.
    pub(super) taken: Vec<Taken>,
}

impl<'a, W: Write> Watch<'a, W> {
    /// Watches from now on.
    pub(super) fn new(
        screen: &'a mut Screen<W>,
        (agent, console): (&'a Agent, OwnedRoomId),
        (simulator, phone): (&'a Simulator, String),
    ) -> Self {
        Self {
            screen,
            position: agent.position(),
            phone_position: simulator.log().len(),
            agent,
            simulator,
            phone,
            console,
            room: None,
            interaction: None,
            place: None,
            events: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Watches this room too, from its beginning.
    pub(super) fn enter(&mut self, room: OwnedRoomId) {
        self.room = Some(room);
    }

    /// Shows what happens until `find` finds something.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        mut find: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, WatchError> {
        let watching = async {
            loop {
                self.look_at_phone()?;
                self.look_at_client()?;
                if let Some(found) = find(self) {
                    return Ok(found);
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, watching).await.unwrap_or_else(|_| {
            let seen = self.agent.look(Log::summary);
            Err(WatchError::InVain { what: what.to_owned(), seen })
        })
    }

    /// Shows what happens until the client has shown an event that `fits`.
    pub(super) async fn until_event(
        &mut self,
        what: &str,
        fits: impl Fn(&Seen) -> bool,
    ) -> Result<Seen, WatchError> {
        self.until(what, |watch| watch.events.iter().find(|event| fits(event)).cloned()).await
    }

    /// Shows what happens until the bot has said something of this code.
    pub(super) async fn until_notice(&mut self, code: &str) -> Result<Seen, WatchError> {
        let after = self.events.len();
        let says = |watch: &Self| watch.events.iter().skip(after).find(|event| event.code() == code).cloned();
        self.until(&format!("the bot's notice {code}"), says).await
    }

    /// Shows what happens until a message of the agent is shown to them.
    pub(super) async fn until_shown(&mut self, event: &EventId) -> Result<Seen, WatchError> {
        self.until_event("a message of one's own", |seen| seen.event_id == event).await
    }

    /// Shows what happens until a message of the agent has its mark of delivery.
    pub(super) async fn until_delivered(&mut self, event: &EventId) -> Result<(), WatchError> {
        let marked = |seen: &Seen| seen.reaction() == Some((event.as_str(), "✓"));
        self.until_event("the mark of delivery", marked).await.map(|_| ())
    }

    fn look_at_phone(&mut self) -> io::Result<()> {
        for entry in self.simulator.log().into_iter().skip(self.phone_position) {
            self.phone_position += 1;
            if entry.phone != self.phone {
                continue;
            }
            match entry.what {
                LogWhat::Written { body, media } => {
                    let picture = if media > 0 { "[picture] " } else { "" };
                    self.screen.phone(Voice::Contact, &format!("Jane: {picture}{body}"))?;
                }
                LogWhat::Accepted { body, .. } => {
                    self.taken.push(Taken { sid: entry.sid, body, is_delivered: false });
                }
                LogWhat::Delivered => {
                    if let Some(taken) = self.taken.iter_mut().find(|taken| taken.sid == entry.sid) {
                        taken.is_delivered = true;
                        self.screen.phone(Voice::Agent, &format!("Desk: {}", taken.body))?;
                    }
                }
                LogWhat::Lost { code } => {
                    self.screen.phone(Voice::Machine, &format!("(lost: {code})"))?;
                }
                LogWhat::Webhook { .. } | LogWhat::Callback { .. } => {}
            }
        }
        Ok(())
    }

    fn look_at_client(&mut self) -> io::Result<()> {
        let news: Vec<Seen> =
            self.agent.look(|log| log.events().iter().skip(self.position).cloned().collect());
        self.position += news.len();
        for event in news {
            if event.room_id != self.console && self.room.as_ref() != Some(&event.room_id) {
                continue;
            }
            if self.is_of_others(&event) {
                continue;
            }
            if let Some((voice, text)) = self.in_words(&event) {
                self.show_place(&event.room_id)?;
                self.screen.client(voice, &text)?;
            }
            self.events.push(event);
        }
        Ok(())
    }

    /// Whether the bot speaks of another conversation, left over from an earlier day.
    fn is_of_others(&mut self, event: &Seen) -> bool {
        let Some(notice) = event.notice() else { return false };
        let Some(interaction) = notice["interaction"].as_str() else { return false };
        if self.interaction.is_none() && notice["number"] == self.phone.as_str() {
            self.interaction = Some(interaction.to_owned());
        }
        self.interaction.as_deref() != Some(interaction)
    }

    fn show_place(&mut self, room: &OwnedRoomId) -> io::Result<()> {
        if self.place.as_ref() != Some(room) {
            self.place = Some(room.clone());
            let name = self.agent.look(|log| log.rooms().get(room).map(|room| room.name().to_owned()));
            self.screen.client(Voice::Place, &format!("in “{}”", name.unwrap_or_default()))?;
        }
        Ok(())
    }

    /// An event as a person would read it in their client; `None` for what clients do not show.
    fn in_words(&self, event: &Seen) -> Option<(Voice, String)> {
        let (voice, who) = self.speaker(event);
        if let Some((target, key)) = event.reaction() {
            // The marks under an offer are there to be pressed; they say nothing.
            return (event.room_id != self.console)
                .then(|| (Voice::Machine, format!("{key} under “{}”", self.quote(target))));
        }
        if let Some(target) = &event.redacts {
            return Some((Voice::Machine, format!("{who} deletes “{}”", self.quote(target.as_str()))));
        }
        if event.kind == "m.room.member" {
            return self.movement(event).map(|text| (Voice::Machine, text));
        }
        if !event.is_message() {
            return None;
        }
        if event.replaces().is_some() {
            let body = event.content["m.new_content"]["body"].as_str().unwrap_or_default();
            return Some((voice, format!("{who} (edited): {}", links_as_words(body))));
        }
        let picture = if event.msgtype() == "m.image" { "[picture] " } else { "" };
        Some((voice, format!("{who}: {picture}{}", links_as_words(event.body()))))
    }

    fn speaker(&self, event: &Seen) -> (Voice, &'static str) {
        if event.sender == self.agent.user_id() {
            (Voice::Agent, "Alice")
        } else if event.sender.localpart().starts_with("sms_") {
            (Voice::Contact, "Jane")
        } else {
            (Voice::Machine, "Bot")
        }
    }

    /// How the agent came and went.
    fn movement(&self, event: &Seen) -> Option<String> {
        if event.state_key.as_deref() != Some(self.agent.user_id().as_str()) || event.room_id == self.console
        {
            return None;
        }
        match event.content["membership"].as_str()? {
            "join" => Some("Alice joins".to_owned()),
            "leave" => Some("Alice is out of the room, which leaves her list".to_owned()),
            _ => None,
        }
    }

    /// The beginning of a message shown earlier.
    fn quote(&self, event_id: &str) -> String {
        let body = self.events.iter().find(|event| event.event_id == event_id).map_or("", Seen::body);
        let mut chars = body.chars();
        let quote: String = chars.by_ref().take(QUOTED_CHARS).collect();
        if chars.next().is_some() { format!("{}…", quote.trim_end()) } else { quote }
    }
}

/// Links to rooms the way clients show them: not by their address.
fn links_as_words(body: &str) -> String {
    let lines = body.lines().map(|line| {
        let words = line
            .split(' ')
            .map(|word| if word.starts_with("https://matrix.to/#/!") { "[the room]" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
