//! Stands between the homeserver and the program, and forgets what it is told to forget: the homeserver takes
//! it for delivered. Synapse forgets by itself, now and then: when it has just delivered its backlog, it puts
//! the next transaction aside and looks at it no more until something fails again.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// A way to the program on which things are forgotten. Clones share it.
#[derive(Clone)]
pub(crate) struct Forgetful {
    url: String,
    to: String,
    words: Arc<Mutex<Vec<String>>>,
    http: reqwest::Client,
}

impl Forgetful {
    /// A way to a server, on which nothing is forgotten yet. It lasts as long as the story.
    pub(crate) async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let way = Self { url, to: server.to_owned(), words: Arc::default(), http };
        let service = Router::new().fallback(pass).with_state(way.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        way
    }

    /// Where it begins.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Forgets the next request in which this stands; once.
    pub(crate) fn forget(&self, word: &str) {
        self.words.lock().unwrap().push(word.to_owned());
    }

    /// Whether everything was forgotten that was to be.
    pub(crate) fn has_forgotten(&self) -> bool {
        self.words.lock().unwrap().is_empty()
    }

    fn is_forgotten(&self, body: &str) -> bool {
        let mut words = self.words.lock().unwrap();
        let before = words.len();
        words.retain(|word| !body.contains(word.as_str()));
        words.len() < before
    }
}

async fn pass(
    State(way): State<Forgetful>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if way.is_forgotten(&String::from_utf8_lossy(&body)) {
        return (StatusCode::OK, "{}").into_response();
    }
    let mut request = way.http.request(method, format!("{}{uri}", way.to)).body(body);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        request =
            request.headers(headers.get(&name).map(|value| (name, value.clone())).into_iter().collect());
    }
    match request.send().await {
        Ok(answer) => (answer.status(), answer.bytes().await.unwrap_or_default()).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
