//! What becomes of rooms and ghosts that are of no use any more, and of whoever is out of a room they need.

use ruma::{EventId, OwnedRoomId, OwnedUserId};
use switchroom::clock::{Clock, Millis};
use switchroom::desk::Applied;
use switchroom::domain::address::Address;
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::effect::{
    Effect, GhostText, Invite, LeaveForeign, Notify, OfferConsole, Place, React, RoomMade,
};
use switchroom::domain::ids::{AgentId, GhostName, InteractionId};
use switchroom::domain::input::{Claim, Evidence, Input, Loss, Membership, RoomAct, RoomEvent};
use switchroom::domain::interaction::{Interaction, Watcher};
use switchroom::domain::talk::{self, Talk};
use switchroom::domain::timer::Due;
use switchroom::store::{agents, contacts, interactions, outbox, rooms, talks, timers};

use super::desk::{in_rooms, text};
use super::stage::{Stage, room_of};
use super::talks::talk;
use super::{Database, active, done, lane_of, on_both_engines, user};

on_both_engines! {
    what_waits_for_a_room_that_is_lost_goes_into_the_one_that_takes_its_place,
    what_is_written_in_the_old_room_is_not_said_in_the_conversation,
    a_room_that_is_lost_again_and_again_is_left_to_a_person,
    what_is_done_gets_another_room_only_when_it_is_taken_up_again,
    an_alias_that_is_taken_is_given_up_for_another,
    a_console_that_is_lost_is_made_again,
    whoever_is_taken_out_of_a_room_they_need_is_asked_back,
    a_ghost_that_cannot_be_used_gives_way_to_another_once,
    who_opens_a_chat_with_a_ghost_reads_where_to_write,
    whoever_is_made_to_leave_a_room_that_is_deleted_has_not_left,
    a_leave_that_was_doubted_counts_once_the_room_is_found_to_be_there,
    those_in_a_talk_read_that_its_room_is_left_to_a_person,
}

const PEOPLE: &[(&str, &[AgentRole])] =
    &[("alice", &[AgentRole::Agent]), ("root", &[AgentRole::Agent, AgentRole::Admin])];

/// Alice owns i-1.
async fn stage(database: Database) -> Stage {
    let stage = Stage::with(database, PEOPLE).await;
    stage.keep("i-1", active("alice")).await;
    stage
}

impl Stage {
    async fn head(&self, lane: &str) -> Option<(Claim, Effect)> {
        let conn = &mut *self.database.connection().await;
        let head = outbox::head(conn, &lane_of(lane)).await.unwrap()?;
        let claim = Claim { lane: lane_of(lane), seq: head.seq, version: head.version, epoch: 0 };
        Some((claim, head.effect))
    }

    /// The head of a room's lane finds that the room is lost.
    async fn lose(&self, place: &Place, room: OwnedRoomId, how: Loss) -> Applied {
        let (claim, _) = self.head(&place.lane().to_string()).await.unwrap();
        self.desk().apply(Input::RoomLost { claim, place: place.clone(), room, how }).await.unwrap()
    }

    /// All that waits in a lane is done, with nothing to remember of it.
    async fn deliver_all(&self, lane: &str) {
        while let Some((claim, _)) = self.head(lane).await {
            let evidence = Evidence::Nothing;
            self.desk().apply(Input::Delivered { claim, evidence }).await.unwrap();
        }
    }

    /// Lets the timers fire that are set now and are for something.
    async fn fire(&self, is_it: impl Fn(&Due) -> bool) {
        let conn = &mut *self.database.connection().await;
        let set = timers::due(conn, Millis(i64::MAX), 100).await.unwrap();
        let mut fired = 0;
        for (id, due) in set.into_iter().filter(|(_, due)| is_it(due)) {
            assert_ne!(self.desk().apply(Input::Due { id, due }).await.unwrap(), Applied::Seen);
            fired += 1;
        }
        assert_ne!(fired, 0, "none was set");
    }

    /// Alice and Bob talk.
    async fn talk(&self) -> Place {
        let (place, inside) = (Place::Talk(InteractionId::new("i-9")), ["alice", "bob"].map(AgentId::new));
        let phase = talk::Phase::Connected;
        let (inside, room) = (inside.to_vec(), Some(room_of("i-9")));
        let one = Talk { phase, inside, room, ..talk("i-9", "alice", "bob", 0) };
        let conn = &mut *self.database.connection().await;
        talks::add(conn, &one).await.unwrap();
        rooms::add(conn, &room_of("i-9"), &place).await.unwrap();
        place
    }

    async fn talk_now(&self) -> Talk {
        let conn = &mut *self.database.connection().await;
        talks::by_id(conn, &InteractionId::new("i-9")).await.unwrap().unwrap()
    }

    /// What waits in a lane, in short.
    async fn waits(&self, lane: &str) -> Vec<String> {
        let conn = &mut *self.database.connection().await;
        let waiting = outbox::waiting(conn, &lane_of(lane)).await.unwrap();
        waiting.into_iter().map(|waiting| in_short(&waiting.effect)).collect()
    }

    /// Makes the room that a lane begins with.
    async fn make_room(&self, lane: &str, name: &str) {
        let (claim, effect) = self.head(lane).await.unwrap();
        assert!(effect.opens_room(), "{effect:?}");
        let evidence = Evidence::Room(RoomMade { room: room_of(name), ghost: None });
        self.desk().apply(Input::Delivered { claim, evidence }).await.unwrap();
    }
}

fn in_short(effect: &Effect) -> String {
    match effect {
        Effect::OpenRoom(_) | Effect::OpenConsole(_) => "make the room".to_owned(),
        Effect::Notify(Notify { notice, .. }) => {
            serde_json::to_value(&notice.says).unwrap()["code"].as_str().unwrap().to_owned()
        }
        Effect::GhostText(GhostText { body, .. }) => format!("text {body}"),
        Effect::Invite(Invite { user, .. }) => format!("invite {}", user.localpart()),
        Effect::OfferConsole(OfferConsole { agent }) => format!("offer {agent} their console"),
        Effect::OpenSpace(_) => "make the space".to_owned(),
        Effect::React(React { key, .. }) => format!("mark {key}"),
        Effect::PublishState(_) => "state".to_owned(),
        other => format!("{other:?}"),
    }
}

fn session() -> Place {
    Place::Session(InteractionId::new("i-1"))
}

fn member(user: OwnedUserId, membership: Membership) -> RoomAct {
    let (before, reason, is_direct) = (Some(Membership::Join), None, false);
    RoomAct::Member { user, membership, before, reason, is_direct }
}

async fn what_waits_for_a_room_that_is_lost_goes_into_the_one_that_takes_its_place(database: Database) {
    let stage = stage(database).await;
    let before = stage.now("i-1").await;
    stage.says("alice", "i-1", "How can I help?").await;
    let number = before.contact.number.value();
    stage.desk().apply(text(number, "first")).await.unwrap();
    stage.desk().apply(text(number, "second")).await.unwrap();
    assert_eq!(stage.waits("room:i-1").await, ["text first", "text second"]);

    assert_eq!(stage.lose(&session(), room_of("i-1"), Loss::Gone).await, Applied::Seen);
    let waits = stage.waits("room:i-1").await;
    assert_eq!(waits, ["make the room", "room_replaced", "invite alice", "text first", "text second"]);
    let now = stage.now("i-1").await;
    assert_eq!((now.owner(), now.room.as_ref()), (before.owner(), None));
    assert_ne!(now.alias, before.alias);
    // What was said stands in it once: what is still on its way is not said twice.
    let said = stage.said("i-1").await.pop().unwrap().fields();
    assert_eq!((said["why"].as_str(), said["more"].as_bool()), (Some("gone"), Some(false)));
    let said: Vec<_> = said["lines"].as_array().unwrap().iter().map(|line| line["text"].clone()).collect();
    assert_eq!(said, ["How can I help?"]);
    // The owner is told, and the admins within seconds.
    assert_eq!(stage.last("alice").await.code(), "room_lost");
    let conn = &mut *stage.database.connection().await;
    let timers = timers::due(conn, switchroom::clock::Millis(i64::MAX), 100).await.unwrap();
    for (id, due) in timers {
        stage.desk().apply(Input::Due { id, due }).await.unwrap();
    }
    assert_eq!(stage.last("root").await.code(), "room_lost");

    stage.make_room("room:i-1", "new").await;
    assert_eq!(stage.now("i-1").await.room, Some(room_of("new")));
    assert_eq!(stage.waits("room:i-1").await[..2], ["room_replaced", "invite alice"]);
    // Whoever finds the same a second time finds nothing new.
    assert_eq!(stage.lose(&session(), room_of("i-1"), Loss::Gone).await, Applied::Seen);
    assert_eq!(stage.now("i-1").await.room, Some(room_of("new")));
}

async fn what_is_written_in_the_old_room_is_not_said_in_the_conversation(database: Database) {
    let stage = stage(database).await;
    stage.desk().apply(text(stage.now("i-1").await.contact.number.value(), "hi")).await.unwrap();
    stage.lose(&session(), room_of("i-1"), Loss::Removed).await;
    stage.make_room("room:i-1", "new").await;
    for body in ["to nobody", "!done"] {
        stage.says("alice", "i-1", body).await;
        let told = stage.last("alice").await.fields();
        assert_eq!(
            (told["code"].as_str(), told["why"].as_str()),
            (Some("message_held_back"), Some("old_room"))
        );
        assert_eq!(told["of"]["text"], body);
    }
    assert!(stage.now("i-1").await.owner().is_some());
    assert_eq!(stage.head("sms:i-1").await, None);
    stage.says("alice", "new", "to the contact").await;
    assert!(stage.head("sms:i-1").await.is_some());
}

async fn a_room_that_is_lost_again_and_again_is_left_to_a_person(database: Database) {
    let stage = stage(database).await;
    stage.desk().apply(text(stage.now("i-1").await.contact.number.value(), "hi")).await.unwrap();
    stage.lose(&session(), room_of("i-1"), Loss::Gone).await;
    stage.make_room("room:i-1", "second").await;
    stage.lose(&session(), room_of("second"), Loss::Gone).await;
    stage.make_room("room:i-1", "third").await;
    assert_eq!(stage.lose(&session(), room_of("third"), Loss::Gone).await, Applied::DeadLettered);
    assert_eq!(stage.waits("room:i-1").await, [""; 0], "nothing goes in circles");
    let told = stage.last("alice").await.fields();
    let contact = &stage.now("i-1").await.contact.name;
    assert_eq!(
        (told["code"].as_str(), told["what"].as_str()),
        (Some("room_missing"), Some(contact.as_str()))
    );
    stage.says("root", "root", "!retry").await;
    let row = stage.last("root").await.fields()["rows"][0].to_string();
    assert!(row.contains("third time within an hour"), "{row}");
    stage.says("root", "root", "!retry 1").await;
    let waits = stage.waits("room:i-1").await;
    assert_eq!((waits[0].as_str(), waits.last().unwrap().as_str()), ("make the room", "text hi"));
}

async fn what_is_done_gets_another_room_only_when_it_is_taken_up_again(database: Database) {
    let stage = stage(database).await;
    stage.make_room("console:alice", "alice").await;
    stage.make("i-1", done("alice")).await;
    stage.desk().apply(Input::RoomRefused { room: room_of("i-1") }).await.unwrap();
    assert_eq!(stage.waits("room:i-1").await, [""; 0], "nobody needs it");
    let one = Interaction { phase: active("alice"), ..stage.now("i-1").await };
    interactions::save(&mut *stage.database.connection().await, &one).await.unwrap();
    stage.desk().apply(Input::RoomRefused { room: room_of("i-1") }).await.unwrap();
    stage.make("i-1", done("alice")).await;
    stage.lose(&session(), room_of("i-1"), Loss::Gone).await;
    assert_eq!(stage.now("i-1").await.room, None);
    assert_eq!(stage.waits("room:i-1").await, [""; 0]);

    // Taken up again, it gets one.
    let at = switchroom::clock::Clock::default().now();
    let just_done = switchroom::domain::interaction::Phase::Done { by: super::agent_ref("alice"), at };
    let lost = Interaction { room: None, ..stage.keep("i-7f3k2", just_done).await };
    interactions::save(&mut *stage.database.connection().await, &lost).await.unwrap();
    stage.says("alice", "alice", "!reopen i-7f3k2").await;
    assert_eq!(stage.waits("room:i-7f3k2").await[..2], ["make the room", "invite alice"]);
}

async fn an_alias_that_is_taken_is_given_up_for_another(database: Database) {
    let stage = Stage::with(database, PEOPLE).await;
    stage.desk().apply(text("+14155550199", "hi")).await.unwrap();
    let (lane, _, _) = in_rooms(&stage.database).await.remove(0);
    let id = lane.strip_prefix("room:").unwrap().to_owned();
    let before = stage.now(&id).await.alias;
    let (claim, _) = stage.head(&lane).await.unwrap();
    let place = Place::Session(InteractionId::new(id.as_str()));
    stage.desk().apply(Input::AliasTaken { claim, place }).await.unwrap();
    assert_eq!(stage.waits(&lane).await, ["make the room", "text hi"]);
    assert_ne!(stage.now(&id).await.alias, before);
}

async fn a_console_that_is_lost_is_made_again(database: Database) {
    let stage = stage(database).await;
    let console = Place::Console(AgentId::new("alice"));
    let conn = &mut *stage.database.connection().await;
    // The first console is made, so that its lane is empty.
    stage.make_room("console:alice", "alice").await;
    stage.desk().apply(Input::RoomRefused { room: room_of("alice") }).await.unwrap();
    stage.lose(&console, room_of("alice"), Loss::Gone).await;
    assert_eq!(stage.waits("console:alice").await, ["make the room", "room_replaced"]);
    assert_eq!(agents::console(conn, &AgentId::new("alice")).await.unwrap(), None);
    stage.make_room("console:alice", "another").await;
    stage.says("alice", "another", "!status").await;
    assert_eq!(stage.last("alice").await.code(), "status");
}

async fn whoever_is_taken_out_of_a_room_they_need_is_asked_back(database: Database) {
    let stage = stage(database).await;
    stage.make_room("console:alice", "alice").await;
    for (kind, room) in [(Membership::Leave, "i-1"), (Membership::Ban, "i-1")] {
        stage.make("i-1", active("alice")).await;
        stage.does("mallory", room, member(user("alice"), kind)).await;
        assert!(stage.waits("room:i-1").await.contains(&"invite alice".to_owned()), "{kind:?}");
    }
    // Of those who have nothing to do there nobody is asked.
    stage.does("mallory", "i-1", member(user("root"), Membership::Leave)).await;
    assert!(!stage.waits("room:i-1").await.contains(&"invite root".to_owned()));

    // Who leaves their console is asked back once, and may decline.
    stage.does("alice", "alice", member(user("alice"), Membership::Join)).await;
    stage.does("alice", "alice", member(user("alice"), Membership::Leave)).await;
    assert_eq!(
        stage.waits("console:alice").await,
        ["welcome", "make the space", "offer alice their console"]
    );
    stage.does("alice", "alice", member(user("alice"), Membership::Leave)).await;
    assert_eq!(
        stage.waits("console:alice").await,
        ["welcome", "make the space", "offer alice their console"]
    );
    stage.does("mallory", "alice", member(user("alice"), Membership::Ban)).await;
    assert_eq!(stage.waits("console:alice").await[2..], ["offer alice their console"; 2]);
}

async fn a_ghost_that_cannot_be_used_gives_way_to_another_once(database: Database) {
    let stage = Stage::with(database, PEOPLE).await;
    stage.desk().apply(text("+14155550199", "hi")).await.unwrap();
    let conn = &mut *stage.database.connection().await;
    let (lane, _, _) = in_rooms(&stage.database).await.remove(0);
    let number = Address::sms("+14155550199");
    let first = contacts::ghost(conn, &number).await.unwrap().unwrap().name;
    assert!(first.as_str().len() == 10 && !first.as_str().contains("555"), "{first}");
    let (claim, _) = stage.head(&lane).await.unwrap();
    let lost = Input::GhostLost { claim, number: number.clone(), ghost: first.clone() };
    stage.desk().apply(lost.clone()).await.unwrap();
    let second = contacts::ghost(conn, &number).await.unwrap().unwrap().name;
    assert!(second != first && second.as_str().len() == 10, "{second}");
    let head = outbox::head(conn, &lane_of(&lane)).await.unwrap().unwrap();
    assert_eq!((head.ghosts_lost, head.failures), (1, 0), "it does not go on for ever");
    stage.desk().apply(lost).await.unwrap();
    assert_eq!(contacts::ghost(conn, &number).await.unwrap().unwrap().name, second);
    let (claim, _) = stage.head(&lane).await.unwrap();
    let lost = Input::GhostLost { claim, number: number.clone(), ghost: second.clone() };
    stage.desk().apply(lost).await.unwrap();
    let third = contacts::ghost(conn, &number).await.unwrap().unwrap().name;
    assert_ne!(third, second);
    for ghost in [&first, &second, &third] {
        assert_eq!(contacts::number_of_ghost(conn, ghost).await.unwrap(), Some(number.clone()));
    }
}

async fn who_opens_a_chat_with_a_ghost_reads_where_to_write(database: Database) {
    let stage = stage(database).await;
    let one = stage.now("i-1").await;
    let (conn, number) = (&mut *stage.database.connection().await, one.contact.number);
    assert!(contacts::give_ghost(conn, &number, &GhostName::new("k3v9a7q2xz"), None).await.unwrap());
    let ghost = user("sms_k3v9a7q2xz");
    for (who, room, owner) in [("alice", Some(room_of("i-1")), None), ("root", None, Some("alice"))] {
        let chat = format!("chat-of-{who}");
        stage.does(who, &chat, member(ghost.clone(), Membership::Invite)).await;
        let told = stage.last(who).await.fields();
        assert_eq!(told["code"], "write_elsewhere");
        assert_eq!(
            (told["room"].as_str(), told["owner"].as_str()),
            (room.as_ref().map(|room| room.as_str()), owner)
        );
        let (_, effect) = stage.head(&format!("foreign:{}", room_of(&chat))).await.unwrap();
        assert!(
            matches!(effect, Effect::LeaveForeign(LeaveForeign { ghost: Some(user), .. }) if user == ghost)
        );
    }
    // A stranger is declined, and nobody is told.
    stage.does("mallory", "chat-of-mallory", member(ghost, Membership::Invite)).await;
    let (_, effect) = stage.head("foreign:!chat-of-mallory:desk.test").await.unwrap();
    assert!(matches!(effect, Effect::LeaveForeign(LeaveForeign { reason, .. }) if reason == "not allowed"));
}

fn is_doubt(due: &Due) -> bool {
    matches!(due, Due::RoomDoubted { .. })
}

fn is_leave(due: &Due) -> bool {
    matches!(due, Due::LeftInDoubt { .. })
}

/// Alice owns i-1, where Sue looks on, and talks to Bob in i-9.
async fn team(database: Database) -> (Stage, Place) {
    let sue: &[AgentRole] = &[AgentRole::Agent, AgentRole::Supervisor];
    let people: &[(&str, &[AgentRole])] =
        &[("alice", &[AgentRole::Agent]), ("bob", &[AgentRole::Agent]), ("sue", sue)];
    let stage = Stage::with(database, people).await;
    let one = stage.keep("i-1", active("alice")).await;
    let watchers = vec![Watcher { agent: super::agent_ref("sue"), barged: false, here: true }];
    let one = Interaction { watchers, ..one };
    interactions::save(&mut *stage.database.connection().await, &one).await.unwrap();
    let talk = stage.talk().await;
    (stage, talk)
}

async fn whoever_is_made_to_leave_a_room_that_is_deleted_has_not_left(database: Database) {
    let (stage, talk) = team(database).await;
    let before = (stage.now("i-1").await, stage.talk_now().await);
    let everyone = [("i-1", ["switchroom", "alice", "sue"]), ("i-9", ["switchroom", "alice", "bob"])];
    for (room, users) in everyone {
        for who in users {
            stage.does(who, room, member(user(who), Membership::Leave)).await;
        }
    }
    stage.fire(is_doubt).await;
    // It is being looked at, which may take a while.
    stage.fire(is_leave).await;
    assert_eq!((stage.now("i-1").await, stage.talk_now().await), before);

    stage.lose(&session(), room_of("i-1"), Loss::Gone).await;
    stage.lose(&talk, room_of("i-9"), Loss::Gone).await;
    let waits = stage.waits("room:i-9").await;
    assert_eq!(waits, ["make the room", "room_replaced", "invite alice", "invite bob"]);
    let waits = stage.waits("room:i-1").await;
    assert_eq!(waits, ["make the room", "room_replaced", "invite alice", "invite sue"]);
    stage.fire(is_leave).await;
    let now = stage.talk_now().await;
    assert_eq!((now.phase, now.inside), (talk::Phase::Connected, before.1.inside));
    assert_eq!(stage.now("i-1").await.watchers.len(), 1);
    assert_eq!(stage.waits("room:i-9").await.len(), 4);
}

async fn a_leave_that_was_doubted_counts_once_the_room_is_found_to_be_there(database: Database) {
    let (stage, talk) = team(database).await;
    // With no sign that anything is wrong it counts at once.
    stage.does("sue", "i-1", member(user("sue"), Membership::Leave)).await;
    assert!(stage.now("i-1").await.watchers.is_empty());

    // Heard of in one transaction, the bot last.
    let leave = |number: u32, who: &str| {
        let what = member(user(who), Membership::Leave);
        let event_id = EventId::parse(format!("$leave{number}")).unwrap();
        let at = Clock::default().now();
        Input::Room(RoomEvent { event_id, room_id: room_of("i-9"), sender: user(who), at, what })
    };
    stage.desk().apply_all(vec![leave(1, "bob"), leave(2, "switchroom")]).await.unwrap();
    assert_eq!(stage.talk_now().await.inside.len(), 2);
    // Who comes back had left.
    let back = RoomAct::Member {
        user: user("bob"),
        membership: Membership::Join,
        before: Some(Membership::Leave),
        reason: None,
        is_direct: false,
    };
    stage.does("alice", "i-9", member(user("alice"), Membership::Leave)).await;
    stage.does("bob", "i-9", back).await;
    let now = stage.talk_now().await;
    assert_eq!((now.phase, now.inside), (talk::Phase::Ended, vec![AgentId::new("alice")]));

    stage.fire(is_doubt).await;
    stage.fire(is_leave).await;
    assert_eq!(stage.talk_now().await.inside.len(), 1);
    stage.deliver_all(&talk.lane().to_string()).await;
    stage.fire(is_leave).await;
    assert_eq!(stage.talk_now().await.phase, talk::Phase::Done);
}

async fn those_in_a_talk_read_that_its_room_is_left_to_a_person(database: Database) {
    let (stage, talk) = team(database).await;
    let mut room = "i-9";
    for next in ["second", "third", ""] {
        stage.desk().apply(Input::RoomRefused { room: room_of(room) }).await.unwrap();
        stage.lose(&talk, room_of(room), Loss::Gone).await;
        if !next.is_empty() {
            stage.make_room("room:i-9", next).await;
            room = next;
            stage.deliver_all("room:i-9").await;
        }
    }
    for (who, what) in [("alice", "your IM with bob"), ("bob", "your IM with alice")] {
        let told = stage.last(who).await.fields();
        assert_eq!(told["code"], "room_missing");
        assert!(told["what"].as_str().unwrap().starts_with(what), "{told}");
    }
}
