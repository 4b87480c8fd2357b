//! The door for reports of telephone calls.

use axum::http::{Method, StatusCode};
use ruma::{owned_event_id, owned_user_id};
use secrecy::SecretString;
use url::form_urlencoded::Serializer;

use super::{ACCOUNT, Answer, JANE, OURS, PUBLIC, World, world};
use crate::domain::address::Address;
use crate::domain::agent::AgentRef;
use crate::domain::call::{LegState, PhoneCall, Progress, Side};
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::interaction::{Direction, Interaction, Phase};
use crate::sms::twilio::signature;
use crate::sms::twilio::wire::Form;
use crate::store::{calls, interactions};
use crate::testing;

/// Keeps a call of Alice's that was just asked for.
async fn call(world: &World) -> InteractionId {
    let body = Serializer::new(String::new())
        .extend_pairs([
            ("MessageSid", "SM1"),
            ("AccountSid", ACCOUNT),
            ("From", JANE),
            ("To", OURS),
            ("Body", "Hi"),
        ])
        .finish();
    let url = format!("{}/sms/twilio/inbound", PUBLIC.trim_end_matches('/'));
    assert_eq!(post(world, "/sms/twilio/inbound", &url, &body, "new token").await.status, StatusCode::OK);
    let mut conn = world.store.connection().await.unwrap();
    let (ours, theirs) = (Address::sms(OURS), Address::sms(JANE));
    let text = interactions::open_of(&mut conn, &ours, &theirs).await.unwrap().unwrap();
    let by = AgentRef {
        id: AgentId::new("alice"),
        user: owned_user_id!("@alice:desk.test"),
        name: "Alice Doe".to_owned(),
    };
    let begun = PhoneCall::begin(Place::Console(by.id.clone()), owned_event_id!("$call"), world.clock.now());
    let called = Interaction {
        id: InteractionId::new("i-7f3k2"),
        direction: Direction::Outbound,
        phase: Phase::Done { by: by.clone(), at: world.clock.now() },
        call: Some(Box::new(begun)),
        room: None,
        ..text
    };
    interactions::add(&mut conn, &called).await.unwrap();
    calls::add(&mut conn, &by.id, &called.id).await.unwrap();
    called.id
}

async fn post(world: &World, path: &str, url: &str, body: &str, token: &str) -> Answer {
    let signed = Form::decode(body.as_bytes()).unwrap();
    let signature = signature::sign(&SecretString::from(token), url, signed.signed());
    world
        .ask(Method::POST, path, &[("X-Twilio-Signature", signature.as_str())], body.as_bytes().to_vec())
        .await
}

/// Posts a report about one phone's part in a call.
async fn report(world: &World, id: &InteractionId, side: Side, status: &str) -> Answer {
    let url = testing::doors(PUBLIC).call(id, side);
    let body = Serializer::new(String::new())
        .extend_pairs([
            ("AccountSid", ACCOUNT),
            ("CallSid", "CA1"),
            ("CallStatus", status),
            ("CallDuration", "9"),
        ])
        .finish();
    let path = format!("/sms/twilio/call?{}", url.query().unwrap());
    post(world, &path, url.as_str(), &body, "new token").await
}

async fn state(world: &World, id: &InteractionId, side: Side) -> LegState {
    let mut conn = world.store.connection().await.unwrap();
    let kept = interactions::by_id(&mut conn, id).await.unwrap().unwrap();
    kept.call.unwrap().leg(side).state
}

#[tokio::test]
async fn a_report_is_kept_before_it_is_answered_and_a_repetition_changes_nothing() {
    let world = world().await;
    let id = call(&world).await;
    assert_eq!(report(&world, &id, Side::Agent, "ringing").await.status, StatusCode::OK);
    let ringing = LegState::Told { progress: Progress::Ringing };
    assert_eq!(state(&world, &id, Side::Agent).await, ringing);
    let rows = world.rows().await;
    for status in ["ringing", "initiated", "teleported", ""] {
        assert_eq!(report(&world, &id, Side::Agent, status).await.status, StatusCode::OK, "{status}");
    }
    assert_eq!((world.rows().await, state(&world, &id, Side::Agent).await), (rows, ringing));
    // One about a call that is not there is taken: saying no would have it repeated.
    let nothing = InteractionId::new("i-22222");
    assert_eq!(report(&world, &nothing, Side::Agent, "ringing").await.status, StatusCode::OK);
    world.store.close().await;
    let answer = report(&world, &id, Side::Agent, "in-progress").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_report_that_nobody_signed_or_whose_id_we_did_not_give_is_refused() {
    let world = world().await;
    let id = call(&world).await;
    let url = testing::doors(PUBLIC).call(&id, Side::Agent);
    let (query, body) = (url.query().unwrap(), "CallSid=CA1&CallStatus=in-progress");
    let base = url.as_str().split('?').next().unwrap();
    let other = query.replace("agent", "contact");
    let part = testing::doors(PUBLIC).status_callback("0123-0");
    let part = part.query().unwrap();
    for (query, token) in [
        (query, "stolen token"),
        (&*other, "new token"),
        ("part=x&sig=y", "new token"),
        (part, "new token"),
        ("", "new token"),
    ] {
        let path = format!("/sms/twilio/call?{query}");
        let answer = post(&world, &path, &format!("{base}?{query}"), body, token).await;
        assert!(answer.status.is_client_error(), "{query}: {}", answer.status);
    }
    let waits = state(&world, &id, Side::Agent).await;
    assert!(matches!(waits, LegState::Waiting { .. }), "{waits:?}");
    assert_eq!(state(&world, &id, Side::Contact).await, LegState::Idle);
}
