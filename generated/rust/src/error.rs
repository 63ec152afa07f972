// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! What can go wrong.

/// A refusal that the schema knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it means to the caller.
    pub code: &'static str,
    /// The HTTP status.
    pub status: i64,
    /// The text, with `{placeholders}`.
    pub text: &'static str,
}

/// Why a call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server said no; `code` is `None` for a text that the schema does not know.
    Refused { code: Option<&'static str>, status: i64, message: String },
    /// What came is not what the schema says.
    Invalid(String),
    /// A request was not sent: `field` must be what `rule` says.
    Limit { field: String, value: String, rule: String },
    /// The server could not be reached, or the connection broke.
    Transport(String),
    /// Not a private key: 64 hexadecimal characters are needed.
    Key,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { code, status, message } => write!(f, "refused ({}, {status}): {message}", code.unwrap_or("unknown")),
            Self::Invalid(why) => write!(f, "unexpected reply: {why}"),
            Self::Limit { field, value, rule } => write!(f, "{field} must be {rule}, not {value}"),
            Self::Transport(why) => write!(f, "server not reached: {why}"),
            Self::Key => f.write_str("not a private key: give 64 hexadecimal characters"),
        }
    }
}

impl std::error::Error for Error {}

/// The fixed characters of `pattern` if `text` is one of its texts.
fn matched(pattern: &str, text: &str) -> Option<usize> {
    let mut fixed = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        fixed.push(before);
        rest = after.split_once('}')?.1;
    }
    let count = fixed.iter().map(|part| part.len()).sum::<usize>() + rest.len();
    if fixed.is_empty() {
        return (text == pattern).then_some(count);
    }
    let mut left = text.strip_prefix(fixed[0])?;
    for part in &fixed[1..] {
        left = &left[left.find(part)? + part.len()..];
    }
    left.ends_with(rest).then_some(count)
}

/// The code of a refusal: of those that its text fits, the one with the most fixed text.
pub(crate) fn code_of(own: &[Refusal], status: i64, message: &str) -> Option<&'static str> {
    // That an envelope is malformed has no text of its own: it would fit everything.
    let general = crate::constants::ENVELOPE_REFUSALS.iter().filter(|case| matched(case.text, "") != Some(0));
    own.iter()
        .chain(general)
        .filter(|case| case.status == status)
        .filter_map(|case| Some((matched(case.text, message)?, case.code)))
        .max_by_key(|(count, _)| *count)
        .map(|(_, code)| code)
        .or_else(|| code_of_status(status))
}

/// What HTTP itself says of a status, for texts that the schema does not know.
fn code_of_status(status: i64) -> Option<&'static str> {
    match status {
        403 => Some("DENIED"),
        404 => Some("NOT_FOUND"),
        409 => Some("CONFLICT"),
        429 => Some("RATE_LIMITED"),
        400..=499 => Some("INVALID"),
        500..=599 => Some("SERVER_FAULT"),
        _ => None,
    }
}
