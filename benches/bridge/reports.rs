//! The provider's reports: each reply is said to be delivered, by a signed request to the address that came
//! with it.

use anyhow::{Context as _, ensure};
use secrecy::SecretString;
use switchroom::sms::twilio::signature;
use tokio::sync::mpsc;

use crate::desk::{ACCOUNT, OURS, TOKEN};
use crate::wire::Connection;

/// Connections over which reports are posted.
const CONNECTIONS: usize = 16;

/// A reply that is delivered.
pub(crate) struct Report {
    to: String,
    sid: String,
    url: String,
}

impl Report {
    /// Of the reply that the program posted in this form.
    pub(crate) fn of(form: &[u8], sid: &str) -> Self {
        let field = |wanted: &str| {
            let mut fields = url::form_urlencoded::parse(form);
            fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        Self { to: field("To"), sid: sid.to_owned(), url: field("StatusCallback") }
    }

    async fn post(&self, connection: &mut Option<Connection>, address: &str) -> anyhow::Result<()> {
        if connection.is_none() {
            *connection = Some(Connection::open(address).await?);
        }
        let connection = connection.as_mut().context("no connection")?;
        let fields = [
            ("SmsSid", self.sid.as_str()),
            ("SmsStatus", "delivered"),
            ("MessageStatus", "delivered"),
            ("To", &self.to),
            ("MessageSid", &self.sid),
            ("AccountSid", ACCOUNT),
            ("From", OURS),
            ("ApiVersion", "2010-04-01"),
        ];
        let signature = signature::sign(&SecretString::from(TOKEN), &self.url, &fields);
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = format!(
            "content-type: application/x-www-form-urlencoded\r\n{}: {signature}\r\n",
            signature::HEADER
        );
        let target = self.url.strip_prefix("http://").and_then(|url| url.strip_prefix(address));
        let target = target.with_context(|| format!("{} is not an address of the program", self.url))?;
        let status = connection.request("POST", target, &headers, &form).await?;
        ensure!(status == 200, "a report was answered with {status}");
        Ok(())
    }
}

/// Posts what comes, over several connections, for ever. A report that is not taken twice is never posted
/// again, so that its reply is missed in the end.
pub(crate) async fn post(address: String, mut reports: mpsc::UnboundedReceiver<Report>) {
    let mut lines = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let (line, mine) = mpsc::unbounded_channel();
        lines.push(line);
        tokio::spawn(post_mine(address.clone(), mine));
    }
    for line in (0..CONNECTIONS).cycle() {
        let Some(report) = reports.recv().await else { return };
        // Each line lives as long as this does.
        let _ = lines[line].send(report);
    }
}

async fn post_mine(address: String, mut reports: mpsc::UnboundedReceiver<Report>) {
    let mut connection = None;
    while let Some(report) = reports.recv().await {
        // A connection from before the program's last start is of no use; a new one is.
        for _ in 0..2 {
            match report.post(&mut connection, &address).await {
                Ok(()) => break,
                Err(error) => eprintln!("a report was not taken: {error:#}"),
            }
            connection = None;
        }
    }
}
