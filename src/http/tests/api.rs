//! The door of programs over a real desk: what they are told when the desk cannot answer, and how one text
//! comes of many requests.

use axum::http::header;
use serde_json::json;

use super::*;
use crate::domain::ids::{AgentId, TokenId};
use crate::domain::program::{Scope, Token, TokenKey, hash};
use crate::store::programs;

const MESSAGES: &str = "/api/v1/messages";

/// The token of a program that may do everything.
async fn token(world: &World) -> String {
    let id = TokenId::new("7f3k2m9qax");
    let token = TokenKey::derive(b"secret").token(&id, "00");
    let kept = Token {
        hash: hash(&token),
        id,
        name: "shop".to_owned(),
        scopes: Scope::ALL.to_vec(),
        queues: vec![],
        rate: 60,
        by: AgentId::new("alice"),
        created_at: world.clock.now(),
    };
    programs::save(&mut world.store.connection().await.unwrap(), &kept).await.unwrap();
    format!("Bearer {token}")
}

async fn send(world: &World, token: &str, key: &str) -> Answer {
    let headers = [("authorization", token), ("content-type", "application/json"), ("idempotency-key", key)];
    let body = json!({"to": JANE, "text": "Your order is here."}).to_string();
    world.ask(Method::POST, MESSAGES, &headers, body).await
}

#[tokio::test]
async fn without_its_database_the_desk_asks_a_program_to_come_again() {
    let world = world().await;
    let token = token(&world).await;
    world.store.close().await;
    let answer = send(&world, &token, "one").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    assert!(answer.body.contains("\"code\":\"unavailable\""), "{}", answer.body);
}

#[tokio::test]
async fn a_description_of_the_door_is_open_to_all_and_names_every_code() {
    let world = world().await;
    let described = world.get("/api/v1/openapi.json").await;
    let described: Value = serde_json::from_str(&described.body).unwrap();
    let codes = &described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    let codes: Vec<&str> = codes.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    // Each code stands in the source once, in quotes, behind its status or a bracket.
    let source = include_str!("../api/problem.rs");
    for code in &codes {
        assert!(source.contains(&format!("\"{code}\"")), "{code} is of no problem");
    }
    let named = source
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let unnamed: Vec<&str> = named.filter(|word| !codes.contains(word)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?} are not described");
    for path in described["paths"].as_object().unwrap().keys() {
        let answer = world.get(&path.replace("{id}", "i-22222")).await;
        assert_ne!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
