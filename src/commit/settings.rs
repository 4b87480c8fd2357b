//! The desk's settings: those that stay while it runs, and those that admins change by command.

use std::sync::Arc;

use ruma::{OwnedServerName, OwnedUserId, UserId};
use tokio::sync::watch;

use crate::domain::address::ChannelRules;
use crate::domain::carried::MediaRules;
use crate::domain::consent::ConsentRules;
use crate::domain::ids::GhostName;
use crate::domain::input::Setup;
use crate::domain::interaction::Rules;
use crate::domain::program::TokenKey;
use crate::domain::queue::QueueSettings;
use crate::domain::settings::desk::TextEncoding;
use crate::domain::settings::{DeskSettings, Setting};
use crate::domain::text::segments::{Cut, SplitLimit};

/// What the desk is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What commands begin with.
    pub prefix: String,
    /// Where a long text is split: the longest that is sent as one message.
    pub split: SplitLimit,
    /// What the provider carries of pictures and files.
    pub media: &'static [MediaRules],
    /// Whether the provider calls phones.
    pub calls: bool,
    /// What a link to a file looks like up to the file's name: each begins so, with as long a token.
    pub link_begins: String,
    /// Whether agents who took something by command or reaction are brought into its room.
    pub act_for_agents: bool,
    /// Our Matrix users: the bot.
    pub bot: OwnedUserId,
    /// The prefix of the local parts of the ghosts' user ids.
    pub ghost_prefix: String,
    /// Our server.
    pub domain: OwnedServerName,
    /// What counts as opting out of texts and in.
    pub consent: ConsentRules,
    /// The languages of the dictionaries there are, by their tags.
    pub languages: Vec<String>,
    /// What the tokens of programs are made with.
    pub token_key: TokenKey,
    /// What can change while it runs.
    pub desk: DeskSettings,
    /// What the config names: it is so again at the next start, whatever admins change.
    pub config: Arc<Setup>,
}

impl Settings {
    /// The ghost whose user id this is.
    pub(crate) fn ghost(&self, user: &UserId) -> Option<GhostName> {
        let name = user.localpart().strip_prefix(self.ghost_prefix.as_str())?;
        (*user != self.bot && *user.server_name() == *self.domain).then(|| GhostName::new(name))
    }

    /// The user id of a ghost.
    pub(crate) fn user_of(&self, ghost: &GhostName) -> Option<OwnedUserId> {
        UserId::parse(format!("@{}{ghost}:{}", self.ghost_prefix, self.domain)).ok()
    }

    /// Whether a user is the bot or a ghost.
    pub(crate) fn is_ours(&self, user: &UserId) -> bool {
        *user == self.bot || self.ghost(user).is_some()
    }

    /// How texts to a channel with these rules are sent.
    pub(crate) fn cut(&self, to: &ChannelRules) -> Cut {
        Cut {
            limit: to.split_limit(self.split),
            // On a channel without segments nothing is gained by it.
            smart: to.segmented && self.desk.encoding == TextEncoding::Smart,
            numbered: self.desk.number_parts,
        }
    }

    /// What an interaction takes over from its queue and the desk.
    pub(crate) fn rules(&self, queue: &QueueSettings) -> Rules {
        Self::rules_of(&self.desk, queue)
    }

    /// The same, for a desk with these settings.
    pub(crate) fn rules_of(desk: &DeskSettings, queue: &QueueSettings) -> Rules {
        Rules {
            offer_ms: queue.offer_ms,
            ring_ms: queue.offer_ring_ms,
            undo_ms: queue.undo_ms,
            expiry_ms: queue.session_expiry_ms,
            warning_ms: desk.expiry_warning_secs.saturating_mul(1_000),
            page_grace_ms: desk.page_grace_secs.saturating_mul(1_000),
            disposition: queue.disposition,
            priority: queue.priority,
            skills: queue.skills.clone(),
            warn_segments: queue.warn_segments,
            replies: queue.reply_times().map(Box::new),
            overflow: queue.overflow.clone(),
        }
    }
}

/// The desk's settings now: those it was started with, overridden by those in the database.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    started_with: Arc<DeskSettings>,
    now: Arc<watch::Sender<Arc<Settings>>>,
}

impl Current {
    pub(crate) fn new(settings: Settings) -> Self {
        let started_with = Arc::new(settings.desk.clone());
        Self { started_with, now: Arc::new(watch::Sender::new(Arc::new(settings))) }
    }

    /// The settings the desk was started with: the config's, or the defaults.
    pub(crate) fn started_with(&self) -> &DeskSettings {
        &self.started_with
    }

    pub(crate) fn now(&self) -> Arc<Settings> {
        self.now.borrow().clone()
    }

    pub(crate) fn follow(&self) -> watch::Receiver<Arc<Settings>> {
        self.now.subscribe()
    }

    /// Takes over what the database says.
    pub(crate) fn adopt(&self, kept: &[Setting]) {
        let desk = self.started_with.with_all(kept);
        self.now.send_if_modified(|now| {
            let changed = now.desk != desk;
            if changed {
                *now = Arc::new(Settings { desk, ..Settings::clone(now) });
            }
            changed
        });
    }
}
