//! Quantities of Kubernetes: `200m`, `1600M`, `1Gi`, `2`.

use serde_json::Value;

const UNITS: [(&str, i128); 12] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("", 1),
];

/// A quantity in thousandths: of processors, or of bytes. None for what is no quantity.
pub fn thousandths(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if let Some(number) = text.strip_suffix('m') {
        return number.parse().ok();
    }
    let (unit, factor) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || part.len() > 3 || !(whole.to_owned() + part).bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: i128 = format!("{part:0<3}").parse().ok()?;
    Some((whole.parse::<i128>().ok()? * 1000 + part) * factor)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_are_those_of_kubernetes() {
        assert_eq!(thousandths(&json!("200m")), Some(200));
        assert_eq!(thousandths(&json!("2000m")), thousandths(&json!(2)));
        assert_eq!(thousandths(&json!("1.5")), Some(1500));
        assert_eq!(thousandths(&json!("1600M")), Some(1_600_000_000_000));
        assert_eq!(thousandths(&json!("1.5Gi")), Some(1_610_612_736_000));
        for wrong in [json!(""), json!("M"), json!("1 G"), json!("-1"), json!("1g"), json!(null), json!("1.2345")] {
            assert_eq!(thousandths(&wrong), None, "{wrong}");
        }
    }
}
