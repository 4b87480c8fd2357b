//! Whose the numbered lists are that the bot shows in a room.

use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::interaction::{Disposition, DispositionRule, Interaction, Phase, Rules, Watcher};
use switchroom::store::{interactions, lists};

use super::stage::Stage;
use super::{Database, active, agent_ref, on_both_engines};

on_both_engines! {
    a_number_picks_from_ones_own_list_whatever_others_asked_for_since,
    a_question_to_the_owner_is_answered_by_whoever_owns_the_conversation_then,
}

const SUPERVISOR: &[AgentRole] = &[AgentRole::Agent, AgentRole::Supervisor];

/// Alice's conversation, in whose room Bob looks on, who is a supervisor.
async fn stage(database: Database) -> Stage {
    let people: &[(&str, &[AgentRole])] =
        &[("alice", &[AgentRole::Agent]), ("bob", SUPERVISOR), ("carol", &[AgentRole::Agent])];
    let stage = Stage::with(database, people).await;
    let one = stage.keep("i-1", active("alice")).await;
    let watcher = Watcher { agent: agent_ref("bob"), barged: false, here: true };
    let one = Interaction { watchers: vec![watcher], ..one };
    interactions::save(&mut *stage.database.connection().await, &one).await.unwrap();
    stage
}

async fn a_number_picks_from_ones_own_list_whatever_others_asked_for_since(database: Database) {
    let stage = stage(database).await;
    stage.says("alice", "i-1", "!2").await;
    assert_eq!(stage.last("i-1").await.code(), "no_such_target", "there is no list yet");
    stage.says("alice", "i-1", "!team").await;
    let of_alice = stage.last("i-1").await;
    stage.says("bob", "i-1", "!agents").await;
    let of_bob = stage.last("i-1").await;
    assert_eq!((of_alice.code(), of_bob.code()), ("list".to_owned(), "list".to_owned()));

    // The second row of hers is bob, to whom the conversation would be handed; of his list it is bob, looked
    // up in the team.
    let told = stage.says("bob", "i-1", "!2").await;
    let answer = stage.last("i-1").await;
    assert_eq!((answer.fields()["title"].as_str(), answer.reply_to), (Some("The team"), Some(told)));
    assert!(stage.now("i-1").await.offer().is_none());
    // Whether she types the number or taps it, it is a row of hers, though his is newer.
    for (key, list, code) in [
        ("2\u{fe0f}\u{20e3}", &of_bob, "no_such_target"),
        ("2\u{fe0f}\u{20e3}", &of_alice, "transfer_requested"),
    ] {
        stage.reacts("alice", "i-1", &list.event, key).await;
        assert_eq!(stage.last("i-1").await.code(), code);
    }
    assert!(stage.now("i-1").await.offer().unwrap().asks(&agent_ref("bob").id));
    stage.says("alice", "i-1", "!cancel").await;
    stage.says("alice", "i-1", "!transfer 3").await;
    assert!(stage.now("i-1").await.offer().unwrap().asks(&agent_ref("carol").id), "as a target, too");
    stage.says("alice", "i-1", "!cancel").await;

    // A reply to another's list is refused in the same words, and nothing is done in either's name.
    let before = stage.now("i-1").await;
    stage.replies("bob", "i-1", &of_alice.event, "2").await;
    let refused = stage.last("i-1").await;
    assert_eq!(refused.code(), "no_such_target");
    let fields = refused.fields();
    assert_eq!((fields["missing"].as_str(), fields["who"].as_str()), (Some("others_list"), Some("alice")));
    assert_eq!(stage.now("i-1").await, before);

    // What one asks for in the console is no list of the room's.
    stage.says("alice", "alice", "!mine").await;
    stage.says("alice", "i-1", "!1").await;
    let answer = stage.last("i-1").await;
    assert_eq!(answer.code(), "target_unavailable", "the first of the team is herself");
}

async fn a_question_to_the_owner_is_answered_by_whoever_owns_the_conversation_then(database: Database) {
    let stage = stage(database).await;
    let conn = &mut *stage.database.connection().await;
    for code in ["sale", "spam"] {
        lists::define(conn, &Disposition { code: code.to_owned(), label: code.to_owned() }).await.unwrap();
    }
    let one = stage.now("i-1").await;
    let rules = Rules { disposition: DispositionRule::Mandatory, ..one.rules.clone() };
    interactions::save(conn, &Interaction { rules, ..one }).await.unwrap();
    stage.says("alice", "i-1", "!done").await;
    let question = stage.last("i-1").await;
    assert_eq!(question.code(), "disposition_required");

    // Who looks on has not been asked.
    stage.reacts("bob", "i-1", &question.event, "1\u{20e3}").await;
    assert_eq!(stage.last("i-1").await.code(), "not_owner");
    stage.says("bob", "i-1", "!1").await;
    assert_eq!(stage.last("i-1").await.code(), "no_such_target");

    stage.make("i-1", active("carol")).await;
    stage.reacts("alice", "i-1", &question.event, "1\u{20e3}").await;
    assert_eq!(stage.last("i-1").await.code(), "not_owner", "she has been, and it is not hers any more");
    stage.reacts("carol", "i-1", &question.event, "2\u{20e3}").await;
    let now = stage.now("i-1").await;
    assert!(matches!(&now.phase, Phase::Done { by, .. } if by.id.as_str() == "carol"), "{:?}", now.phase);
    assert_eq!(now.disposition.unwrap().code, "spam");
}
