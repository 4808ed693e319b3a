//! Scalars: what a plain word of YAML means, decided as `kubectl` decides it, so that a manifest means the same with
//! a cluster and without.

use serde_json::{Number, Value as Json};

/// A value without parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
}

impl Scalar {
    /// What a word without quotes means: YAML 1.1 as `kubectl` reads it, where `yes` and `on` are booleans. A date
    /// stays text.
    pub(crate) fn plain(word: &str) -> Self {
        match word {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Self::Bool(true);
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Self::Bool(false);
            }
            _ => {}
        }
        match number(word) {
            Some(number) => Self::Number(number),
            None => Self::Text(word.to_owned()),
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Text(text) => Json::String(text.clone()),
        }
    }
}

fn number(word: &str) -> Option<Number> {
    let first = word.bytes().find(|byte| !b"+-.".contains(byte))?;
    if !first.is_ascii_digit() {
        return None;
    }
    let digits = word.replace('_', "");
    integer(&digits).map(Number::from).or_else(|| float(&digits))
}

fn integer(digits: &str) -> Option<i64> {
    let (sign, unsigned) = match digits.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    // The parser of numbers would take a second sign.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|value| sign * value)
}

fn float(digits: &str) -> Option<Number> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    let value: f64 = digits.parse().ok()?;
    // `1e9` is as whole as 1000000000.
    let whole = format!("{value:.0}").parse::<i64>().ok().filter(|_| value.fract() == 0.0);
    whole.map_or_else(|| Number::from_f64(value), |whole| Some(Number::from(whole)))
}

#[cfg(test)]
mod tests {
    use super::Scalar;
    use serde_json::json;

    #[test]
    fn plain_words_mean_what_kubectl_takes_them_for() {
        let cases = [
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("0644", json!(420)),
            ("0x10", json!(16)),
            ("1_000", json!(1000)),
            ("0.5", json!(0.5)),
            ("1e99", json!(1e99)),
            ("1e3", json!(1000)),
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("~", json!(null)),
            ("2026-01-05", json!("2026-01-05")),
            ("2026-W02", json!("2026-W02")),
            ("1h", json!("1h")),
            ("--1", json!("--1")),
            (".5.", json!(".5.")),
            ("64Mi", json!("64Mi")),
            ("-", json!("-")),
            ("0x-1", json!("0x-1")),
        ];
        for (word, meaning) in cases {
            assert_eq!(Scalar::plain(word).to_json(), meaning, "{word}");
        }
    }
}
