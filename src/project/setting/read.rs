//! Settings out of YAML, each value held against what its declaration allows.
//!
//! What is wrong is told in the words of [`crate::yaml`]: a message and, behind `; `, what to do about it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{ALL, Column, Decimal, Kind, OWN, Setting, Type, Value, Values, find};
use crate::day::Day;
use crate::holiday::Week;
use crate::problem;

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Said;

        impl<'de> Visitor<'de> for Said {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("settings by their names, like `silent_days: 45`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
                let mut values = Values::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == OWN {
                        values.own = map.next_value::<Own>()?.0;
                    } else if let Some(setting) = find(&name) {
                        values.shipped.insert(setting.name, map.next_value_seed(setting)?);
                    } else {
                        let names = ALL.iter().map(|setting| setting.name).chain([OWN]);
                        return Err(unknown(&name, names));
                    }
                }
                Ok(values)
            }
        }

        deserializer.deserialize_map(Said)
    }
}

/// The value of a setting that nobody says otherwise. One that cannot be read is a mistake of ours.
pub fn default(setting: &'static Setting) -> Value {
    let deserializer = serde_yaml::Deserializer::from_str(setting.default);
    let read = setting.deserialize(deserializer);
    read.unwrap_or_else(|error| panic!("the default of {} is none: {error}", setting.name))
}

/// What may be written for a setting, in words.
pub fn allowed(setting: &Setting) -> String {
    match &setting.kind {
        Kind::One(of) => Cell { name: setting.name, of: *of, unit: setting.unit }.allowed(),
        Kind::Weekdays => Week::ALLOWED.to_owned(),
        Kind::Table { columns, key } => Table { columns, key }.allowed(),
    }
}

/// In the words of a derived deserialiser, from which the nearest name is found.
fn unknown<'n, E: Error>(name: &str, known: impl Iterator<Item = &'n str>) -> E {
    let known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    E::custom(format!("unknown field `{name}`, expected one of {}", known.join(", ")))
}

impl<'de> DeserializeSeed<'de> for &'static Setting {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match &self.kind {
            Kind::One(of) => Cell { name: self.name, of: *of, unit: self.unit }.deserialize(deserializer),
            Kind::Weekdays => Week::deserialize(deserializer).map(Value::Weekdays),
            Kind::Table { columns, key } => deserializer.deserialize_seq(Table { columns, key }),
        }
    }
}

/// One value of a declared type: of a setting, or in a column.
#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    of: Type,
    unit: Option<&'static str>,
}

impl Cell {
    fn refused<E: Error>(self, written: impl fmt::Display) -> E {
        let help = match self.of {
            Type::OneOf(names) => problem::nearest(&written.to_string(), names.iter().copied())
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_else(|| format!("write {}", self.allowed())),
            _ => format!("write {}", self.allowed()),
        };
        E::custom(format!("`{written}` is no value of `{}`; {help}", self.name))
    }

    /// What it may be, in words.
    fn allowed(self) -> String {
        match self.of {
            Type::Whole { min, max } => {
                let of = self.unit.map(|unit| format!(" of {unit}")).unwrap_or_default();
                format!("a whole number{of} from {min} to {max}")
            }
            Type::Share => "a share from 0 to 1 of at most six decimals, like `30%` or `0.3`".to_owned(),
            Type::Ratio => "a share of at most six decimals, like `120%` or `1.2`".to_owned(),
            Type::Money => "an amount of at most four decimals, like `5000`".to_owned(),
            Type::Text => "a text".to_owned(),
            Type::OneOf(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("one of {}", names.join(", "))
            }
        }
    }

    fn decimal<E: Error>(self, number: Decimal, written: impl fmt::Display) -> Result<Value, E> {
        let (scale, most) = match self.of {
            Type::Share => (6, Some(1_000_000)),
            Type::Ratio => (6, None),
            Type::Money => (4, None),
            _ => return Err(self.refused(written)),
        };
        let fits = |number: &Decimal| !number.is_negative() && most.is_none_or(|most| number.digits <= most);
        number.with_scale(scale).filter(fits).map(Value::Decimal).ok_or_else(|| self.refused(written))
    }
}

impl<'de> DeserializeSeed<'de> for Cell {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Cell {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.allowed())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        match self.of {
            Type::Whole { min, max } if (min..=max).contains(&number) => Ok(Value::Whole(number)),
            // A bare 1 may be meant as one percent or as all.
            Type::Share | Type::Ratio if number > 0 => {
                let like = if self.of == Type::Share { "`30%` or `0.3`" } else { "`120%` or `1.2`" };
                Err(E::custom(format!("`{number}` may be meant as a percentage or as a share; write it like {like}")))
            }
            Type::Share | Type::Ratio | Type::Money => {
                self.decimal(Decimal { digits: number.into(), scale: 0 }, number)
            }
            _ => Err(self.refused(number)),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map_err(|_| self.refused(number)).and_then(|number| self.visit_i64(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        // With its point, also where the decimals are zeros.
        let written = format!("{number:?}");
        match Decimal::parse(&written) {
            Some(read) => self.decimal(read, written),
            None => Err(self.refused(written)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.of {
            Type::Text if !text.is_empty() => Ok(Value::Text(text.to_owned())),
            Type::OneOf(names) if names.contains(&text) => Ok(Value::Text(text.to_owned())),
            Type::Share | Type::Ratio => {
                let percent = percentage(text).ok_or_else(|| self.refused(text))?;
                self.decimal(percent, text)
            }
            _ => Err(self.refused(text)),
        }
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Err(self.refused(flag))
    }
}

fn percentage(text: &str) -> Option<Decimal> {
    Decimal::parse(text.strip_suffix('%')?.trim())?.percent()
}

/// The rows of a table.
#[derive(Clone, Copy)]
struct Table {
    columns: &'static [Column],
    key: &'static [&'static str],
}

impl Table {
    fn allowed(self) -> String {
        format!("a list of rows like `{}`", self.row())
    }

    /// A row with dots for its values.
    fn row(self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("{}: ...", column.name)).collect();
        format!("{{{}}}", columns.join(", "))
    }

    /// What the row says of the key's columns.
    fn key_of(self, row: &[Option<Value>]) -> Vec<Option<&Value>> {
        let is_key = |column: &Column| self.key.contains(&column.name);
        self.columns.iter().zip(row).filter(|(column, _)| is_key(column)).map(|(_, value)| value.as_ref()).collect()
    }
}

impl<'de> Visitor<'de> for Table {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.allowed())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut written: A) -> Result<Value, A::Error> {
        let mut rows: Vec<Vec<Option<Value>>> = Vec::new();
        while let Some(row) = written.next_element_seed(Row { table: self, earlier: &rows })? {
            rows.push(row);
        }
        Ok(Value::Rows(rows))
    }
}

/// A row behind others.
#[derive(Clone, Copy)]
struct Row<'r> {
    table: Table,
    earlier: &'r [Vec<Option<Value>>],
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = Vec<Option<Value>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = Vec<Option<Value>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "a row like `{}`", self.table.row())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let columns = self.table.columns;
        let mut row = vec![None; columns.len()];
        while let Some(name) = map.next_key::<String>()? {
            let Some(at) = columns.iter().position(|column| column.name == name) else {
                return Err(unknown(&name, columns.iter().map(|column| column.name)));
            };
            let Column { name, of, .. } = columns[at];
            row[at] = Some(map.next_value_seed(Cell { name, of, unit: None })?);
        }
        let missing = columns.iter().zip(&row).find(|(column, value)| column.is_required && value.is_none());
        if let Some((column, _)) = missing {
            return Err(A::Error::missing_field(column.name));
        }
        let key = self.table.key_of(&row);
        if let Some(twin) = self.earlier.iter().position(|other| self.table.key_of(other) == key) {
            let key: Vec<String> = self.table.key.iter().map(|name| format!("`{name}`")).collect();
            return Err(A::Error::custom(format!(
                "row {} has the same {} already; keep one of the two",
                twin + 1,
                key.join(" and ")
            )));
        }
        Ok(row)
    }
}

/// The user's own settings.
struct Own(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Own {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Said;

        impl<'de> Visitor<'de> for Said {
            type Value = Own;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("settings of your own by their names, like `big_deal: 100000`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Own, A::Error> {
                let mut own = BTreeMap::new();
                while let Some(Name(name)) = map.next_key()? {
                    own.insert(name, map.next_value::<Typed>()?.0);
                }
                Ok(Own(own))
            }
        }

        deserializer.deserialize_map(Said)
    }
}

/// The name of a user's own setting.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let is_name = name.bytes().next().is_some_and(is_letter)
            && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit());
        let wrong =
            || D::Error::custom(format!("`{name}` is no name of a setting; write lower-case letters, digits and _"));
        if is_name { Ok(Self(name)) } else { Err(wrong()) }
    }
}

/// A value whose type is told by how it is written.
struct Typed(Value);

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Typed;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number, a share like `30%`, a day like `2026-11-26`, a text, or true or false")
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Typed, E> {
                Ok(Typed(Value::Flag(flag)))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Typed, E> {
                Ok(Typed(Value::Whole(number)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Typed, E> {
                let number = i64::try_from(number).map_err(|_| E::custom(format!("`{number}` is too large")))?;
                self.visit_i64(number)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Typed, E> {
                typed(Decimal::parse(&number.to_string()), number)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Typed, E> {
                match (percentage(text), text.parse::<Day>()) {
                    (Some(share), _) => typed(Some(share), text),
                    (_, Ok(day)) => Ok(Typed(Value::Day(day))),
                    _ => Ok(Typed(Value::Text(text.to_owned()))),
                }
            }
        }

        fn typed<E: Error>(number: Option<Decimal>, written: impl fmt::Display) -> Result<Typed, E> {
            let number = number.and_then(|number| number.with_scale(6)).map(Decimal::shortened);
            let wrong =
                || E::custom(format!("`{written}` has too many digits; write at most 12, and 6 decimals behind them"));
            number.map(|number| Typed(Value::Decimal(number))).ok_or_else(wrong)
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SourceFile;
    use crate::project::setting::OWN;
    use crate::yaml;

    #[derive(Debug, Deserialize)]
    struct Job {
        settings: Values,
    }

    fn read(text: &str) -> Result<Values, Vec<String>> {
        let source = SourceFile::new("job.yaml", text);
        let read = yaml::parse(&source, 0..text.len()).and_then(|document| document.read::<Job>());
        let told =
            |found: problem::Problem| format!("{} {} ({})", found.place, found.message, found.help.unwrap_or_default());
        read.map(|job| job.settings).map_err(|found| found.into_iter().map(told).collect())
    }

    #[test]
    fn every_default_can_be_read_and_every_setting_is_described() {
        for setting in &ALL {
            setting.default();
            assert!(setting.description.ends_with('.'), "{}", setting.name);
        }
        let Value::Rows(rules) = find("lead_rule").unwrap().default() else { panic!() };
        assert_eq!(rules[4], [Some(Value::Text("wrong_company_details".to_owned())), Some(Value::Whole(-5))]);
    }

    #[test]
    fn a_share_is_written_either_way_and_never_by_half() {
        let share = |text: &str| read(&format!("settings: {{age_percentile: {text}}}"));
        let is = |text: &str| share(text).unwrap().get("age_percentile").cloned();
        assert_eq!(is("0.85"), Some(Value::Decimal(Decimal { digits: 850_000, scale: 6 })));
        assert_eq!(is("85%"), is("0.85"));
        assert_eq!(is("100%"), is("1.0"));
        let allowed = "a share from 0 to 1 of at most six decimals, like `30%` or `0.3`";
        for (text, told) in [
            ("85", "`85` may be meant as a percentage or as a share (write it like `30%` or `0.3`)".to_owned()),
            ("101%", format!("`101%` is no value of `age_percentile` (write {allowed})")),
            ("-0.1", format!("`-0.1` is no value of `age_percentile` (write {allowed})")),
            ("0.1234567", format!("`0.1234567` is no value of `age_percentile` (write {allowed})")),
            ("most", format!("`most` is no value of `age_percentile` (write {allowed})")),
            ("[0.9]", format!("expected {allowed}, found a list (write that)")),
        ] {
            assert_eq!(share(text).unwrap_err(), [format!("job.yaml:1:28 {told}")], "{text}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_its_place_in_one_go() {
        let text = "\
settings:
  silent_dayz: 30
  far_close_days: 0
  cohort_days: soon
  thin_sample: 30.5
  working_days: [monday, frday]
  lead_rule:
    - {type: demo, points: 5}
    - {type: demo, points: 6}
    - {type: call, pionts: 6}
    - {points: 6}
  commission_plan: {role: ae}
";
        assert_eq!(
            read(text).unwrap_err(),
            [
                "job.yaml:2:3 unknown key `silent_dayz` (did you mean `silent_days`?)",
                "job.yaml:3:19 `0` is no value of `far_close_days` (write a whole number of days from 1 to 3660)",
                "job.yaml:4:16 `soon` is no value of `cohort_days` (write a whole number of days from 1 to 3660)",
                "job.yaml:5:16 `30.5` is no value of `thin_sample` (write a whole number of cases from 1 to 10000)",
                "job.yaml:6:26 `frday` is no day of a week (did you mean `friday`?)",
                "job.yaml:9:7 row 1 has the same `type` already (keep one of the two)",
                "job.yaml:10:20 unknown key `pionts` (did you mean `points`?)",
                "job.yaml:11:7 the key `type` is missing (add `type:`)",
                "job.yaml:12:20 expected a list of rows like `{role: ..., from_attainment: ..., rate: ..., base: ..., mode: ..., cap: ...}`, found keys (write that)",
            ]
        );
    }

    #[test]
    fn an_own_setting_is_typed_by_how_it_is_written() {
        let values = read(
            "settings: {own: {big: 100000, rate: 12.5%, price: 9.90, since: 2026-02-01, is_on: true, region: EMEA}}",
        )
        .unwrap();
        let of = |name: &str| values.get(&format!("{OWN}.{name}")).cloned().unwrap();
        assert_eq!(of("big"), Value::Whole(100_000));
        assert_eq!(of("rate"), Value::Decimal(Decimal { digits: 125, scale: 3 }));
        assert_eq!(of("price"), Value::Decimal(Decimal { digits: 99, scale: 1 }));
        assert_eq!(of("since"), Value::Day("2026-02-01".parse().unwrap()));
        assert_eq!(of("is_on"), Value::Flag(true));
        assert_eq!(of("region"), Value::Text("EMEA".to_owned()));
        assert_eq!(
            read("settings: {own: {Big-Deal: 1}}").unwrap_err(),
            ["job.yaml:1:28 `Big-Deal` is no name of a setting (write lower-case letters, digits and _)"]
        );
    }
}
