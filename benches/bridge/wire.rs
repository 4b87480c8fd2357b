//! As little of HTTP/1.1 as the two sides need: the machine's time is to go to the program, not to those who
//! load it.

use std::future::Future;
use std::io;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
pub(crate) struct Request<'a> {
    /// `GET`, `PUT`, `POST`.
    pub(crate) method: &'a str,
    /// The path with its query, still escaped.
    pub(crate) target: &'a str,
    /// The body.
    pub(crate) body: &'a [u8],
}

/// An answer as it goes out.
pub(crate) struct Answer {
    status: u16,
    content_type: &'static str,
    body: Bytes,
}

impl Answer {
    /// JSON.
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }

    /// A picture.
    pub(crate) fn png(body: Bytes) -> Self {
        Self { status: 200, content_type: "image/png", body }
    }
}

/// Whoever answers requests.
pub(crate) trait Answers: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, request: Request<'_>) -> impl Future<Output = Answer> + Send;
}

/// Answers requests until the runtime ends.
pub(crate) async fn serve(listener: TcpListener, answers: std::sync::Arc<impl Answers>) {
    while let Ok((stream, _)) = listener.accept().await {
        let answers = answers.clone();
        tokio::spawn(async move {
            // A connection that breaks off is the other side's to mend.
            let _ = converse(stream, &*answers).await;
        });
    }
}

async fn converse(mut stream: TcpStream, answers: &impl Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8192);
    while let Some((head, whole)) = read_message(&mut stream, &mut buffer).await? {
        let line = buffer.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let mut words = std::str::from_utf8(line).unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Answer { status, content_type, body } =
            answers.answer(Request { method, target, body: &buffer[head..whole] }).await;
        let mut answer = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(&body);
        stream.write_all(&answer).await?;
        buffer.drain(..whole);
    }
    Ok(())
}

/// A connection to the program, used for one request after another.
pub(crate) struct Connection {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address: address.to_owned(), buffer: Vec::with_capacity(1024) })
    }

    /// Makes a request and returns the status of its answer. `headers` end with a line break each.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<u16> {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let answer = read_message(&mut self.stream, &mut self.buffer).await?;
        let (_, whole) = answer.ok_or(io::ErrorKind::ConnectionReset)?;
        let status = self.buffer.get(9..12).and_then(|status| std::str::from_utf8(status).ok());
        let status = status.and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        self.buffer.drain(..whole);
        Ok(status)
    }
}

/// Reads a request or an answer: where its head ends and where its body ends. Nothing where the other side is
/// done.
async fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<(usize, usize)>> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let whole = head + content_length(&buffer[..head]);
    while buffer.len() < whole {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some((head, whole)))
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)));
    let value = line.and_then(|line| std::str::from_utf8(&line[NAME.len()..]).ok());
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
