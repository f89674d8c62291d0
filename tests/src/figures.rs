//! Figures of many rounds, as they are printed.

/// The same thing measured several times.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<f64>);

impl FromIterator<f64> for Figures {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

impl Figures {
    /// The one in the middle, or the mean of both; NaN of none.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match (self.0.len() % 2, self.0.get(middle)) {
            (_, None) => f64::NAN,
            (0, Some(upper)) => f64::midpoint(self.0[middle - 1], *upper),
            (_, Some(only)) => *only,
        }
    }

    /// Prints a line of the table.
    pub fn print(&self, what: &str, unit: &str) {
        let (min, max) = (self.0.first().unwrap_or(&f64::NAN), self.0.last().unwrap_or(&f64::NAN));
        let number = |value: f64| format!("{value:.*}", if unit == "ms" || unit == "MB" { 1 } else { 3 });
        println!("{what:<46} {:>9} {:>9} {:>9}  {unit}", number(self.median()), number(*min), number(*max));
    }
}

/// Prints whether `value` keeps to its target.
pub fn print_target(what: &str, value: f64, limit: f64, unit: &str) {
    let verdict = if value <= limit { "met" } else { "NOT met" };
    println!("target  {what} at most {limit:.2}{unit}: {verdict} ({value:.2}{unit})");
}
