//! `appservice`: who the bridge is on the homeserver.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ruma::{ServerName, UserId};
use url::Url;

use super::check;
use crate::yaml::Fields;

const PORT: u16 = 29300;

/// The application service.
#[derive(Clone, Debug)]
pub struct Appservice {
    /// Its id in the registration.
    pub id: String,
    /// Where it listens for the homeserver, the SMS provider and operators. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// How the homeserver reaches it.
    pub url: Url,
    /// The registration file, which holds the tokens of both sides.
    pub registration: PathBuf,
    /// The bot's localpart.
    pub bot: String,
    /// How the localparts of contacts' ghosts begin.
    pub ghost_prefix: String,
    /// Whether accepting an offer joins the agent's account, and leaving takes it out, by a second
    /// registration.
    pub act_for_agents: bool,
}

impl Appservice {
    pub(super) fn read(fields: &Fields<'_>, default_url: Url) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        let appservice = Self {
            id: fields.value("id", "switchroom".to_owned(), check::name),
            listen: fields.value("listen", listen, |text| {
                text.parse().map_err(|_| format!("is not an address with a port; write it like {listen}"))
            }),
            url: fields.value("url", default_url, check::http_url),
            registration: fields.value("registration", "registration.yaml".to_owned(), check::text).into(),
            bot: fields.value("bot", "switchroom".to_owned(), check::localpart),
            ghost_prefix: fields.value("ghost_prefix", "sms_".to_owned(), check::localpart),
            act_for_agents: fields.flag("act_for_agents", false),
        };
        let (prefix, sender) = (&appservice.ghost_prefix, appservice.sender());
        if appservice.bot.starts_with(prefix) {
            fields.mistake(
                "bot",
                format!("must not begin with the ghost_prefix {prefix}, which is for contacts"),
            );
        } else if sender.starts_with(prefix) {
            fields.mistake(
                "bot",
                format!("makes the user {sender}, who begins with the ghost_prefix {prefix}, which is for contacts"),
            );
        }
        appservice
    }

    /// The local part of the registration's own user, who does nothing: the bot is a user like the ghosts,
    /// because the registration's own cannot be synced with.
    #[must_use]
    pub fn sender(&self) -> String {
        format!("{}_appservice", self.bot)
    }

    /// The file of the second registration, by which the bridge acts for agents: beside the first.
    #[must_use]
    pub fn agents_registration(&self) -> PathBuf {
        let name = self.registration.file_stem().unwrap_or_default().to_string_lossy();
        self.registration.with_file_name(format!("{name}-agents.yaml"))
    }

    /// Whether `user` is the bot, a ghost or the registration's own user, on a homeserver called `domain`.
    #[must_use]
    pub fn owns(&self, user: &UserId, domain: &ServerName) -> bool {
        let local = user.localpart();
        let is_ours = local == self.bot || local == self.sender() || local.starts_with(&self.ghost_prefix);
        is_ours && user.server_name() == domain
    }
}
