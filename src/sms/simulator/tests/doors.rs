//! What strangers, other pages and hostile files find at the simulator's doors.

use super::*;

#[tokio::test]
async fn strangers_are_refused_in_twilios_words() {
    let w = world(|_| {}).await;
    let http = reqwest::Client::new();
    let url = w.api.join(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")).unwrap();
    let answers = [
        http.get(url.clone()),
        http.get(url.clone()).basic_auth(ACCOUNT, Some("wrong")),
        http.get(url.clone()).bearer_auth("token"),
        http.get(url.clone()).header("Authorization", "Basic %%%"),
        http.post(url.clone()).body("x".repeat(1000)),
    ];
    for request in answers {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], 20003);
    }
    for path in [
        "/2010-04-01/Accounts/ACother/Messages.json",
        &format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/SMx.json"),
    ] {
        let request = http.get(w.api.join(path).unwrap()).basic_auth(ACCOUNT, Some("token"));
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
    for query in ["PageSize=x", "PageToken=1", "Page=-1", "DateSent%3E=%FF"] {
        let mut url = url.clone();
        url.set_query(Some(query));
        let answer = http.get(url).basic_auth(ACCOUNT, Some("token")).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
    }
    let large = http.post(url).basic_auth(ACCOUNT, Some("token")).body(vec![b'a'; 1024 * 1024]);
    assert!(large.send().await.is_ok_and(|answer| answer.status() == 413));
}

#[tokio::test]
async fn the_page_is_guarded_against_other_pages() {
    let w = world(|_| {}).await;
    let http = reqwest::Client::new();
    let page = http.get(w.api.join("/phone").unwrap()).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let send = w.api.join("/phone/api/messages").unwrap();
    let text = serde_json::json!({"phone": JANE, "to": OURS, "text": "hi"});
    let foreign = http.post(send.clone()).json(&text).header("Origin", "https://evil.test");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let plain = http.post(send.clone()).body(text.to_string()).header("Content-Type", "text/plain");
    assert_eq!(plain.send().await.unwrap().status(), 403);
    let rebound = http.get(w.api.join("/phone/api/state").unwrap()).header("Host", "evil.test");
    assert_eq!(rebound.send().await.unwrap().status(), 421);
    assert!(w.simulator.log().is_empty());
    for (text, status) in [
        (serde_json::json!({"phone": JANE, "to": OURS, "text": ""}), 422),
        (serde_json::json!({"phone": JANE, "to": "+1", "text": "x"}), 422),
        (serde_json::json!({"phone": "a\nb", "to": OURS, "text": "x"}), 422),
        (serde_json::json!({"phone": JANE, "to": OURS, "text": "x".repeat(10_001)}), 422),
        (
            serde_json::json!({"phone": JANE, "to": OURS, "text": "x", "media": [{"content_type": "a", "data": "%"}]}),
            422,
        ),
        (serde_json::json!({"phone": JANE}), 422),
        (serde_json::json!({"phone": JANE, "to": OURS, "text": "x".repeat(9_000_000)}), 413),
    ] {
        assert_eq!(http.post(send.clone()).json(&text).send().await.unwrap().status(), status);
    }
    assert_eq!(http.post(send).json(&text).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_file_that_a_phone_sends_is_inert_when_opened() {
    let w = world(|_| {}).await;
    let html =
        Attachment { content_type: "text/html".to_owned(), bytes: Bytes::from_static(b"<script>1</script>") };
    let sid = w.simulator.text_from(JANE, OURS, "", vec![html]).await.unwrap();
    let media = w.simulator.state().message(&sid).unwrap().media[0].sid.clone();
    let url = w.api.join(&format!("/phone/api/media/{sid}/{media}")).unwrap();
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}
