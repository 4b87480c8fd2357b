//! Takes words and media out of what Twilio keeps of a message.
//!
//! Of a call the whole record is deleted: it holds nothing but who called whom.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource#update-a-message-resource>,
//! <https://www.twilio.com/docs/messaging/api/media-resource#delete-a-media-resource>.

use std::time::Duration;

use http::StatusCode;
use reqwest::RequestBuilder;

use super::client::{MAX_ANSWER_BYTES, TwilioClient};
use super::reply::ErrorBody;
use super::wire::is_sid;
use crate::sms::provider::{EraseError, ListError};
use crate::sms::request::Answer;

/// What ids of calls begin with.
const OF_CALLS: &str = "CA";

impl TwilioClient {
    /// Deletes the media of a message, then its text: `DELETE …/Messages/{MessageSid}/Media/{Sid}.json` and
    /// `POST …/Messages/{MessageSid}.json` with an empty `Body`. What is gone already is erased.
    pub(super) async fn erase_message(&self, sid: &str) -> Result<(), EraseError> {
        if !is_sid(sid) {
            return Err(EraseError::BadSid);
        }
        if sid.starts_with(OF_CALLS) {
            return self.erase_with(self.http.delete(format!("{}/Calls/{sid}.json", self.account_url))).await;
        }
        let parts = match self.media_list(sid).await {
            Err(ListError::Refused { status: 404 | 410, .. }) => return Ok(()),
            listed => listed.map_err(EraseError::List)?,
        };
        for part in parts {
            self.erase_with(self.http.delete(format!("{}.json", part.url))).await?;
        }
        let url = format!("{}/Messages/{sid}.json", self.account_url);
        self.erase_with(self.http.post(url).form(&[("Body", "")])).await
    }

    async fn erase_with(&self, request: RequestBuilder) -> Result<(), EraseError> {
        // Nobody waits for it, so that it is never late.
        let answer = self.request(request, MAX_ANSWER_BYTES, Duration::MAX).await;
        let Answer { status, body, .. } = answer.map_err(EraseError::Transport)?;
        if status.is_success() || matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(());
        }
        let code = body.ok().and_then(|body| ErrorBody::read(&body).code);
        Err(EraseError::Refused { status: status.as_u16(), code })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;
    use url::Url;
    use wiremock::matchers::{body_string, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::sms::media::MediaLimits;
    use crate::sms::request::Timeouts;
    use crate::sms::twilio::client::TwilioConfig;

    const ACCOUNT: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001";

    fn client(server: &MockServer) -> TwilioClient {
        let config = TwilioConfig {
            api_url: Url::parse(&server.uri()).unwrap(),
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            auth_token: SecretString::from("secret"),
            timeouts: Timeouts::default(),
            media: MediaLimits::default(),
        };
        TwilioClient::new(config).unwrap()
    }

    async fn lists_media(server: &MockServer, answer: ResponseTemplate) {
        let list = Mock::given(method("GET")).and(path(format!("{ACCOUNT}/Messages/MM1/Media.json")));
        list.respond_with(answer).mount(server).await;
    }

    fn one_part() -> ResponseTemplate {
        let part =
            json!({"uri": format!("{ACCOUNT}/Messages/MM1/Media/ME1.json"), "content_type": "image/png"});
        ResponseTemplate::new(200).set_body_json(json!({"media_list": [part], "next_page_uri": null}))
    }

    #[tokio::test]
    async fn media_is_deleted_before_the_words_are_emptied() {
        let server = MockServer::start().await;
        lists_media(&server, one_part()).await;
        let media = Mock::given(method("DELETE")).and(path(format!("{ACCOUNT}/Messages/MM1/Media/ME1.json")));
        media.respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
        let words = Mock::given(method("POST")).and(path(format!("{ACCOUNT}/Messages/MM1.json")));
        let emptied = ResponseTemplate::new(200).set_body_json(json!({"sid": "MM1", "body": ""}));
        words.and(body_string("Body=")).respond_with(emptied).expect(1).mount(&server).await;
        client(&server).erase_message("MM1").await.unwrap();
        let asked = server.received_requests().await.unwrap_or_default();
        let methods: Vec<&str> = asked.iter().map(|request| request.method.as_str()).collect();
        assert_eq!(methods, ["GET", "DELETE", "POST"]);
    }

    #[tokio::test]
    async fn the_record_of_a_call_is_deleted() {
        let server = MockServer::start().await;
        let call = Mock::given(method("DELETE")).and(path(format!("{ACCOUNT}/Calls/CA1.json")));
        call.respond_with(ResponseTemplate::new(204)).expect(1).mount(&server).await;
        client(&server).erase_message("CA1").await.unwrap();
        assert_eq!(server.received_requests().await.unwrap_or_default().len(), 1);
    }

    #[tokio::test]
    async fn a_message_that_is_gone_is_erased() {
        let server = MockServer::start().await;
        client(&server).erase_message("MM1").await.unwrap();
        lists_media(&server, one_part()).await;
        client(&server).erase_message("MM1").await.unwrap();
    }

    #[tokio::test]
    async fn what_is_still_on_its_way_and_a_provider_that_fails_are_asked_again() {
        for (status, is_retryable) in [(400, true), (409, true), (401, true), (503, true), (405, false)] {
            let server = MockServer::start().await;
            lists_media(&server, one_part()).await;
            let refusal = ResponseTemplate::new(status).set_body_json(json!({"code": 20009}));
            Mock::given(method("DELETE")).respond_with(refusal).mount(&server).await;
            let error = client(&server).erase_message("MM1").await.unwrap_err();
            assert!(
                matches!(error, EraseError::Refused { status: told, code: Some(20009) } if told == status),
                "{error:?}"
            );
            assert_eq!(error.is_retryable(), is_retryable, "{status}");
        }
    }

    #[tokio::test]
    async fn an_id_that_would_lead_elsewhere_is_not_asked_for() {
        let server = MockServer::start().await;
        for sid in ["", "../Calls/CA1", "MM1/Media", "MM1?x"] {
            assert!(matches!(client(&server).erase_message(sid).await, Err(EraseError::BadSid)), "{sid}");
        }
        assert!(server.received_requests().await.unwrap_or_default().is_empty());
    }
}
