//! Aggregates that look at all rows of a group at once.
//!
//! Rows are gathered as they come and computed from in an order of their own, so that neither the order in which they
//! come nor the way in which they are split up changes a digit. A row with a NULL, or with a number that is not finite, is
//! left out. The answer is NULL where no rows are left, and where it would not be finite.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, UInt64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};

/// What an aggregate computes of its rows.
pub trait Computation: Debug + Copy + Eq + Hash + Send + Sync + 'static {
    type Answer: Answer;

    const NAME: &'static str;
    /// What it takes, in words, for a call that gives it something else.
    const TAKES: &'static str;
    const ARGUMENTS: &'static [Argument];

    /// Computes the answer; the rows are in the order in which they came. `of_group` are the numbers that all of them share.
    fn compute(self, rows: &Rows, of_group: &[f64]) -> Option<Self::Answer>;
}

/// What a call gives to an aggregate.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    name: &'static str,
    of: Of,
    range: Range,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A number of each row; TRUE is 1.
    Row,
    /// Numbers of each row, as many in every one; an aggregate takes one such list.
    List,
    /// A number that is the same in all rows of a group.
    Group,
}

#[derive(Debug, Clone, Copy)]
enum Range {
    Any,
    NotNegative,
    Share,
}

impl Argument {
    pub const fn of_row(name: &'static str) -> Self {
        Self { name, of: Of::Row, range: Range::Any }
    }

    pub const fn list(name: &'static str) -> Self {
        Self { name, of: Of::List, range: Range::Any }
    }

    pub const fn of_group(name: &'static str) -> Self {
        Self { name, of: Of::Group, range: Range::Any }
    }

    pub const fn not_negative(self) -> Self {
        Self { range: Range::NotNegative, ..self }
    }

    /// From 0 to 1, both among them.
    pub const fn share(self) -> Self {
        Self { range: Range::Share, ..self }
    }

    fn takes(&self, given: &DataType) -> bool {
        let is_number = |of: &DataType| of.is_numeric() || of.is_null() || *of == DataType::Boolean;
        match (self.of, given) {
            (Of::List, DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)) => {
                is_number(item.data_type())
            }
            (Of::List, other) => other.is_null(),
            (Of::Row | Of::Group, other) => is_number(other),
        }
    }

    fn data_type(&self) -> DataType {
        match self.of {
            Of::List => doubles(),
            Of::Row | Of::Group => DataType::Float64,
        }
    }

    fn check(&self, value: f64, function: &str) -> Result<()> {
        match self.range {
            Range::NotNegative if value < 0.0 => exec_err!("the function {function} takes no {} below zero", self.name),
            Range::Share if !(0.0..=1.0).contains(&value) => {
                exec_err!("the function {function} takes no {} outside of zero to one", self.name)
            }
            _ => Ok(()),
        }
    }
}

/// DOUBLE[].
pub fn doubles() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)))
}

/// What a computation gives.
pub trait Answer: Sized {
    fn data_type() -> DataType;

    fn is_finite(&self) -> bool;

    fn scalar(found: Option<Self>) -> ScalarValue;
}

impl Answer for f64 {
    fn data_type() -> DataType {
        DataType::Float64
    }

    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }

    fn scalar(found: Option<Self>) -> ScalarValue {
        ScalarValue::Float64(found)
    }
}

impl Answer for Vec<f64> {
    fn data_type() -> DataType {
        doubles()
    }

    fn is_finite(&self) -> bool {
        self.iter().all(|number| number.is_finite())
    }

    fn scalar(found: Option<Self>) -> ScalarValue {
        match found {
            Some(numbers) => list(numbers),
            None => ScalarValue::new_null_list(DataType::Float64, true, 1),
        }
    }
}

fn list(numbers: Vec<f64>) -> ScalarValue {
    SingleRowListArrayBuilder::new(Arc::new(Float64Array::from(numbers))).build_list_scalar()
}

/// Rows of numbers: those of single arguments, in their order, then those of the list.
#[derive(Debug, Default)]
pub struct Rows {
    /// How many numbers a row has; `None` before there is one.
    width: Option<usize>,
    values: Vec<f64>,
}

impl Rows {
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width.unwrap_or(1))
    }

    /// The rows by their first number, then by the second, and so on.
    pub fn sorted(&self) -> Vec<&[f64]> {
        let mut rows: Vec<&[f64]> = self.iter().collect();
        rows.sort_unstable_by(|a, b| order(a, b));
        rows
    }

    /// Rows that are there already.
    #[cfg(test)]
    pub fn of<const WIDTH: usize>(rows: &[[f64; WIDTH]]) -> Self {
        Self { width: Some(WIDTH), values: rows.as_flattened().to_vec() }
    }

    fn takes_width(&mut self, width: usize) -> bool {
        *self.width.get_or_insert(width) == width
    }
}

/// The order of equally long lists of numbers.
pub fn order(a: &[f64], b: &[f64]) -> Ordering {
    let differing = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
    differing.unwrap_or(Ordering::Equal)
}

/// A number that tells rows apart; the same on every machine.
pub fn hash(numbers: &[f64]) -> u64 {
    numbers.iter().fold(0, |hash, number| mix(hash ^ number.to_bits()))
}

/// A step of the generator splitmix64 (Steele, Lea & Flood 2014): every bit depends on all bits.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The aggregate of a computation.
pub fn aggregate<C: Computation>(computation: C) -> AggregateUDF {
    AggregateUDF::from(Function { computation, signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Function<C> {
    computation: C,
    signature: Signature,
}

impl<C: Computation> AggregateUDFImpl for Function<C> {
    fn name(&self) -> &str {
        C::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let is_taken = given.len() == C::ARGUMENTS.len()
            && C::ARGUMENTS.iter().zip(given).all(|(argument, given)| argument.takes(given));
        if !is_taken {
            return plan_err!("it takes {}", C::TAKES);
        }
        Ok(C::ARGUMENTS.iter().map(Argument::data_type).collect())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(C::Answer::data_type())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |part: &str, of: DataType| Arc::new(Field::new(format_state_name(args.name, part), of, true));
        let mut fields = vec![field("values", doubles()), field("width", DataType::UInt64)];
        fields.extend(of_group::<C>().map(|(_, argument)| field(argument.name, DataType::Float64)));
        Ok(fields)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let of_group = of_group::<C>().map(|_| None).collect();
        Ok(Box::new(Gathered { computation: self.computation, rows: Rows::default(), of_group }))
    }
}

/// The arguments that are the same in all rows of a group, with their places in a call.
fn of_group<C: Computation>() -> impl Iterator<Item = (usize, &'static Argument)> {
    C::ARGUMENTS.iter().enumerate().filter(|(_, argument)| argument.of == Of::Group)
}

#[derive(Debug)]
struct Gathered<C> {
    computation: C,
    rows: Rows,
    of_group: Vec<Option<f64>>,
}

impl<C: Computation> Gathered<C> {
    fn gather(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let given = || C::ARGUMENTS.iter().zip(columns);
        let numbers: Vec<(&Argument, &Float64Array)> = given()
            .filter(|(argument, _)| argument.of == Of::Row)
            .map(|(argument, column)| (argument, column.as_primitive::<Float64Type>()))
            .collect();
        let list = given().find(|(argument, _)| argument.of == Of::List);
        let list = list.map(|(argument, column)| (argument, column.as_list::<i32>()));
        for row in 0..columns[0].len() {
            let start = self.rows.values.len();
            let mut is_whole = numbers.iter().all(|(_, column)| column.is_valid(row));
            self.rows.values.extend(numbers.iter().map(|(_, column)| column.value(row)));
            if let Some((_, lists)) = list
                && is_whole
            {
                let items = lists.value(row);
                is_whole = lists.is_valid(row) && items.null_count() == 0;
                self.rows.values.extend_from_slice(items.as_primitive::<Float64Type>().values());
            }
            let added = &mut self.rows.values[start..];
            is_whole &= added.iter().all(|number| number.is_finite());
            if !is_whole {
                self.rows.values.truncate(start);
                continue;
            }
            for (number, (argument, _)) in added.iter().zip(&numbers) {
                argument.check(*number, C::NAME)?;
            }
            // Zero has two forms that are equal and yet not the same bytes.
            added.iter_mut().for_each(|number| *number += 0.0);
            let width = added.len();
            self.check_width(width)?;
        }
        Ok(())
    }

    fn check_width(&mut self, width: usize) -> Result<()> {
        if self.rows.takes_width(width) {
            return Ok(());
        }
        let list = C::ARGUMENTS.iter().find(|argument| argument.of == Of::List).map_or("rows", |list| list.name);
        exec_err!("the function {} takes {list} of one length in all rows of a group", C::NAME)
    }

    fn ask_for(&mut self, at: usize, argument: &Argument, column: &ArrayRef) -> Result<()> {
        for value in column.as_primitive::<Float64Type>().iter().flatten() {
            argument.check(value, C::NAME)?;
            if self.of_group[at].replace(value).is_some_and(|other| other.total_cmp(&value).is_ne()) {
                return exec_err!("the function {} takes one {} for all rows of a group", C::NAME, argument.name);
            }
        }
        Ok(())
    }
}

impl<C: Computation> Accumulator for Gathered<C> {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.gather(columns)?;
        of_group::<C>().enumerate().try_for_each(|(at, (place, argument))| self.ask_for(at, argument, &columns[place]))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let gathered = states[0].as_list::<i32>().iter().zip(states[1].as_primitive::<UInt64Type>());
        for (values, width) in gathered {
            if let (Some(values), Some(width)) = (values, width) {
                self.check_width(usize::try_from(width).unwrap_or(usize::MAX))?;
                self.rows.values.extend_from_slice(values.as_primitive::<Float64Type>().values());
            }
        }
        of_group::<C>()
            .zip(&states[2..])
            .enumerate()
            .try_for_each(|(at, ((_, argument), column))| self.ask_for(at, argument, column))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let width = self.rows.width.map(|width| width as u64);
        let mut state = vec![list(self.rows.values.clone()), ScalarValue::UInt64(width)];
        state.extend(self.of_group.iter().map(|value| ScalarValue::Float64(*value)));
        Ok(state)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let of_group: Option<Vec<f64>> = self.of_group.iter().copied().collect();
        let found =
            of_group.filter(|_| !self.rows.values.is_empty()).and_then(|of| self.computation.compute(&self.rows, &of));
        Ok(Answer::scalar(found.filter(Answer::is_finite)))
    }

    fn size(&self) -> usize {
        // What a computation needs to put them in order comes on top.
        const OF_ROW: usize = 64;
        let rows = self.rows.values.len() / self.rows.width.unwrap_or(1);
        size_of_val(self) + self.rows.values.capacity() * size_of::<f64>() + rows * OF_ROW
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::ListArray;

    use super::super::logistic::LogisticFit;
    use super::*;

    fn gathered() -> Gathered<LogisticFit> {
        Gathered { computation: LogisticFit, rows: Rows::default(), of_group: vec![None] }
    }

    /// Labels, lists of one feature, weights, and the ridge.
    fn columns(rows: &[(f64, Option<f64>)]) -> Vec<ArrayRef> {
        let labels = Float64Array::from_iter_values(rows.iter().map(|(label, _)| *label));
        let lists = rows.iter().map(|(_, feature)| Some(vec![*feature]));
        let lists = ListArray::from_iter_primitive::<Float64Type, _, _>(lists);
        let ones: ArrayRef = Arc::new(Float64Array::from(vec![1.0; rows.len()]));
        vec![Arc::new(labels), Arc::new(lists), Arc::clone(&ones), ones]
    }

    const ROWS: [(f64, Option<f64>); 7] = [
        (1.0, Some(0.5)),
        (0.0, Some(-0.0)),
        (0.0, None),
        (1.0, Some(2.0)),
        (0.0, Some(0.0)),
        (1.0, Some(f64::NAN)),
        (0.0, Some(1.0)),
    ];

    #[test]
    fn rows_gathered_apart_and_put_together_give_the_same() {
        let mut whole = gathered();
        whole.update_batch(&columns(&ROWS)).unwrap();
        let wanted = whole.evaluate().unwrap();
        assert!(!wanted.is_null());
        assert_eq!(whole.rows.values.len(), 5 * 3, "a NULL and what is no number are left out");
        let mut put_together = gathered();
        for part in [&ROWS[4..], &[], &ROWS[..4]] {
            let mut gathered = gathered();
            gathered.update_batch(&columns(part)).unwrap();
            let state: Vec<ArrayRef> = gathered.state().unwrap().iter().map(|of| of.to_array().unwrap()).collect();
            put_together.merge_batch(&state).unwrap();
        }
        assert_eq!(put_together.evaluate().unwrap(), wanted);
        assert_eq!(put_together.evaluate().unwrap(), wanted, "asking changes nothing");
    }

    #[test]
    fn what_would_not_be_finite_is_null() {
        for (size, is_told) in [(1.0, true), (1e-300, true), (1e100, true), (f64::MAX, false)] {
            let mut gathered = gathered();
            gathered
                .update_batch(&columns(&ROWS.map(|(label, feature)| (label, feature.map(|of| of * size)))))
                .unwrap();
            let ScalarValue::List(fit) = gathered.evaluate().unwrap() else { panic!("no list") };
            assert_eq!(fit.is_valid(0), is_told, "{size}");
            assert!(fit.values().as_primitive::<Float64Type>().values().iter().all(|number| number.is_finite()));
        }
    }

    #[test]
    fn memory_is_counted_with_what_comes() {
        let mut gathered = gathered();
        let empty = gathered.size();
        gathered.update_batch(&columns(&[(1.0, Some(0.5)); 1000])).unwrap();
        assert!(gathered.size() >= empty + 1000 * 3 * size_of::<f64>());
    }
}
