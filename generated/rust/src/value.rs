// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! Values that JSON has no word for.
use base64::{engine::general_purpose::STANDARD, Engine as _};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, as the RFC 3339 text that came; unset ones are `None` where it is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Time(pub String);

/// Bytes, which are base64 on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// The reply of calls that return nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

impl Serialize for Nothing {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(from).map(|_| Self)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

/// Null stands for the empty value.
pub(crate) fn null_is_empty<'de, D: Deserializer<'de>, V: Deserialize<'de> + Default>(from: D) -> Result<V, D::Error> {
    Ok(Option::<V>::deserialize(from)?.unwrap_or_default())
}

/// An object; a list in its place, or the type of another message, is refused.
pub(crate) fn object<'de, D: Deserializer<'de>, V>(
    from: D,
    msgtype: Option<&str>,
    read: impl FnOnce(serde_json::Value) -> Result<V, serde_json::Error>,
) -> Result<V, D::Error> {
    let members = serde_json::Map::deserialize(from)?;
    if let Some(expected) = msgtype {
        if let Some(told) = members.get("msgtype").filter(|told| *told != expected) {
            return Err(D::Error::custom(format!("msgtype is {told}, not {expected:?}")));
        }
    }
    read(serde_json::Value::Object(members)).map_err(D::Error::custom)
}

/// The number that `text` is, if it is digits only and no more than `most`.
fn digits(text: &str, most: u32) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| all && *number <= most)
}

/// Whether `text` is a time in RFC 3339.
fn is_time(text: &str) -> Option<bool> {
    let (day, clock) = (text.get(..10)?, text.get(11..19)?);
    let [year, month, date] = [digits(day.get(..4)?, 9999)?, digits(day.get(5..7)?, 12)?, digits(day.get(8..)?, 31)?];
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    digits(clock.get(..2)?, 23)?;
    digits(clock.get(3..5)?, 59)?;
    digits(clock.get(6..)?, 59)?;
    let signs = [day.get(4..5)?, day.get(7..8)?, text.get(10..11)?, clock.get(2..3)?, clock.get(5..6)?].concat();
    let mut zone = text.get(19..)?;
    if let Some(after) = zone.strip_prefix('.') {
        zone = after.trim_start_matches(|c: char| c.is_ascii_digit());
        if zone.len() == after.len() {
            return None;
        }
    }
    if zone != "Z" {
        let offset = zone.strip_prefix(['+', '-']).filter(|offset| offset.len() == 5)?;
        let (hours, minutes) = offset.split_once(':')?;
        digits(hours, 23)?;
        digits(minutes, 59)?;
    }
    Some(month > 0 && date > 0 && date <= last && signs == "--T::")
}

/// A year of 1 or less is an unset time.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    if is_time(&text) != Some(true) {
        return Err(D::Error::custom(format!("{text:?} is no time in RFC 3339")));
    }
    Ok(if text[..4] <= *"0001" { None } else { Some(Time(text)) })
}
