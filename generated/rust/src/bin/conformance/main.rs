// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! Answers the lines of `colonyos-gen conformance`.
mod dispatch;
use colonyos::{call, crypto, error::Error};
use serde_json::{json, Value};
use std::io::{BufRead as _, Write as _};

fn failed(error: &Error) -> Value {
    match error {
        Error::Refused { code, status, message } => json!({"error": {"kind": "refused", "code": code, "status": status, "message": message}}),
        Error::Limit { field, .. } => json!({"error": {"kind": "invalid", "path": field}}),
        _ => json!({"error": {"kind": "invalid"}}),
    }
}

fn told<V: serde::Serialize>(read: Result<V, Error>) -> Value {
    read.map_or_else(|error| failed(&error), |value| json!({"value": value}))
}

pub fn work<M: call::Message>(line: &Value) -> Option<Value> {
    let text = line["text"].as_str().unwrap_or_default();
    let read = || serde_json::from_str::<M>(text).map_err(|e| Error::Invalid(e.to_string()));
    Some(match line["op"].as_str()? {
        "read_reply" => told(call::read_reply::<M>(text)),
        "read_request" => told(read()),
        "write_request" => read()
            .and_then(|request| call::written(&request))
            .map_or_else(|error| failed(&error), |text| json!({"text": text})),
        "read_response" => {
            let status = u16::try_from(line["status"].as_u64()?).ok()?;
            told(call::read_response::<M>(status, line["body"].as_str()?))
        }
        _ => return None,
    })
}

fn answer(line: &Value) -> Option<Value> {
    let key = || crypto::Key::from_hex(line["key"].as_str().unwrap_or_default());
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_string();
    match line["op"].as_str()? {
        "identity" => Some(key().map_or_else(|e| failed(&e), |key| json!({"identity": key.identity()}))),
        "sign" => Some(
            key().and_then(|key| call::envelope(&text("message"), &text("text"), &key))
                .map_or_else(|e| failed(&e), |envelope| json!({"envelope": envelope})),
        ),
        "recover" => Some(
            crypto::recover(&text("payload"), &text("signature"))
                .map_or_else(|| json!({"error": {"kind": "invalid"}}), |identity| json!({"identity": identity})),
        ),
        _ => dispatch::dispatch(line["message"].as_str()?, line),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let mut out = answer(&line).unwrap_or_else(|| json!({"unsupported": true}));
        out["id"] = line["id"].clone();
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{out}")?;
        stdout.flush()?;
    }
    Ok(())
}
