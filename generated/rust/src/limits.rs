// Written by hand, and copied as it is by `python -m codegen generate`: change codegen/colonyos_gen_codegen/targets/rust/runtime/.
//! What is refused before it is sent.
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::sync::{Mutex, PoisonError};

/// Where a value stands in a request, such as `$.spec.args[0]`.
pub enum Place<'a> {
    /// The request.
    Root,
    /// A member of an object.
    Key(&'a Place<'a>, &'a str),
    /// An element of a list.
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// A member of what stands here.
    #[must_use]
    pub fn key<'a>(&'a self, name: &'a str) -> Place<'a> {
        Place::Key(self, name)
    }

    /// An element of what stands here.
    #[must_use]
    pub fn item(&self, number: usize) -> Place<'_> {
        Place::Item(self, number)
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Key(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, number) => write!(f, "{of}[{number}]"),
        }
    }
}

/// Remembers what breaks a limit first.
#[derive(Default)]
pub struct Limits(Option<Error>);

static COMPILED: Mutex<BTreeMap<&'static str, regex_lite::Regex>> = Mutex::new(BTreeMap::new());

impl Limits {
    /// What breaks a limit of `request`, if something does.
    ///
    /// # Errors
    /// [`Error::Limit`], with the first place.
    pub fn of(request: &impl Check) -> Result<(), Error> {
        let mut limits = Self::default();
        request.check(&Place::Root, &mut limits);
        limits.0.map_or(Ok(()), Err)
    }

    /// Refuse `value`, unless something was refused before.
    pub fn refuse(&mut self, at: &Place<'_>, value: &dyn Debug, rule: &str) {
        let value = || format!("{value:?}").chars().take(200).collect();
        self.0.get_or_insert_with(|| Error::Limit { field: at.to_string(), value: value(), rule: rule.to_string() });
    }

    /// A text must fit a pattern. What is `hidden` is told in no error.
    pub fn pattern(&mut self, at: &Place<'_>, value: &str, hidden: bool, pattern: &'static str, rule: &str) {
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let one = compiled.entry(pattern).or_insert_with(|| regex_lite::Regex::new(pattern).expect("a pattern"));
        if !one.is_match(value) {
            self.refuse(at, if hidden { &"(not shown)" } else { &value }, rule);
        }
    }

    /// A number must be in a range, and none of some.
    pub fn range<N>(&mut self, at: &Place<'_>, value: N, least: Option<N>, most: Option<N>, not: &[N], rule: &str)
    where
        N: PartialOrd + Debug,
    {
        let out = least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most);
        if out || not.contains(&value) {
            self.refuse(at, &value, rule);
        }
    }

    /// So many bytes are the most.
    pub fn size(&mut self, at: &Place<'_>, bytes: usize, most: usize, rule: &str) {
        if bytes > most {
            self.refuse(at, &format_args!("{bytes} bytes"), rule);
        }
    }

    /// A text must be one of those that are known.
    pub fn among(&mut self, at: &Place<'_>, value: &str, known: &BTreeSet<&str>, rule: &str) {
        if !known.contains(value) {
            self.refuse(at, &value, rule);
        }
    }

    /// What a text is the JSON of. A text that is no such JSON is left to the server.
    pub fn inside<V: serde::de::DeserializeOwned + Check>(&mut self, at: &Place<'_>, text: &str) {
        if let Ok(value) = serde_json::from_str::<V>(text) {
            value.check(at, self);
        }
    }
}

/// A value that may have limits.
pub trait Check {
    /// Tell `limits` what is wrong with the value, which stands at `at`.
    fn check(&self, at: &Place<'_>, limits: &mut Limits);
}

impl<V: Check> Check for Option<V> {
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        self.iter().for_each(|value| value.check(at, limits));
    }
}

impl<V: Check> Check for Box<V> {
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        self.as_ref().check(at, limits);
    }
}

impl<V: Check> Check for Vec<V> {
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        self.iter().enumerate().for_each(|(number, value)| value.check(&at.item(number), limits));
    }
}

impl<V: Check> Check for BTreeMap<String, V> {
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        self.iter().for_each(|(key, value)| value.check(&at.key(key), limits));
    }
}

impl Check for f64 {
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        if !self.is_finite() {
            limits.refuse(at, self, "a finite number");
        }
    }
}

impl Check for serde_json::Value {
    /// The server keeps numbers as 64-bit floats, and would change other integers.
    fn check(&self, at: &Place<'_>, limits: &mut Limits) {
        match self {
            Self::Array(values) => values.check(at, limits),
            Self::Object(members) => members.iter().for_each(|(key, value)| value.check(&at.key(key), limits)),
            Self::Number(number) => {
                let whole = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
                if whole.is_some_and(|whole| number.as_f64().map(|float| float as i128) != Some(whole)) {
                    limits.refuse(at, number, "an integer that a 64-bit float holds; send it as a text");
                }
            }
            _ => {}
        }
    }
}
