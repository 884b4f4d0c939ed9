//! What is kept of checked statements, and what becomes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::empty::EmptyTable;
use tempfile::TempDir;

use super::{Checked, Counted, FORGOTTEN_AFTER};
use crate::problem::SourceFile;
use crate::query::function::reference::tests::settings;
use crate::query::past::{Past, Versions};
use crate::query::user_function::{self, UserFunctions};
use crate::query::{Session, Settings, Sql, statement};

/// What a statement is checked over; each field is something that its plan depends on.
struct Over {
    amount: DataType,
    function: &'static str,
    settings: Settings,
}

impl Default for Over {
    fn default() -> Self {
        Self { amount: DataType::Int64, function: "amount * 2", settings: settings() }
    }
}

impl Over {
    /// Checks statements with what is known in a folder, and keeps what becomes known.
    async fn check(&self, folder: &Path, statements: &[&str]) -> (Counted, Vec<Option<String>>) {
        let checked = Checked::open(Some(folder));
        let file = format!("CREATE FUNCTION f(amount DOUBLE) RETURNS DOUBLE RETURN {}", self.function);
        let function = user_function::parse("f", Sql::file(&SourceFile::new("sql/function/f.sql", file))).unwrap();
        let functions = UserFunctions::from([("f".to_owned(), function)]);
        let session = Session::open_for_checks(&self.settings, &functions, &checked).unwrap();
        let schema = Arc::new(Schema::new(vec![Field::new("amount", self.amount.clone(), true)]));
        session.register("crm.deal", Arc::new(EmptyTable::new(Arc::clone(&schema)))).unwrap();
        session.register("crm.other", Arc::new(EmptyTable::new(Arc::clone(&schema)))).unwrap();
        session.register_past("crm.deal", Past { schema, versions: Versions::Nowhere });
        let mut columns = Vec::new();
        for text in statements {
            let sql = Sql::file(&SourceFile::new("sql/kpi/x.sql", *text));
            let selection = statement::parse(&sql).unwrap();
            columns.push(session.columns(&selection, &sql).await.ok().map(|columns| format!("{columns:?}")));
        }
        checked.keep();
        (checked.counted(), columns)
    }
}

fn folder() -> (TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join(".forecastle");
    (above, folder)
}

fn counted(planned: usize, recalled: usize) -> Counted {
    Counted { planned, recalled }
}

const STATEMENTS: [&str; 4] = [
    "SELECT sum(amount) AS amount FROM crm.deal",
    "SELECT f(amount) AS twice, current_date AS day FROM crm.deal",
    "SELECT amount FROM as_of('crm.deal', DATE '2020-01-01')",
    "SELECT 1 AS one",
];

#[tokio::test]
async fn a_statement_is_planned_once() {
    let (_above, folder) = folder();
    let (first, columns) = Over::default().check(&folder, &STATEMENTS).await;
    assert_eq!(first, counted(4, 0));
    assert!(columns.iter().all(Option::is_some));
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await, (counted(0, 4), columns));
}

#[tokio::test]
async fn what_a_plan_depends_on_is_asked_for_anew() {
    let (_above, folder) = folder();
    Over::default().check(&folder, &STATEMENTS).await;
    for (over, planned) in [
        (Over { amount: DataType::Float64, ..Over::default() }, 3),
        (Over { function: "amount * 3", ..Over::default() }, 1),
        (Over { settings: Settings { currency: "EUR".to_owned(), ..settings() }, ..Over::default() }, 4),
    ] {
        let (of, columns) = over.check(&folder, &STATEMENTS).await;
        assert_eq!(of, counted(planned, 4 - planned));
        let (_above, empty) = self::folder();
        assert_eq!(over.check(&empty, &STATEMENTS).await.1, columns);
    }
    let other = ["SELECT sum(amount) AS amount FROM crm.other", "SELECT 1 AS \"One\"", "SELECT 2 AS one"];
    assert_eq!(Over::default().check(&folder, &other).await.0, counted(3, 0));
}

#[tokio::test]
async fn a_mistake_is_not_known() {
    let (_above, folder) = folder();
    let wrong = ["SELECT amuont FROM crm.deal", "SELECT amount FROM crm.quota"];
    for _ in 0..2 {
        assert_eq!(Over::default().check(&folder, &wrong).await, (counted(2, 0), vec![None, None]));
    }
    assert!(!folder.exists(), "there is nothing to keep");
}

#[tokio::test]
async fn a_spoiled_file_is_no_file() {
    let (_above, folder) = folder();
    let (_, columns) = Over::default().check(&folder, &STATEMENTS).await;
    let path = folder.join("statements");
    let whole = fs::read(&path).unwrap();
    let spoiled = async |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Over::default().check(&folder, &STATEMENTS).await
    };
    for at in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        assert_eq!(spoiled(&bytes).await, (counted(4, 0), columns.clone()), "the byte {at}");
        assert_eq!(spoiled(&whole[..at]).await, (counted(4, 0), columns.clone()), "{at} bytes");
    }
    assert_eq!(spoiled(b"not of this program").await, (counted(4, 0), columns.clone()));
    // Each time it was written anew.
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await, (counted(0, 4), columns));
}

#[tokio::test]
async fn what_another_build_found_right_is_not_taken_over() {
    let (_above, folder) = folder();
    Over::default().check(&folder, &STATEMENTS).await;
    let path = folder.join("statements");
    let whole = fs::read(&path).unwrap();
    let (mut head, body) = (whole[..32].to_vec(), &whole[32..whole.len() - 16]);
    head[31] ^= 1;
    let hash = twox_hash::XxHash3_128::oneshot(&[body, &head].concat()).to_le_bytes();
    fs::write(&path, [&head, body, &hash].concat()).unwrap();
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(4, 0));
}

#[tokio::test]
async fn nobody_fails_for_a_folder_that_cannot_be_written() {
    let above = tempfile::tempdir().unwrap();
    let file = above.path().join("a file");
    fs::write(&file, "x").unwrap();
    let linked = above.path().join("a link");
    fs::create_dir(above.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(above.path().join("elsewhere"), &linked).unwrap();
    for folder in [file, linked, above.path().join("missing/folder")] {
        for _ in 0..2 {
            assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(4, 0), "{}", folder.display());
        }
    }
    assert_eq!(fs::read_dir(above.path().join("elsewhere")).unwrap().count(), 0);
    // What lies where the file should is no file.
    let folder = above.path().join("odd");
    fs::create_dir_all(folder.join("statements")).unwrap();
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(4, 0));
}

#[tokio::test]
async fn while_another_process_writes_nothing_is_written() {
    let (_above, folder) = folder();
    Over::default().check(&folder, &STATEMENTS[..1]).await;
    let lock = fs::File::open(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(3, 1));
    lock.unlock().unwrap();
    // A process that died while it wrote left this.
    fs::write(folder.join("statements.unfinished"), "half a file").unwrap();
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(3, 1));
    assert_eq!(Over::default().check(&folder, &STATEMENTS).await.0, counted(0, 4));
    assert!(!folder.join("statements.unfinished").exists());
}

#[tokio::test]
async fn what_is_not_asked_for_is_left_out_in_time() {
    let (_above, folder) = folder();
    Over::default().check(&folder, &STATEMENTS[..2]).await;
    let new: Vec<String> = (0..FORGOTTEN_AFTER).map(|nth| format!("SELECT {nth} AS nth")).collect();
    for statement in &new[1..] {
        Over::default().check(&folder, &[STATEMENTS[0], statement]).await;
    }
    assert_eq!(Over::default().check(&folder, &[STATEMENTS[0], &new[1]]).await.0, counted(0, 2));
    Over::default().check(&folder, &[&new[0]]).await;
    assert_eq!(Over::default().check(&folder, &[STATEMENTS[0]]).await.0, counted(0, 1));
    assert_eq!(Over::default().check(&folder, &[STATEMENTS[1]]).await.0, counted(1, 0));
}

#[tokio::test]
async fn version_control_is_told_to_leave_it_alone() {
    let (_above, folder) = folder();
    Over::default().check(&folder, &STATEMENTS).await;
    assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
    let tag = fs::read_to_string(folder.join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"), "{tag}");
}
