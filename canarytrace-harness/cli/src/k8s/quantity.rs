//! Quantities of Kubernetes: `200m` of a processor, `300M` of memory.

use std::str::FromStr;

/// A quantity as it was given, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quantity {
    /// As it was given.
    pub(crate) text: String,
    /// Cores, or bytes.
    pub(crate) value: f64,
}

/// What the letters behind a number mean.
const SUFFIXES: [(&str, f64); 11] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("m", 0.001),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("", 1.0),
];

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "allowed are quantities of Kubernetes such as 200m, 2, 1.5, 300M or 1Gi";
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(digits);
        let factor = SUFFIXES.iter().find(|(letters, _)| *letters == suffix).map(|(_, factor)| factor);
        match (number.parse::<f64>(), factor) {
            (Ok(number), Some(factor)) if number > 0.0 => Ok(Self { text: text.to_owned(), value: number * factor }),
            _ => Err(ALLOWED.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_number_and_a_unit() {
        let value = |text: &str| text.parse::<Quantity>().map(|quantity| quantity.value);
        assert_eq!(value("2000m"), Ok(2.0));
        assert_eq!(value("0.5"), Ok(0.5));
        assert_eq!(value("300M"), Ok(300e6));
        assert_eq!(value("1Gi"), Ok(1_073_741_824.0));
        for wrong in ["", "m", "-1", "2 cores", "1.2.3", "0", "3x"] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }
}
