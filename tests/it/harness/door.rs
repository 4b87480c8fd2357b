//! A door in front of a server, which can be shut: nobody is reached then, as when a machine is down.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A door. It is open at first, and shut for good when this is dropped.
pub(crate) struct Door {
    to: SocketAddr,
    at: SocketAddr,
    open: Option<tokio::task::JoinHandle<()>>,
}

impl Door {
    /// A door to a server.
    pub(crate) async fn to(server: &str) -> Self {
        let to = server.trim_start_matches("http://").parse().unwrap();
        let mut door = Self { to, at: SocketAddr::from(([127, 0, 0, 1], 0)), open: None };
        door.open().await;
        door
    }

    /// The address of the server behind it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Opens it, at the address it had before.
    pub(crate) async fn open(&mut self) {
        let listener = TcpListener::bind(self.at).await.unwrap();
        self.at = listener.local_addr().unwrap();
        self.open = Some(tokio::spawn(let_in(listener, self.to)));
    }

    /// Shuts it: whoever is inside is cut off, whoever comes is refused.
    pub(crate) async fn shut(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            // It ends as it was told to.
            let _ = open.await;
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
        }
    }
}

async fn let_in(listener: TcpListener, to: SocketAddr) {
    let mut inside = JoinSet::new();
    while let Ok((mut guest, _)) = listener.accept().await {
        inside.spawn(async move {
            if let Ok(mut server) = TcpStream::connect(to).await {
                // Either side may break off.
                let _ = tokio::io::copy_bidirectional(&mut guest, &mut server).await;
            }
        });
    }
}
