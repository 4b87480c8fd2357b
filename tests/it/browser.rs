//! A real browser, driven over WebDriver.
//!
//! Source: <https://www.w3.org/TR/webdriver2/>.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const PATIENCE: Duration = Duration::from_secs(30);
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Debian's Chromium with a profile of its own; closed when dropped.
pub(crate) struct Browser {
    http: reqwest::Client,
    port: u16,
    session: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let mut started = None;
        for _ in 0..10 {
            // Drivers that start at the same moment may choose the same port; all but one then end at once.
            started = start_driver().await;
            if started.is_some() {
                break;
            }
        }
        let (driver, port) = started.expect("chromedriver ends as soon as it is started");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let profile = tempfile::tempdir().unwrap();
        let session = new_session(&http, port, profile.path()).await;
        Self { http, port, session, driver, _profile: profile }
    }

    /// A page's window: its size in CSS pixels, touch or mouse, light or dark.
    pub(crate) async fn window(&self, width: u32, height: u32, dark: bool) {
        let mobile = width < 700;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": if mobile { 2 } else { 1 }, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command("url", json!({"url": url})).await.unwrap();
    }

    /// Runs a function body in the page.
    pub(crate) async fn eval(&self, script: &str) -> Value {
        self.command("execute/sync", json!({"script": script, "args": []})).await.unwrap()
    }

    /// Polls an expression until it is true.
    pub(crate) async fn until(&self, expression: &str) {
        let holds = async {
            while self.eval(&format!("return Boolean({expression})")).await != true {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, holds).await.is_err() {
            let page = self.eval("return document.body.innerText").await;
            panic!("never true: {expression}\nthe page says: {page}");
        }
    }

    /// Types into the element as a person does; a file input takes paths.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let element = self.element(css).await;
        self.command(&format!("element/{element}/value"), json!({"text": text})).await.unwrap();
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.element(css).await;
        self.command(&format!("element/{element}/click"), json!({})).await.unwrap();
    }

    /// What the page wrote to its console that is an error, policy violations too.
    pub(crate) async fn errors(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await.unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub(crate) async fn picture(&self, file: &Path) {
        let shot = self.devtools("Page.captureScreenshot", json!({"format": "png"})).await;
        std::fs::write(file, STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    async fn element(&self, css: &str) -> String {
        self.until(&format!("document.querySelector({})", json!(css))).await;
        let found = self.command("element", json!({"using": "css selector", "value": css})).await.unwrap();
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn devtools(&self, cmd: &str, params: Value) -> Value {
        self.command("goog/cdp/execute", json!({"cmd": cmd, "params": params})).await.unwrap()
    }

    async fn command(&self, path: &str, body: Value) -> Result<Value, String> {
        let url = format!("http://127.0.0.1:{}/session/{}/{path}", self.port, self.session);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let ok = answer.status().is_success();
        let value = answer.json::<Value>().await.unwrap()["value"].take();
        if ok { Ok(value) } else { Err(format!("{path}: {value}")) }
    }
}

/// Whether there is a browser to test with. Without one the caller leaves, which is said aloud, past the
/// capture of what tests print; where everything has to be checked (`CI` is set) it is an error.
pub(crate) fn is_there(test: &str) -> bool {
    let there = ["chromium", "chromedriver"]
        .iter()
        .all(|program| std::process::Command::new(program).arg("--version").output().is_ok());
    if !there {
        let said =
            format!("NOT TESTED, no browser: {test}. To test it: apt-get install chromium chromium-driver\n");
        assert!(std::env::var_os("CI").is_none(), "{said}");
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
    }
    there
}

/// The driver and the port it says; `None` if it ends before it says one.
async fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("no chromedriver on PATH: apt-get install chromium chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, port)) = line.rsplit_once("started successfully on port ") {
            let port = port.trim_end_matches('.').parse().unwrap();
            // Read on, so that the driver never waits for room in the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some((driver, port));
        }
    }
    None
}

async fn new_session(http: &reqwest::Client, port: u16, profile: &Path) -> String {
    let profile = format!("--user-data-dir={}", profile.display());
    let args = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--lang=en-US",
        &profile,
    ];
    let wanted = json!({"capabilities": {"alwaysMatch": {
        "goog:chromeOptions": {"args": args},
        "goog:loggingPrefs": {"browser": "ALL"},
    }}});
    let url = format!("http://127.0.0.1:{port}/session");
    let answer: Value = http.post(url).json(&wanted).send().await.unwrap().json().await.unwrap();
    let session = answer["value"]["sessionId"].as_str();
    session.unwrap_or_else(|| panic!("no browser (apt-get install chromium): {answer}")).to_owned()
}

impl Drop for Browser {
    /// Asks the driver to close the browser, also after a panic; killing the driver alone would leave it
    /// running.
    fn drop(&mut self) {
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let request = format!(
                "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.write_all(request.as_bytes());
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        let _ = self.driver.start_kill();
    }
}
