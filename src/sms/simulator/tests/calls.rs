//! Phones in a conference, and on hold in it.

use super::*;
use crate::sms::calls::OutgoingCall;
use crate::sms::provider::Calls as _;

const OMAR: &str = "+14155550123";

impl World {
    /// Calls a phone into a conference, which answers it.
    async fn answered(&self, phone: &str, conference: &str) -> String {
        let call = OutgoingCall {
            from: OURS.to_owned(),
            to: phone.to_owned(),
            conference: conference.to_owned(),
            callback: self.desk.url.join("/sms/simulator/call?id=1").unwrap(),
        };
        let SendOutcome::Accepted { sid, .. } = self.client.place(&call).await else {
            panic!("{phone} is not called")
        };
        while !self.simulator.answer(phone) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        sid
    }

    fn on_hold(&self) -> Vec<String> {
        let held = self.simulator.calls().into_iter().filter(|call| call.on_hold);
        held.map(|call| call.phone).collect()
    }
}

#[tokio::test]
async fn a_phone_is_on_hold_in_its_own_conference_until_it_is_taken_off_or_leaves() {
    let w = world(|_| {}).await;
    let omars = w.answered(OMAR, "i-2").await;
    let janes = w.answered(JANE, "i-2").await;
    for _ in 0..2 {
        assert!(w.client.hold("i-2", &janes, true).await.unwrap());
        assert_eq!(w.on_hold(), [JANE], "twice is as good as once");
    }
    for (conference, sid) in [("i-3", &*janes), ("i-2", "CA0")] {
        assert!(!w.client.hold(conference, sid, false).await.unwrap(), "{conference} {sid}");
    }
    assert_eq!(w.on_hold(), [JANE]);
    assert!(w.client.hold("i-2", &janes, false).await.unwrap());
    assert!(w.on_hold().is_empty());
    assert!(w.client.hold("i-2", &janes, true).await.unwrap());
    assert!(w.simulator.hang_up(OMAR));
    assert!(w.on_hold().is_empty());
    for sid in [&omars, &janes] {
        assert!(!w.client.hold("i-2", sid, true).await.unwrap(), "the conference is over");
    }
    let next = w.answered(JANE, "i-2").await;
    assert!(w.client.hold("i-2", &next, true).await.unwrap(), "another of the same name");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_to_hold_is_said_in_twilios_words() {
    let w = world(|_| {}).await;
    let janes = w.answered(JANE, "i-2").await;
    let http = reqwest::Client::new();
    let at = |path: &str| w.api.join(&format!("/2010-04-01/Accounts/{ACCOUNT}/{path}")).unwrap();
    let listed = http.get(at("Conferences.json")).basic_auth(ACCOUNT, Some("token")).send().await.unwrap();
    let listed: serde_json::Value = listed.json().await.unwrap();
    let conference = listed["conferences"][0]["sid"].as_str().unwrap().to_owned();
    assert!(conference.starts_with("CF"));
    assert_eq!(listed["conferences"][0]["friendly_name"], "switchroom-i-2");
    let over = http.get(at("Conferences.json?Status=completed")).basic_auth(ACCOUNT, Some("token"));
    let over: serde_json::Value = over.send().await.unwrap().json().await.unwrap();
    assert_eq!(over["conferences"], serde_json::json!([]));
    let door = at(&format!("Conferences/{conference}/Participants/{janes}.json"));
    let post = |hold: &str| http.post(door.clone()).form(&[("Hold", hold)]);
    let wrong = post("perhaps").basic_auth(ACCOUNT, Some("token")).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert_eq!(post("true").send().await.unwrap().status(), 401);
    let held = post("true").basic_auth(ACCOUNT, Some("token")).send().await.unwrap();
    let held: serde_json::Value = held.json().await.unwrap();
    assert_eq!((&held["hold"], &held["call_sid"]), (&serde_json::json!(true), &serde_json::json!(janes)));
    w.simulator.faults().answer_next(AnswerFault::FailedAtOnce(20001), 1);
    let error = w.client.hold("i-2", &janes, false).await.unwrap_err();
    assert!(!error.is_retryable());
    w.simulator.faults().answer_next(AnswerFault::RateLimit, 1);
    assert!(w.client.hold("i-2", &janes, false).await.unwrap_err().is_retryable());
    assert_eq!(w.on_hold(), [JANE]);
}
