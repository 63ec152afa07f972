// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! One call: written, signed, sent, read.
use crate::crypto::Key;
use crate::error::{code_of, Error, Refusal};
use crate::transport::Transport;
use base64::{engine::general_purpose::STANDARD, Engine as _};
use serde::{de::DeserializeOwned, Serialize};
use std::marker::PhantomData;

/// A request of the schema.
pub trait Message: Serialize + DeserializeOwned + crate::limits::Check {
    /// What it is answered with.
    type Reply: Serialize + DeserializeOwned + Default;
    /// Its name on the wire.
    const MSGTYPE: &'static str;
    /// What the envelope of its reply says.
    const PAYLOADTYPE: &'static str;
    /// Whether null stands for an empty reply.
    const NULL_REPLY: bool;
    /// The code of the failure that a null reply stands for.
    const NULL_IS: Option<&'static str>;
    /// The code of the failure that a reply without any body stands for.
    const EMPTY_IS: Option<&'static str>;
    /// How it can be refused.
    const REFUSALS: &'static [Refusal];
}

fn invalid(why: impl std::fmt::Display) -> Error {
    Error::Invalid(why.to_string())
}

/// A request as JSON, if it keeps to the limits.
///
/// # Errors
/// [`Error::Limit`] if it does not.
pub fn written<M: Message>(request: &M) -> Result<String, Error> {
    crate::limits::Limits::of(request)?;
    serde_json::to_string(request).map_err(invalid)
}

/// The envelope of a payload.
///
/// # Errors
/// [`Error::Key`] if the key cannot sign.
pub fn envelope(msgtype: &str, payload: &str, key: &Key) -> Result<String, Error> {
    let payload = STANDARD.encode(payload);
    let signature = key.sign(&payload)?;
    Ok(serde_json::json!({"payloadtype": msgtype, "payload": payload, "signature": signature}).to_string())
}

/// Read the payload of a reply.
///
/// # Errors
/// [`Error::Invalid`] if it is not what the schema says.
pub fn read_reply<M: Message>(text: &str) -> Result<M::Reply, Error> {
    if M::NULL_REPLY {
        return serde_json::from_str::<Option<M::Reply>>(text).map(Option::unwrap_or_default).map_err(invalid);
    }
    serde_json::from_str(text).map_err(invalid)
}

/// Read what the server answered.
///
/// # Errors
/// [`Error::Refused`], or [`Error::Invalid`] if it is no envelope with such a reply.
pub fn read_response<M: Message>(status: u16, body: &str) -> Result<M::Reply, Error> {
    if status >= 500 && !body.trim_start().starts_with('{') {
        let told = i64::from(status);
        return Err(Error::Refused { code: code_of(&[], told, body), status: told, message: body.to_string() });
    }
    if let Some(code) = M::EMPTY_IS.filter(|_| status == 200 && body.is_empty()) {
        return Err(disguised(code, "an empty body"));
    }
    // Some failures write two envelopes; the first one counts.
    let mut values = serde_json::Deserializer::from_str(body).into_iter::<serde_json::Value>();
    let reply = values.next().ok_or_else(|| invalid(format!("empty body, status {status}")))?.map_err(invalid)?;
    let payload = reply["payload"].as_str().ok_or_else(|| invalid("no envelope"))?;
    let bytes = STANDARD.decode(payload).map_err(invalid)?;
    let text = String::from_utf8(bytes).map_err(invalid)?;
    if reply["error"] == true {
        let failure: serde_json::Value = serde_json::from_str(&text).map_err(invalid)?;
        let message = failure["message"].as_str().ok_or_else(|| invalid("a failure without a message"))?.to_string();
        let told = failure["status"].as_i64().filter(|told| *told != 0).unwrap_or(i64::from(status));
        return Err(Error::Refused { code: code_of(M::REFUSALS, told, &message), status: told, message });
    }
    if status != 200 {
        return Err(invalid(format!("a reply without a failure, under status {status}")));
    }
    if reply["payloadtype"] != M::PAYLOADTYPE {
        return Err(invalid(format!("a reply of {}, not {:?}", reply["payloadtype"], M::PAYLOADTYPE)));
    }
    match M::NULL_IS {
        Some(code) if text.trim() == "null" => Err(disguised(code, "null")),
        _ => read_reply::<M>(&text),
    }
}

/// A failure that looks like a reply with nothing in it.
fn disguised(code: &'static str, with: &str) -> Error {
    Error::Refused { code: Some(code), status: 200, message: format!("the server answered with {with}") }
}

/// Calls in the name of one key.
pub struct Client<T> {
    transport: T,
    key: Key,
}

impl<T: Transport> Client<T> {
    /// A client that signs with `key`.
    pub fn new(transport: T, key: Key) -> Self {
        Self { transport, key }
    }

    fn signed<M: Message>(&self, request: &M) -> Result<String, Error> {
        envelope(M::MSGTYPE, &written(request)?, &self.key)
    }

    /// Send any request.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn call<M: Message>(&self, request: &M) -> Result<M::Reply, Error> {
        let (status, body) = self.transport.post(&self.signed(request)?)?;
        read_response::<M>(status, &body)
    }

    /// Open a subscription.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn subscribe<M: Message>(&self, request: &M) -> Result<Subscription<M>, Error> {
        Ok(Subscription { frames: self.transport.subscribe(&self.signed(request)?)?, of: PhantomData })
    }
}

/// What is pushed, until the server ends it.
pub struct Subscription<M> {
    frames: Box<dyn Iterator<Item = Result<String, Error>>>,
    of: PhantomData<M>,
}

impl<M: Message> Iterator for Subscription<M> {
    type Item = Result<M::Reply, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.frames.next().map(|frame| read_response::<M>(200, &frame?))
    }
}
