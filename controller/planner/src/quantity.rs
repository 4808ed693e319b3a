//! Amounts of CPU and of bytes, as Kubernetes writes them: `500m`, `64Mi`, `1G`, `1e3`.
//!
//! The grammar is that of `resource.Quantity` in Kubernetes' apimachinery; as there, what is not whole is rounded up.

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityFault {
    /// It is no amount of CPU.
    #[error("`{0}` is no amount of CPU: write cores such as 2 or 0.5, or thousandths of one such as 500m")]
    Cpu(String),
    /// It is no amount of bytes.
    #[error("`{0}` is no amount of bytes: write a number, then Ki, Mi, Gi, Ti or k, M, G, T, such as 64Mi")]
    Bytes(String),
    /// There is less than nothing of it.
    #[error("`{0}` is negative: write an amount of 0 or more")]
    Negative(String),
    /// The `m` of CPU, where people mean the `M` of bytes.
    #[error("`{text}` counts thousandths of a byte: write {right} for megabytes")]
    Millibytes {
        /// What was written.
        text: String,
        /// The same number of megabytes.
        right: String,
    },
    /// Kubernetes counts to 2^63.
    #[error("`{0}` is more than any machine has: write less")]
    TooMuch(String),
}

/// An amount that could not be read.
enum Unreadable {
    Malformed,
    Negative,
    TooMuch,
}

/// Reads an amount of CPU, into thousandths of a core.
pub fn millicores(text: &str) -> Result<u64, QuantityFault> {
    read(text, 3).map_err(|unreadable| match unreadable {
        Unreadable::Malformed => QuantityFault::Cpu(text.to_owned()),
        Unreadable::Negative => QuantityFault::Negative(text.to_owned()),
        Unreadable::TooMuch => QuantityFault::TooMuch(text.to_owned()),
    })
}

/// Reads an amount of memory or disk, into bytes.
pub fn bytes(text: &str) -> Result<u64, QuantityFault> {
    if let (Some(number), Ok(thousandths)) = (text.strip_suffix('m'), read(text, 3))
        && thousandths % 1000 != 0
    {
        return Err(QuantityFault::Millibytes { text: text.to_owned(), right: format!("{number}M") });
    }
    read(text, 0).map_err(|unreadable| match unreadable {
        Unreadable::Malformed => QuantityFault::Bytes(text.to_owned()),
        Unreadable::Negative => QuantityFault::Negative(text.to_owned()),
        Unreadable::TooMuch => QuantityFault::TooMuch(text.to_owned()),
    })
}

/// Reads an amount in units of ten to the power of minus `places`, rounded up.
fn read(text: &str, places: i64) -> Result<u64, Unreadable> {
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number_len = unsigned.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, suffix) = unsigned.split_at(number_len);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let (twos, tens) = powers(suffix).ok_or(Unreadable::Malformed)?;
    if digits.is_empty() || fraction.contains('.') {
        return Err(Unreadable::Malformed);
    }
    let Ok(digits) = digits.parse::<u128>() else { return Err(Unreadable::TooMuch) };
    if is_negative && digits != 0 {
        return Err(Unreadable::Negative);
    }
    let fraction_len = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let scaled = digits.checked_mul(1 << twos).ok_or(Unreadable::TooMuch)?;
    let amount = shift_decimally(scaled, tens + places - fraction_len).ok_or(Unreadable::TooMuch)?;
    // Kubernetes keeps amounts in an i64.
    i64::try_from(amount).map(i64::cast_unsigned).map_err(|_| Unreadable::TooMuch)
}

/// The powers of two and of ten that a suffix multiplies by.
fn powers(suffix: &str) -> Option<(u32, i64)> {
    let powers = match suffix {
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "" => (0, 0),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        exponent => (0, exponent.strip_prefix(['e', 'E'])?.parse::<i16>().ok()?.into()),
    };
    Some(powers)
}

/// Multiplies by a power of ten, and rounds up.
fn shift_decimally(number: u128, tens: i64) -> Option<u128> {
    if number == 0 {
        return Some(0);
    }
    let factor = u32::try_from(tens.unsigned_abs()).ok().and_then(|tens| 10_u128.checked_pow(tens));
    match (tens >= 0, factor) {
        (true, factor) => number.checked_mul(factor?),
        (false, Some(factor)) => Some(number.div_ceil(factor)),
        (false, None) => Some(1),
    }
}
