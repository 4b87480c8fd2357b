//! Calls on the page: phones ring, answer and hang up.

use switchroom::sms::calls::OutgoingCall;
use switchroom::sms::provider::{Calls as _, SendOutcome};
use switchroom::sms::simulator::CallStatus;

use super::{JANE, OMAR, OURS, World};

async fn call(world: &World, to: &str) -> String {
    let call = OutgoingCall {
        from: OURS.to_owned(),
        to: to.to_owned(),
        conference: "i-7f3k2".to_owned(),
        callback: world.desk.url.join("/sms/simulator/call?id=1").unwrap(),
    };
    match world.client.place(&call).await {
        SendOutcome::Accepted { sid, .. } => sid,
        other => panic!("{other:?}"),
    }
}

fn button(phone: &str, does: &str) -> String {
    format!("[data-phone=\"{phone}\"] [data-call=\"{does}\"]")
}

impl World {
    async fn no_call_on(&self, phone: &str) {
        let bar = serde_json::json!(format!("[data-phone=\"{phone}\"] .call"));
        self.browser.until(&format!("document.querySelector({bar})?.hidden === true")).await;
    }

    fn status(&self, sid: &str) -> CallStatus {
        self.simulator.calls().into_iter().find(|call| call.sid == sid).unwrap().status
    }
}

#[tokio::test]
async fn a_phone_rings_on_the_page_answers_and_hangs_up_for_both() {
    let world = World::start().await;
    world.browser.window(1280, 900, false).await;
    world.browser.open(&world.page).await;
    let omars = call(&world, OMAR).await;
    world.browser.click(&button(OMAR, "answer")).await;
    world.browser.until("document.body.innerText.includes(\"In a call with\")").await;
    let janes = call(&world, JANE).await;
    world.keep_picture("call.png").await;
    world.browser.click(&button(JANE, "answer")).await;
    let speak =
        || (world.status(&omars), world.status(&janes)) == (CallStatus::InProgress, CallStatus::InProgress);
    crate::harness::eventually("both to speak", || async { speak().then_some(()) }).await;
    let seen = world.client.look(&janes).await.unwrap().unwrap();
    assert_eq!(seen.progress, Some(switchroom::domain::call::Progress::Answered));
    // She is put on hold, and taken off it.
    let shows = |words: &str| {
        let bar = serde_json::json!(format!("[data-phone=\"{JANE}\"] .call"));
        format!("document.querySelector({bar}).textContent.includes({})", serde_json::json!(words))
    };
    assert!(world.client.hold("i-7f3k2", &janes, true).await.unwrap());
    world.browser.until(&shows("On hold")).await;
    world.keep_picture("hold.png").await;
    assert!(world.client.hold("i-7f3k2", &janes, false).await.unwrap());
    world.browser.until(&shows("In a call with")).await;
    // One hangs up, which ends it for the other too; whoever opens the page later sees no call.
    world.browser.click(&button(JANE, "hang-up")).await;
    world.no_call_on(JANE).await;
    world.no_call_on(OMAR).await;
    assert_eq!((world.status(&omars), world.status(&janes)), (CallStatus::Completed, CallStatus::Completed));
    world.browser.open(&world.page).await;
    world.no_call_on(JANE).await;
    // Declined, and taken back by whoever calls.
    let declined = call(&world, JANE).await;
    world.browser.click(&button(JANE, "hang-up")).await;
    world.no_call_on(JANE).await;
    assert_eq!(world.status(&declined), CallStatus::Busy);
    let taken_back = call(&world, JANE).await;
    let answer = serde_json::json!(button(JANE, "answer"));
    world.browser.until(&format!("document.querySelector({answer})")).await;
    world.client.hang_up(&taken_back).await.unwrap();
    world.no_call_on(JANE).await;
    assert_eq!(world.status(&taken_back), CallStatus::Canceled);
    world.client.hang_up(&taken_back).await.unwrap();
    let listed = world.client.list_calls(OURS, JANE, switchroom::clock::Millis(0)).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(world.browser.errors().await, Vec::<String>::new());
}
