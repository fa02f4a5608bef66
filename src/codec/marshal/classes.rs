//! What the classes of Ruby and Rails mean that session data are made of. What is none of them, or does not
//! hold what its class should, is shown as an object of its class.

use std::borrow::Cow;

use super::Reader;
use crate::codec::Parsed;
use crate::codec::calendar;
use crate::codec::graph::{Item, Kind};
use crate::value::Value;

/// Digits that the exponent of a decimal may add.
const MOST_ZEROS: i64 = 2048;

/// The chronological Julian day of 1970-01-01.
const DAY_OF_1970: i64 = 2_440_588;

/// The days of one period of `Date`.
const PERIOD: i64 = 71_149_239;

impl<'a> Reader<'a> {
    fn class_name(&self, symbol: u32) -> &'a str {
        match self.symbols[symbol as usize] {
            Item::Text(name) => name,
            _ => "",
        }
    }

    /// An object whose parts are on the stack from `base` on.
    pub(super) fn named(&mut self, node: u32, class: u32, base: usize) -> Parsed<()> {
        if matches!(self.class_name(class), "Set" | "SortedSet")
            && let [Item::Text("hash"), Item::Node(hash)] = self.stack[base..]
            && self.graph.kind(hash) == Kind::Map
        {
            let items: Vec<Item<'a>> = self.graph.items(hash).iter().copied().step_by(2).collect();
            self.spend(items.len())?;
            return self.graph.become_row(node, Kind::Set, &items);
        }
        let class = self.class(class);
        self.graph.become_row(node, Kind::Object(class), &self.stack[base..])
    }

    /// What `marshal_dump` gave.
    pub(super) fn dumped(&mut self, node: u32, class: u32, item: Item<'a>) -> Parsed<()> {
        let date = match self.class_name(class) {
            "Date" => self.date(item, false),
            "DateTime" => self.date(item, true),
            "ActiveSupport::TimeWithZone" => self.time_with_zone(item),
            _ => None,
        };
        if let Some(date) = date {
            let item = self.graph.leaf(Value::Date(Cow::Owned(date)));
            return self.graph.become_row(node, Kind::Same, &[item]);
        }
        let class = self.class(class);
        self.graph.become_row(node, Kind::Valued(class), &[item])
    }

    /// What `_dump` wrote, with the instance variables on the stack from there on; 0 means none.
    pub(super) fn dumped_text(&mut self, node: u32, user: u32, variables: usize) -> Parsed<()> {
        let user = self.users[user as usize];
        let value = match self.class_name(user.class) {
            "Time" => self.time(node, user.bytes, variables).map(|text| Value::Date(Cow::Owned(text))),
            "BigDecimal" => decimal(user.bytes),
            _ => None,
        };
        if let Some(value) = value {
            let item = self.graph.leaf(value);
            return self.graph.become_row(node, Kind::Same, &[item]);
        }
        let class = self.class(user.class);
        let payload = std::str::from_utf8(user.bytes).map_or(Item::Bytes(user.bytes), Item::Text);
        self.graph.become_row(node, Kind::Valued(class), &[payload])
    }

    /// A whole number, or one of the Rationals that are.
    fn whole(&self, item: Item<'a>) -> Option<(i64, i64)> {
        match item {
            Item::Int(number) => Some((number, 1)),
            Item::Node(node) if matches!(self.graph.kind(node), Kind::Valued(_)) => {
                let [Item::Node(pair)] = self.graph.items(node) else { return None };
                match self.graph.items(*pair) {
                    [Item::Int(number), Item::Int(of)] if *of > 0 => Some((*number, *of)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `Date` and `DateTime` (date_core.c, `d_lite_marshal_dump`).
    fn date(&self, item: Item<'a>, with_time: bool) -> Option<String> {
        let Item::Node(row) = item else { return None };
        let [Item::Int(periods), Item::Int(day), Item::Int(seconds), fraction, Item::Int(offset), _] =
            self.graph.items(row)
        else {
            return None;
        };
        let day = periods.checked_mul(PERIOD)?.checked_add(*day)?.checked_sub(DAY_OF_1970)?;
        if !with_time {
            return calendar::date(day);
        }
        let (nanos, of) = self.whole(*fraction)?;
        let nanos = u32::try_from(nanos / of).ok().filter(|nanos| *nanos < 1_000_000_000)?;
        let mut text = calendar::moment(day.checked_mul(86_400)?.checked_add(*seconds)?, nanos, *offset)?;
        if text.ends_with('Z') {
            text.pop();
            text.push_str("+00:00");
        }
        Some(text)
    }

    /// The moment, the name of the zone, and what the clock of the zone shows as if it were in UTC.
    fn time_with_zone(&self, item: Item<'a>) -> Option<String> {
        let Item::Node(row) = item else { return None };
        let [Item::Node(moment), _, Item::Node(local)] = self.graph.items(row) else { return None };
        let (seconds, nanos) = self.times.get(moment)?;
        let (local, _) = self.times.get(local)?;
        let offset = local.checked_sub(*seconds)?;
        calendar::moment(*seconds, *nanos, Some(offset).filter(|offset| offset.abs() < 172_800)?)
    }

    /// `Time` (time.c, `time_mdump`).
    fn time(&mut self, node: u32, bytes: &[u8], variables: usize) -> Option<String> {
        let (high, rest) = bytes.split_first_chunk()?;
        let (low, rest) = rest.split_first_chunk()?;
        let (high, low) = (u32::from_le_bytes(*high), u32::from_le_bytes(*low));
        let mut nanos = 0;
        let mut utc = true;
        let seconds = if high >> 31 == 0 {
            nanos = low.checked_mul(1000)?;
            i64::from(high)
        } else {
            utc = high >> 30 & 1 == 1;
            let mut year = i64::from(high >> 14 & 0xffff) + 1900;
            if let Some((length, more)) = rest.split_first() {
                // The length has the form that counts have.
                let length = usize::from(*length).checked_sub(5)?;
                let mut extension = [0; 8];
                extension.get_mut(..length)?.copy_from_slice(more.get(..length)?);
                let extension = i64::from_le_bytes(extension);
                year = match high >> 14 & 0xffff {
                    0 => 1900_i64.checked_sub(extension)?,
                    0xffff => 67_435_i64.checked_add(extension)?,
                    _ => year,
                };
            }
            if year.abs() > 100_000_000 {
                return None;
            }
            let days = calendar::days(year, i64::from(high >> 10 & 0xf) + 1, i64::from(high >> 5 & 0x1f));
            nanos += (low & 0xf_ffff) * 1000;
            days * 86_400
                + i64::from(high & 0x1f) * 3600
                + i64::from(low >> 26) * 60
                + i64::from(low >> 20 & 0x3f)
        };
        let mut offset = 0;
        if variables > 0 {
            let variable = |name: &str| {
                let pairs = self.stack[variables..].chunks_exact(2).take(16);
                pairs
                    .rev()
                    .find(|pair| matches!(pair[0], Item::Text(text) if text == name))
                    .map(|pair| pair[1])
            };
            if let (Some(Item::Int(number)), of) = (variable("nano_num"), variable("nano_den")) {
                let of = match of {
                    Some(Item::Int(of)) if of > 0 => of,
                    _ => 1,
                };
                nanos += u32::try_from(number / of).ok().filter(|nanos| *nanos < 1000)?;
            }
            if !utc && let Some((number, of)) = variable("offset").and_then(|item| self.whole(item)) {
                offset = Some(number / of).filter(|offset| offset.abs() < 172_800)?;
            }
        }
        if nanos >= 1_000_000_000 {
            return None;
        }
        self.times.insert(node, (seconds, nanos));
        calendar::moment(seconds, nanos, offset)
    }
}

/// `BigDecimal#_dump`: how many digits there may be, and the number as a fraction with an exponent.
pub(in crate::codec) fn decimal<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    let (_, text) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |number| ("-", number));
    match number {
        "NaN" => return Some(Value::Float(f64::NAN)),
        "Infinity" if sign.is_empty() => return Some(Value::Float(f64::INFINITY)),
        "Infinity" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let (fraction, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let digits = fraction.strip_prefix("0.")?;
    let exponent: i64 = exponent.parse().ok()?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_end_matches('0');
    let text = if digits.is_empty() {
        "0".to_string()
    } else if exponent.abs() > MOST_ZEROS {
        return Some(Value::Decimal(Cow::Owned(format!("{sign}{number}"))));
    } else if exponent <= 0 {
        format!("0.{}{digits}", "0".repeat(-exponent as usize))
    } else {
        let exponent = exponent as usize;
        match digits.split_at_checked(exponent) {
            Some((whole, "")) => whole.to_string(),
            Some((whole, fraction)) => format!("{whole}.{fraction}"),
            None => format!("{digits}{}", "0".repeat(exponent - digits.len())),
        }
    };
    Some(Value::Decimal(Cow::Owned(format!("{sign}{text}"))))
}
