//! The homeserver: it answers, it knows us, and it has our agents.

use futures_util::{StreamExt as _, stream};
use ruma::{OwnedUserId, UserId};

use super::{Bridge, Finding, absolute, chain};
use crate::app::setup;
use crate::domain::talk::ImPresence;
use crate::matrix::{ForAgents, MatrixClient, MatrixError, Sender, registration};

/// The oldest version of the client-server API that has all we use: authenticated media came last.
const NEEDED_VERSION: &str = "v1.11";
/// Profiles asked for at once.
const AT_ONCE: usize = 8;

/// Something that speaks Matrix answers where the homeserver should be.
pub(super) async fn reachable(bridge: &Bridge) -> Finding {
    let url = &bridge.config.homeserver.url;
    let client = match bridge.client() {
        Ok(client) => client,
        Err(failed) => return failed,
    };
    match client.versions().await {
        Ok(versions) if versions.iter().any(|version| version == NEEDED_VERSION) => {
            Finding::ok(format!("{url} speaks Matrix {NEEDED_VERSION}"))
        }
        Ok(_) => Finding::failed(
            format!("{url} is older than Matrix {NEEDED_VERSION}"),
            "bring the homeserver up to date",
        ),
        Err(error @ MatrixError::NoAnswer(_)) => Finding::failed(
            format!("no answer from {url}: {}", chain(&error)),
            "start the homeserver, or correct homeserver.url",
        ),
        Err(error) => Finding::failed(
            format!("{url} does not answer like a homeserver: {}", chain(&error)),
            "make homeserver.url the address of its client-server API, as clients use it",
        ),
    }
}

/// The homeserver takes our token for that of our registration, and of none that an older Switchroom wrote.
pub(super) async fn token(bridge: &Bridge) -> Finding {
    let path = &bridge.config.appservice.registration;
    let client = match bridge.client() {
        Ok(client) => client,
        Err(failed) => return failed,
    };
    let bot = client.user_id(&Sender::Bot);
    let sender = format!("@{}:{}", bridge.config.appservice.sender(), bridge.config.homeserver.domain);
    match client.whoami().await {
        Ok(user) if user == sender => Finding::ok(format!("the homeserver knows the registration of {bot}")),
        Ok(user) if user == bot => Finding::failed(
            "the homeserver still uses a registration of an older Switchroom",
            format!("restart the homeserver, so that it reads {} again", absolute(path).display()),
        ),
        Ok(user) => Finding::failed(
            format!("the homeserver takes us for {user}, the config says {sender}"),
            "correct homeserver.domain or appservice.bot, run `switchroom registration --force` and restart the homeserver",
        ),
        Err(error) if error.has_status(401) || error.is("M_UNKNOWN_TOKEN") => Finding::failed(
            "the homeserver does not know this registration",
            format!("add {} to app_service_config_files and restart it", absolute(path).display()),
        ),
        Err(error) => unexpected(&error),
    }
}

/// Where the config wants us to act for agents, the homeserver lets us.
pub(super) async fn acting_for_agents(bridge: &Bridge) -> Finding {
    let Some(registration) = setup::agents_registration(&bridge.config) else {
        return Finding::ok("not wanted: agents join rooms themselves");
    };
    let path = bridge.config.appservice.agents_registration();
    let again = "run `switchroom registration --force`, which keeps the tokens, and restart the homeserver";
    match registration.differences(&path) {
        Ok(keys) if keys.is_empty() => {}
        Ok(keys) => {
            let what = format!("{} differs from the config in {}", path.display(), keys.join(", "));
            return Finding::failed(what, again);
        }
        Err(error) => return Finding::failed(chain(&error), again),
    }
    let Some(agent) = registration.users.first() else {
        return Finding::Advice("there is nobody to act for: admins never are".to_owned());
    };
    let client = match registration::load(&path) {
        Ok(tokens) => bridge.client_with(tokens.as_token),
        Err(error) => return Finding::failed(chain(&error), again),
    };
    let asked = match client {
        Ok(client) => ForAgents::new(client).whoami(agent).await,
        Err(failed) => return failed,
    };
    match asked {
        Ok(_) => Finding::ok(format!("the homeserver lets us, for {} people", registration.users.len())),
        Err(error) if error.has_status(401) || error.has_status(403) => Finding::failed(
            "the homeserver does not know the registration for acting for agents",
            format!("add {} to app_service_config_files and restart it", absolute(&path).display()),
        ),
        Err(error) => unexpected(&error),
    }
}

/// Agents are limited by the homeserver's config, which nobody can read from outside.
pub(super) fn rate_limits() -> Finding {
    Finding::Advice(
        "cannot be read from here; the defaults stop agents after ten joins or messages, so raise rc_joins and \
         rc_message in the homeserver's config as `switchroom registration` prints"
            .to_owned(),
    )
}

/// Everyone the config names has an account that can be invited.
pub(super) async fn accounts(bridge: &Bridge) -> Finding {
    let client = match bridge.client() {
        Ok(client) => client,
        Err(failed) => return failed,
    };
    let (desk, domain) = (&bridge.config.desk, &bridge.config.homeserver.domain);
    let mut people: Vec<OwnedUserId> =
        desk.agents.iter().map(|agent| &agent.who.user).chain(&desk.admins).cloned().collect();
    people.sort();
    people.dedup();
    let (local, strangers): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|user| user.server_name() == domain);
    if !strangers.is_empty() {
        return Finding::failed(
            format!(
                "{} are not of {domain}, and the desk's rooms are for its own users only",
                names(&strangers)
            ),
            "give them accounts there and correct desk.agents and desk.admins",
        );
    }
    let ask = |user: OwnedUserId| {
        let client = client.clone();
        async move { exists(&client, &user).await }
    };
    let asked: Vec<_> = stream::iter(local.clone()).map(ask).buffered(AT_ONCE).collect().await;
    let mut missing = Vec::new();
    for (user, exists) in local.iter().zip(asked) {
        match exists {
            Ok(true) => {}
            Ok(false) => missing.push(user.clone()),
            Err(error) => return unexpected(&error),
        }
    }
    if missing.is_empty() {
        return Finding::ok(format!("all {} exist", local.len()));
    }
    Finding::failed(
        format!("there is no {}", names(&missing)),
        "correct desk.agents and desk.admins if they are mistyped, or make these accounts",
    )
}

/// Where IMs reach only who is online, the homeserver tells who is: of the bot, which says that it is.
pub(super) async fn presence(bridge: &Bridge) -> Finding {
    if bridge.config.settings.desk.im_presence != ImPresence::Matrix {
        return Finding::ok("not wanted: desk.im_presence is not matrix");
    }
    let client = match bridge.client() {
        Ok(client) => client,
        Err(failed) => return failed,
    };
    let asked = async {
        client.show_bot_online().await?;
        client.presence(&client.user_id(&Sender::Bot)).await
    };
    match asked.await {
        Ok(online) if online.is_there() => Finding::ok("the homeserver shows who is online"),
        Ok(_) => Finding::failed(
            "the homeserver shows nobody as online, so that every !im is refused",
            "let it (presence: {enabled: true} in Synapse’s config) and restart it, or set desk.im_presence to desk",
        ),
        Err(error) => unexpected(&error),
    }
}

async fn exists(client: &MatrixClient, user: &UserId) -> Result<bool, MatrixError> {
    match client.profile(user).await {
        // Someone whose profile is not for everyone exists all the same.
        Err(error) if error.is("M_FORBIDDEN") => Ok(true),
        asked => asked.map(|profile| profile.is_some()),
    }
}

/// A failure nobody foresaw: the homeserver's words have to do.
pub(super) fn unexpected(error: &MatrixError) -> Finding {
    let words = match error {
        MatrixError::Answer { message, .. } if !message.is_empty() => format!("{error}: {message}"),
        other => chain(other),
    };
    Finding::failed(words, "the homeserver's log says more")
}

fn names(users: &[OwnedUserId]) -> String {
    users.iter().map(|user| user.as_str()).collect::<Vec<_>>().join(", ")
}
