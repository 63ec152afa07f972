// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! How bytes travel. It is synchronous: a runtime is the caller's choice, and a thread or `spawn_blocking` serves either.
use crate::error::Error;
use std::time::Duration;

/// Sends a signed envelope, and brings what was answered.
pub trait Transport {
    /// Status and body of one POST.
    ///
    /// # Errors
    /// [`Error::Transport`] if there is no answer.
    fn post(&self, body: &str) -> Result<(u16, String), Error>;

    /// Opens a subscription; each item is a frame.
    ///
    /// # Errors
    /// [`Error::Transport`] if there is no connection.
    fn subscribe(&self, frame: &str) -> Result<Box<dyn Iterator<Item = Result<String, Error>>>, Error>;
}

/// HTTP and WebSocket. For `https` and `wss`, the feature `tls`.
pub struct Http {
    agent: ureq::Agent,
    base: String,
    limit: Option<Duration>,
}

impl Http {
    /// A transport to `host` and `port`.
    #[must_use]
    pub fn new(host: &str, port: u16, tls: bool) -> Self {
        let agent = ureq::AgentBuilder::new().timeout_connect(Duration::from_secs(10)).build();
        Self { agent, base: format!("{}://{host}:{port}", if tls { "https" } else { "http" }), limit: None }
    }

    /// The same, but nothing that is silent for so long is waited for. It must be longer than the waits that requests
    /// ask for. Without it, a server that hangs is waited for until it ends; subscriptions over TLS always are.
    #[must_use]
    pub fn silent_for_at_most(self, limit: Duration) -> Self {
        let agent = ureq::AgentBuilder::new().timeout_connect(Duration::from_secs(10)).timeout_read(limit).build();
        Self { agent, limit: Some(limit), ..self }
    }
}

impl Transport for Http {
    fn post(&self, body: &str) -> Result<(u16, String), Error> {
        let sent = self.agent.post(&format!("{}{}", self.base, crate::constants::API_PATH)).send_string(body);
        let (Ok(answer) | Err(ureq::Error::Status(_, answer))) = sent else {
            return Err(Error::Transport(sent.err().map(|e| e.to_string()).unwrap_or_default()));
        };
        let status = answer.status();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut answer.into_reader(), &mut text).map_err(|e| Error::Transport(e.to_string()))?;
        Ok((status, text))
    }

    fn subscribe(&self, frame: &str) -> Result<Box<dyn Iterator<Item = Result<String, Error>>>, Error> {
        let url = format!("ws{}{}", &self.base[4..], crate::constants::PUBSUB_PATH);
        let broken = |e: tungstenite::Error| Error::Transport(e.to_string());
        let (mut socket, _) = tungstenite::connect(url).map_err(broken)?;
        if let tungstenite::stream::MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(self.limit).map_err(|e| Error::Transport(e.to_string()))?;
        }
        socket.send(tungstenite::Message::text(frame)).map_err(broken)?;
        let mut over = false;
        Ok(Box::new(std::iter::from_fn(move || loop {
            if over {
                return None;
            }
            match socket.read() {
                Ok(message) if message.is_text() || message.is_binary() => {
                    return Some(message.into_text().map(|text| text.to_string()).map_err(broken));
                }
                Ok(message) => over = message.is_close(),
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => return None,
                Err(error) => {
                    // The server ends a subscription by hanging up, without a word; all else is told.
                    over = true;
                    let hung_up = tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
                    return match error {
                        tungstenite::Error::Protocol(said) if said == hung_up => None,
                        error => Some(Err(broken(error))),
                    };
                }
            }
        })))
    }
}
