//! What can be wrong with the provider.

use wiremock::matchers::path_regex;

use super::*;

const ACCOUNT: &str = "AC00000000000000000000000000000000";

fn twilio(api_url: &str, public_url: &str, numbers: &str) -> String {
    format!(
        "desk: {{queues: [{{name: q}}]}}\nsms: {{provider: twilio, public_url: '{public_url}', numbers: [{numbers}], \
         twilio: {{api_url: '{api_url}', account_sid: {ACCOUNT}, auth_token: s3cret}}}}"
    )
}

#[tokio::test]
async fn the_provider_is_asked_with_the_account() {
    let provider = MockServer::start().await;
    let world = World::new().await.with(&twilio(&provider.uri(), "https://desk.example", ""));
    let answer = async |status: u16, body: Value| {
        provider.reset().await;
        let answer = ResponseTemplate::new(status).set_body_json(body);
        let list = path_regex(format!("^/2010-04-01/Accounts/{ACCOUNT}/Messages.json$"));
        Mock::given(method("GET")).and(list).respond_with(answer).mount(&provider).await;
    };
    answer(200, json!({"messages": [], "next_page_uri": null})).await;
    assert!(ok(&world.finds("provider").await));
    answer(401, json!({"code": 20003, "message": "Authenticate"})).await;
    world.fails("provider", "refuses the account: Authenticate", "auth_token").await;
    answer(404, json!({"code": 20404, "message": "not found"})).await;
    world.fails("provider", "no such account", "account_sid").await;
    answer(503, json!({})).await;
    world.fails("provider", "503", "try again later").await;
    answer(200, json!("a page of another kind")).await;
    world.fails("provider", "does not answer like Twilio", "api_url").await;
    let nowhere = format!("http://{}", free_address().await);
    let world = world.with(&twilio(&nowhere, "https://desk.example", ""));
    world.fails("provider", "no answer from", "api_url").await;
    assert!(ok(&world.with("").finds("provider").await));
}

#[tokio::test]
async fn numbers_that_cannot_be_are_pointed_out() {
    let world = World::new().await;
    assert!(matches!(world.finds("numbers").await, Finding::Advice(what) if what.contains("empty")));
    let numbers = "{number: '+14155550100', queue: q}, {number: '+11155550100', queue: q}";
    let world = world.with(&twilio("https://api.twilio.com", "https://desk.example", numbers));
    let Finding::Advice(what) = world.finds("numbers").await else { panic!() };
    assert!(what.contains("+11155550100") && !what.contains("+14155550100"), "{what}");
}

#[tokio::test]
async fn an_address_the_provider_cannot_reach_is_told() {
    let at = async |api: &str, public: &str| World::new().await.with(&twilio(api, public, ""));
    for local in [
        "http://127.0.0.1:29300",
        "https://localhost",
        "http://[::1]:1",
        "https://192.168.1.5",
        "http://0.0.0.0",
    ] {
        at("https://api.twilio.com", local)
            .await
            .fails("public url", "leads nowhere", "sms.public_url")
            .await;
    }
    let open = at("https://api.twilio.com", "http://desk.example").await.finds("public url").await;
    assert!(matches!(open, Finding::Advice(what) if what.contains("https")));
    assert!(ok(&at("https://api.twilio.com", "https://desk.example").await.finds("public url").await));
    assert!(ok(&at("http://127.0.0.1:1", "http://127.0.0.1:2").await.finds("public url").await));
}

#[tokio::test]
async fn the_simulator_posts_to_where_we_listen() {
    let world = World::new().await;
    world.fails("public url", "is not where switchroom listens", "appservice.listen").await;
    let ours = format!("sms: {{public_url: '{}'}}", world.url);
    assert!(ok(&world.with(&ours).finds("public url").await));
}
