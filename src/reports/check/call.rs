//! Calls of components, checked against their signatures and the columns of the queries they are given.

use std::ops::Range;

use minijinja::machinery::ast::{Call, CallArg, Expr, Spanned};

use super::Checker;
use super::types::{self, Type};
use crate::problem::did_you_mean;
use crate::reports::arguments::{listed, unknown};
use crate::reports::escape::slug;
use crate::reports::filters::FUNCTIONS;
use crate::reports::rewrite::range;
use crate::reports::signature::{self, ALIGNMENTS, COLUMN_FORMATS, COLUMN_KEYS, COMPONENTS, GOOD, Role, Signature};
use crate::reports::table::Kind;

impl<'a> Checker<'a> {
    pub fn call(&mut self, node: &Spanned<Call<'a>>) -> Type<'a> {
        let Expr::Var(name) = &node.expr else {
            if let Expr::GetAttr(method) = &node.expr {
                let place = self.named(method.name, range(method.span()));
                self.error(
                    place,
                    format!("there is no `{}()` on values", method.name),
                    "use a filter: `value | filter`",
                );
            }
            self.arguments(&node.args);
            return Type::Any;
        };
        match signature::find(name.id) {
            Some(signature) => {
                self.component(signature, node);
            }
            None => {
                self.arguments(&node.args);
                if self.scopes.get(name.id).is_none() && !FUNCTIONS.contains(&name.id) {
                    let names = COMPONENTS.iter().map(|signature| signature.name).chain(FUNCTIONS);
                    let help = did_you_mean(name.id, names.collect::<Vec<_>>());
                    self.error(range(name.span()), format!("there is no component `{}`", name.id), help);
                }
            }
        }
        Type::Any
    }

    fn component(&mut self, signature: &'static Signature, node: &Spanned<Call<'a>>) {
        let mut query = None;
        let mut given: Vec<&str> = Vec::new();
        let mut firsts = 0;
        let mut is_open = false;
        let (mut id, mut label) = (None, None);
        self.tiles.begin();
        for argument in &node.args {
            match argument {
                CallArg::Pos(expr) => {
                    let value = self.expression(expr);
                    firsts += 1;
                    label = label.or(types::text(expr).map(str::to_owned));
                    if firsts == 1 && signature.first == Some(Role::Table) {
                        query = value.query();
                        if matches!(value, Type::Cell(_) | Type::Row(_)) {
                            let message = format!("`{}` takes a query's rows, not {}", signature.name, value.words());
                            self.error(range(expr.span()), message, "");
                        }
                    }
                }
                CallArg::Kwarg(name, expr) => {
                    let value = self.expression(expr);
                    let place = self.keyword_range(name, node, expr);
                    match signature.keyword(name) {
                        None => self.error(place, unknown(signature, name), ""),
                        Some(_) if given.contains(name) => {
                            self.error(place, format!("`{name}` is given twice"), "");
                        }
                        Some(argument) => {
                            given.push(argument.name);
                            match argument.name {
                                "id" => id = types::text(expr).map(str::to_owned),
                                "label" => label = types::text(expr).map(str::to_owned),
                                _ => {}
                            }
                            self.argument(signature.name, argument.name, argument.role, query, expr, value);
                        }
                    }
                }
                CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => {
                    self.expression(expr);
                    is_open = true;
                }
            }
        }
        let own_id =
            || [Some(signature.name), query.or(label.as_deref())].into_iter().flatten().collect::<Vec<_>>().join("-");
        self.tiles.end(signature.name, &slug(&id.unwrap_or_else(own_id)), query);
        let wanted = usize::from(signature.first.is_some());
        let name = self.named(signature.name, range(node.expr.span()));
        if firsts < wanted && !is_open {
            self.error(name.clone(), format!("`{}` begins with its data", signature.name), "");
        }
        if firsts > wanted {
            self.error(name.clone(), format!("`{}` takes keyword arguments", signature.name), "write `name=value`");
        }
        let missing = signature.keywords().filter(|argument| argument.required && !given.contains(&argument.name));
        for argument in missing.filter(|_| !is_open) {
            self.error(name.clone(), format!("`{}` needs `{}=`", signature.name, argument.name), "");
        }
        if let Some((missing, beside)) = signature.lacking(|argument| given.contains(&argument))
            && !is_open
        {
            self.error(name, format!("`{}` needs `{missing}=` beside `{beside}=`", signature.name), "");
        }
    }

    fn argument(
        &mut self,
        call: &str,
        name: &str,
        role: Role,
        query: Option<&'a str>,
        expr: &Expr<'a>,
        value: Type<'a>,
    ) {
        match role {
            Role::Column { number } => match (types::text(expr), value) {
                (Some(column), _) => self.column(query, column, number, range(expr.span())),
                (None, Type::Cell(Some(kind))) if kind != Kind::Text => {
                    let help = format!("write the column's name in quotes: `{name}='a_column'`");
                    self.error(range(expr.span()), format!("`{name}` of `{call}` is the name of a column"), help);
                }
                _ => {}
            },
            Role::Columns => {
                for item in items(expr) {
                    if let Some(column) = types::text(item) {
                        self.column(query, column, true, range(item.span()));
                    }
                }
            }
            Role::Shown => items(expr).into_iter().for_each(|item| self.shown(query, item)),
            Role::Trend => {
                if let [rows, column] = items(expr).as_slice()
                    && let Some(column_name) = types::text(column)
                {
                    let rows = self.expression(rows).query();
                    self.column(rows, column_name, true, range(column.span()));
                }
            }
            Role::Choice(choices) => self.choice(name, choices, expr),
            Role::Definition => {
                if let Some(id) = types::text(expr)
                    && !self.known.definitions.contains(id)
                {
                    let known = self.known;
                    let help = did_you_mean(id, known.definitions.iter().map(String::as_str));
                    self.error(range(expr.span()), format!("there is no definition `{id}`"), help);
                }
            }
            Role::Value => match value {
                Type::Cell(Some(kind)) if kind.is_number() => {}
                Type::Cell(None) | Type::Any => {}
                other => self.error(
                    range(expr.span()),
                    format!("`{name}` of `{call}` takes a number, not {}", other.words()),
                    "",
                ),
            },
            Role::Text => {
                if let Type::Table(_) | Type::Rows(_) | Type::Row(_) = value {
                    let message = format!("`{name}` of `{call}` takes a text, not {}", value.words());
                    self.error(range(expr.span()), message, "");
                }
            }
            Role::Flag => match value {
                Type::Cell(Some(Kind::Bool) | None) | Type::Any => {}
                other => {
                    let message = format!("`{name}` of `{call}` is true or false, not {}", other.words());
                    self.error(range(expr.span()), message, "");
                }
            },
            Role::Count => match value {
                Type::Cell(Some(Kind::Int) | None) | Type::Any => {}
                other => {
                    let message = format!("`{name}` of `{call}` takes a whole number, not {}", other.words());
                    self.error(range(expr.span()), message, "");
                }
            },
            Role::Table => {}
        }
    }

    fn choice(&mut self, name: &str, choices: &[&str], expr: &Expr<'a>) {
        if let Some(text) = types::text(expr)
            && !choices.contains(&text)
        {
            let help = format!("it is one of {}", listed(choices));
            self.error(range(expr.span()), format!("`{name}` cannot be `{text}`"), help);
        }
    }

    fn column(&mut self, query: Option<&'a str>, name: &str, number: bool, place: Range<usize>) {
        let Some(query) = query else { return };
        let columns = self.columns(query);
        match columns.iter().find(|column| column.name == name) {
            None => {
                let help = did_you_mean(name, columns.iter().map(|column| column.name.as_str()));
                self.error(place, format!("the query `{query}` has no column `{name}`"), help);
            }
            Some(column) if number && !column.kind.is_number() => {
                self.error(
                    place,
                    format!("this must be a column of numbers; `{name}` holds {}", column.kind.words()),
                    "",
                );
            }
            Some(_) => self.tiles.read(query, Some(name)),
        }
    }

    /// A column of `table`: a name, or a map that says how it is shown.
    fn shown(&mut self, query: Option<&'a str>, item: &Expr<'a>) {
        if let Some(name) = types::text(item) {
            return self.column(query, name, false, range(item.span()));
        }
        let Expr::Map(map) = item else { return };
        let mut has_column = false;
        for (key, value) in map.keys.iter().zip(&map.values) {
            let Some(name) = types::text(key) else { continue };
            match name {
                "column" => {
                    has_column = true;
                    if let Some(column) = types::text(value) {
                        self.column(query, column, false, range(value.span()));
                    }
                }
                "format" => self.choice(name, &COLUMN_FORMATS, value),
                "align" => self.choice(name, &ALIGNMENTS, value),
                "good" => self.choice(name, &GOOD, value),
                name if COLUMN_KEYS.contains(&name) => {}
                name => {
                    let help = did_you_mean(name, COLUMN_KEYS);
                    self.error(range(key.span()), format!("a column of `table` has no `{name}`"), help);
                }
            }
        }
        if !has_column {
            self.error(range(map.span()), "a column of `table` needs its `column`", "");
        }
    }

    /// Where a keyword stands: the engine keeps the places of values only.
    fn keyword_range(&self, name: &str, call: &Spanned<Call<'a>>, value: &Expr<'a>) -> Range<usize> {
        let (start, end) = (range(call.span()).start, range(value.span()).start);
        let before = self.template.text().get(start..end).unwrap_or_default();
        match before.rfind(name) {
            Some(at) => start + at..start + at + name.len(),
            None => range(value.span()),
        }
    }
}

/// The parts of a list or tuple, the keys of a map, or the expression itself.
fn items<'e, 'a>(expr: &'e Expr<'a>) -> Vec<&'e Expr<'a>> {
    match expr {
        Expr::List(node) => node.items.iter().collect(),
        Expr::Tuple(node) => node.items.iter().collect(),
        Expr::Map(node) => node.keys.iter().collect(),
        other => vec![other],
    }
}
