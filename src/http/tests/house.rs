//! The house over real sockets.

use std::net::SocketAddr;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::super::whole::{ORDINARY_BYTES, Takes, Whole};
use super::*;

/// What never happens in time does not happen.
const AT_ALL: Duration = Duration::from_secs(20);
/// Longer than any test takes.
const NEVER: Duration = Duration::from_hours(1);
/// A request that nobody has to prove anything for.
const HEALTHY: &str = "GET /healthz HTTP/1.1\r\nHost: desk.test\r\n\r\n";
const PING: &str = "POST /_matrix/app/v1/ping HTTP/1.1\r\nHost: desk.test\r\nAuthorization: Bearer hs\r\nContent-Length: 2\r\n\r\n{}";

fn bounds(connections: usize) -> Bounds {
    Bounds { connections, head_time: NEVER, idle_time: NEVER, exchange_time: NEVER }
}

/// A house that is served until it is told to stop.
struct Open {
    address: SocketAddr,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

async fn open(router: Router, bounds: Bounds) -> Open {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(serve(listener, router, bounds, stop.clone()));
    Open { address, stop, served }
}

impl Open {
    /// Connects and says something.
    async fn say(&self, words: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        stream
    }

    /// What is answered to something.
    async fn ask(&self, words: &str) -> String {
        answer(&mut self.say(words).await).await
    }
}

/// The next answer; empty where the connection is closed without one.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match timeout(AT_ALL, stream.read(&mut piece)).await.expect("an answer, or an end") {
            Ok(0) | Err(_) => break,
            Ok(length) => text.extend_from_slice(&piece[..length]),
        }
        let so_far = String::from_utf8_lossy(&text);
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
                break;
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether the other side closes a connection, whatever it says before.
async fn is_closed(stream: &mut TcpStream) -> bool {
    timeout(AT_ALL, async { while !matches!(stream.read(&mut [0; 4096]).await, Ok(0) | Err(_)) {} })
        .await
        .is_ok()
}

#[tokio::test]
async fn a_connection_that_trickles_is_closed() {
    let bounds = Bounds { head_time: Duration::from_millis(200), ..bounds(100) };
    let house = open(world().await.router, bounds).await;
    let mut silent = house.say("").await;
    let mut half_way = house.say("GET /healthz HTTP/1.1\r\nHo").await;
    assert!(is_closed(&mut silent).await && is_closed(&mut half_way).await);
    let mut trickling = house.say("GET /healthz HTTP/1.1\r\n").await;
    let trickled = timeout(AT_ALL, async {
        while trickling.write_all(b"X-A: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(trickled.await.is_ok(), "saying something now and then gains no time");
    assert!(house.ask(HEALTHY).await.ends_with("ok"));
}

#[tokio::test]
async fn an_answer_that_nobody_reads_to_its_end_is_given_up() {
    let endless = get(async || Body::from(vec![b'a'; 64 * 1024 * 1024]));
    let bounds = Bounds {
        exchange_time: Duration::from_millis(200),
        head_time: Duration::from_millis(50),
        ..bounds(100)
    };
    let house = open(Router::new().route("/", endless), bounds).await;
    let mut stream = house.say("GET / HTTP/1.1\r\nHost: desk.test\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (mut read, mut piece) = (0, vec![0; 65_536]);
    while let Ok(length) = timeout(AT_ALL, stream.read(&mut piece)).await.unwrap() {
        read += length;
        if length == 0 {
            break;
        }
    }
    assert!(read < 64 * 1024 * 1024, "{read}");
}

#[tokio::test]
async fn beside_a_full_house_the_homeserver_and_anyone_healthy_are_answered() {
    let house = open(world().await.router, bounds(20)).await;
    let mut homeserver = house.say(PING).await;
    assert!(answer(&mut homeserver).await.starts_with("HTTP/1.1 200"));
    let mut slow = Vec::new();
    for _ in 0..60 {
        slow.push(house.say("POST /sms/twilio/inbound HTTP/1.1\r\nHost: a\r\nX-Twilio-").await);
    }
    assert!(house.ask(HEALTHY).await.ends_with("ok"));
    assert!(house.ask(PING).await.starts_with("HTTP/1.1 200"));
    homeserver.write_all(PING.as_bytes()).await.unwrap();
    assert!(answer(&mut homeserver).await.starts_with("HTTP/1.1 200"), "its connection was kept");
    for stream in &mut slow[..20] {
        assert!(is_closed(stream).await, "the oldest made room");
    }
}

#[tokio::test]
async fn a_house_full_of_who_has_proved_themselves_lets_nobody_else_in() {
    let house = open(world().await.router, bounds(2)).await;
    // The homeserver's bodies are still on their way.
    let begun = PING.replace("Content-Length: 2\r\n\r\n{}", "Content-Length: 2\r\n\r\n{");
    let mut at_work = Vec::new();
    for _ in 0..2 {
        at_work.push(house.say(&begun).await);
    }
    let turned_away = timeout(AT_ALL, async { while !house.ask(HEALTHY).await.is_empty() {} });
    turned_away.await.expect("once both have proved themselves");
    for stream in &mut at_work {
        stream.write_all(b"}").await.unwrap();
        assert!(answer(stream).await.starts_with("HTTP/1.1 200"));
    }
    assert!(house.ask(HEALTHY).await.ends_with("ok"), "now one of them is idle");
}

#[tokio::test]
async fn long_bodies_of_strangers_are_bounded_in_sum_and_ordinary_ones_always_have_a_place() {
    let taken = axum::routing::post(async |body: Whole| body.bytes.len().to_string());
    let router = |takes: Takes| Router::new().route("/", taken.clone()).layer(axum::Extension(takes));
    let post = |length: usize, sent: usize| {
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{}", "a".repeat(sent))
    };
    let (ordinary, long) = (ORDINARY_BYTES, 2 * ORDINARY_BYTES);
    let house = open(router(Takes::of_strangers(long, 3)), bounds(100)).await;
    let mut slow = Vec::new();
    for _ in 0..3 {
        slow.push(house.say(&post(long, long - 1)).await);
    }
    let full =
        timeout(AT_ALL, async { while !house.ask(&post(long, long)).await.starts_with("HTTP/1.1 503") {} });
    full.await.expect("all places are taken in the end");
    assert!(house.ask(&post(ordinary, ordinary)).await.ends_with(&ordinary.to_string()));
    slow[0].write_all(b"a").await.unwrap();
    assert!(answer(&mut slow[0]).await.ends_with(&long.to_string()), "who has a place keeps it");
    assert!(house.ask(&post(long, long)).await.ends_with(&long.to_string()), "and gives it back");
    assert!(house.ask(&post(long + 1, 0)).await.starts_with("HTTP/1.1 413"), "by what is announced");

    let house = open(router(Takes::of_known(long, 1)), bounds(100)).await;
    let mut first = house.say(&post(long, long - 1)).await;
    let mut second = house.say(&post(long, long)).await;
    first.write_all(b"a").await.unwrap();
    for stream in [&mut first, &mut second] {
        assert!(answer(stream).await.ends_with(&long.to_string()), "the homeserver waits for its place");
    }
    let longer = post(10 * long, 10 * long);
    assert!(house.ask(&longer).await.starts_with("HTTP/1.1 413"), "all is read, so that the answer arrives");
}

#[tokio::test]
async fn cleartext_http_2_is_not_spoken() {
    let house = open(world().await.router, bounds(100)).await;
    let mut stream = house.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let mut heard = Vec::new();
    // It may be reset with what was not read.
    let _ = timeout(AT_ALL, stream.read_to_end(&mut heard)).await.expect("it is closed");
    assert!(
        heard.is_empty() || heard.starts_with(b"HTTP/1.1 4") || heard.starts_with(b"HTTP/1.1 505"),
        "{heard:?}"
    );
    let upgrade = HEALTHY.replace(
        "\r\n\r\n",
        "\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    );
    assert!(house.ask(&upgrade).await.starts_with("HTTP/1.1 200"), "an upgrade is not taken up");
}

#[tokio::test]
async fn what_is_under_way_is_finished_at_the_end_and_the_rest_is_closed() {
    let house = open(world().await.router, bounds(100)).await;
    let begun = PING.replace("Content-Length: 2\r\n\r\n{}", "Content-Length: 2\r\n\r\n{");
    let mut at_work = house.say(&begun).await;
    let mut idle = house.say(HEALTHY).await;
    assert!(answer(&mut idle).await.ends_with("ok"));
    let mut half_way = house.say("GET /healthz HT").await;
    // The one at work must have been heard before.
    tokio::time::sleep(Duration::from_millis(200)).await;
    house.stop.cancel();
    assert!(is_closed(&mut idle).await && is_closed(&mut half_way).await);
    at_work.write_all(b"}").await.unwrap();
    assert!(answer(&mut at_work).await.starts_with("HTTP/1.1 200"));
    timeout(AT_ALL, house.served).await.expect("it ends").unwrap();
    assert!(TcpStream::connect(house.address).await.is_err(), "nobody listens");
}

#[tokio::test]
async fn refusals_are_told_once_a_minute_with_their_count() {
    let recorder = observe::builder().unwrap().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let lines = {
        let page = Page::default();
        let writer = page.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let _log = tracing::subscriber::set_default(log);
        let w = world().await;
        for _ in 0..500 {
            w.ask(Method::POST, "/sms/twilio/inbound", &[("X-Twilio-Signature", "AAAA")], "Body=x").await;
            w.ask(Method::POST, "/_matrix/app/v1/ping", &[("Authorization", "Bearer no")], "{}").await;
        }
        w.clock.advance(crate::quiet::EVERY);
        w.ask(Method::POST, "/sms/twilio/inbound", &[], "").await;
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    };
    let told: Vec<&str> = lines.lines().filter(|line| line.contains("refused")).collect();
    assert_eq!(told.len(), 3, "{lines}");
    assert!(told[2].contains("times=500") && told[2].contains("/sms/twilio/inbound"), "{lines}");
    let measured = recorder.handle().render();
    let counted = r#"switchroom_refused_total{method="POST",route="/sms/twilio/inbound",reason="signature not valid for sms.public_url"} 501"#;
    assert!(measured.contains(counted), "{measured}");
}

#[derive(Clone, Default)]
struct Page(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
