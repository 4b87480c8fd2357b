//! Whatever comes to the door of programs is answered by a problem that says how to mend it, and changes
//! nothing.

use reqwest::Method;

use super::*;

async fn ask(program: &Program, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = program.http.request(method, format!("{}{path}", program.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request.body(body.to_vec()).send().await.unwrap()).await
}

#[tokio::test]
async fn whatever_comes_is_refused_with_its_reason_and_lets_nobody_in() {
    const MESSAGES: &str = "/api/v1/messages";
    let world = World::with(with_admin(Database::Sqlite)).await;
    let shop = token(&world, "shop rate:1000").await;
    let before = world.number("SELECT COUNT(*) FROM interactions").await;
    let bearer = format!("Bearer {}", shop.token);
    let (json, key) = (("content-type", "application/json"), ("idempotency-key", "k"));
    let good = br#"{"to":"+14155550100","text":"hi"}"#;

    // Tokens.
    let mut wrong = shop.token.clone();
    wrong.replace_range(wrong.len() - 1.., if wrong.ends_with('A') { "B" } else { "A" });
    let other_id = format!("swr_2222222222{}", &shop.token[14..]);
    let basic = format!("Basic {}", shop.token);
    let (wrong, other_id) = (format!("Bearer {wrong}"), format!("Bearer {other_id}"));
    let odd = ["Bearer ", "Bearer", "", "Bearer ' OR 1=1 --"];
    for authorization in [wrong.as_str(), &other_id, &basic].into_iter().chain(odd) {
        for (method, path) in [(Method::POST, MESSAGES), (Method::GET, "/api/v1/interactions/i-22222")] {
            let answer = ask(&shop, method, path, &[("authorization", authorization), json, key], good).await;
            assert_eq!((answer.status, answer.code()), (401, "unauthorized"), "{authorization}");
        }
    }
    assert_eq!(ask(&shop, Method::POST, MESSAGES, &[json, key], good).await.status, 401);

    // What surrounds the body.
    let authorized = ("authorization", bearer.as_str());
    let long_key = "k".repeat(256);
    for (headers, status, code) in [
        (vec![authorized, key], 415, "unsupported_media_type"),
        (vec![authorized, key, ("content-type", "text/plain")], 415, "unsupported_media_type"),
        (vec![authorized, json], 400, "idempotency_key_missing"),
        (vec![authorized, json, ("idempotency-key", "")], 400, "idempotency_key_missing"),
        (vec![authorized, json, ("idempotency-key", long_key.as_str())], 400, "idempotency_key_missing"),
        (vec![authorized, json, key, ("idempotency-key", "l")], 400, "idempotency_key_missing"),
    ] {
        let answer = ask(&shop, Method::POST, MESSAGES, &headers, good).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{headers:?}");
    }

    // Bodies.
    let long = format!(r#"{{"to":"+14155550100","text":"{}"}}"#, "a".repeat(300_000));
    let deep = "[".repeat(20_000);
    for (body, status, code) in [
        (long.as_str(), 413, "too_large"),
        (deep.as_str(), 400, "not_json"),
        ("", 400, "not_json"),
        ("{", 400, "not_json"),
        (r#"{"to":"\ud800"}"#, 400, "not_json"),
        ("null", 422, "invalid_request"),
        (r#"{"to":"+14155550100","text":"a\u0000b"}"#, 422, "invalid_request"),
        (r#"{"to":"+14155550100","text":"hi","case":{"a\u0000":"b"}}"#, 422, "invalid_request"),
        (r#"{"to":"'; DROP TABLE tokens; --","text":"hi"}"#, 422, "invalid_number"),
        (r#"{"to":"+14155550100","text":"hi","queue":"nowhere"}"#, 422, "unknown_queue"),
        (r#"{"to":"+14155550100","text":"hi","agent":"nobody"}"#, 422, "unknown_agent"),
        (r#"{"to":"+14155550100","text":"hi","from":"+14155550199"}"#, 422, "unknown_from"),
        (r#"{"to":"+14155550100","response":"nothing"}"#, 422, "unknown_response"),
        (r#"{"to":"whatsapp:+14155550100","text":"hi"}"#, 422, "no_from"),
    ] {
        let key = switchroom::clock::random_hex();
        let headers = [authorized, json, ("idempotency-key", key.as_str())];
        let answer = ask(&shop, Method::POST, MESSAGES, &headers, body.as_bytes()).await;
        let shown = body.get(..60).unwrap_or(body);
        assert_eq!((answer.status, answer.code()), (status, code), "{shown}: {answer:?}");
        assert!(answer.body["detail"].as_str().unwrap().len() > 10, "{answer:?}");
    }

    // Paths and methods.
    for (method, path, status, code) in [
        (Method::GET, "/api/v1/interactions/i-22222", 404, "interaction_not_found"),
        (Method::GET, "/api/v1/interactions/%00", 404, "interaction_not_found"),
        (Method::GET, "/api/v1/interactions/%FF", 404, "interaction_not_found"),
        (Method::GET, "/api/v1/interactions/' OR '1'='1", 404, "interaction_not_found"),
        (Method::GET, "/api/v1/nothing", 404, "path_not_found"),
        (Method::GET, MESSAGES, 405, "method_not_allowed"),
        (Method::DELETE, "/api/v1/interactions/i-22222", 405, "method_not_allowed"),
    ] {
        let answer = ask(&shop, method, path, &[authorized], b"").await;
        assert_eq!((answer.status, answer.code()), (status, code), "{path}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions").await, before);
    assert!(!world.bridge.log().contains(&shop.token[15..]), "a token is in the log");
    assert!(!world.bridge.log().contains("4155550100"), "a number is in the log");
    shop.delivery(shop.send("k", &json!({"to": JANE, "text": "hi"})).await.interaction(), "delivered").await;
    world.finish().await;
}
