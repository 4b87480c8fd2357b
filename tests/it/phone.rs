//! The page `/phone` in a real browser: a person texts, the desk answers, the page shows it.

mod calls;
mod media;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode, Uri};
use secrecy::SecretString;
use switchroom::clock::Clock;
use switchroom::domain::address::Address;
use switchroom::sms::provider::{OutgoingSms, SendOutcome, SmsProvider as _};
use switchroom::sms::simulator::{PostFault, Simulator, SimulatorConfig};
use switchroom::sms::twilio::wire::{Form, InboundForm, InboundText};
use switchroom::sms::twilio::{MediaLimits, Timeouts, TwilioClient, TwilioConfig, signature};
use tokio::net::TcpListener;
use url::Url;

use crate::browser::{self, Browser};

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const OURS: &str = "+15005550006";
const JANE: &str = "+14155550100";
const OMAR: &str = "+14155550123";
const OFF: &str = "+14155550404";
/// Names a folder to keep pictures of the page in, to look at.
const PICTURES: &str = "SWITCHROOM_PICTURES";

/// Takes inbound texts whose signature is right.
#[derive(Clone)]
struct Desk {
    url: Url,
    texts: Arc<Mutex<Vec<InboundText>>>,
}

impl Desk {
    async fn start() -> Self {
        let (listener, url) = listen().await;
        let desk = Self { url, texts: Arc::default() };
        let router = Router::new().fallback(take).with_state(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        desk
    }

    async fn text(&self, body: &str) -> InboundText {
        let find = || self.texts.lock().unwrap().iter().find(|text| text.body == body).cloned();
        let arrives = async {
            loop {
                match find() {
                    Some(text) => return text,
                    None => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), arrives).await.expect("the text never reached the desk")
    }
}

async fn take(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let url = format!("{}{uri}", desk.url.as_str().trim_end_matches('/'));
    let form = Form::decode(&body).unwrap();
    let header = headers[signature::HEADER].to_str().unwrap();
    if !signature::verify(&[SecretString::from("token")], &url, form.signed(), header) {
        return StatusCode::FORBIDDEN;
    }
    if uri.path() == "/sms/simulator/inbound" {
        desk.texts.lock().unwrap().push(InboundForm::parse(&form.text()));
    }
    StatusCode::OK
}

async fn listen() -> (TcpListener, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, url)
}

struct World {
    desk: Desk,
    simulator: Simulator,
    client: TwilioClient,
    page: String,
    browser: Browser,
}

impl World {
    async fn start() -> Self {
        Self::with_numbers(&[OURS]).await
    }

    async fn with_numbers(numbers: &[&str]) -> Self {
        let desk = Desk::start().await;
        let (listener, api_url) = listen().await;
        let simulator = Simulator::open(SimulatorConfig {
            account_sid: ACCOUNT.to_owned(),
            auth_token: SecretString::from("token"),
            api_url: api_url.clone(),
            inbound_url: desk.url.join("/sms/simulator/inbound").unwrap(),
            numbers: numbers.iter().map(|number| Address::sms(*number)).collect(),
            file: None,
            pace: Duration::from_millis(20),
            clock: Clock::default(),
        })
        .await
        .unwrap();
        tokio::spawn(simulator.clone().serve(listener));
        let client = TwilioClient::new(TwilioConfig {
            api_url: api_url.clone(),
            account_sid: ACCOUNT.to_owned(),
            auth_token: SecretString::from("token"),
            timeouts: Timeouts::default(),
            media: MediaLimits::default(),
        })
        .unwrap();
        let page = api_url.join("/phone").unwrap().to_string();
        Self { desk, simulator, client, page, browser: Browser::start().await }
    }

    async fn reply(&self, to: &str, body: &str, media: Vec<Url>) -> String {
        let message = OutgoingSms {
            from: Address::sms(OURS),
            to: Address::sms(to),
            body: body.to_owned(),
            media,
            status_callback: self.desk.url.join("/sms/simulator/status?id=1").unwrap(),
        };
        match self.client.send(&message).await {
            SendOutcome::Accepted { sid, .. } => sid,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for a bubble with exactly this text and mark.
    async fn bubble(&self, phone: &str, text: &str, mark: &str) {
        let selector =
            serde_json::json!(format!("[data-phone=\"{phone}\"] .message[data-mark=\"{mark}\"] .text"));
        let text = serde_json::json!(text);
        let is = format!("[...document.querySelectorAll({selector})].some((p) => p.textContent === {text})");
        self.browser.until(&is).await;
    }

    async fn keep_picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os(PICTURES) {
            self.browser.until("[...document.images].every((image) => image.complete)").await;
            self.browser.picture(&Path::new(&folder).join(name)).await;
        }
    }
}

fn compose(phone: &str) -> String {
    format!("[data-phone=\"{phone}\"] textarea")
}

/// A picture of a sunset over the sea, drawn here.
fn sunset(folder: &Path) -> PathBuf {
    let (width, height) = (360_u32, 270_u32);
    let shade = |from: [f32; 3], to: [f32; 3], at: f32| {
        let part = |n: usize| from[n] + (to[n] - from[n]) * at;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a colour is 0 to 255")]
        image::Rgb([part(0) as u8, part(1) as u8, part(2) as u8])
    };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred pixels")]
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let sun = ((x - 0.62).powi(2) * 1.8 + (y - 0.55).powi(2)).sqrt();
        match () {
            () if y > 0.64 && (x - 0.62).abs() < 0.09 - (y - 0.64) * 0.12 => {
                shade([255.0, 205.0, 140.0], [190.0, 110.0, 130.0], (y - 0.64) / 0.36)
            }
            () if y > 0.64 => shade([120.0, 84.0, 140.0], [34.0, 36.0, 84.0], (y - 0.64) / 0.36),
            () if sun < 0.12 => shade([255.0, 240.0, 190.0], [255.0, 214.0, 140.0], sun / 0.12),
            () => shade([70.0, 72.0, 150.0], [255.0, 160.0, 110.0], y / 0.64),
        }
    });
    let file = folder.join("sunset.png");
    picture.save(&file).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_texts_the_desk_from_the_page_and_sees_the_answer() {
    if !browser::is_there("a_person_texts_the_desk_from_the_page_and_sees_the_answer") {
        return;
    }
    let w = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    w.browser.window(1280, 800, false).await;
    w.browser.open(&w.page).await;

    w.browser.write(&compose(JANE), "Hi! Is my order 4711 on its way?\u{E007}").await;
    let text = w.desk.text("Hi! Is my order 4711 on its way?").await;
    assert_eq!((text.from.value(), text.to.value()), (JANE, OURS));
    w.bubble(JANE, "Hi! Is my order 4711 on its way?", "delivered").await;

    let sid = w.reply(JANE, "Hello Jane, this is Alice. Let me have a look.", vec![]).await;
    w.bubble(JANE, "Hello Jane, this is Alice. Let me have a look.", "delivered").await;
    w.browser.until(&format!("document.querySelectorAll('[data-sid={sid}]').length === 1")).await;

    let file = sunset(folder.path());
    w.browser.write(&format!("[data-phone=\"{OMAR}\"] input[type=file]"), file.to_str().unwrap()).await;
    w.browser.until("document.querySelectorAll('.thumb img').length === 1").await;
    w.browser.write(&compose(OMAR), "The view from our room. Could we stay one more night?\u{E007}").await;
    let text = w.desk.text("The view from our room. Could we stay one more night?").await;
    let fetched = w.client.fetch_media(&text.media[0].url).await.unwrap();
    assert_eq!(fetched.bytes, std::fs::read(&file).unwrap());
    assert_eq!(fetched.content_type, "image/png");
    w.browser
        .until(&format!(
            "document.querySelector('[data-phone=\"{OMAR}\"] .picture img').naturalWidth === 360"
        ))
        .await;
    w.reply(OMAR, "What a sky! Yes, room 12 is yours until Sunday.", vec![]).await;
    w.bubble(OMAR, "What a sky! Yes, room 12 is yours until Sunday.", "delivered").await;

    w.browser.write(&compose(OFF), "I will be on the plane from noon.\u{E007}").await;
    w.bubble(OFF, "I will be on the plane from noon.", "delivered").await;
    w.reply(OFF, "Your seat is confirmed: 14 A.", vec![]).await;
    w.bubble(OFF, "Your seat is confirmed: 14 A.", "failed").await;
    w.browser
        .until("document.querySelector('.failed .why').textContent.startsWith('30003 · never arrived')")
        .await;

    w.reply(JANE, "It left our store this morning and arrives tomorrow before noon.", vec![]).await;
    w.bubble(JANE, "It left our store this morning and arrives tomorrow before noon.", "delivered").await;
    w.browser.write(&compose(JANE), "Perfect, thank you!\u{E007}").await;
    w.bubble(JANE, "Perfect, thank you!", "delivered").await;
    w.browser.eval("document.activeElement.blur()").await;
    w.keep_picture("wide-light.png").await;
    w.browser.window(1280, 800, true).await;
    w.keep_picture("wide-dark.png").await;
    w.browser.window(390, 844, false).await;
    w.browser.open(&w.page).await;
    w.browser.until("document.querySelectorAll('#phones li').length === 3").await;
    w.keep_picture("narrow-list.png").await;
    w.browser.click(&format!("[data-open=\"{OMAR}\"]")).await;
    w.bubble(OMAR, "What a sky! Yes, room 12 is yours until Sunday.", "delivered").await;
    w.browser.until("document.activeElement.name === 'text'").await;
    w.keep_picture("narrow-chat.png").await;
    w.browser.window(390, 844, true).await;
    w.keep_picture("narrow-dark.png").await;
    w.browser.click(&format!("[data-phone=\"{OMAR}\"] .back")).await;
    w.browser.until("document.querySelector('#app').dataset.view === 'list'").await;
    assert_eq!(w.browser.errors().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_markup_is_text_in_the_page() {
    if !browser::is_there("what_looks_like_markup_is_text_in_the_page") {
        return;
    }
    let w = World::start().await;
    w.browser.window(1280, 800, false).await;
    w.browser.open(&w.page).await;
    let hostile =
        "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script> javascript:alert(1) @room";
    w.browser.write(&compose(JANE), &format!("{hostile}\u{E007}")).await;
    w.desk.text(hostile).await;
    w.bubble(JANE, hostile, "delivered").await;
    w.reply(JANE, hostile, vec![]).await;
    w.browser.until("document.querySelectorAll('.message.desk.delivered').length === 1").await;

    w.browser.click("#add").await;
    w.browser.write("#new-phone [name=name]", "<b onclick=x>Eve</b>").await;
    w.browser.write("#new-phone [name=number]", "not <a> number").await;
    w.browser.click("#new-phone [type=submit]").await;
    w.browser.until("document.querySelector('#new-phone .error').textContent.length > 0").await;
    w.keep_picture("dialog.png").await;
    w.browser.eval("document.querySelector('#new-phone [name=number]').value = '+1 (415) 555-0142'").await;
    w.browser.click("#new-phone [type=submit]").await;
    w.browser
        .until("[...document.querySelectorAll('h2')].some((h) => h.textContent === '<b onclick=x>Eve</b>')")
        .await;
    assert_eq!(w.browser.eval("return window.hit ?? null").await, serde_json::Value::Null);
    assert_eq!(
        w.browser.eval("return document.querySelectorAll('.text *, .preview *, h2 *').length").await,
        0
    );
    let errors = w.browser.errors().await;
    assert!(errors.iter().all(|error| error.contains("422")), "{errors:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_happens_elsewhere_and_what_is_still_under_way() {
    if !browser::is_there("the_page_shows_what_happens_elsewhere_and_what_is_still_under_way") {
        return;
    }
    let w = World::start().await;
    w.simulator.faults().inbound(PostFault::Held);
    w.browser.window(390, 844, false).await;
    w.browser.open(&w.page).await;
    w.browser.until(&format!("document.querySelector('[data-open=\"{JANE}\"]')")).await;
    w.simulator.text_from(JANE, OURS, "From another window", vec![]).await.unwrap();
    w.reply(JANE, "An answer", vec![]).await;
    w.browser.until("document.querySelector('.badge')?.textContent === '1'").await;
    w.browser.until("document.title.startsWith('(1)')").await;
    w.browser.click(&format!("[data-open=\"{JANE}\"]")).await;
    w.bubble(JANE, "From another window", "sent").await;
    w.browser.until("!document.querySelector('.badge')").await;
    w.simulator.faults().clear();
    w.bubble(JANE, "From another window", "delivered").await;
    // Who writes to the desk from a page that lost its simulator gets the text back, not silence.
    w.simulator.stop();
    w.browser.until("document.querySelector('#link').textContent.startsWith('Connection lost')").await;
    w.browser.write(&compose(JANE), "Anybody there?").await;
    w.browser.click(&format!("[data-phone=\"{JANE}\"] [type=submit]")).await;
    w.browser.until("document.querySelector('.compose .error').textContent.length > 0").await;
    w.browser.until("document.querySelector('.compose textarea').value === 'Anybody there?'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_text_can_be_followed_and_nothing_else_of_it_is_markup() {
    if !browser::is_there("a_link_in_a_text_can_be_followed_and_nothing_else_of_it_is_markup") {
        return;
    }
    let w = World::start().await;
    w.browser.window(1280, 800, false).await;
    w.browser.open(&w.page).await;
    let text = "See (https://a.example/x?y=1), <b>http://b.example</b> or ftp://c.example and https://.";
    w.browser.write(&compose(JANE), &format!("{text}\u{E007}")).await;
    w.desk.text(text).await;
    w.bubble(JANE, text, "delivered").await;
    let links = "return [...document.querySelectorAll('.text *')].map((a) => [a.tagName, a.textContent, a.rel].join(' '))";
    let expected =
        ["A https://a.example/x?y=1 noopener noreferrer", "A http://b.example noopener noreferrer"];
    assert_eq!(w.browser.eval(links).await, serde_json::json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_with_two_numbers_is_written_to_at_the_one_used_last() {
    if !browser::is_there("a_desk_with_two_numbers_is_written_to_at_the_one_used_last") {
        return;
    }
    let other = "+15005550016";
    let w = World::with_numbers(&[OURS, other]).await;
    w.browser.window(760, 700, false).await;
    w.browser.open(&w.page).await;
    w.browser.write(&compose(JANE), "To the first\u{E007}").await;
    assert_eq!(w.desk.text("To the first").await.to.value(), OURS);
    w.simulator.text_from(JANE, other, "To the other", vec![]).await.unwrap();
    w.bubble(JANE, "To the other", "delivered").await;
    w.browser.write(&compose(JANE), "Again to the other\u{E007}").await;
    assert_eq!(w.desk.text("Again to the other").await.to.value(), other);
    w.bubble(JANE, "Again to the other", "delivered").await;
    assert_eq!(w.browser.eval("return document.querySelectorAll('.day').length").await, 3);
    w.keep_picture("two-numbers.png").await;
    // Numbers differ at their ends: the whole of one is seen, however narrow the phone is.
    for width in [760, 360] {
        w.browser.window(width, 700, false).await;
        let fits = "const shown = document.querySelector('.who select'), whole = shown.cloneNode(true); \
                    whole.style.cssText = 'position: absolute; max-width: none'; shown.parentNode.append(whole); \
                    const fits = whole.offsetWidth <= shown.offsetWidth; whole.remove(); return fits";
        assert_eq!(w.browser.eval(fits).await, true, "{width}");
    }
}
