//! Supervisors: what they see, and how they look on, whisper and barge in.

use switchroom::demo::agent::seen::Seen;

use super::{done, type_in};
use crate::harness::{World, WorldOptions, shown};

const JANE: &str = "+14155550100";

async fn world() -> World {
    let agent = "roles: [agent, supervisor, admin]";
    World::with(WorldOptions { agents: &["alice", "sue"], agent, ..WorldOptions::default() }).await
}

#[tokio::test]
async fn a_supervisor_looks_on_whispers_barges_in_and_leaves() {
    let world = world().await;
    let (alice, sue) = (world.agent("alice"), world.agent("sue"));
    let room = world.conversation("alice", JANE, "Hello").await;
    let card = type_in(&world, "alice", &room, "!case", "case").await;
    let id = card.notice().unwrap()["interaction"].as_str().unwrap().to_owned();

    world.command("sue", &format!("!monitor {id}"), "case").await;
    let joined = alice.wait_for_notice(&room, "joined").await.unwrap();
    assert_eq!(joined.notice().unwrap()["barged"], false);
    let invited = sue.wait_for_invite("Jane's room", |room| room.name() == shown(JANE)).await.unwrap();
    assert_eq!(invited, room);
    sue.join(&room).await.unwrap();
    sue.wait_for_text(&room, "Hello").await.unwrap();
    // What she says stays inside, and she does not own it.
    type_in(&world, "sue", &room, "Offer her a refund", "message_held_back").await;
    type_in(&world, "sue", &room, "!done", "not_owner").await;
    type_in(&world, "alice", &room, &format!("!monitor {id}"), "refused").await;

    sue.send_text(&world.console("sue").await, &format!("!whisper {id} Offer a refund")).await.unwrap();
    let whisper = alice.wait_for_notice(&world.console("alice").await, "whisper").await.unwrap();
    assert_eq!(
        (whisper.notice().unwrap()["text"].as_str(), whisper.msgtype()),
        (Some("Offer a refund"), "m.text")
    );
    assert!(!alice.messages(&room).iter().any(|seen: &Seen| seen.code() == "whisper"));

    type_in(&world, "sue", &room, "!barge", "joined").await;
    sue.send_text(&room, "Sue here, we will refund you").await.unwrap();
    world.phone_gets(JANE, &["Sue here, we will refund you"]).await;
    alice.send_text(&room, "As she says").await.unwrap();
    world.phone_gets(JANE, &["Sue here, we will refund you", "As she says"]).await;

    sue.send_text(&room, "!leave").await.unwrap();
    alice.wait_for_notice(&room, "left").await.unwrap();
    sue.wait_until_out_of(&room).await.unwrap();
    world.command("sue", &format!("!leave {id}"), "refused").await;
    let transcript = world.command("sue", &format!("!history {id}"), "transcript").await;
    for line in
        ["sue Doe monitors this", "sue Doe joined", "sue Doe barged in", "sue Doe: Sue here", "sue Doe left"]
    {
        assert!(transcript.body().contains(line), "{line} is not in {}", transcript.body());
    }
    world.finish().await;
}

#[tokio::test]
async fn queues_and_agents_are_listed_with_what_waits_and_what_they_have() {
    let world = world().await;
    world.text(JANE, "Hello").await;
    let title =
        |seen: &Seen, row: usize| seen.notice().unwrap()["rows"][row]["detail"].as_str().unwrap().to_owned();
    let queues = crate::harness::eventually("one to wait", || async {
        let queues = world.command("sue", "!queue", "list").await;
        title(&queues, 0).starts_with("1 waiting").then_some(queues)
    })
    .await;
    assert_eq!(title(&queues, 0), "1 waiting, 0 in hand, 0 of 2 agents ready");
    let waiting = world.command("sue", "!1", "list").await;
    assert_eq!(waiting.notice().unwrap()["rows"][0]["title"], JANE);
    let card = world.command("sue", "!1", "case").await;
    assert_eq!(card.notice().unwrap()["state"], "queued");
    world.command("alice", "!ready", "status").await;
    let agents = world.command("sue", "!agents", "list").await;
    assert!(
        title(&agents, 0).starts_with("alice · ") && title(&agents, 0).ends_with("of 4 · ready"),
        "{}",
        agents.body()
    );
    assert!(title(&agents, 1).ends_with("0 of 4 · not ready"), "{}", agents.body());
    world.finish().await;
}

#[tokio::test]
async fn the_report_counts_what_was_done_today() {
    let world = world().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    done(&world, "alice", &room).await;
    let report = world.command("sue", "!report", "report").await;
    let notice = report.notice().unwrap();
    let (queue, agent) = (&notice["queues"][0], &notice["agents"][0]);
    assert_eq!(
        (&queue["queue"], &queue["began"], &queue["taken"], &queue["done"]),
        (&"support".into(), &1.into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&agent["agent"], &agent["taken"], &agent["done"], &agent["had"]),
        (&"alice Doe".into(), &1.into(), &1.into(), &1.into())
    );
    let none = world.command("sue", "!report 2020-01-01..2020-01-31", "report").await;
    assert_eq!(none.notice().unwrap()["queues"], serde_json::json!([]));
    world.command("sue", "!report soon", "usage").await;
    world.finish().await;
}
