//! Comparisons of a duration or a size: `<30m`, `>=2d`, `> 64 KiB`.

use std::cmp::Ordering;
use std::fmt;

use crate::text::units::{self, Quantity, UnitError};

/// How two quantities are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Equal => order.is_eq(),
            Relation::Unequal => order.is_ne(),
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterOrEqual => order.is_ge(),
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Relation::Equal => "=",
            Relation::Unequal => "!=",
            Relation::Less => "<",
            Relation::LessOrEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterOrEqual => ">=",
        }
    }
}

/// What a comparison of that looks like.
pub fn example(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Duration => "'<30m', '>=2d' or '> 1h 30m'",
        Quantity::Size => "'>64KiB' or '<= 1.5 MB'",
    }
}

/// A comparison with a fixed quantity of milliseconds or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    relation: Relation,
    value: u64,
    /// `=2d` means "two days and some hours": equal as far as the expression is precise.
    grain: u64,
    text: String,
}

impl Expr {
    pub fn parse(text: &str, quantity: Quantity) -> Result<Expr, UnitError> {
        let trimmed = text.trim();
        let signs = [
            ("<=", Relation::LessOrEqual),
            (">=", Relation::GreaterOrEqual),
            ("!=", Relation::Unequal),
            ("==", Relation::Equal),
            ("<", Relation::Less),
            (">", Relation::Greater),
            ("=", Relation::Equal),
        ];
        let (relation, amount) = signs
            .iter()
            .find_map(|(sign, relation)| Some((*relation, trimmed.strip_prefix(sign)?)))
            .unwrap_or((Relation::Equal, trimmed));
        let amount = amount.trim();
        let (value, grain) = units::amount(amount, quantity)?;
        let (value, grain) = match quantity {
            Quantity::Duration => (value / 1_000, (grain / 1_000).max(1)),
            Quantity::Size => (value, grain),
        };
        let text = format!("{} {amount}", relation.sign());
        Ok(Expr { relation, value, grain, text })
    }

    /// Whether it holds for a quantity in milliseconds or bytes.
    pub fn holds(&self, quantity: u64) -> bool {
        match self.relation {
            Relation::Equal => self.is_about(quantity),
            Relation::Unequal => !self.is_about(quantity),
            relation => relation.holds(quantity.cmp(&self.value)),
        }
    }

    /// The quantities for which it holds, or does not, as the least and the most; where these would be two
    /// spans, all of them.
    pub fn span(&self, negated: bool) -> (Option<u64>, Option<u64>) {
        let value = self.value;
        let (below, above) = ((None, value.checked_sub(1).or(Some(0))), (value.checked_add(1), None));
        match (self.relation, negated) {
            (Relation::Equal, false) | (Relation::Unequal, true) => {
                (Some(value), Some(value.saturating_add(self.grain.saturating_sub(1))))
            }
            (Relation::Equal, true) | (Relation::Unequal, false) => (None, None),
            (Relation::Less, false) | (Relation::GreaterOrEqual, true) => below,
            (Relation::LessOrEqual, false) | (Relation::Greater, true) => (None, Some(value)),
            (Relation::Greater, false) | (Relation::LessOrEqual, true) => above,
            (Relation::GreaterOrEqual, false) | (Relation::Less, true) => (Some(value), None),
        }
    }

    fn is_about(&self, quantity: u64) -> bool {
        quantity >= self.value && quantity - self.value < self.grain
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let table: &[(&str, u64, bool)] = &[
            ("<30m", 1_799_999, true),
            ("<30m", 1_800_000, false),
            ("<= 30 m", 1_800_000, true),
            (">2d", 172_800_001, true),
            (">2d", 172_800_000, false),
            (">=2d", 172_800_000, true),
            ("> 1h 30m", 5_400_001, true),
            (">1h30m", 5_400_000, false),
            (">1.5h", 5_400_001, true),
            ("=2d", 172_800_000 + 80_000_000, true),
            ("2d", 172_800_000 - 1, false),
            ("=1.5h", 5_400_000 + 359_999, true),
            ("=1.5h", 5_400_000 + 360_000, false),
            ("!=2d", 172_800_000, false),
            (">0", 1, true),
            ("<1w", 604_799_999, true),
            ("=500ms", 500, true),
            ("< 2 days", 1, true),
        ];
        for (text, ms, expected) in table {
            let expr = Expr::parse(text, Quantity::Duration).unwrap();
            assert_eq!(expr.holds(*ms), *expected, "{text} {ms}");
        }
    }

    #[test]
    fn sizes() {
        let table: &[(&str, u64, bool)] = &[
            (">64KiB", 65_537, true),
            (">64KiB", 65_536, false),
            (">64kb", 64_001, true),
            ("=412", 412, true),
            ("=412 B", 413, false),
            ("<1.5MiB", 1_572_863, true),
            (">= 1 GiB", 1 << 30, true),
        ];
        for (text, bytes, expected) in table {
            let expr = Expr::parse(text, Quantity::Size).unwrap();
            assert_eq!(expr.holds(*bytes), *expected, "{text} {bytes}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let of = |text, quantity| Expr::parse(text, quantity).unwrap_err().to_string();
        assert_eq!(of("", Quantity::Duration), "no number in it");
        assert_eq!(of("<", Quantity::Duration), "no number in it");
        assert_eq!(of("<m", Quantity::Duration), "no number in it");
        assert_eq!(of("<-1m", Quantity::Duration), "no number in it");
        assert_eq!(of("<1.2.3m", Quantity::Duration), "no number in it");
        assert_eq!(of("<30", Quantity::Duration), "30 has no unit; use ms, s, m, h, d or w");
        assert_eq!(of("<30x", Quantity::Duration), "`x` is not a unit; use ms, s, m, h, d or w");
        assert_eq!(of("<30é", Quantity::Duration), "`é` is not a unit; use ms, s, m, h, d or w");
        assert_eq!(of("<30M", Quantity::Duration), "`M` is not a unit; use ms, s, m, h, d or w");
        assert_eq!(of("<30K", Quantity::Size), "`K` is not a unit; use B, KB, KiB, MB, MiB, GB or GiB");
        assert_eq!(of("<99999999999999999999d", Quantity::Duration), "the number is too large");
        assert_eq!(of("<999999999999999999w", Quantity::Duration), "the number is too large");
    }

    #[test]
    fn shows_what_was_typed() {
        assert_eq!(Expr::parse(" <30m ", Quantity::Duration).unwrap().to_string(), "< 30m");
        assert_eq!(Expr::parse("2d", Quantity::Duration).unwrap().to_string(), "= 2d");
    }
}
