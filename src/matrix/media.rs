//! Pictures and files, given to the homeserver to keep.

use ruma::api::client::authenticated_media::get_content;
use ruma::api::client::media::create_content;
use ruma::{MxcUri, OwnedMxcUri};

use super::client::{Identity, MatrixClient, Sender};
use super::error::MatrixError;

impl MatrixClient {
    /// Uploads a file and says where it lies. An upload has no transaction id: a repeated one leaves a second
    /// copy that nobody refers to.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixmediav3upload>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn upload(
        &self,
        sender: &Sender,
        bytes: &[u8],
        mime: &str,
        file_name: &str,
    ) -> Result<OwnedMxcUri, MatrixError> {
        let mut request = create_content::v3::Request::new(bytes.to_vec());
        request.content_type = Some(mime.to_owned());
        request.filename = Some(file_name.to_owned());
        Ok(self.call_as(sender, request).await?.content_uri)
    }

    /// Fetches a file as the bot.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid>
    ///
    /// # Errors
    /// See [`MatrixError`]; [`MatrixError::TooLong`] for one that is larger than any the bot uploads.
    pub async fn download(&self, uri: &MxcUri) -> Result<Vec<u8>, MatrixError> {
        let (server, id) = uri.parts().map_err(|error| MatrixError::Request(Box::new(error)))?;
        let request = get_content::v1::Request::new(id.to_owned(), server.to_owned());
        Ok(self.call_as(&Sender::Bot, request).await?.file)
    }

    /// Fetches a file that an agent posted, of at most so many bytes, as the bot.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid>
    ///
    /// # Errors
    /// See [`MatrixError`]; [`MatrixError::TooLong`] for one that is larger.
    pub async fn download_up_to(&self, uri: &MxcUri, longest: usize) -> Result<Vec<u8>, MatrixError> {
        let (server, id) = uri.parts().map_err(|error| MatrixError::Request(Box::new(error)))?;
        let request = get_content::v1::Request::new(id.to_owned(), server.to_owned());
        let bot = self.user_id(&Sender::Bot);
        Ok(self.call_for(Identity::Device(&bot), request, longest).await?.file)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use wiremock::Mock;
    use wiremock::matchers::{body_bytes, header, method, path, query_param};

    use super::super::error::Verdict;
    use super::super::testing::{client, client_at, error, ok};
    use super::*;

    /// A homeserver that answers one request with this head and then with 100 MB in pieces, until nobody
    /// reads them any more: its address, and how many bytes of the body it got rid of.
    async fn of_100_mb(head: &'static str) -> (String, tokio::task::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let sent = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(head.as_bytes()).await.unwrap();
            let piece = [&b"10000\r\n"[..], &vec![b'x'; 0x1_0000], b"\r\n"].concat();
            let mut sent = 0;
            while sent < 100_000_000 && stream.write_all(&piece).await.is_ok() {
                sent += piece.len();
            }
            sent
        });
        (url, sent)
    }

    #[tokio::test]
    async fn a_file_that_is_too_large_is_not_read_to_its_end_whether_it_says_so_or_not() {
        for head in [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n",
        ] {
            let (url, sent) = of_100_mb(head).await;
            let error =
                client_at(&url).download_up_to("mxc://desk.test/abc".into(), 1_000_000).await.unwrap_err();
            assert!(matches!(error, MatrixError::TooLong { limit_bytes: 1_000_000 }), "{head}: {error:?}");
            // What lies between the two on the way counts too.
            let sent = sent.await.unwrap();
            assert!(sent < 50_000_000, "{head}: {sent} bytes were taken");
        }
    }

    #[tokio::test]
    async fn a_file_is_uploaded_with_its_type_and_name() {
        let (server, client) = client().await;
        Mock::given(method("POST"))
            .and(path("/_matrix/media/v3/upload"))
            .and(query_param("filename", "a b&c.png"))
            .and(query_param("user_id", "@switchroom:desk.test"))
            .and(header("content-type", "image/png"))
            .and(body_bytes(b"\x89PNG"))
            .respond_with(ok(&json!({"content_uri": "mxc://desk.test/abc"})))
            .mount(&server)
            .await;
        let uri = client.upload(&Sender::Bot, b"\x89PNG", "image/png", "a b&c.png").await.unwrap();
        assert_eq!(uri.as_str(), "mxc://desk.test/abc");
    }

    #[tokio::test]
    async fn a_file_is_fetched_with_the_token_and_one_that_is_gone_is_not() {
        let (server, client) = client().await;
        Mock::given(method("GET"))
            .and(path("/_matrix/client/v1/media/download/desk.test/abc"))
            .and(query_param("user_id", "@switchroom:desk.test"))
            .respond_with(wiremock::ResponseTemplate::new(200).set_body_raw(b"\x89PNG".to_vec(), "image/png"))
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .respond_with(error(404, "M_NOT_FOUND"))
            .with_priority(9)
            .mount(&server)
            .await;
        let bytes = client.download("mxc://desk.test/abc".into()).await.unwrap();
        assert_eq!(bytes, b"\x89PNG");
        for gone in ["mxc://desk.test/def", "mxc://desk.test/", "https://desk.test/abc"] {
            assert!(client.download(gone.into()).await.is_err(), "{gone}");
        }
    }

    #[tokio::test]
    async fn a_type_that_is_no_header_and_a_file_too_large_are_rejected() {
        let (server, client) = client().await;
        Mock::given(method("POST")).respond_with(error(413, "M_TOO_LARGE")).mount(&server).await;
        for mime in ["image/png\r\nx: y", "image/png"] {
            let error = client.upload(&Sender::Bot, &[0], mime, "x").await.unwrap_err();
            assert!(matches!(error.verdict(), Verdict::Rejected { .. }));
        }
    }
}
