//! What the desk asks to be erased is gone from lists, from the phones' page, and after a restart.

use super::*;

async fn listed(client: &TwilioClient) -> Vec<(String, u32)> {
    let listing = client.list(ListQuery::default()).await.unwrap();
    listing.messages.into_iter().map(|message| (message.body, message.num_media)).collect()
}

#[tokio::test]
async fn an_erased_message_has_neither_words_nor_media_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("phones.db");
    let sid;
    {
        let w = world(|config| config.file = Some(file.clone())).await;
        let picture = Attachment { content_type: "image/png".to_owned(), bytes: Bytes::from_static(b"png") };
        sid = w.simulator.text_from(JANE, OURS, "my secret", vec![picture]).await.unwrap();
        assert_eq!(listed(&w.client).await, [("my secret".to_owned(), 1)]);
        let [ListedPart { url, .. }] = &w.client.media_list(&sid).await.unwrap()[..] else { panic!() };
        assert!(w.client.fetch_media(url).await.is_ok());
        w.client.erase(&sid).await.unwrap();
        assert_eq!(listed(&w.client).await, [(String::new(), 0)]);
        assert!(w.client.fetch_media(url).await.is_err());
        w.client.erase(&sid).await.unwrap();
        w.simulator.stop();
    }
    let w = world(|config| config.file = Some(file)).await;
    assert_eq!(listed(&w.client).await, [(String::new(), 0)]);
    assert!(w.client.media_list(&sid).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_under_way_cannot_be_erased_and_nothing_else_can_be_changed() {
    let w = world(|config| config.pace = Duration::from_mins(10)).await;
    let sent = w.client.send(&w.reply(JANE, "soon")).await;
    let SendOutcome::Accepted { sid, .. } = sent else { panic!("{sent:?}") };
    assert!(w.client.erase(&sid).await.unwrap_err().is_retryable());
    assert_eq!(listed(&w.client).await, [("soon".to_owned(), 0)]);
    let url = w.api.join(&format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json")).unwrap();
    for form in [vec![("Body", "other")], vec![("Status", "canceled")], vec![]] {
        let request = reqwest::Client::new().post(url.clone()).basic_auth(ACCOUNT, Some("token")).form(&form);
        assert_eq!(request.send().await.unwrap().status(), 400, "{form:?}");
    }
    let stranger = reqwest::Client::new().post(url).form(&[("Body", "")]).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}
