//! The names that a template itself has given, innermost first.

use std::collections::BTreeMap;

use super::types::Type;

pub struct Scopes<'a>(Vec<BTreeMap<&'a str, Type<'a>>>);

impl Default for Scopes<'_> {
    fn default() -> Self {
        Self(vec![BTreeMap::new()])
    }
}

impl<'a> Scopes<'a> {
    pub fn push(&mut self) {
        self.0.push(BTreeMap::new());
    }

    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Gives a name a type; one that has had another may be either from then on.
    pub fn set(&mut self, name: &'a str, value: Type<'a>) {
        if let Some(innermost) = self.0.last_mut() {
            let known = innermost.entry(name).or_insert(value);
            if *known != value {
                *known = Type::Any;
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<Type<'a>> {
        self.0.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flat_map(|scope| scope.keys().copied())
    }
}
