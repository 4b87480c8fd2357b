//! The client against a server of Twilio's wire that answers well, badly, and not at all.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{basic_auth, body_string_contains, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::super::list::{MAX_PAGES, PAGE_SIZE};
use super::*;
use crate::clock::Millis;
use crate::domain::address::{Address, Channel};
use crate::domain::reply::PartState;
use crate::reach::Trouble;
use crate::sms::provider::Direction;

const ACCOUNT: &str = "AC00000000000000000000000000000001";

fn client(api_url: &str, adjust: impl FnOnce(&mut TwilioConfig)) -> TwilioClient {
    let mut config = TwilioConfig {
        api_url: Url::parse(api_url).unwrap(),
        account_sid: ACCOUNT.to_owned(),
        auth_token: SecretString::from("secret"),
        timeouts: Timeouts::default(),
        media: MediaLimits { max_bytes: 1000, ..MediaLimits::default() },
    };
    adjust(&mut config);
    TwilioClient::new(config).unwrap()
}

fn message() -> OutgoingSms {
    OutgoingSms {
        from: Address::sms("+15005550006"),
        to: Address::sms("+14155550100"),
        body: "Grüße & 👋".to_owned(),
        media: vec![Url::parse("https://desk.test/a").unwrap(), Url::parse("https://desk.test/b").unwrap()],
        status_callback: Url::parse("https://desk.test/sms/twilio/status?id=7.x").unwrap(),
    }
}

fn messages_path() -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
}

/// A server below HTTP: reads a request's head, writes `answer`, and closes, or never does if there is none.
async fn raw_server(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await.unwrap();
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => std::future::pending().await,
        }
    });
    url
}

#[tokio::test]
async fn a_message_is_submitted_once_with_every_field() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(messages_path()))
        .and(basic_auth(ACCOUNT, "secret"))
        .and(body_string_contains("From=%2B15005550006&To=%2B14155550100&Body=Gr%C3%BC%C3%9Fe+%26+"))
        .and(body_string_contains(
            "&MediaUrl=https%3A%2F%2Fdesk.test%2Fa&MediaUrl=https%3A%2F%2Fdesk.test%2Fb&",
        ))
        .and(body_string_contains(
            "StatusCallback=https%3A%2F%2Fdesk.test%2Fsms%2Ftwilio%2Fstatus%3Fid%3D7.x",
        ))
        .respond_with(
            ResponseTemplate::new(201).set_body_json(serde_json::json!({"sid":"SM1","status":"queued"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let outcome = client(&server.uri(), |_| {}).send(&message()).await;
    assert_eq!(outcome, SendOutcome::Accepted { sid: "SM1".to_owned(), state: PartState::Accepted });
}

#[tokio::test]
async fn a_message_on_whatsapp_names_the_channel_of_both_and_so_does_the_list() {
    let server = MockServer::start().await;
    let on_whatsapp = |number: &str| Address::new(Channel::Whatsapp, number);
    Mock::given(method("POST"))
        .and(body_string_contains("From=whatsapp%3A%2B15005550006&To=whatsapp%3A%2B14155550100&"))
        .respond_with(
            ResponseTemplate::new(201).set_body_json(serde_json::json!({"sid":"SM1","status":"queued"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let mut entry = entry("SM1", 1);
    entry["from"] = "whatsapp:+14155550100".into();
    Mock::given(query_param("To", "whatsapp:+15005550006"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(serde_json::json!({"messages": [entry], "next_page_uri": null})),
        )
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server.uri(), |_| {});
    let (from, to) = (on_whatsapp("+15005550006"), on_whatsapp("+14155550100"));
    let outcome = client.send(&OutgoingSms { from: from.clone(), to, ..message() }).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
    let listing = client.list(ListQuery { to: Some(from), ..ListQuery::default() }).await.unwrap();
    assert_eq!(listing.messages[0].from, on_whatsapp("+14155550100"));
}

#[tokio::test]
async fn a_base_url_with_a_path_keeps_it() {
    let server = MockServer::start().await;
    Mock::given(path(format!("/api/laml{}", messages_path())))
        .respond_with(
            ResponseTemplate::new(201).set_body_json(serde_json::json!({"sid":"a-b","status":"queued"})),
        )
        .mount(&server)
        .await;
    let outcome = client(&format!("{}/api/laml/", server.uri()), |_| {}).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn nobody_listening_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = client(&url, |_| {}).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Retry { after: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn every_answer_tells_whether_the_provider_is_well() {
    let server = MockServer::start().await;
    let client = client(&server.uri(), |_| {});
    let (failed, well) = (Some(Trouble::Failed), None);
    let table = [
        (503, 20500, failed, 1),
        (400, 21211, well, 1),
        (401, 20003, Some(Trouble::Refused), 2),
        (403, 20003, Some(Trouble::Refused), 3),
        (403, 21408, well, 3),
        (429, 20429, Some(Trouble::Busy), 3),
        (429, 63038, well, 3),
    ];
    for (status, code, trouble, gaps) in table {
        server.reset().await;
        let answer = ResponseTemplate::new(status).set_body_json(serde_json::json!({"code": code}));
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        client.send(&message()).await;
        let reach = client.reach().now();
        assert_eq!((reach.trouble.map(|(what, _)| what), reach.gaps), (trouble, gaps), "{status} {code}");
    }
}

#[tokio::test]
async fn a_late_answer_is_a_gap_but_not_one_of_the_list_that_is_read_for_the_sake_of_gaps() {
    let server = MockServer::start().await;
    let answer = |status: u16, body: serde_json::Value| {
        ResponseTemplate::new(status).set_body_json(body).set_delay(Duration::from_millis(100))
    };
    let sent = answer(201, serde_json::json!({"sid": "SM1", "status": "queued"}));
    Mock::given(method("POST")).respond_with(sent).mount(&server).await;
    let list = answer(200, serde_json::json!({"messages": [], "next_page_uri": null}));
    Mock::given(method("GET")).respond_with(list).mount(&server).await;
    let client = client(&server.uri(), |config| config.timeouts.late = Duration::from_millis(50));
    let query = ListQuery { to: None, from: None, since: None };
    client.list_page(&query, None).await.unwrap();
    assert_eq!(client.reach().gaps(), 0);
    client.send(&message()).await;
    assert_eq!(client.reach().gaps(), 1);
}

#[tokio::test]
async fn silence_after_the_request_is_unknown() {
    let url = raw_server(None).await;
    let short = |config: &mut TwilioConfig| config.timeouts.answer = Duration::from_millis(200);
    let outcome = client(&url, short).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_unknown() {
    for answer in ["", "HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{\"sid\":", "nonsense\r\n\r\n"] {
        let url = raw_server(Some(answer)).await;
        let outcome = client(&url, |_| {}).send(&message()).await;
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{answer:?} {outcome:?}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let server = MockServer::start().await;
    let body = vec![b' '; MAX_ANSWER_BYTES + 1];
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(201).set_body_bytes(body))
        .mount(&server)
        .await;
    let outcome = client(&server.uri(), |_| {}).send(&message()).await;
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
}

fn entry(sid: &str, minute: u8) -> serde_json::Value {
    serde_json::json!({
        "sid": sid, "direction": "inbound", "from": "+14155550100", "to": "+15005550006", "body": "hi",
        "num_media": "2", "status": "received", "error_code": null,
        "date_created": format!("Tue, 14 Nov 2023 22:{minute:02}:20 +0000"), "date_sent": null
    })
}

#[tokio::test]
async fn the_list_is_read_page_by_page_until_it_is_older_than_asked() {
    let server = MockServer::start().await;
    let page = |n: u8, messages: Vec<serde_json::Value>| {
        let next = format!("{}?Page={}&PageToken=PA{}", messages_path(), n + 1, n + 1);
        ResponseTemplate::new(200)
            .set_body_json(serde_json::json!({"messages": messages, "next_page_uri": next}))
    };
    Mock::given(query_param("To", "+15005550006"))
        .and(query_param("PageSize", PAGE_SIZE))
        .and(basic_auth(ACCOUNT, "secret"))
        .respond_with(page(
            0,
            vec![entry("SM3", 15), serde_json::json!({"sid":"SM9","direction":"inbound","status":"x"})],
        ))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(query_param("Page", "1"))
        .respond_with(page(1, vec![entry("SM2", 13), entry("SM1", 12)]))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(query_param("Page", "2"))
        .respond_with(page(2, vec![entry("SM0", 1)]))
        .expect(1)
        .mount(&server)
        .await;
    let since = Some(Millis(1_700_000_000_900));
    let query = ListQuery { to: Some(Address::sms("+15005550006")), from: None, since };
    let listing = client(&server.uri(), |_| {}).list(query).await.unwrap();
    assert!(listing.complete);
    assert_eq!(listing.messages.iter().map(|m| m.sid.as_str()).collect::<Vec<_>>(), ["SM3", "SM2"]);
    let first = &listing.messages[1];
    assert_eq!((first.direction, first.num_media, first.state), (Direction::Inbound, 2, None));
    assert_eq!(first.date_created, Millis(1_700_000_000_000));
}

#[tokio::test]
async fn a_list_without_end_is_told_to_be_incomplete() {
    let server = MockServer::start().await;
    let page = serde_json::json!({"messages": [entry("SM1", 13)], "next_page_uri": messages_path()});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(page))
        .expect(u64::try_from(MAX_PAGES).unwrap())
        .mount(&server)
        .await;
    let listing = client(&server.uri(), |_| {}).list(ListQuery::default()).await.unwrap();
    assert!(!listing.complete);
}

#[tokio::test]
async fn a_list_that_continues_elsewhere_gets_no_credential() {
    let server = MockServer::start().await;
    for next in ["https://evil.test/x", "//evil.test/x", "http://u:p@evil.test", "http://127.0.0.1:1/x"] {
        server.reset().await;
        let page = serde_json::json!({"messages": [], "next_page_uri": next});
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(200).set_body_json(page))
            .mount(&server)
            .await;
        let error = client(&server.uri(), |_| {}).list(ListQuery::default()).await.unwrap_err();
        assert!(matches!(error, ListError::WrongHost), "{next} {error:?}");
    }
}

#[tokio::test]
async fn a_refused_list_tells_why_and_the_log_no_words_of_the_provider() {
    let server = MockServer::start().await;
    let body = serde_json::json!({"code": 20003, "message": "To +14155550100 is not yours", "status": 401});
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .mount(&server)
        .await;
    let error = client(&server.uri(), |_| {}).list(ListQuery::default()).await.unwrap_err();
    assert!(matches!(error, ListError::Refused { status: 401, code: Some(20003), .. }), "{error:?}");
    let logged = "the provider refused to list messages: it answered 401, error 20003";
    assert_eq!(error.to_string(), logged);
    let error = client(&server.uri(), |_| {}).media_list("../Calls").await.unwrap_err();
    assert!(matches!(error, ListError::BadSid), "{error:?}");
}

#[tokio::test]
async fn the_media_of_a_listed_message_are_found() {
    let server = MockServer::start().await;
    let uri = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1.json");
    let body = serde_json::json!({"media_list": [{"sid": "ME1", "content_type": "image/png", "uri": uri}]});
    Mock::given(path(format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media.json")))
        .and(basic_auth(ACCOUNT, "secret"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let parts = client(&server.uri(), |_| {}).media_list("MM1").await.unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].url.as_str(), format!("{}{}", server.uri(), uri.trim_end_matches(".json")));
    assert_eq!(parts[0].content_type, "image/png");
}

fn without_credential(request: &Request) -> bool {
    !request.headers.contains_key("authorization")
}

#[tokio::test]
async fn media_come_from_the_cdn_which_never_sees_the_credential() {
    let (api, cdn) = (MockServer::start().await, MockServer::start().await);
    Mock::given(path("/media"))
        .and(basic_auth(ACCOUNT, "secret"))
        .respond_with(ResponseTemplate::new(307).insert_header("Location", format!("{}/step", cdn.uri())))
        .mount(&api)
        .await;
    // A CDN that sends back to the API does not get the credential out of us either.
    Mock::given(path("/step"))
        .and(without_credential)
        .respond_with(ResponseTemplate::new(302).insert_header("Location", format!("{}/file", api.uri())))
        .expect(1)
        .mount(&cdn)
        .await;
    Mock::given(path("/file"))
        .and(without_credential)
        .respond_with(ResponseTemplate::new(200).set_body_raw(b"\x89PNG".to_vec(), "Image/PNG; x=y"))
        .expect(1)
        .mount(&api)
        .await;
    let with_cdn = |config: &mut TwilioConfig| config.media.hosts = vec!["127.0.0.1".to_owned()];
    let url = Url::parse(&format!("{}/media", api.uri())).unwrap();
    let media = client(&api.uri(), with_cdn).fetch_media(&url).await.unwrap();
    assert_eq!((&media.bytes[..], media.content_type.as_str()), (&b"\x89PNG"[..], "image/png"));
}

#[tokio::test]
async fn media_elsewhere_are_not_fetched() {
    let (api, cdn) = (MockServer::start().await, MockServer::start().await);
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&cdn).await;
    Mock::given(path("/media"))
        .respond_with(ResponseTemplate::new(302).insert_header("Location", cdn.uri()))
        .mount(&api)
        .await;
    let client = client(&api.uri(), |_| {});
    let userinfo = format!("http://u:p@{}/x", api.address());
    let media = format!("{}/media", api.uri());
    for url in
        [&media, &cdn.uri(), &userinfo, "file:///etc/passwd", "http://169.254.169.254/", "ftp://a.test"]
    {
        let error = client.fetch_media(&Url::parse(url).unwrap()).await.unwrap_err();
        assert!(matches!(error, MediaError::NotAllowed) && !error.is_retryable(), "{url} {error:?}");
    }
}

#[tokio::test]
async fn plain_http_is_refused_where_the_api_is_encrypted() {
    let with_host = |config: &mut TwilioConfig| config.media.hosts = vec!["127.0.0.1".to_owned()];
    let client = client("https://api.test", with_host);
    for url in ["http://api.test/x", "http://127.0.0.1:1/x"] {
        let error = client.fetch_media(&Url::parse(url).unwrap()).await.unwrap_err();
        assert!(matches!(error, MediaError::NotAllowed), "{url} {error:?}");
    }
}

#[tokio::test]
async fn media_beyond_the_limits_are_cut() {
    let server = MockServer::start().await;
    let respond = |at: &'static str, answer: ResponseTemplate| {
        Mock::given(path(at)).respond_with(answer).mount(&server)
    };
    respond("/large", ResponseTemplate::new(200).set_body_bytes(vec![0; 1001])).await;
    respond("/most", ResponseTemplate::new(200).set_body_bytes(vec![0; 1000])).await;
    respond("/loop", ResponseTemplate::new(302).insert_header("Location", "/loop")).await;
    respond("/nowhere", ResponseTemplate::new(302)).await;
    respond("/slow", ResponseTemplate::new(200).set_delay(Duration::from_secs(30))).await;
    respond("/busy", ResponseTemplate::new(503)).await;
    respond("/gone", ResponseTemplate::new(410)).await;
    let client = client(&server.uri(), |config| config.media.timeout = Duration::from_millis(500));
    let fetch =
        async |at: &str| client.fetch_media(&Url::parse(&server.uri()).unwrap().join(at).unwrap()).await;
    assert_eq!(fetch("/most").await.unwrap().bytes.len(), 1000);
    assert!(matches!(fetch("/large").await, Err(MediaError::TooLarge { max_bytes: 1000 })));
    assert!(matches!(fetch("/loop").await, Err(MediaError::TooManyRedirects)));
    assert!(matches!(fetch("/nowhere").await, Err(MediaError::NotAllowed)));
    assert!(matches!(fetch("/slow").await, Err(MediaError::TimedOut)));
    assert!(fetch("/busy").await.unwrap_err().is_retryable());
    assert!(fetch("/missing").await.unwrap_err().is_retryable());
    assert!(!fetch("/gone").await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn media_in_use_are_bounded_in_sum() {
    let server = MockServer::start().await;
    let body = ResponseTemplate::new(200).set_body_bytes(vec![0; 900]);
    Mock::given(path("/part")).respond_with(body).mount(&server).await;
    let client = client(&server.uri(), |config| config.media.timeout = Duration::from_millis(500));
    let url = Url::parse(&server.uri()).unwrap().join("/part").unwrap();
    let all = client.fetcher.downloads.available_permits();
    let first = client.fetch_media(&url).await.unwrap();
    let second = client.fetch_media(&url).await.unwrap();
    assert_eq!(client.fetcher.downloads.available_permits(), all - 2, "a KiB each, while they are used");
    drop((first, second));
    assert_eq!(client.fetcher.downloads.available_permits(), all);
    let _used = client.fetcher.downloads.acquire_many(u32::try_from(all).unwrap()).await.unwrap();
    let error = client.fetch_media(&url).await.unwrap_err();
    assert!(
        matches!(error, MediaError::TimedOut) && error.is_retryable(),
        "it waits for its turn: {error:?}"
    );
}

#[tokio::test]
async fn endless_media_of_no_declared_length_are_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 512]).await.is_ok() {}
    });
    let error = client(&url, |_| {}).fetch_media(&Url::parse(&url).unwrap()).await.unwrap_err();
    assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let build = |api_url: &str, account: &str| {
        TwilioClient::new(TwilioConfig {
            api_url: Url::parse(api_url).unwrap(),
            account_sid: account.to_owned(),
            auth_token: SecretString::from("secret"),
            timeouts: Timeouts::default(),
            media: MediaLimits::default(),
        })
    };
    for url in ["ftp://a.test", "https://u:p@a.test", "https://a.test/?x", "mailto:a@b.test"] {
        assert!(matches!(build(url, ACCOUNT), Err(BuildError::ApiUrl)), "{url}");
    }
    assert!(matches!(build("https://a.test", "../x"), Err(BuildError::AccountSid)));
    assert!(!format!("{:?}", build("https://a.test", ACCOUNT).unwrap()).contains("secret"));
}
