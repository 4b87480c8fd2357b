//! Interactions, their transcripts, and replies.

use futures_util::future::join_all;
use ruma::{EventId, OwnedEventId, event_id, owned_room_id};
use switchroom::clock::Millis;
use switchroom::domain::address::Address;
use switchroom::domain::consent::{Scope, Wish};
use switchroom::domain::effect::{Effect, SendReply};
use switchroom::domain::ids::{AgentId, InteractionId, QueueName};
use switchroom::domain::input::Claim;
use switchroom::domain::interaction::{CalledBack, Interaction, Mode, Phase, Work};
use switchroom::domain::reply::{PartState, Reply, ReplyState, Turn};
use switchroom::domain::report::Change;
use switchroom::store::outbox::{self, Wanted};
use switchroom::store::replies::{self, Sending};
use switchroom::store::transcript::{self, Line, LineKind};
use switchroom::store::{consent, history, interactions};

use super::{
    Database, NOW, OURS, THEIRS, active, agent_ref, change, done, interaction, later, offer, on_both_engines,
    queue, user,
};

on_both_engines! {
    an_interaction_is_kept_whole_and_found_by_its_numbers,
    a_pair_of_numbers_has_one_open_interaction,
    of_two_that_begin_at_once_one_wins,
    capacity_is_taken_by_owners_and_those_who_are_asked_but_not_by_what_is_put_away,
    what_waits_is_counted_by_queue,
    interactions_of_a_contact_are_counted,
    a_transcript_knows_when_the_contact_last_wrote_and_what_each_event_is,
    a_reply_is_kept_whole_and_found_by_its_event,
    replies_between_two_numbers_come_in_order,
    a_reply_is_sent_while_its_effect_waits_and_its_lane_is_held,
    a_transcript_says_what_became_of_each_message,
    many_rows_written_at_once_are_all_there,
}

async fn an_interaction_is_kept_whole_and_found_by_its_numbers(database: Database) {
    let conn = &mut *database.connection().await;
    let (ours, theirs) = (Address::sms(OURS), Address::sms(THEIRS));
    let mut one = interaction("i-1", THEIRS);
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap(), None);
    assert_eq!(interactions::open_of(conn, &ours, &theirs).await.unwrap(), None);
    interactions::add(conn, &one).await.unwrap();
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap().as_ref(), Some(&one));
    assert!(interactions::rooms_since(conn, NOW).await.unwrap().is_empty());
    one.phase = active("alice");
    one.room = Some(owned_room_id!("!r:desk.test"));
    interactions::save(conn, &one).await.unwrap();
    assert_eq!(interactions::open_of(conn, &ours, &theirs).await.unwrap().as_ref(), Some(&one));
    assert_eq!(interactions::open_of(conn, &theirs, &ours).await.unwrap(), None);
    assert_eq!(interactions::rooms_since(conn, NOW).await.unwrap(), ["!r:desk.test"]);
    one.phase = done("alice");
    interactions::save(conn, &one).await.unwrap();
    assert_eq!(interactions::open_of(conn, &ours, &theirs).await.unwrap(), None);
    assert!(interactions::rooms_since(conn, NOW).await.unwrap().is_empty());
    let change = Change {
        interaction: one.id.clone(),
        at: later(5),
        queue: one.queue.clone(),
        owner: None,
        state: "done".to_owned(),
    };
    history::add_change(conn, "change-1", &change).await.unwrap();
    assert_eq!(interactions::rooms_since(conn, later(5)).await.unwrap(), ["!r:desk.test"]);
    assert!(interactions::rooms_since(conn, later(6)).await.unwrap().is_empty());
    assert_eq!(interactions::by_id(conn, &one.id).await.unwrap(), Some(one));
}

async fn a_pair_of_numbers_has_one_open_interaction(database: Database) {
    let conn = &mut *database.connection().await;
    let mut first = interaction("i-1", THEIRS);
    interactions::add(conn, &first).await.unwrap();
    interactions::add(conn, &interaction("i-2", "+14155550101")).await.unwrap();
    let error = interactions::add(conn, &interaction("i-3", THEIRS)).await.unwrap_err();
    assert!(error.is_permanent(), "{error}");
    first.phase = done("alice");
    interactions::save(conn, &first).await.unwrap();
    interactions::add(conn, &interaction("i-3", THEIRS)).await.unwrap();
}

async fn of_two_that_begin_at_once_one_wins(database: Database) {
    let ids = ["i-1", "i-2", "i-3", "i-4"];
    let try_one = |id| {
        let (database, one) = (&database, interaction(id, THEIRS));
        async move {
            let begun = database.commit(async |conn| {
                let open = interactions::open_of(conn, &one.our_number, &one.contact.number).await?;
                if open.is_none() {
                    interactions::add(conn, &one).await?;
                }
                Ok(open.is_none())
            });
            begun.await
        }
    };
    let outcomes = join_all(ids.map(try_one)).await;
    assert!(outcomes.iter().filter(|begun| matches!(begun, Ok(true))).count() == 1, "{outcomes:?}");
    assert_eq!(database.number("SELECT COUNT(*) FROM interactions").await, 1);
}

async fn capacity_is_taken_by_owners_and_those_who_are_asked_but_not_by_what_is_put_away(database: Database) {
    let conn = &mut *database.connection().await;
    let offer = offer(later(60));
    let snoozed = Phase::Owned {
        owner: agent_ref("alice"),
        come_by: None,
        work: Work::Snoozed { until: later(600) },
        transfer: None,
    };
    let phases = [
        active("alice"),
        Phase::Offered { offer, passed_over: vec![] },
        done("alice"),
        Phase::Queued { passed_over: vec![] },
        active("bob"),
        snoozed,
    ];
    for (number, phase) in (0_i64..).zip(phases) {
        let created_at = Millis(NOW.0 - number);
        let one = interaction(&format!("i-{number}"), &format!("+1415555010{number}"));
        interactions::add(conn, &Interaction { phase, created_at, ..one }).await.unwrap();
    }
    let alice = AgentId::new("alice");
    interactions::set_offered(conn, &InteractionId::new("i-1"), [&alice].into_iter()).await.unwrap();
    let ids = |found: Vec<Interaction>| -> Vec<String> {
        found.into_iter().map(|one| one.id.as_str().to_owned()).collect()
    };
    assert_eq!(ids(interactions::owned_by(conn, &alice).await.unwrap()), ["i-5", "i-0"], "oldest first");
    assert_eq!(ids(interactions::offered_to(conn, &alice).await.unwrap()), ["i-1"]);
    let loads = interactions::loads(conn).await.unwrap();
    assert_eq!(loads, [(AgentId::new("alice"), 2), (AgentId::new("bob"), 1)].into());
}

async fn what_waits_is_counted_by_queue(database: Database) {
    let conn = &mut *database.connection().await;
    let mut first = interaction("i-1", THEIRS);
    interactions::add(conn, &first).await.unwrap();
    let elsewhere = Interaction { queue: QueueName::new("sales"), ..interaction("i-2", "+14155550101") };
    interactions::add(conn, &elsewhere).await.unwrap();
    assert_eq!(interactions::waiting_count(conn, &queue()).await.unwrap(), 1);
    first.queue = QueueName::new("sales");
    interactions::save(conn, &first).await.unwrap();
    assert_eq!(interactions::waiting_count(conn, &queue()).await.unwrap(), 0);
    assert_eq!(interactions::waiting_count(conn, &QueueName::new("sales")).await.unwrap(), 2);
    first.phase = active("alice");
    interactions::save(conn, &first).await.unwrap();
    assert_eq!(interactions::waiting_count(conn, &QueueName::new("sales")).await.unwrap(), 1);
}

async fn interactions_of_a_contact_are_counted(database: Database) {
    let conn = &mut *database.connection().await;
    let (one, since) = (interaction("i-1", THEIRS), Millis(NOW.0 - 10));
    assert_eq!(history::others(conn, &one, since).await.unwrap(), []);
    for (number, mode, age) in
        [(1, Mode::Session, 0), (2, Mode::Session, 10), (3, Mode::Page, 5), (4, Mode::Page, 20)]
    {
        let phase = if number == 2 { active("alice") } else { done("alice") };
        let created_at = Millis(NOW.0 - age);
        let one = interaction(&format!("i-{number}"), THEIRS);
        interactions::add(conn, &Interaction { phase, mode, created_at, ..one }).await.unwrap();
    }
    let others = history::others(conn, &one, since).await.unwrap();
    assert_eq!(others, [("page", 0, 1), ("session", 1, 0)]);
    // A callback is one of its own kind, beside the conversation that texts join.
    let called_back = CalledBack { parent: one.id.clone(), by: "Alice Doe".to_owned(), wanted_at: NOW };
    let callback = Interaction {
        callback: Some(Box::new(called_back)),
        phase: active("alice"),
        ..interaction("i-5", THEIRS)
    };
    interactions::add(conn, &callback).await.unwrap();
    assert!(!callback.is_open());
    let others = history::others(conn, &one, since).await.unwrap();
    assert_eq!(others, [("page", 0, 1), ("session", 1, 0), ("callback", 1, 0)]);
}

async fn a_transcript_knows_when_the_contact_last_wrote_and_what_each_event_is(database: Database) {
    let conn = &mut *database.connection().await;
    let id = InteractionId::new("i-1");
    assert_eq!(transcript::last_text(conn, &id).await.unwrap(), None);
    let kinds = [LineKind::Contact, LineKind::Contact, LineKind::Owner, LineKind::Internal, LineKind::Change];
    for (number, kind) in (1_u64..).zip(kinds) {
        let line = Line {
            id: format!("l{number}"),
            at: later(number),
            kind,
            author: "someone".to_owned(),
            body: "'); DROP TABLE transcript; -- \u{202e}☎".to_owned(),
            event_id: Some(format!("$e{number}")),
        };
        transcript::add_lines(conn, &[(id.clone(), line)]).await.unwrap();
        let event = EventId::parse(format!("$e{number}")).unwrap();
        assert_eq!(transcript::line_kind(conn, &id, &event).await.unwrap(), Some(kind));
    }
    assert_eq!(transcript::last_text(conn, &id).await.unwrap(), Some(later(2)));
    for (after, first) in [(0, Some(later(1))), (1, Some(later(2))), (2, None)] {
        assert_eq!(transcript::first_text_after(conn, &id, later(after)).await.unwrap(), first, "{after}");
    }
    assert_eq!(transcript::line_kind(conn, &id, event_id!("$other")).await.unwrap(), None);
    let elsewhere = InteractionId::new("i-other");
    assert_eq!(transcript::line_kind(conn, &elsewhere, event_id!("$e1")).await.unwrap(), None);
}

fn reply(number: u32, event: &str) -> Reply {
    let event: OwnedEventId = EventId::parse(event).unwrap();
    Reply::new(format!("{number:032x}"), InteractionId::new("i-1"), event, user("alice"), "hi".to_owned())
}

async fn a_reply_is_kept_whole_and_found_by_its_event(database: Database) {
    let conn = &mut *database.connection().await;
    let (mut first, again, other) = (reply(9, "$one"), reply(1, "$one"), reply(5, "$two"));
    assert_eq!(replies::by_id(conn, &first.id).await.unwrap(), None);
    assert_eq!(replies::by_event(conn, &first.interaction, &first.event).await.unwrap(), None);
    for (reply, at) in [(&first, 1), (&again, 3), (&other, 2)] {
        replies::add(conn, std::slice::from_ref(reply), later(at)).await.unwrap();
    }
    assert_eq!(
        replies::by_event(conn, &first.interaction, &first.event).await.unwrap().as_ref(),
        Some(&again),
        "the newest"
    );
    first.state = ReplyState::Dropped;
    replies::save(conn, std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(replies::by_id(conn, &first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(replies::newest(conn, &first.interaction, 2).await.unwrap(), [again, other]);
}

async fn replies_between_two_numbers_come_in_order(database: Database) {
    let conn = &mut *database.connection().await;
    let one = interaction("i-1", THEIRS);
    interactions::add(conn, &one).await.unwrap();
    for (number, at) in [(1, 30), (2, 20), (3, 10)] {
        replies::add(conn, &[reply(number, "$e")], later(at)).await.unwrap();
    }
    let found = replies::between(conn, &one.our_number, &one.contact.number, later(20)).await.unwrap();
    assert_eq!(found, [reply(2, "$e"), reply(1, "$e")]);
    assert_eq!(replies::between(conn, &one.contact.number, &one.our_number, NOW).await.unwrap(), []);
}

async fn a_reply_is_sent_while_its_effect_waits_and_its_lane_is_held(database: Database) {
    let conn = &mut *database.connection().await;
    let (one, first) = (interaction("i-1", THEIRS), reply(1, "$e"));
    interactions::add(conn, &one).await.unwrap();
    replies::add(conn, std::slice::from_ref(&first), NOW).await.unwrap();
    let effect = Effect::SendReply(SendReply { interaction: one.id.clone(), reply: first.id.clone() });
    let claim = Claim { lane: effect.lane(), seq: 1, version: 1, epoch: 0 };
    outbox::append(
        conn,
        &[Wanted { effect, due_at: NOW, said_at: NOW, txn_id: "t".to_owned(), parked: false }],
        NOW,
    )
    .await
    .unwrap();
    let now = Sending {
        reply: first.clone(),
        interaction: one.clone(),
        opted_out: false,
        is_blocked: false,
        is_ours: true,
        is_first: true,
        waits_since: Some(NOW),
    };
    assert_eq!(replies::sending(conn, &claim, &first.id, NOW).await.unwrap().as_ref(), Some(&now));
    assert_eq!(replies::sending(conn, &claim, "unknown", NOW).await.unwrap(), None);
    let (stale, lost) = (Claim { epoch: 7, ..claim.clone() }, Sending { is_ours: false, ..now.clone() });
    assert_eq!(replies::sending(conn, &stale, &first.id, NOW).await.unwrap().as_ref(), Some(&lost));
    let change = change("1", Scope::Number(one.our_number.clone()), Wish::Out);
    consent::add(conn, &change).await.unwrap();
    let opted_out = Sending { opted_out: true, ..now };
    assert_eq!(replies::sending(conn, &claim, &first.id, NOW).await.unwrap().as_ref(), Some(&opted_out));
    outbox::done(conn, std::slice::from_ref(&claim)).await.unwrap();
    let done = Sending { is_ours: false, waits_since: None, ..opted_out };
    assert_eq!(replies::sending(conn, &claim, &first.id, NOW).await.unwrap().as_ref(), Some(&done));
    assert_eq!(outbox::complete(conn, &claim).await.unwrap(), outbox::Completed::Lost);
}

/// The line of a message as it was typed.
fn line(reply: &Reply) -> Line {
    Line {
        id: reply.id.clone(),
        at: NOW,
        kind: LineKind::Owner,
        author: reply.by.to_string(),
        body: reply.text.clone(),
        event_id: Some(reply.event.to_string()),
    }
}

async fn a_transcript_says_what_became_of_each_message(database: Database) {
    let conn = &mut *database.connection().await;
    let mut replies: Vec<Reply> = (0..4).map(|number| reply(number, &format!("$e{number}"))).collect();
    let id = replies[0].interaction.clone();
    let lines: Vec<_> = replies.iter().map(|reply| (id.clone(), line(reply))).collect();
    transcript::add_lines(conn, &lines).await.unwrap();
    assert!(replies[0].rewrite("mended".to_owned()));
    assert!(replies[1].take_back());
    for (number, state) in [(2, PartState::Failed { code: None }), (3, PartState::Delivered)] {
        let (turn, _) = replies[number].turn(|text| vec![text.to_owned()], false, NOW);
        assert!(matches!(turn, Turn::Submit { part: 0, .. }), "{turn:?}");
        replies[number].reported(0, "SM1", state, None);
    }
    for reply in &replies {
        replies::write_down(conn, reply).await.unwrap();
    }
    let read = history::lines(conn, &id).await.unwrap();
    let read: Vec<_> = read.iter().map(|line| (line.kind, line.body.as_str())).collect();
    let said = [LineKind::Owner, LineKind::HeldBack, LineKind::Failed, LineKind::Owner];
    assert_eq!(read, said.into_iter().zip(["mended", "hi", "hi", "hi"]).collect::<Vec<_>>());
    // It is sent again.
    replies::said_again(conn, &replies[2]).await.unwrap();
    let kind = transcript::line_kind(conn, &id, &replies[2].event).await.unwrap();
    assert_eq!(kind, Some(LineKind::Owner));
}

async fn many_rows_written_at_once_are_all_there(database: Database) {
    let conn = &mut *database.connection().await;
    let mut replies: Vec<Reply> = (0..141).map(|number| reply(number, &format!("$e{number}"))).collect();
    replies::add(conn, &replies, NOW).await.unwrap();
    for (number, reply) in (0..).zip(&mut replies[..100]) {
        reply.text = format!("changed {number}");
    }
    replies::save(conn, &replies[..100]).await.unwrap();
    let lines: Vec<_> = replies.iter().map(|reply| (reply.interaction.clone(), line(reply))).collect();
    transcript::add_lines(conn, &lines).await.unwrap();
    for reply in &replies {
        assert_eq!(
            replies::by_event(conn, &reply.interaction, &reply.event).await.unwrap().as_ref(),
            Some(reply)
        );
        assert_eq!(
            transcript::line_kind(conn, &reply.interaction, &reply.event).await.unwrap(),
            Some(LineKind::Owner)
        );
    }
}
