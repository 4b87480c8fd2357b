//! How an interaction begins: the one place that makes a new one.

use super::{ContactRef, Direction, Interaction, Mode, Overflow, Phase, Rules};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::counts::Counts;
use crate::domain::ids::{AgentId, InteractionId, QueueName};

/// The data an interaction begins with; the rest comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Its id.
    pub id: InteractionId,
    /// How long it is to live.
    pub mode: Mode,
    /// The contact.
    pub contact: ContactRef,
    /// The number of ours they wrote to.
    pub our_number: Address,
    /// The queue it goes into.
    pub queue: QueueName,
    /// What it takes over from its queue.
    pub rules: Rules,
    /// Case data from route, number and provider, in order.
    pub case: Vec<(String, String)>,
    /// The text it begins with, cut for the preview.
    pub first_text: String,
    /// The agent who handled this contact last, if that was recently.
    pub last_agent: Option<AgentId>,
    /// The local part of its room's alias.
    pub alias: String,
    /// When it begins.
    pub at: Millis,
}

impl Interaction {
    /// A new interaction: it waits in its queue, has no room, and nobody was asked to take it.
    #[must_use]
    pub fn begin(from: Beginning) -> Self {
        let Beginning {
            id,
            mode,
            contact,
            our_number,
            queue,
            rules,
            case,
            first_text,
            last_agent,
            alias,
            at,
        } = from;
        Self {
            overflow: Overflow::of(&rules, at),
            id,
            mode,
            direction: Direction::Inbound,
            parent: None,
            program: None,
            contact,
            our_number,
            queue,
            rules,
            case,
            tags: vec![],
            points: 0,
            kept: None,
            callback: None,
            is_email: false,
            call: None,
            erased: None,
            disposition: None,
            first_text,
            created_at: at,
            updated_at: at,
            enqueued_at: at,
            last_agent,
            is_theirs: false,
            offers: 0,
            room: None,
            alias,
            owner_replied: false,
            expires_at: None,
            reply_wait: None,
            page_over_at: None,
            emptied_at: None,
            kept_days: None,
            done_refused_for: None,
            pictures_until: None,
            answerable_until: None,
            others: Counts::default(),
            watchers: vec![],
            hand: None,
            phase: Phase::Queued { passed_over: vec![] },
        }
    }
}
