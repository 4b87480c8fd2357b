//! The agents of the other stories see what a person at a client would see.

use std::time::Duration;

use ruma::api::client::room::create_room::v3::{Request as CreateRoom, RoomPreset};
use ruma::{OwnedRoomId, UserId};
use switchroom::demo::agent::seen::Log;
use switchroom::demo::agent::{Agent, AgentError};
use switchroom::demo::synapse::Synapse;
use tempfile::TempDir;

use crate::harness::{folder, homeserver};

/// A Synapse with an ordinary user named like the bot, and an agent.
struct Desk {
    synapse: Synapse,
    bot: Agent,
    alice: Agent,
    _dir: TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = folder();
        let synapse = homeserver::start(homeserver::config(dir.path())).await;
        for user in ["switchroom", "alice"] {
            synapse.register_user(user, "secret words", false).await.unwrap();
        }
        let bot = Agent::login(&synapse.url(), "switchroom", "secret words").await.unwrap();
        let alice = Agent::login(&synapse.url(), "alice", "secret words").await.unwrap();
        Self { synapse, bot, alice, _dir: dir }
    }

    async fn room(&self, name: &str, invite: &UserId) -> OwnedRoomId {
        let mut request = CreateRoom::new();
        request.name = Some(name.to_owned());
        request.preset = Some(RoomPreset::PrivateChat);
        request.invite = vec![invite.to_owned()];
        self.bot.client().create_room(request).await.unwrap().room_id().to_owned()
    }
}

#[tokio::test]
async fn an_agent_reads_what_was_said_before_and_after_joining() {
    let desk = Desk::open().await;
    let (bot, alice) = (&desk.bot, &desk.alice);
    desk.room("Something else", alice.user_id()).await;
    let room = desk.room("Switchroom", alice.user_id()).await;
    // More than one answer of the homeserver holds, so that the gap must be filled.
    for n in 0..150 {
        bot.send_text(&room, &format!("line {n}")).await.unwrap();
    }
    assert_eq!(alice.console().await.unwrap().room_id(), room);
    let last = bot.send_text(&room, "hello").await.unwrap();
    alice.wait_for_text(&room, "hello").await.unwrap();
    let bodies: Vec<String> = alice.messages(&room).iter().map(|seen| seen.body().to_owned()).collect();
    let said = (0..150).map(|n| format!("line {n}")).chain(["hello".to_owned()]);
    assert_eq!(bodies, said.collect::<Vec<_>>());
    assert_eq!(alice.look(|log| log.rooms()[&room].members("join").len()), 2);

    alice.react(&room, &last, "✅").await.unwrap();
    bot.wait_for_reaction(&last, "✅").await.unwrap();
    let reply = alice.send_reply(&room, &last, "hello yourself").await.unwrap();
    let threaded = alice.send_in_thread(&room, &last, "between us").await.unwrap();
    let seen = bot.wait_for_text(&room, "between us").await.unwrap();
    assert_eq!((seen.event_id.clone(), seen.thread()), (threaded, Some(last.as_str())));
    alice.edit(&room, &reply, "hello, you").await.unwrap();
    let shown = |log: &Log| (log.shown(reply.as_str())? == "hello, you").then_some(());
    bot.until("the edit", shown).await.unwrap();
    alice.redact(&room, &reply).await.unwrap();
    bot.until("the redaction", |log| log.is_redacted(reply.as_str()).then_some(())).await.unwrap();
    let image = alice.send_file(&room, "m.image", ("dot.png", "image/png"), vec![1, 2, 3]).await.unwrap();
    let image = bot.wait_for("the image", |seen| seen.event_id == image).await.unwrap();
    let uri = image.content["url"].as_str().unwrap();
    assert_eq!(bot.fetch(uri.into()).await.unwrap(), Some(vec![1, 2, 3]));
}

#[tokio::test]
async fn an_agent_declines_an_invite_and_sees_another_withdrawn_and_is_removed() {
    let desk = Desk::open().await;
    let (bot, alice) = (&desk.bot, &desk.alice);
    let declined = desk.room("One", alice.user_id()).await;
    let invited = alice.wait_for_invite("an invite to One", |room| room.name() == "One").await.unwrap();
    assert_eq!(invited, declined);
    assert!(alice.look(|log| log.rooms()[&invited].membership_by(alice.user_id()) == Some(bot.user_id())));
    alice.decline(&declined, Some("lunch")).await.unwrap();
    let leave = bot.wait_for("the decline", |seen| seen.content["reason"] == "lunch").await.unwrap();
    assert_eq!((leave.room_id, leave.sender.as_ref()), (declined, alice.user_id()));

    let withdrawn = desk.room("Two", alice.user_id()).await;
    alice.wait_for_invite("an invite to Two", |room| room.name() == "Two").await.unwrap();
    assert_eq!(alice.invites().len(), 1);
    bot.client().get_room(&withdrawn).unwrap().kick_user(alice.user_id(), None).await.unwrap();
    alice.wait_until_out_of(&withdrawn).await.unwrap();
    assert!(alice.invites().is_empty());

    let removed = desk.room("Three", alice.user_id()).await;
    alice.join(&removed).await.unwrap();
    bot.client().get_room(&removed).unwrap().kick_user(alice.user_id(), None).await.unwrap();
    alice.wait_until_out_of(&removed).await.unwrap();
    let refused = alice.send_text(&removed, "anybody there?").await.unwrap_err();
    assert_eq!(refused.errcode().as_deref(), Some("M_FORBIDDEN"));
}

#[tokio::test]
async fn an_agent_goes_on_reading_when_the_homeserver_was_killed() {
    let mut desk = Desk::open().await;
    let room = desk.room("Switchroom", desk.alice.user_id()).await;
    desk.alice.console().await.unwrap();
    desk.synapse.kill().await.unwrap();
    desk.synapse.start_again().await.unwrap();
    desk.bot.send_text(&room, "back again").await.unwrap();
    desk.alice.wait_for_text(&room, "back again").await.unwrap();
}

#[tokio::test]
async fn a_wait_in_vain_tells_what_was_seen() {
    let mut desk = Desk::open().await;
    desk.alice = desk.alice.with_patience(Duration::from_millis(300));
    let room = desk.room("Lobby", desk.alice.user_id()).await;
    let error = loop {
        // The invite may need longer than the wait on a busy machine.
        let error = desk.alice.wait_for_text(&room, "never said").await.unwrap_err();
        if error.to_string().contains("Lobby") {
            break error;
        }
    };
    assert!(matches!(&error, AgentError::InVain { what, .. } if what.contains("never said")), "{error}");
}
