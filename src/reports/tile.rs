//! The tiles of a page: what each component of a template reads of which query, known without data.

use std::collections::BTreeSet;

/// A component of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Of the page's ids, where it is a figure or a table; told apart by a number where several would be the same.
    pub id: String,
    /// The component's name, or `text` for what the template prints outside of any.
    pub component: String,
    /// The queries that it reads, and their columns; none for a query of which it takes every column.
    pub reads: BTreeSet<(String, Option<String>)>,
}

/// What is read while a template is checked, and the tiles that came of it.
#[derive(Debug, Default)]
pub struct Tiles {
    done: Vec<Tile>,
    /// Since the tile at hand began.
    reads: BTreeSet<(String, Option<String>)>,
    prose: BTreeSet<(String, Option<String>)>,
}

impl Tiles {
    pub fn read(&mut self, query: &str, column: Option<&str>) {
        self.reads.insert((query.to_owned(), column.map(str::to_owned)));
    }

    /// A component begins: what was read until here stood in the text before it.
    pub fn begin(&mut self) {
        self.prose.append(&mut self.reads);
    }

    /// The component at hand ends. `whole` is a query all of whose columns it shows if it named none.
    pub fn end(&mut self, component: &str, id: &str, whole: Option<&str>) {
        let mut reads = std::mem::take(&mut self.reads);
        if let Some(query) = whole
            && reads.iter().all(|(known, _)| known != query)
        {
            reads.insert((query.to_owned(), None));
        }
        if !reads.is_empty() {
            let id = self.free(id);
            self.done.push(Tile { id, component: component.to_owned(), reads });
        }
    }

    fn free(&self, id: &str) -> String {
        let is_taken = |id: &str| self.done.iter().any(|tile| tile.id == id);
        if !is_taken(id) {
            return id.to_owned();
        }
        (2..).map(|count| format!("{id}-{count}")).find(|id| !is_taken(id)).expect("numbers do not end")
    }

    /// All tiles in the order of the page, the text last.
    pub fn finish(mut self) -> Vec<Tile> {
        self.begin();
        if !self.prose.is_empty() {
            let id = self.free("text");
            let reads = std::mem::take(&mut self.prose);
            self.done.push(Tile { id, component: "text".to_owned(), reads });
        }
        self.done
    }
}
