//! Rooms and ghosts die: the conversation goes on.

use reqwest::{Client, Method};
use ruma::{OwnedRoomId, RoomId};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use switchroom::demo::agent::seen::{Seen, SeenRoom};

use super::{done, type_in};
use crate::harness::{World, WorldOptions, eventually};

const JANE: &str = "+14155550100";
const ROY: &str = "+14155550101";
const BOT: &str = "@switchroom:desk.test";
const ALICE: &str = "@alice:desk.test";

/// Who may do everything at the homeserver.
struct Root<'a> {
    world: &'a World,
    http: Client,
    token: String,
}

impl<'a> Root<'a> {
    async fn of(world: &'a World) -> Self {
        let account = world.synapse.register_user("root", "secret", true).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        Self { world, http, token: account.access_token.expose_secret().to_owned() }
    }

    async fn call_as(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.world.synapse.url());
        let answer = self.http.request(method, url).bearer_auth(token).json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        self.call_as(&self.token, method, path, body).await
    }

    /// Deletes a room, with all that stands in it.
    async fn delete(&self, room: &RoomId) {
        let path = format!("/_synapse/admin/v2/rooms/{room}");
        let answer = self.call(Method::DELETE, &path, json!({"purge": true})).await;
        let path =
            format!("/_synapse/admin/v2/rooms/delete_status/{}", answer["delete_id"].as_str().unwrap());
        eventually("the room to be deleted", async || {
            let answer = self.call(Method::GET, &path, json!({})).await;
            (answer["status"] == "complete").then_some(())
        })
        .await;
    }

    /// Lets a user leave a room, whoever it is.
    async fn take_out(&self, user: &str, room: &RoomId) {
        let path = format!("/_synapse/admin/v1/users/{user}/login");
        let answer = self.call(Method::POST, &path, json!({})).await;
        let path = format!("/_matrix/client/v3/rooms/{room}/leave");
        self.call_as(answer["access_token"].as_str().unwrap(), Method::POST, &path, json!({})).await;
    }

    /// Comes into a room with all rights there that someone can be given.
    async fn rule(&self, room: &RoomId) {
        let path = format!("/_synapse/admin/v1/rooms/{room}/make_room_admin");
        self.call(Method::POST, &path, json!({})).await;
        self.call(Method::POST, &format!("/_matrix/client/v3/rooms/{room}/join"), json!({})).await;
    }

    async fn in_room(&self, room: &RoomId, what: &str, user: &str) {
        let path = format!("/_matrix/client/v3/rooms/{room}/{what}");
        self.call(Method::POST, &path, json!({"user_id": user})).await;
    }
}

/// The room that takes the place of one, as its owner comes into it.
async fn next_room(world: &World, phone: &str) -> (OwnedRoomId, Seen) {
    let alice = world.agent("alice");
    let room = world.invite("alice", phone).await;
    alice.join(&room).await.unwrap();
    let first = alice.wait_for_notice(&room, "room_replaced").await.unwrap();
    (room, first)
}

#[tokio::test]
async fn a_room_that_replaces_another_does_not_tell_of_earlier_talk_again() {
    let world = World::new().await;
    let (alice, root) = (world.agent("alice"), Root::of(&world).await);
    let past = world.conversation("alice", JANE, "Do you sell lamps?").await;
    done(&world, "alice", &past).await;
    let first = world.conversation("alice", JANE, "Hello").await;
    let earlier = alice.wait_for_notice(&first, "earlier").await.unwrap();
    assert!(earlier.body().contains("Do you sell lamps?"), "{}", earlier.body());
    root.delete(&first).await;
    world.text(JANE, "Are you there?").await;
    let (next, _) = next_room(&world, JANE).await;
    alice.wait_for_text(&next, "Are you there?").await.unwrap();
    assert!(!alice.look(|log| log.messages(&next).any(|seen| seen.code() == "earlier")));
    world.finish().await;
}

#[tokio::test]
async fn a_conversation_goes_on_in_another_room_when_its_own_is_lost() {
    let options = WorldOptions { agent: "roles: [agent, admin]", ..WorldOptions::default() };
    let world = World::with(options).await;
    let (alice, root) = (world.agent("alice"), Root::of(&world).await);
    let first = world.conversation("alice", JANE, "Hello").await;
    alice.send_text(&first, "Hi Jane").await.unwrap();
    world.phone_gets(JANE, &["Hi Jane"]).await;

    // Deleted and purged: the next text finds that out, if nothing did before.
    let position = alice.position();
    root.delete(&first).await;
    world.text(JANE, "Are you there?").await;
    let (second, said) = next_room(&world, JANE).await;
    alice.wait_for_text(&second, "Are you there?").await.unwrap();
    let html = said.formatted_body().unwrap();
    assert!(html.contains("<details>") && html.contains("Hi Jane") && html.contains("Hello"), "{html}");
    assert!(said.body().contains("deleted"), "{}", said.body());
    let console = world.console("alice").await;
    let told = |seen: &Seen| seen.room_id == console && seen.code() == "room_lost";
    alice.wait_for_after(position, "the words in the console", told).await.unwrap();
    alice.send_text(&second, "Yes").await.unwrap();
    world.phone_gets(JANE, &["Hi Jane", "Yes"]).await;
    world.state("alice", &second, "active").await;

    // The bot is taken out: nobody has to write before that is mended.
    root.take_out(BOT, &second).await;
    let (third, _) = next_room(&world, JANE).await;
    alice.send_text(&third, "Still here").await.unwrap();
    world.phone_gets(JANE, &["Hi Jane", "Yes", "Still here"]).await;

    // Upgraded: the room that this says is not gone to.
    let old = world.conversation("alice", ROY, "Hello from Roy").await;
    root.rule(&old).await;
    let path = format!("/_matrix/client/v3/rooms/{old}/state/m.room.tombstone");
    root.call(Method::PUT, &path, json!({"body": "moved", "replacement_room": third})).await;
    let (new, said) = next_room(&world, ROY).await;
    assert!(said.body().contains("upgraded") && said.body().contains("Hello from Roy"), "{}", said.body());
    alice.wait_until_out_of(&old).await.unwrap();
    world.text(ROY, "Good").await;
    alice.wait_for_text(&new, "Good").await.unwrap();

    // A console, which stands in its agent's space.
    let lost = world.console("alice").await;
    let space = alice.space().await.unwrap();
    holds(&world, &space, &lost).await;
    root.delete(&lost).await;
    world.text("+14155550102", "Hello from Sue").await;
    let invited = alice.wait_for_invite("another console", |room| room.name() == "Switchroom").await.unwrap();
    alice.join(&invited).await.unwrap();
    type_in(&world, "alice", &invited, "!mine", "list").await;
    holds(&world, &space, &invited).await;
    world.finish().await;
}

/// A space of Alice's holds her console and nothing else, and clients find it from there.
async fn holds(world: &World, space: &RoomId, console: &RoomId) {
    let alice = world.agent("alice");
    let shows_it_alone = |room: &SeenRoom| {
        let shown = room.children();
        shown.as_slice() == [console.as_str()]
    };
    alice.wait_for_room(space, "the console alone in her space", shows_it_alone).await.unwrap();
    let is_in_it = |room: &SeenRoom| room.state("m.space.parent", space.as_str()).is_some();
    alice.wait_for_room(console, "the space of her console", is_in_it).await.unwrap();
}

#[tokio::test]
async fn a_ghost_or_agent_who_is_out_of_a_room_they_need_comes_back() {
    let world = World::new().await;
    let (alice, server_admin) = (world.agent("alice"), Root::of(&world).await);
    let room = world.conversation("alice", JANE, "Hello").await;
    server_admin.rule(&room).await;
    let janes_ghost = world.ghost(JANE).await;
    for (what, words) in [("kick", "after the kick"), ("ban", "after the ban")] {
        server_admin.in_room(&room, what, &janes_ghost).await;
        world.text(JANE, words).await;
        assert_eq!(alice.wait_for_text(&room, words).await.unwrap().sender, janes_ghost);
    }

    // Deactivated: another speaks for Jane, in the same room.
    let path = format!("/_synapse/admin/v1/deactivate/{janes_ghost}");
    server_admin.call(Method::POST, &path, json!({"erase": true})).await;
    world.text(JANE, "after the end").await;
    let said = alice.wait_for_text(&room, "after the end").await.unwrap();
    assert!(said.sender != janes_ghost && said.sender.as_str().starts_with("@sms_"), "{}", said.sender);
    let answer = alice.send_text(&room, "Welcome back").await.unwrap();
    world.phone_gets(JANE, &["Welcome back"]).await;
    alice.wait_for_reaction(&answer, "✓").await.unwrap();

    // A chat with the new ghost is declined, and the console says where to write.
    let chat = json!({"invite": [said.sender], "is_direct": true, "preset": "trusted_private_chat"});
    let token = world.synapse.login("alice", "secret").await.unwrap().access_token;
    let made = server_admin
        .call_as(token.expose_secret(), Method::POST, "/_matrix/client/v3/createRoom", chat)
        .await;
    let chat = OwnedRoomId::try_from(made["room_id"].as_str().unwrap()).unwrap();
    let console = world.console("alice").await;
    let told = alice.wait_for_notice(&console, "write_elsewhere").await.unwrap();
    assert_eq!(told.notice().unwrap()["room"], room.as_str());
    let declined =
        |room: &switchroom::demo::agent::seen::SeenRoom| room.members("leave") == [said.sender.as_str()];
    alice.wait_for_room(&chat, "the chat to be declined", declined).await.unwrap();

    // Who is thrown out of what they own is let in again, and who leaves their console is asked back once.
    server_admin.in_room(&room, "ban", ALICE).await;
    assert_eq!(world.invite("alice", JANE).await, room);
    alice.join(&room).await.unwrap();
    world.state("alice", &room, "active").await;
    alice.leave(&console, None).await.unwrap();
    let again = alice.wait_for_invite("the console", |room| room.name() == "Switchroom").await.unwrap();
    assert_eq!(again, console);
    alice.join(&console).await.unwrap();
    type_in(&world, "alice", &console, "!mine", "list").await;
    world.finish().await;
}
