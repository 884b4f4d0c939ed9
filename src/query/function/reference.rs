//! The product's own functions, described for people: what `forecastle functions` shows. A test runs every example.

/// A function and all that a person needs to call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub name: &'static str,
    pub signature: &'static str,
    /// What it gives, in a sentence, and its rules.
    pub description: &'static str,
    /// SQL that can be asked as it stands.
    pub example: &'static str,
    /// What the example gives.
    pub result: &'static str,
    /// Where the formula comes from, where it is more than arithmetic.
    pub source: Option<&'static str>,
}

const fn of(
    name: &'static str,
    signature: &'static str,
    description: &'static str,
    example: &'static str,
    result: &'static str,
) -> Reference {
    Reference { name, signature, description, example, result, source: None }
}

impl Reference {
    const fn from(self, source: &'static str) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// Every function of the product's own, by what it is about. The examples are asked on 2026-11-21, with a fiscal year from
/// February, US dollars and the holidays 2026-11-26 and 12-25.
pub const ALL: &[Reference] = &[
    of(
        "current_date",
        "current_date → DATE",
        "The run's day; also called today(). The clock is never read.",
        "SELECT current_date",
        "2026-11-21",
    ),
    of(
        "now",
        "now() → TIMESTAMP",
        "Midnight of the run's day; also called current_timestamp.",
        "SELECT now()",
        "2026-11-21T00:00:00",
    ),
    of(
        "setting",
        "setting(name TEXT) → the type of the setting",
        "What the pipeline's `settings:` say, or the default; `forecastle settings` lists them. Tables among them are read in FROM, as setting.lead_rule, and your own have the name own.big_deal.",
        "SELECT current_date - setting('silent_days')",
        "2026-10-22",
    ),
    of(
        "fiscal_year",
        "fiscal_year(day DATE) → INTEGER",
        "The fiscal year of a day, named by the calendar year in which it ends. The pipeline's `fiscal_year_starts` says when it begins.",
        "SELECT fiscal_year(DATE '2026-02-01')",
        "2027",
    ),
    of(
        "fiscal_quarter",
        "fiscal_quarter(day DATE) → TEXT",
        "The fiscal quarter of a day, as 2027-Q1.",
        "SELECT fiscal_quarter(DATE '2026-02-01')",
        "2027-Q1",
    ),
    of(
        "fiscal_month",
        "fiscal_month(day DATE) → TEXT",
        "The month of the fiscal year of a day, as 2027-01.",
        "SELECT fiscal_month(DATE '2026-02-01')",
        "2027-01",
    ),
    of(
        "period_start",
        "period_start(day DATE, grain TEXT) → DATE",
        "The first day of the fiscal period that holds a day; the grain is week (from Monday), month, quarter or year.",
        "SELECT period_start(DATE '2026-01-31', 'quarter')",
        "2025-11-01",
    ),
    of(
        "period_end",
        "period_end(day DATE, grain TEXT) → DATE",
        "The last day of the fiscal period that holds a day, itself in the period.",
        "SELECT period_end(DATE '2026-11-21', 'quarter')",
        "2027-01-31",
    ),
    of(
        "period_label",
        "period_label(day DATE, grain TEXT) → TEXT",
        "The name of the fiscal period that holds a day: 2027-Q4, 2027-10, 2026-W47, 2027; with the grain day the day itself.",
        "SELECT period_label(DATE '2026-11-21', 'quarter')",
        "2027-Q4",
    ),
    of(
        "days_between",
        "days_between(from DATE, to DATE) → INTEGER",
        "The days after `from`, up to `to`, which counts; negative where `to` is the earlier one.",
        "SELECT days_between(DATE '2026-11-13', DATE '2026-11-20')",
        "7",
    ),
    of(
        "business_days",
        "business_days(from DATE, to DATE) → INTEGER",
        "The days from Monday to Friday after `from`, up to `to`, which counts, less the pipeline's `holidays`; negative where `to` is the earlier one. Stretches that meet add up.",
        "SELECT business_days(DATE '2026-11-20', DATE '2026-11-27')",
        "4",
    ),
    of(
        "ratio",
        "ratio(a DOUBLE, b DOUBLE) → DOUBLE",
        "a / b, and NULL where b is 0.",
        "SELECT ratio(1, 4)",
        "0.25",
    ),
    of(
        "safe_divide",
        "safe_divide(a, b) → the type of a / b",
        "a / b in its own type, and NULL where b is 0. DECIMALs stay DECIMAL, with four digits more than a; whole numbers give a DOUBLE, so that nothing is cut off.",
        "SELECT safe_divide(CAST(100 AS DECIMAL(18,4)), 3)",
        "33.33333333",
    ),
    of(
        "wilson_lower",
        "wilson_lower(successes DOUBLE, trials DOUBLE) → DOUBLE",
        "The lower end of the 95 % interval of a share of counts; NULL without trials.",
        "SELECT round(wilson_lower(8, 10), 6)",
        "0.490162",
    )
    .from("Wilson 1927, score interval"),
    of(
        "wilson_upper",
        "wilson_upper(successes DOUBLE, trials DOUBLE) → DOUBLE",
        "The upper end of the 95 % interval of a share of counts; NULL without trials.",
        "SELECT round(wilson_upper(8, 10), 6)",
        "0.943318",
    )
    .from("Wilson 1927, score interval"),
    of(
        "quantile",
        "quantile(x, share DOUBLE) → the type of x",
        "Aggregate: the exact value below which a share (0 to 1) of the rows lies, in line between its two neighbours. A DECIMAL stays one, rounded to its digits; whole numbers give a DOUBLE; NULLs are left out.",
        "SELECT quantile(x, 0.75) FROM (VALUES (1), (2), (3), (10)) AS t (x)",
        "4.75",
    )
    .from("type 7 of Hyndman & Fan 1996, as percentile_cont of Postgres"),
    of(
        "wape",
        "wape(forecast, actual) → DOUBLE",
        "Aggregate: Σ|forecast − actual| / Σ actual. Pairs with a NULL are left out; NULL where the actuals add up to nothing or less.",
        "SELECT wape(forecast, actual) FROM (VALUES (120, 100), (90, 100)) AS t (forecast, actual)",
        "0.15",
    )
    .from("weighted absolute percentage error"),
    of(
        "bias",
        "bias(forecast, actual) → DOUBLE",
        "Aggregate: Σ(forecast − actual) / Σ actual; above 0 where too much was forecast. NULLs as in wape.",
        "SELECT bias(forecast, actual) FROM (VALUES (120, 100), (90, 100)) AS t (forecast, actual)",
        "0.05",
    ),
    of(
        "mape",
        "mape(forecast, actual) → DOUBLE",
        "Aggregate: the mean of |forecast − actual| / |actual|. Pairs whose actual is 0 are left out; small actuals weigh as much as large ones, so read wape first.",
        "SELECT mape(forecast, actual) FROM (VALUES (150, 100), (50, 200)) AS t (forecast, actual)",
        "0.625",
    )
    .from("mean absolute percentage error"),
    of(
        "mase",
        "mase(forecast, actual, scale) → DOUBLE",
        "Aggregate: the mean of |forecast − actual| / scale, where the scale is the mean absolute error of the naive method over earlier periods; below 1 is better than naive. Rows whose scale is not above 0 are left out.",
        "SELECT mase(forecast, actual, scale) FROM (VALUES (120, 100, 40), (90, 100, 40)) AS t (forecast, actual, scale)",
        "0.375",
    )
    .from("Hyndman & Koehler 2006"),
    of(
        "brier",
        "brier(probability, outcome) → DOUBLE",
        "Aggregate: the mean of (probability − outcome)², the outcome being 1 or 0, or TRUE or FALSE; 0 is perfect, and 0.25 what saying one half for all gives.",
        "SELECT brier(probability, won) FROM (VALUES (0.5, true), (0.5, false)) AS t (probability, won)",
        "0.25",
    )
    .from("Brier 1950"),
    of(
        "pinball",
        "pinball(forecast, actual, share DOUBLE) → DOUBLE",
        "Aggregate: the mean of share × (actual − forecast) where more came than was forecast, and of (1 − share) × (forecast − actual) where less did. It judges a forecast that the share (0 to 1) of what comes is to stay below; for 0.5 it is half the mean absolute error.",
        "SELECT pinball(forecast, actual, 0.1) FROM (VALUES (80, 100), (130, 100)) AS t (forecast, actual)",
        "14.5",
    )
    .from("Koenker & Bassett 1978"),
    of(
        "sign_test",
        "sign_test(difference) → DOUBLE",
        "Aggregate: how likely the signs of the differences between two methods' errors would be at least as uneven if neither method were better; the two-sided p-value. Differences of 0 and NULLs are left out; NULL where none is left.",
        "SELECT sign_test(difference) FROM (VALUES (5), (3), (8), (1), (-2), (0)) AS t (difference)",
        "0.375",
    )
    .from("sign test, by the binomial distribution (Conover 1999)"),
    of(
        "logistic",
        "logistic(x DOUBLE) → DOUBLE",
        "1 / (1 + exp(−x)): the probability whose log-odds are x.",
        "SELECT round(logistic(0.5), 6)",
        "0.622459",
    ),
    of(
        "logit",
        "logit(probability DOUBLE) → DOUBLE",
        "ln(p / (1 − p)): the log-odds of a probability; NULL where it is not above 0 and below 1.",
        "SELECT round(logit(0.75), 6)",
        "1.098612",
    ),
    of(
        "logistic_fit",
        "logistic_fit(label, features DOUBLE[], weight DOUBLE, ridge DOUBLE) → DOUBLE[]",
        "Aggregate: the coefficients of a logistic regression, the intercept first; logistic(dot_product(fit, [1, x, y])) is then the probability of a row. A label is 1 or 0, TRUE or FALSE, or a share. The likelihood is maximised less ridge / 2 × the sum of the squared coefficients, the intercept left out, so a ridge above 0 wants features of like scales. Rows with a NULL are left out. Without a ridge, a feature that those before it make up gets 0. NULL where there is no maximum: all labels are alike, or, without a ridge, features tell won from lost without a mistake.",
        "SELECT round(logistic(dot_product(logistic_fit(won, [demos], deals, 0), [1, 1])), 6) FROM (VALUES (1, 0, 10), (0, 0, 30), (1, 1, 15), (0, 1, 5)) AS t (won, demos, deals)",
        "0.75",
    )
    .from("maximum likelihood with a ridge (le Cessie & van Houwelingen 1992); ridge is 1 / C of scikit-learn"),
    of(
        "isotonic_fit",
        "isotonic_fit(score, label, weight DOUBLE) → DOUBLE[]",
        "Aggregate: the values that lie nearest to the labels and never fall while the score rises, for isotonic(fit, score). The list is [score, value, score, value, ...] by rising score: the first and the last score of each stretch with one value, and that value. Rows with a NULL are left out; NULL where no weight is left.",
        "SELECT isotonic_fit(score, won, 1) FROM (VALUES (1, 0), (2, 1), (3, 0), (4, 1)) AS t (score, won)",
        "[1.0, 0.0, 2.0, 0.5, 3.0, 0.5, 4.0, 1.0]",
    )
    .from("pool adjacent violators (Ayer et al. 1955); Zadrozny & Elkan 2002"),
    of(
        "isotonic",
        "isotonic(fit DOUBLE[], score DOUBLE) → DOUBLE",
        "The value that isotonic_fit found for a score: in line between two of its scores, and the first or the last value beyond them.",
        "SELECT isotonic([10, 0.1, 30, 0.5], 15)",
        "0.2",
    ),
    of(
        "simulated_quantile",
        "simulated_quantile(amount, probability DOUBLE, shock DOUBLE, share DOUBLE) → DOUBLE",
        "Aggregate: the sum of won amounts below which a share (0 to 1) of 1,000 simulated outcomes lies. In each, one normal shock with this standard deviation moves the log-odds of all rows, as a good or a bad quarter does, and each is then won or lost by itself; over all outcomes each keeps its probability. The same rows give the same answer in any order. Rows with a NULL are left out.",
        "SELECT simulated_quantile(amount, probability, 0.5, 0.5) FROM (VALUES (100, 0.5), (1000, 0.2)) AS t (amount, probability)",
        "100.0",
    ),
    of(
        "reporting_currency",
        "reporting_currency() → TEXT",
        "The pipeline's currency, as an ISO code.",
        "SELECT reporting_currency()",
        "USD",
    ),
    of(
        "to_reporting_currency",
        "to_reporting_currency(amount, currency TEXT [, day DATE]) → DECIMAL(18, 4)",
        "An amount in the reporting currency, at the plan rate that is in force on the run's day, or, with a day, at the last spot rate on or before it. The rates are those of crm.fx_rate; NULL where there is none.",
        "SELECT to_reporting_currency(100, 'EUR')",
        "108.0000",
    ),
];

/// Functions in FROM, which show a declared table as it was, or several models as one; examples of them need such.
pub const IN_FROM: &[Reference] = &[
    of(
        "as_of",
        "as_of(table TEXT, day DATE)",
        "In FROM: the rows of a declared table as they were known on a day, up to the run's.",
        "SELECT * FROM as_of('crm.deal', DATE '2026-09-30')",
        "rows of crm.deal",
    ),
    of(
        "each",
        "each(table TEXT, every => TEXT)",
        "In FROM: the rows of a declared table on the last `day` of each period: snapshot, day, week, month, quarter or year.",
        "SELECT day, count(*) FROM each('crm.deal', every => 'week') GROUP BY day",
        "rows of crm.deal, with a column day",
    ),
    of(
        "models",
        "models(schema TEXT, columns => TEXT[])",
        "In FROM: the models of a folder, one below the other: those of their columns that are named, behind `model`, the name of the one that a row is of. A file put into the folder is read with the others.",
        "SELECT model, sum(forecast) FROM models('forecast_method', columns => ['forecast']) GROUP BY model",
        "a row for each model",
    ),
];

#[cfg(test)]
pub mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, Decimal128Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
    use arrow::util::display::array_value_to_string;
    use datafusion::catalog::MemTable;

    use super::*;
    use crate::calendar::{Calendar, Month};
    use crate::day::Day;
    use crate::holiday::Holidays;
    use crate::problem::SourceFile;
    use crate::query::function::rows::doubles;
    use crate::query::function::{CHANCE, aggregates, all};
    use crate::query::past::{Past, Versions};
    use crate::query::{Session, Settings, Shorthands, Sql, UserFunctions, setting, statement};

    pub fn settings() -> Settings {
        Settings {
            day: "2026-11-21".parse().unwrap(),
            calendar: Calendar { year_starts: Month::February },
            timezone: jiff::tz::TimeZone::UTC,
            currency: "USD".to_owned(),
            holidays: Arc::new(Holidays::parse(["2026-11-26", "12-25"]).unwrap()),
            values: Arc::default(),
        }
    }

    /// What a query gives: the type of its first column, and the texts of its rows.
    pub async fn answer(functions: &UserFunctions, sql: &str) -> Result<(DataType, Vec<String>), String> {
        let sql = Sql::file(&SourceFile::new("test.sql".to_owned(), sql.to_owned()));
        let session = Session::open(&settings(), functions).unwrap();
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("deal_id", DataType::Utf8, false)]));
        session.register_past("crm.deal", Past { schema, versions: Versions::Nowhere });
        session.register("crm.fx_rate", Arc::new(rates())).unwrap();
        let forecasts: ArrayRef = Arc::new(Decimal128Array::from(vec![100_0000]));
        let forecasts = RecordBatch::try_from_iter([("forecast", forecasts)]).unwrap();
        let forecasts = MemTable::try_new(forecasts.schema(), vec![vec![forecasts]]).unwrap();
        session.register("forecast_method.stage", Arc::new(forecasts)).unwrap();
        let folders = BTreeMap::from([("forecast_method".to_owned(), BTreeSet::from(["stage".to_owned()]))]);
        let shorthands = Shorthands { folders: &folders, ..Shorthands::NONE };
        let told = |found: crate::problem::Problem| format!("{}: {}", found.place, found.message);
        let selection = statement::parse_over(&sql, shorthands).map_err(told)?;
        let plan = session.check(&selection, &sql).await.map_err(told)?;
        let rows = session.collect(&plan).await.map_err(|error| told(sql.problem(&error)))?;
        let text = |batch: &RecordBatch, row| array_value_to_string(batch.column(0), row).unwrap();
        let texts = rows.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| text(batch, row))).collect();
        Ok((plan.schema().field(0).data_type().clone(), texts))
    }

    fn rates() -> MemTable {
        let days = ["2025-02-01", "2026-02-01", "2027-02-01", "2026-03-01", "2026-03-10"];
        let days = days.map(|day| day.parse::<Day>().unwrap().to_epoch_days());
        let rate = Decimal128Array::from(
            vec![1.05, 1.08, 9.0, 1.10, 1.20]
                .into_iter()
                .map(|rate: f64| (rate * 1e10).round() as i128)
                .collect::<Vec<_>>(),
        );
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("from_currency", Arc::new(StringArray::from(vec!["EUR"; 5]))),
            ("to_currency", Arc::new(StringArray::from(vec!["USD"; 5]))),
            ("rate_type", Arc::new(StringArray::from(vec!["plan", "plan", "plan", "spot", "spot"]))),
            ("valid_from", Arc::new(Date32Array::from(days.to_vec()))),
            ("rate", Arc::new(rate.with_precision_and_scale(18, 10).unwrap())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap()
    }

    #[tokio::test]
    async fn every_example_gives_what_it_says() {
        for reference in ALL {
            let given = answer(&UserFunctions::new(), reference.example).await;
            let texts = given.map(|(_, texts)| texts).unwrap_or_else(|told| vec![told]);
            assert_eq!(texts, [reference.result], "{}", reference.example);
        }
        for reference in IN_FROM {
            answer(&UserFunctions::new(), reference.example).await.unwrap();
        }
    }

    #[test]
    fn every_function_is_described_and_every_described_one_exists() {
        let scalars = all(&settings());
        let aggregates = aggregates();
        let there = scalars.iter().map(|of| of.name()).chain(aggregates.iter().map(|of| of.name()));
        let there: BTreeSet<&str> = there.filter(|name| !CHANCE.contains(name)).collect();
        // Other names of current_date and now.
        let others = BTreeSet::from(["today", "current_timestamp", "current_time"]);
        // What is replaced before a statement is planned is no function of the engine.
        let replaced = setting::NAME;
        let described = ALL.iter().map(|reference| reference.name).filter(|name| *name != replaced);
        let described: BTreeSet<&str> = described.collect();
        assert_eq!(there.difference(&others).copied().collect::<BTreeSet<_>>(), described);
        for reference in ALL.iter().chain(IN_FROM) {
            assert!(reference.signature.starts_with(reference.name), "{}", reference.name);
            assert!(reference.description.ends_with('.'), "{}", reference.name);
        }
    }

    #[tokio::test]
    async fn values_types_and_nulls_are_as_worked_by_hand() {
        let decimal = |precision, scale| DataType::Decimal128(precision, scale);
        let pairs = "FROM (VALUES (110.50, 100.25), (NULL, 50.00), (80.00, NULL), (90.00, 100.00)) AS t (f, a)";
        for (sql, of, texts) in [
            // |10.25| + |-10| over 200.25, and 0.25 over it: the pairs with a NULL do not count.
            (format!("SELECT round(wape(f, a), 9) {pairs}"), DataType::Float64, "0.101123596"),
            (format!("SELECT round(bias(f, a), 9) {pairs}"), DataType::Float64, "0.001248439"),
            (format!("SELECT wape(f, a) {pairs} WHERE f IS NULL"), DataType::Float64, ""),
            ("SELECT wape(f, a) FROM (VALUES (1, 0)) AS t (f, a)".to_owned(), DataType::Float64, ""),
            ("SELECT mape(f, a) FROM (VALUES (1, 0), (3, 2)) AS t (f, a)".to_owned(), DataType::Float64, "0.5"),
            (
                "SELECT brier(p, o) FROM (VALUES (0.9, 1), (0.2, 0), (0.4, NULL)) AS t (p, o)".to_owned(),
                DataType::Float64,
                "0.025",
            ),
            (
                "SELECT mase(f, a, s) FROM (VALUES (1, 2, 0), (1, 2, 4)) AS t (f, a, s)".to_owned(),
                DataType::Float64,
                "0.25",
            ),
            (
                "SELECT wape(f, a) FILTER (WHERE a > 1) FROM (VALUES (1, 1), (1, 2)) AS t (f, a)".to_owned(),
                DataType::Float64,
                "0.5",
            ),
            // Places 1.5 and 0.3 of four and two values.
            (
                "SELECT quantile(x, 0.5) FROM (VALUES (4), (1), (NULL), (3), (2)) AS t (x)".to_owned(),
                DataType::Float64,
                "2.5",
            ),
            (
                "SELECT quantile(CAST(x AS DECIMAL(18,4)), 0.3) FROM (VALUES (10), (11)) AS t (x)".to_owned(),
                decimal(18, 4),
                "10.3000",
            ),
            ("SELECT quantile(x, 1) FROM (VALUES (5.5), (7.5)) AS t (x)".to_owned(), decimal(2, 1), "7.5"),
            ("SELECT quantile(x, 0.5) FROM (VALUES (1)) AS t (x) WHERE x > 1".to_owned(), DataType::Float64, ""),
            ("SELECT pinball(f, a, 0.9) FROM (VALUES (8, 10), (NULL, 1)) AS t (f, a)".to_owned(), DataType::Float64, "1.8"),
            ("SELECT sign_test(d) FROM (VALUES (0), (NULL)) AS t (d)".to_owned(), DataType::Float64, ""),
            ("SELECT logit(1)".to_owned(), DataType::Float64, ""),
            ("SELECT logistic(-1e9)".to_owned(), DataType::Float64, "0.0"),
            ("SELECT logistic_fit(won, [x], 1, 0) FROM (VALUES (true, 1), (true, 2)) AS t (won, x)".to_owned(), doubles(), ""),
            (
                // A label, a feature and a weight that are not there: what is left is one of two.
                "SELECT logistic_fit(won, [x], w, 0) FROM (VALUES (1, 5, 1), (0, 5, 1), (NULL, 5, 1), (1, NULL, 1), (1, 5, NULL)) AS t (won, x, w)".to_owned(),
                doubles(),
                "[0.0, 0.0]",
            ),
            (
                "SELECT isotonic(isotonic_fit(s, won, w), 2) FROM (VALUES (1, true, 1), (3, false, 3), (5, true, 0)) AS t (s, won, w)".to_owned(),
                DataType::Float64,
                "0.25",
            ),
            ("SELECT isotonic(NULL, 1)".to_owned(), DataType::Float64, ""),
            (
                "SELECT simulated_quantile(a, p, 1, 0) FROM (VALUES (CAST(10.5 AS DECIMAL(18,4)), 1), (7, NULL)) AS t (a, p)".to_owned(),
                DataType::Float64,
                "10.5",
            ),
            ("SELECT simulated_quantile(a, 0.5, 1, NULL) FROM (VALUES (1)) AS t (a)".to_owned(), DataType::Float64, ""),
            ("SELECT safe_divide(1, 2)".to_owned(), DataType::Float64, "0.5"),
            ("SELECT safe_divide(1.5, 0)".to_owned(), decimal(6, 5), ""),
            ("SELECT safe_divide(NULL, 2)".to_owned(), DataType::Float64, ""),
            ("SELECT business_days(DATE '2026-12-31', DATE '2026-12-24')".to_owned(), DataType::Int32, "-4"),
            ("SELECT business_days(NULL, DATE '2026-12-24')".to_owned(), DataType::Int32, ""),
            // The spot rate is that of the day or the last before it; before the first there is none.
            ("SELECT to_reporting_currency(10, 'EUR', DATE '2026-03-09')".to_owned(), decimal(18, 4), "11.0000"),
            ("SELECT to_reporting_currency(10, 'EUR', DATE '2026-03-10')".to_owned(), decimal(18, 4), "12.0000"),
            ("SELECT to_reporting_currency(10, 'EUR', DATE '2026-02-28')".to_owned(), decimal(18, 4), ""),
            ("SELECT to_reporting_currency(10, 'GBP')".to_owned(), decimal(18, 4), ""),
            ("SELECT to_reporting_currency(-0.0001, 'EUR')".to_owned(), decimal(18, 4), "-0.0001"),
            ("SELECT to_reporting_currency(10, 'USD')".to_owned(), decimal(18, 4), "10.0000"),
            (
                "SELECT sum(to_reporting_currency(x, c)) FROM (VALUES (1.5, 'EUR'), (2, 'USD')) AS t (x, c)".to_owned(),
                decimal(28, 4),
                "3.6200",
            ),
        ] {
            assert_eq!(answer(&UserFunctions::new(), &sql).await, Ok((of, vec![texts.to_owned()])), "{sql}");
        }
    }

    #[tokio::test]
    async fn a_rolling_measure_forgets_what_leaves_its_window() {
        let sql = "SELECT wape(f, a) OVER (ORDER BY d ROWS 1 PRECEDING) FROM (VALUES (1, 10.0, 5.0), (2, 6.0, 5.0), (3, 5.0, 5.0)) AS t (d, f, a) ORDER BY d";
        let (_, texts) = answer(&UserFunctions::new(), sql).await.unwrap();
        assert_eq!(texts, ["1.0", "0.6", "0.1"]);
    }

    #[tokio::test]
    async fn what_a_function_does_not_take_is_told_at_its_name() {
        for (sql, wanted) in [
            ("SELECT wape('a', 1)", "test.sql:1:8: `wape` does not take (TEXT, BIGINT)"),
            ("SELECT mase(1, 2)", "test.sql:1:8: `mase` does not take (BIGINT, BIGINT)"),
            ("SELECT safe_divide(1, DATE '2026-01-01')", "test.sql:1:8: `safe_divide` does not take (BIGINT, DATE)"),
            ("SELECT quantile(x, 95) FROM (VALUES (1)) AS t (x)", "test.sql:1:20: `95` is no share from 0 to 1"),
            (
                "SELECT quantile(DISTINCT x, 0.5) FROM (VALUES (1)) AS t (x)",
                "test.sql:1:8: `quantile` takes no DISTINCT",
            ),
            ("SELECT pinball(x, 1, 90) FROM (VALUES (1)) AS t (x)", "test.sql:1:22: `90` is no share from 0 to 1"),
            (
                "SELECT simulated_quantile(x, 1, 1, -1) FROM (VALUES (1)) AS t (x)",
                "test.sql:1:37: `-1` is no share from 0 to 1",
            ),
            (
                "SELECT logistic_fit(x, x, 1, 0) FROM (VALUES (1)) AS t (x)",
                "test.sql:1:8: `logistic_fit` does not take (BIGINT, BIGINT, BIGINT, BIGINT)",
            ),
            ("SELECT isotonic_fit([1.5], 1)", "test.sql:1:8: `isotonic_fit` does not take (DECIMAL(2, 1)[], BIGINT)"),
            (
                "SELECT logistic_fit(x, y, 1, 0) FROM (VALUES (1, [1]), (0, [1, 2])) AS t (x, y)",
                "test.sql:1:1: the function logistic_fit takes features of one length in all rows of a group",
            ),
            (
                "SELECT isotonic([2, 0, 1, 1], 1)",
                "test.sql:1:1: the function isotonic takes what isotonic_fit gives: pairs of a score and a value, by score",
            ),
            (
                "SELECT to_reporting_currency(1)",
                "test.sql:1:8: `to_reporting_currency` has other arguments than it takes",
            ),
            ("SELECT business_days('x')", "test.sql:1:8: `business_days` does not take (TEXT)"),
            ("SELECT wapee(1, 2)", "test.sql:1:8: there is no function `wapee`"),
        ] {
            assert_eq!(answer(&UserFunctions::new(), sql).await, Err(wanted.to_owned()), "{sql}");
        }
    }
}
