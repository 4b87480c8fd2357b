//! What people type is taken as they mean it: pills, names with blanks, ids with and without their beginning,
//! reasons, notes.

use serde_json::json;
use switchroom::demo::agent::seen::{Log, Seen};

use super::{done, join_offered, rows, send, text_offered_to, type_in};
use crate::harness::{World, WorldOptions};

const JANE: &str = "+14155550100";
const JOHN: &str = "+14155550101";
const MARY: &str = "+14155550102";

async fn world(agents: &'static [&'static str]) -> World {
    let agent = "roles: [agent, supervisor, admin]";
    let desk = "dispositions: [{code: solved, label: Solved}, {code: lost, label: Needs a follow-up}]";
    World::with(WorldOptions { agents, agent, desk, ..WorldOptions::default() }).await
}

fn id_of(seen: &Seen) -> String {
    seen.notice().unwrap()["interaction"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whom_something_is_for_may_be_a_pill_a_name_with_blanks_or_a_row() {
    let world = world(&["alice", "bob", "sue"]).await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let id = id_of(&type_in(&world, "alice", &room, "!case", "case").await);
    let several = world.command("sue", &format!("!assign {id} doe"), "list").await;
    let bobs = rows(&several).iter().position(|row| row.starts_with("bob")).unwrap() + 1;
    let given = world.command("sue", &format!("!{bobs}"), "given").await;
    assert_eq!(given.notice().unwrap()["to"], "bob Doe");
    // The pill says Alice, whatever name stands on it.
    let (sue, console) = (world.agent("sue"), world.console("sue").await);
    for body in [
        format!("!assign {id} bob Doe"),
        format!("!assign {id} [bob Doe](https://matrix.to/#/@alice:desk.test)"),
    ] {
        let position = sue.position();
        let html = format!("!assign {id} <a href=\"https://matrix.to/#/@alice:desk.test\">bob Doe</a>");
        let content = json!({
            "msgtype": "m.text", "body": body, "format": "org.matrix.custom.html", "formatted_body": html,
        });
        send(sue, &console, content).await;
        let given = |seen: &Seen| seen.room_id == console && seen.code() == "given";
        let given = sue.wait_for_after(position, "it to be given", given).await.unwrap();
        assert_eq!(given.notice().unwrap()["to"], "alice Doe");
        world.command("sue", &format!("!assign {id} bob Doe"), "given").await;
    }
    world.command("sue", "!agent remove bob Doe junior", "no_such_target").await;
    let known = world.command("sue", "!agent set bob roles supervisr", "usage").await;
    assert!(known.body().contains("did you mean supervisor"), "{}", known.body());
    let elsewhere = world.command("alice", &format!("!mine {id}"), "no_such_target").await;
    assert!(elsewhere.body().contains("bob Doe has it"), "{}", elsewhere.body());
    world.agent("bob").join(&world.invite("bob", JANE).await).await.unwrap();
    done(&world, "bob", &room).await;
    world.finish().await;
}

#[tokio::test]
async fn an_offer_is_answered_by_its_id_and_never_another_one() {
    let world = world(&["alice", "bob"]).await;
    world.command("alice", "!ready", "status").await;
    let first = id_of(&text_offered_to(&world, "alice", JANE).await);
    let second = id_of(&text_offered_to(&world, "alice", JOHN).await);
    for typed in ["!accept nonsense", "!accept i-zzzzz", "!accept 9"] {
        let answer = world.command("alice", typed, "no_such_target").await;
        assert!(answer.body().contains("offered to you"), "{}", answer.body());
    }
    let bare = second.trim_start_matches("i-");
    let accepted = world.command("alice", &format!("!accept {bare}"), "offer_accepted").await;
    assert_eq!(accepted.notice().unwrap()["interaction"], second.as_str());
    assert!(accepted.body().contains("Join it within 1 min"), "{}", accepted.body());
    let console = world.console("alice").await;
    let typed = |log: &Log| {
        let said = log.messages(&console).filter(|said| said.sender == "@alice:desk.test");
        said.filter(|said| said.body().starts_with("!accept ")).last().map(|said| said.event_id.clone())
    };
    let typed = world.agent("alice").until("what she typed", typed).await.unwrap();
    world.agent("alice").wait_for_reaction(&typed, "✓").await.unwrap();
    let room = join_offered(&world, "alice", JOHN).await;

    world.command("bob", "!ready", "status").await;
    type_in(&world, "alice", &room, "!transfer bob", "transfer_requested").await;
    let alices = world.console("alice").await;
    world.agent("bob").wait_for_notice(&world.console("bob").await, "offer").await.unwrap();
    world.command("bob", "!reject at lunch", "offer_rejected").await;
    let rejected = world.agent("alice").wait_for_notice(&alices, "transfer_rejected").await.unwrap();
    assert_eq!(rejected.notice().unwrap()["reason"], "at lunch");
    let rejected =
        world.command("alice", &format!("!reject {first} a friend of mine"), "offer_rejected").await;
    assert_eq!(rejected.notice().unwrap()["interaction"], first.as_str());
    let transcript = world.command("alice", &format!("!history {first}"), "transcript").await;
    assert!(transcript.body().contains("a friend of mine"), "{}", transcript.body());
    world.command("alice", "!history i-zzzzz", "no_such_target").await;
    world.command("alice", "!notready", "status").await;
    world.command("bob", "!accept", "offer_accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_note_behind_done_is_no_disposition_and_what_colleagues_say_is_not_audited() {
    let world = world(&["alice", "bob"]).await;
    for (phone, typed, line) in [
        (JANE, "!done a refund was promised", "note by alice Doe: a refund was promised"),
        (JOHN, "!done SOLVED told him so", "disposition: Solved"),
        (MARY, "!done \"Needs a follow-up\" on Monday", "disposition: Needs a follow-up"),
    ] {
        let room = world.conversation("alice", phone, "Hello").await;
        let id = id_of(&type_in(&world, "alice", &room, "!case", "case").await);
        type_in(&world, "alice", &room, "!done sloved", "disposition_required").await;
        let (alice, console) = (world.agent("alice"), world.console("alice").await);
        loop {
            let position = alice.position();
            alice.send_text(&room, typed).await.unwrap();
            let answer = |seen: &Seen| seen.code() == "done" || seen.code() == "done_refused";
            let answer = alice.wait_for_after(position, "the answer", answer).await.unwrap();
            if answer.room_id == console {
                break;
            }
        }
        let transcript = world.command("alice", &format!("!history {id}"), "transcript").await;
        assert!(transcript.body().contains(line), "{line} is not in {}", transcript.body());
        assert_eq!(transcript.body().matches("refund was").count(), usize::from(phone == JANE));
    }
    world.agent("alice").send_text(&world.console("alice").await, "!im bob between us").await.unwrap();
    world.agent("bob").wait_for_notice(&world.console("bob").await, "offer").await.unwrap();
    let audit = world.command("alice", "!audit im", "list").await;
    assert!(audit.body().contains("im bob") && !audit.body().contains("between us"), "{}", audit.body());
    world.finish().await;
}
