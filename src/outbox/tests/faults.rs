//! An effect whose delivery panics, or ended the program, is set aside, and the rest goes on.

use wiremock::matchers::path_regex;

use super::*;

#[tokio::test]
async fn a_lane_whose_task_panics_goes_on() {
    let world = World::new().await;
    let room = world.conversation(JANE).await;
    world.say(&room, "panic over this").await;
    world.say(&room, "and then this").await;
    world.sends("and then this").await;
    let unknown = "SELECT COUNT(*) FROM replies WHERE body LIKE '%panic over this%unknown%'";
    assert_eq!(world.number(unknown).await, 1, "nobody knows whether it got there, so it is not sent again");
}

#[tokio::test]
async fn what_panics_again_is_set_aside_with_its_reason() {
    let world = World::new().await;
    world.text(JANE, "look", &["panic"]).await;
    world.text(JANE, "next", &[]).await;
    world.shows("<media_failed>").await;
    world.shows("next").await;
    assert_eq!(world.phones.fetched.load(Ordering::SeqCst), 2, "what it met with may have been passing");
    let why: String = sqlx::query_scalar("SELECT why FROM set_aside")
        .fetch_one(&mut *world.store.connection().await.unwrap())
        .await
        .unwrap();
    assert_eq!(why, "the program panicked over it: as asked for");
    let shown = world.shown_words().await;
    assert_eq!(shown.iter().filter(|words| *words == "<media_failed>").count(), 1, "{shown:?}");
}

#[tokio::test]
async fn what_was_being_read_when_the_program_ended_is_read_once_more() {
    let mut world = World::at_rest(Duration::ZERO).await;
    world.text(JANE, "look", &["fine"]).await;
    let claim = world.media_claim().await;
    assert_eq!(world.desk.apply(Input::Begun { claim }).await.unwrap(), Applied::Done);
    world.work();
    world.shows("look").await;
    world.shows("[1]").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

#[tokio::test]
async fn what_ended_the_program_twice_is_set_aside_at_the_next_start() {
    let mut world = World::at_rest(Duration::ZERO).await;
    world.text(JANE, "look", &["fine"]).await;
    let claim = world.media_claim().await;
    for _ in 0..2 {
        assert_eq!(world.desk.apply(Input::Begun { claim: claim.clone() }).await.unwrap(), Applied::Done);
    }
    world.work();
    world.shows("<media_failed>").await;
    world.text(JANE, "next", &[]).await;
    world.shows("next").await;
    world.shows("look").await;
    assert_eq!(world.phones.fetched.load(Ordering::SeqCst), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 1);

    // It may have been something else that ended the program: an admin has it tried again.
    world.clock.advance(Duration::from_secs(11));
    world.shows("<set_aside>").await;
    let id: String = sqlx::query_scalar("SELECT id FROM set_aside")
        .fetch_one(&mut *world.store.connection().await.unwrap())
        .await
        .unwrap();
    world.say(&owned_room_id!("!console:desk.test"), &format!("!retry {id}")).await;
    world.shows("[1]").await;
    world.shows("<late_attachment>").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}

impl World {
    /// The claim with which it is recorded that the first part is read, and nothing after that.
    async fn media_claim(&self) -> Claim {
        let lane: String = sqlx::query_scalar("SELECT lane FROM outbox WHERE lane LIKE 'media:%'")
            .fetch_one(&mut *self.store.connection().await.unwrap())
            .await
            .unwrap();
        Claim { lane: lane.parse().unwrap(), seq: 1, version: 1, epoch: 0 }
    }
}

#[tokio::test]
async fn a_timer_that_cannot_be_read_stops_no_other() {
    let world = World::new().await;
    let spoil = sqlx::query("INSERT INTO timers (id, due_at, body) VALUES ('spoiled', 1, '{}')");
    spoil.execute(&mut *world.store.connection().await.unwrap()).await.unwrap();
    world.text(JANE, "look", &["hangs"]).await;
    world.text(JANE, "next", &[]).await;
    world.shows("look").await;
    world.clock.advance(Duration::from_secs(6));
    world.shows("next").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside WHERE body = '{}'").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM timers WHERE id = 'spoiled'").await, 0);
}

#[tokio::test]
async fn what_the_homeserver_fails_at_waits_its_whole_time_however_well_others_fare() {
    let world = World::new().await;
    let room = world.conversation(JANE).await;
    world.conversation("+14155550101").await;
    let failed = json!({"errcode": "M_UNKNOWN", "error": "Internal server error"});
    let sent = format!("/rooms/{room}/send/m.room.message/");
    Mock::given(path_regex(sent.clone()))
        .respond_with(ResponseTemplate::new(500).set_body_json(failed))
        .with_priority(1)
        .mount(&world.homeserver)
        .await;
    world.text(JANE, "never", &[]).await;
    for number in 0..50 {
        let words = format!("other {number}");
        world.text("+14155550101", &words, &[]).await;
        world.shows(&words).await;
    }
    let asked = world.homeserver.received_requests().await.unwrap();
    let tried = asked.iter().filter(|request| request.url.path().contains(&sent)).count();
    let counted = world.number("SELECT MAX(failures) FROM outbox").await;
    assert!((1..10).contains(&counted), "{counted} failures were counted after {tried} requests");
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
}
