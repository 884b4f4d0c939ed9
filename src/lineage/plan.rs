//! What the columns and rows of a plan come from: the plan as the engine makes it of the SQL, before it is optimised, so that
//! nothing is missing that the SQL says.

use std::collections::BTreeMap;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, DFSchema, DFSchemaRef};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::expr::{AggregateFunction, Case, WindowFunction};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, Join, JoinType, LogicalPlan, RecursiveQuery, SortExpr, Subquery, TableScan, Unnest,
    WindowFunctionDefinition,
};

use super::{Direct, Field, How, Indirect, Inputs, Lineage};
use crate::query::past::Unseen;

/// Traces a plan back to the relations that it reads.
pub fn trace(plan: &LogicalPlan) -> Lineage {
    let flow = Tracer::default().plan(plan);
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    Lineage { columns: names.zip(flow.columns).collect(), rows: flow.rows }
}

/// What stands at one node of a plan: the inputs of each column of its schema, and of its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Flow {
    columns: Vec<Inputs>,
    rows: Inputs,
}

/// What an expression can name.
#[derive(Clone)]
struct Scope {
    schema: DFSchemaRef,
    flow: Flow,
}

#[derive(Default)]
struct Tracer {
    /// What a correlated subquery sees of the queries around it, the innermost last.
    outer: Vec<Scope>,
    /// What is known so far of recursive queries that are being traced, by name.
    working: BTreeMap<String, Flow>,
}

impl Tracer {
    fn plan(&mut self, plan: &LogicalPlan) -> Flow {
        match plan {
            LogicalPlan::Projection(node) => {
                let scope = self.scope(&node.input);
                let columns = node.expr.iter().map(|expression| self.value(expression, &scope)).collect();
                Flow { columns, rows: scope.flow.rows }
            }
            LogicalPlan::Filter(node) => {
                let mut scope = self.scope(&node.input);
                let decisive = self.value(&node.predicate, &scope);
                scope.flow.rows.extend(decides(decisive, Indirect::Filter));
                scope.flow
            }
            LogicalPlan::Window(node) => {
                let mut scope = self.scope(&node.input);
                let made: Vec<Inputs> =
                    node.window_expr.iter().map(|expression| self.value(expression, &scope)).collect();
                scope.flow.columns.extend(made);
                scope.flow
            }
            LogicalPlan::Aggregate(node) => self.aggregate(node),
            LogicalPlan::Sort(node) => {
                let mut scope = self.scope(&node.input);
                let decisive = self.sorted(&node.expr, &scope);
                scope.flow.rows.extend(decides(decisive, Indirect::Sort));
                scope.flow
            }
            LogicalPlan::Join(node) => self.join(node),
            LogicalPlan::Repartition(node) => self.plan(&node.input),
            LogicalPlan::Union(node) => {
                let mut whole = Flow { columns: vec![Inputs::new(); node.schema.fields().len()], ..Flow::default() };
                for input in &node.inputs {
                    let flow = self.plan(input);
                    merge(&mut whole, flow);
                }
                whole
            }
            LogicalPlan::TableScan(node) => self.scan(node),
            LogicalPlan::Subquery(node) => self.plan(&node.subquery),
            LogicalPlan::SubqueryAlias(node) => self.plan(&node.input),
            LogicalPlan::Limit(node) => {
                let mut scope = self.scope(&node.input);
                for bound in [&node.skip, &node.fetch].into_iter().flatten() {
                    let decisive = self.value(bound, &scope);
                    scope.flow.rows.extend(decides(decisive, Indirect::Filter));
                }
                scope.flow
            }
            LogicalPlan::Values(node) => {
                let nothing = Scope { schema: DFSchemaRef::new(DFSchema::empty()), flow: Flow::default() };
                let mut columns = vec![Inputs::new(); node.schema.fields().len()];
                for row in &node.values {
                    for (column, expression) in columns.iter_mut().zip(row) {
                        column.extend(self.value(expression, &nothing));
                    }
                }
                Flow { columns, rows: Inputs::new() }
            }
            LogicalPlan::Distinct(node) => self.distinct(node),
            LogicalPlan::Unnest(node) => self.unnest(node),
            LogicalPlan::RecursiveQuery(node) => self.recursive(node),
            LogicalPlan::EmptyRelation(node) => {
                Flow { columns: vec![Inputs::new(); node.schema.fields().len()], ..Flow::default() }
            }
            // No statement of a project is planned as anything else; should one be, all of it comes from all that it reads.
            other => {
                let mut flows = other.inputs().into_iter().map(|input| self.plan(input)).collect::<Vec<_>>();
                let all: Inputs =
                    flows.iter_mut().flat_map(|flow| std::mem::take(&mut flow.columns)).flatten().collect();
                let rows = flows.into_iter().flat_map(|flow| flow.rows).collect();
                let columns = vec![flows_on(all, Direct::Transformation); other.schema().fields().len()];
                Flow { columns, rows }
            }
        }
    }

    fn scope(&mut self, plan: &LogicalPlan) -> Scope {
        Scope { schema: DFSchemaRef::clone(plan.schema()), flow: self.plan(plan) }
    }

    fn scan(&mut self, node: &TableScan) -> Flow {
        let fields = node.projected_schema.fields();
        let name = match node.table_name.schema() {
            Some(schema) => format!("{schema}.{}", node.table_name.table()),
            None => node.table_name.table().to_owned(),
        };
        if let Some(known) = self.working.get(&name) {
            return known.clone();
        }
        let provider = source_as_provider(&node.source).ok();
        let asked = provider.as_ref().and_then(|provider| provider.downcast_ref::<Unseen>());
        let Some(asked) = asked else {
            let reads_nothing = name.ends_with("()");
            let of = |column: &str| Inputs::from([(Field::column(&name, column), How::Direct(Direct::Identity))]);
            let columns = fields.iter().map(|field| if reads_nothing { Inputs::new() } else { of(field.name()) });
            let rows = match reads_nothing {
                true => Inputs::new(),
                false => Inputs::from([(Field::rows(&name), How::Direct(Direct::Identity))]),
            };
            return Flow { columns: columns.collect(), rows };
        };
        // A day that `each` puts beside the table's columns tells which versions a row is of.
        let history = &asked.history;
        let is_day = |at: usize| name.starts_with(crate::query::past::EACH) && at + 1 == fields.len();
        let of = |(at, column): (usize, &str)| match is_day(at) {
            true => Inputs::from([(Field::rows(history), How::Direct(Direct::Transformation))]),
            false => Inputs::from([(Field::column(history, column), How::Direct(Direct::Identity))]),
        };
        let columns = fields.iter().map(|field| field.name().as_str()).enumerate().map(of).collect();
        Flow { columns, rows: Inputs::from([(Field::rows(history), How::Direct(Direct::Transformation))]) }
    }

    fn aggregate(&mut self, node: &Aggregate) -> Flow {
        let scope = self.scope(&node.input);
        let groups = grouping_set_to_exprlist(&node.group_expr).unwrap_or_default();
        let mut columns: Vec<Inputs> = groups.into_iter().map(|group| self.value(group, &scope)).collect();
        let grouped = decides(columns.iter().flatten().cloned().collect(), Indirect::GroupBy);
        if matches!(node.group_expr.as_slice(), [Expr::GroupingSet(_)]) {
            // Which of the sets a row is of.
            columns.push(grouped.clone());
        }
        columns.extend(node.aggr_expr.iter().map(|expression| self.value(expression, &scope)).collect::<Vec<_>>());
        let mut rows = flows_on(scope.flow.rows, Direct::Aggregation);
        rows.extend(grouped);
        Flow { columns, rows }
    }

    fn join(&mut self, node: &Join) -> Flow {
        let left = self.scope(&node.left);
        // A LATERAL query on the right names columns of what stands before it.
        self.outer.push(left.clone());
        let right = self.scope(&node.right);
        self.outer.pop();
        let mut decisive = Inputs::new();
        for (of_left, of_right) in &node.on {
            decisive.extend(self.value(of_left, &left));
            decisive.extend(self.value(of_right, &right));
        }
        if let (Some(filter), Ok(schema)) = (&node.filter, left.schema.join(&right.schema)) {
            let columns = left.flow.columns.iter().chain(&right.flow.columns).cloned().collect();
            let both = Scope { schema: schema.into(), flow: Flow { columns, rows: Inputs::new() } };
            decisive.extend(self.value(filter, &both));
        }
        let decisive = decides(decisive, Indirect::Join);
        // Of a side that only says which rows of the other stay, no row comes through.
        let says = |rows: Inputs| -> Inputs {
            let said = rows.into_iter().map(|(field, how)| match how {
                How::Direct(_) => (field, How::Indirect(Indirect::Join)),
                indirect => (field, indirect),
            });
            said.collect()
        };
        let (columns, mut rows) = match node.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                let columns = left.flow.columns.into_iter().chain(right.flow.columns).collect();
                (columns, left.flow.rows.into_iter().chain(right.flow.rows).collect::<Inputs>())
            }
            JoinType::LeftSemi | JoinType::LeftAnti => {
                (left.flow.columns, left.flow.rows.into_iter().chain(says(right.flow.rows)).collect())
            }
            JoinType::RightSemi | JoinType::RightAnti => {
                (right.flow.columns, right.flow.rows.into_iter().chain(says(left.flow.rows)).collect())
            }
            JoinType::LeftMark => {
                let mark: Inputs = decisive.iter().cloned().chain(says(right.flow.rows)).collect();
                (left.flow.columns.into_iter().chain([mark]).collect(), left.flow.rows)
            }
            JoinType::RightMark => {
                let mark: Inputs = decisive.iter().cloned().chain(says(left.flow.rows)).collect();
                (right.flow.columns.into_iter().chain([mark]).collect(), right.flow.rows)
            }
        };
        rows.extend(decisive);
        Flow { columns, rows }
    }

    fn distinct(&mut self, node: &Distinct) -> Flow {
        match node {
            Distinct::All(input) => {
                let mut flow = self.plan(input);
                let all = flow.columns.iter().flatten().cloned().collect();
                flow.rows = flows_on(flow.rows, Direct::Aggregation);
                flow.rows.extend(decides(all, Indirect::GroupBy));
                flow
            }
            Distinct::On(node) => {
                let scope = self.scope(&node.input);
                let mut rows = flows_on(scope.flow.rows.clone(), Direct::Aggregation);
                for expression in &node.on_expr {
                    rows.extend(decides(self.value(expression, &scope), Indirect::GroupBy));
                }
                let sorted = self.sorted(node.sort_expr.as_deref().unwrap_or_default(), &scope);
                rows.extend(decides(sorted, Indirect::Sort));
                Flow { columns: node.select_expr.iter().map(|column| self.value(column, &scope)).collect(), rows }
            }
        }
    }

    fn unnest(&mut self, node: &Unnest) -> Flow {
        let mut flow = self.plan(&node.input);
        let lists: Vec<usize> = node.list_type_columns.iter().map(|(at, _)| *at).collect();
        let of = |at: &usize| {
            let inputs = flow.columns.get(*at).cloned().unwrap_or_default();
            let is_opened = lists.contains(at) || node.struct_type_columns.contains(at);
            if is_opened { flows_on(inputs, Direct::Transformation) } else { inputs }
        };
        let columns = node.dependency_indices.iter().map(of).collect();
        // As many rows come of a row as its longest list has items.
        let decisive = lists.iter().filter_map(|at| flow.columns.get(*at)).flatten().cloned().collect();
        flow.rows.extend(decides(decisive, Indirect::Join));
        Flow { columns, rows: flow.rows }
    }

    /// What the recursive term makes of its own rows is traced until nothing is added.
    fn recursive(&mut self, node: &RecursiveQuery) -> Flow {
        let mut whole = self.plan(&node.static_term);
        let hidden = self.working.remove(&node.name);
        loop {
            self.working.insert(node.name.clone(), whole.clone());
            let step = self.plan(&node.recursive_term);
            let before = whole.clone();
            merge(&mut whole, step);
            if whole == before {
                break;
            }
        }
        self.working.remove(&node.name);
        if let Some(hidden) = hidden {
            self.working.insert(node.name.clone(), hidden);
        }
        if node.is_distinct {
            let all = whole.columns.iter().flatten().cloned().collect();
            whole.rows.extend(decides(all, Indirect::GroupBy));
        }
        whole
    }

    /// What an expression's value comes from.
    fn value(&mut self, expression: &Expr, scope: &Scope) -> Inputs {
        match expression {
            Expr::Column(column) => lookup(column, scope).unwrap_or_default(),
            Expr::OuterReferenceColumn(_, column) => {
                self.outer.iter().rev().find_map(|scope| lookup(column, scope)).unwrap_or_default()
            }
            Expr::Alias(alias) => self.value(&alias.expr, scope),
            Expr::Case(case) => self.case(case, scope),
            Expr::AggregateFunction(call) => self.aggregation(call, scope),
            Expr::WindowFunction(call) => self.window(call, scope),
            Expr::ScalarSubquery(subquery) => {
                let flow = self.subquery(subquery, scope);
                first_column(flow)
            }
            Expr::InSubquery(test) => {
                let mut inputs = self.value(&test.expr, scope);
                let flow = self.subquery(&test.subquery, scope);
                inputs.extend(first_column(flow));
                flows_on(inputs, Direct::Transformation)
            }
            Expr::SetComparison(test) => {
                let mut inputs = self.value(&test.expr, scope);
                let flow = self.subquery(&test.subquery, scope);
                inputs.extend(first_column(flow));
                flows_on(inputs, Direct::Transformation)
            }
            Expr::Exists(test) => flows_on(self.subquery(&test.subquery, scope).rows, Direct::Transformation),
            // Anything else computes its value from those of its parts.
            computed => {
                let mut inputs = Inputs::new();
                let mut add = |part: &Expr| {
                    inputs.extend(self.value(part, scope));
                    Ok(TreeNodeRecursion::Continue)
                };
                children(computed, &mut add);
                flows_on(inputs, Direct::Transformation)
            }
        }
    }

    fn case(&mut self, case: &Case, scope: &Scope) -> Inputs {
        let mut inputs = Inputs::new();
        let conditions = case.expr.iter().chain(case.when_then_expr.iter().map(|(when, _)| when));
        for condition in conditions {
            inputs.extend(decides(self.value(condition, scope), Indirect::Conditional));
        }
        for value in case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr) {
            inputs.extend(flows_on(self.value(value, scope), Direct::Transformation));
        }
        inputs
    }

    fn aggregation(&mut self, call: &AggregateFunction, scope: &Scope) -> Inputs {
        let of = &call.params;
        let mut inputs = self.aggregated(&of.args, scope);
        if let Some(filter) = &of.filter {
            inputs.extend(decides(self.value(filter, scope), Indirect::Filter));
        }
        inputs.extend(decides(self.sorted(&of.order_by, scope), Indirect::Sort));
        inputs
    }

    fn window(&mut self, call: &WindowFunction, scope: &Scope) -> Inputs {
        let of = &call.params;
        let mut inputs = match call.fun {
            WindowFunctionDefinition::AggregateUDF(_) => self.aggregated(&of.args, scope),
            WindowFunctionDefinition::WindowUDF(_) => {
                let values: Inputs = of.args.iter().flat_map(|argument| self.value(argument, scope)).collect();
                flows_on(values, Direct::Transformation)
            }
        };
        let mut decisive: Inputs = of.partition_by.iter().flat_map(|part| self.value(part, scope)).collect();
        decisive.extend(self.sorted(&of.order_by, scope));
        inputs.extend(decides(decisive, Indirect::Window));
        if let Some(filter) = &of.filter {
            inputs.extend(decides(self.value(filter, scope), Indirect::Filter));
        }
        inputs
    }

    /// The arguments of an aggregate; one without columns, as in `count(*)`, is made of the rows.
    fn aggregated(&mut self, arguments: &[Expr], scope: &Scope) -> Inputs {
        let values: Inputs = arguments.iter().flat_map(|argument| self.value(argument, scope)).collect();
        let values = match values.iter().any(|(_, how)| how.is_direct()) {
            true => values,
            false => {
                values.into_iter().chain(scope.flow.rows.iter().filter(|(_, how)| how.is_direct()).cloned()).collect()
            }
        };
        flows_on(values, Direct::Aggregation)
    }

    fn sorted(&mut self, keys: &[SortExpr], scope: &Scope) -> Inputs {
        keys.iter().flat_map(|key| self.value(&key.expr, scope)).collect()
    }

    fn subquery(&mut self, subquery: &Subquery, around: &Scope) -> Flow {
        self.outer.push(around.clone());
        let flow = self.plan(&subquery.subquery);
        self.outer.pop();
        flow
    }
}

/// The value of a subquery, with what decides about its rows.
fn first_column(flow: Flow) -> Inputs {
    let value = flow.columns.into_iter().next().unwrap_or_default();
    value.into_iter().chain(flow.rows.into_iter().filter(|(_, how)| !how.is_direct())).collect()
}

fn lookup(column: &Column, scope: &Scope) -> Option<Inputs> {
    let at = scope.schema.maybe_index_of_column(column)?;
    scope.flow.columns.get(at).cloned()
}

fn children(expression: &Expr, add: &mut dyn FnMut(&Expr) -> datafusion::common::Result<TreeNodeRecursion>) {
    use datafusion::common::tree_node::TreeNode;
    // `add` never fails, so neither does the walk.
    let _ = expression.apply_children(add);
}

/// Values that pass a step at which they are changed in some way, if they flow at all.
fn flows_on(inputs: Inputs, through: Direct) -> Inputs {
    let passed = inputs.into_iter().map(|(field, how)| match how {
        How::Direct(before) => (field, How::Direct(before.max(through))),
        indirect => (field, indirect),
    });
    passed.collect()
}

/// Whatever a value comes from, it only decides.
fn decides(inputs: Inputs, as_what: Indirect) -> Inputs {
    inputs.into_iter().map(|(field, _)| (field, How::Indirect(as_what))).collect()
}

/// Adds the inputs of one flow to those of another with as many columns.
fn merge(whole: &mut Flow, part: Flow) {
    for (column, inputs) in whole.columns.iter_mut().zip(part.columns) {
        column.extend(inputs);
    }
    whole.rows.extend(part.rows);
}
