//! The door for files we send: who has the link gets the file, and nobody anything else.

use std::time::Duration;

use axum::body::Bytes;

use super::*;
use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::sms::link::LinkKey;
use crate::store::media_out::{self, File, PIECE_BYTES};

const ID: &str = "0123456789abcdef0123456789abcdef";
const NAME: &str = "image-1.jpg";
const HOUR: Duration = Duration::from_hours(1);

/// A file of a little over two pieces.
fn content() -> Vec<u8> {
    (0..2 * PIECE_BYTES + 1000).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// A desk that has the file, and the link to it.
async fn world_with_file(mime: &str) -> (World, String) {
    let world = world().await;
    let until = world.clock.now() + HOUR;
    let content = content();
    let file = File {
        id: ID.to_owned(),
        interaction: "i-7f3k2".to_owned(),
        name: NAME.to_owned(),
        mime: mime.to_owned(),
        bytes: i64::try_from(content.len()).unwrap(),
        until: until.0,
    };
    let mut conn = world.store.connection().await.unwrap();
    media_out::add(&mut conn, &file, &content, world.clock.now()).await.unwrap();
    drop(conn);
    let link = link(ID, until, NAME);
    (world, link)
}

fn link(id: &str, until: Millis, name: &str) -> String {
    format!("/media/{}/{name}", testing::link_key().token(id, until, name).unwrap())
}

impl World {
    async fn fetch(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
    }
}

#[tokio::test]
async fn who_has_the_link_gets_the_file_whole_or_in_parts_and_its_head_alone() {
    let (world, link) = world_with_file("image/jpeg").await;
    let whole = content();
    let (status, headers, body) = world.fetch(Method::GET, &link, &[]).await;
    assert_eq!((status, body[..] == whole[..]), (StatusCode::OK, true));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", &whole.len().to_string()),
        ("content-disposition", "inline; filename=\"image-1.jpg\""),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-store"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let (status, of_head, nothing) = world.fetch(Method::HEAD, &link, &[]).await;
    assert_eq!((status, nothing.len()), (StatusCode::OK, 0));
    assert_eq!(
        (&of_head["content-length"], &of_head["content-type"]),
        (&headers["content-length"], &headers["content-type"])
    );

    let piece = PIECE_BYTES;
    for (range, part) in [
        ("bytes=0-0".to_owned(), 0..1),
        (format!("bytes={}-{}", piece - 5, piece + 4), piece - 5..piece + 5),
        (format!("bytes={}-{}", piece, 2 * piece + 10), piece..2 * piece + 11),
        ("bytes=-7".to_owned(), whole.len() - 7..whole.len()),
        (format!("bytes={}-", 2 * piece), 2 * piece..whole.len()),
    ] {
        let (status, headers, body) = world.fetch(Method::GET, &link, &[("range", &range)]).await;
        assert_eq!(status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert!(body[..] == whole[part.clone()], "{range}");
        let of = format!("bytes {}-{}/{}", part.start, part.end - 1, whole.len());
        assert_eq!(headers["content-range"], of);
        let again = [("range", range.as_str()), ("if-range", headers["etag"].to_str().unwrap())];
        assert_eq!(world.fetch(Method::GET, &link, &again).await.0, StatusCode::PARTIAL_CONTENT);
    }
    let beyond = format!("bytes={}-", whole.len());
    let (status, headers, body) = world.fetch(Method::GET, &link, &[("range", &beyond)]).await;
    assert_eq!((status, body.len()), (StatusCode::RANGE_NOT_SATISFIABLE, 0));
    assert_eq!(headers["content-range"], format!("bytes */{}", whole.len()));
}

#[tokio::test]
async fn what_no_browser_shows_is_to_be_saved() {
    for mime in ["application/pdf", "text/plain", "application/octet-stream"] {
        let (world, link) = world_with_file(mime).await;
        let (_, headers, _) = world.fetch(Method::GET, &link, &[]).await;
        assert_eq!(headers["content-disposition"], "attachment; filename=\"image-1.jpg\"");
        assert_eq!(headers["content-type"], mime);
    }
}

#[tokio::test]
async fn no_link_but_a_valid_one_leads_to_a_file() {
    let (world, good) = world_with_file("image/jpeg").await;
    let now = world.clock.now();
    let token = good.split('/').nth(2).unwrap();
    let another_desks = LinkKey::derive(&"another".into()).token(ID, now + HOUR, NAME).unwrap();
    let mut changed = token.to_owned();
    changed.replace_range(3..4, if &token[3..4] == "A" { "B" } else { "A" });
    for (path, status) in [
        (format!("/media/{token}/image-2.jpg"), StatusCode::FORBIDDEN),
        (format!("/media/{token}/..%2Fimage-1.jpg"), StatusCode::FORBIDDEN),
        (format!("/media/{token}/image-1.jpg%00"), StatusCode::FORBIDDEN),
        (format!("/media/{changed}/{NAME}"), StatusCode::FORBIDDEN),
        (format!("/media/{another_desks}/{NAME}"), StatusCode::FORBIDDEN),
        (format!("/media/{ID}/{NAME}"), StatusCode::FORBIDDEN),
        (format!("/media/{}/{NAME}", "A".repeat(50)), StatusCode::FORBIDDEN),
        (format!("/media/{}/{NAME}", "A".repeat(5000)), StatusCode::FORBIDDEN),
        ("/media/..%2F..%2Fetc/passwd".to_owned(), StatusCode::FORBIDDEN),
        (format!("/media/%ff%fe/{NAME}"), StatusCode::NOT_FOUND),
        (link(ID, now - Duration::from_secs(2), NAME), StatusCode::FORBIDDEN),
        // Signed by us, and there is no such file: it was erased, or its time is over.
        (link("ffffffffffffffffffffffffffffffff", now + HOUR, NAME), StatusCode::NOT_FOUND),
        ("/media".to_owned(), StatusCode::NOT_FOUND),
        ("/media/".to_owned(), StatusCode::NOT_FOUND),
        (format!("/media/{token}"), StatusCode::NOT_FOUND),
        (format!("/media/{token}/"), StatusCode::NOT_FOUND),
        (format!("/media/{token}/{NAME}/more"), StatusCode::NOT_FOUND),
        (format!("/media/{token}/../{token}/{NAME}"), StatusCode::NOT_FOUND),
        (format!("//media/{token}/{NAME}"), StatusCode::NOT_FOUND),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let (found, headers, body) = world.fetch(method.clone(), &path, &[]).await;
            assert_eq!(found, status, "{method} {path}");
            assert_eq!(headers["content-type"], "application/json", "{path}");
            assert!(body.len() < 300 && !body.windows(8).any(|bytes| bytes == &content()[..8]), "{path}");
        }
        let answer = world.ask(Method::GET, &path, &[], "").await;
        assert!(!answer.errcode().is_empty(), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        assert_eq!(world.fetch(method, &good, &[]).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(
        world.fetch(Method::GET, &good, &[]).await.0,
        StatusCode::OK,
        "and the good one does all the while"
    );
}

#[tokio::test]
async fn a_link_ends_in_time_and_with_its_file() {
    let (world, link) = world_with_file("image/jpeg").await;
    world.clock.advance(HOUR.saturating_sub(Duration::from_secs(5)));
    assert_eq!(world.fetch(Method::GET, &link, &[]).await.0, StatusCode::OK);
    world.clock.advance(Duration::from_secs(10));
    let over = world.ask(Method::GET, &link, &[], "").await;
    assert_eq!(over.status, StatusCode::FORBIDDEN);
    assert!(over.body.contains("has run out"), "{}", over.body);
    let mut conn = world.store.connection().await.unwrap();
    assert_eq!(media_out::clear(&mut conn, world.clock.now(), 10).await.unwrap(), 1);
    assert_eq!(media_out::piece(&mut conn, ID, 0).await.unwrap(), None, "no piece is left");
}

#[tokio::test]
async fn a_file_that_is_erased_while_it_is_sent_breaks_off() {
    let (world, link) = world_with_file("image/jpeg").await;
    let request = Request::builder().uri(&link).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut conn = world.store.connection().await.unwrap();
    media_out::forget(&mut conn, &InteractionId::new("i-7f3k2")).await.unwrap();
    drop(conn);
    assert!(axum::body::to_bytes(response.into_body(), usize::MAX).await.is_err());
    assert_eq!(world.fetch(Method::GET, &link, &[]).await.0, StatusCode::NOT_FOUND);
}
