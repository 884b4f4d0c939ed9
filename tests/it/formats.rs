//! Each format of an export once, from the file to the table.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Date32Array, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use forecastle::day::Day;
use forecastle::run::SourceOutcome;
use parquet::arrow::ArrowWriter;

use crate::project::{Outcomes, TestProject};

const CSV: &str = "Id,Owner,Stage,Status,Amount,Created\n1,Zoë,\"Qualify, then\npropose\",Open,1234.50,2026-10-01\n2,,Propose,Won,7,2026-09-01\n";

/// The small project whose deals come in another format; gives the table that comes of it.
fn table_of(format: &str, path: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    let project = TestProject::small();
    project.edit("pipelines/nightly.yaml", "csv: {path: \"exports/{day}/deal.csv\"}", format);
    project.write(path, content);
    let record = project.run_day("2026-11-02");
    let (outcome, counts) = record.source("crm.deal");
    assert_eq!((outcome, counts.read, counts.rejected), (SourceOutcome::Loaded, 2, 0), "{format}");
    project.ask("2026-11-02", "SELECT deal_id, owner_id, replace(stage, chr(10), '/') AS stage, status, amount, created_on FROM crm.deal ORDER BY deal_id")
}

const WANTED: [&str; 2] = [
    "1 | Zoë | Qualify, then/propose | open | 1234.5000 | 2026-10-01",
    "2 | NULL | Propose | won | 7.0000 | 2026-09-01",
];

#[test]
fn csv_is_read_plain_and_packed() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(CSV.as_bytes()).unwrap();
    let zst = zstd::encode_all(CSV.as_bytes(), 3).unwrap();
    let folder = "exports/2026-11-02";
    assert_eq!(table_of("csv: {path: \"exports/{day}/deal.csv\"}", &format!("{folder}/deal.csv"), CSV), WANTED);
    assert_eq!(
        table_of("csv: {path: \"exports/{day}/deal.csv.gz\"}", &format!("{folder}/deal.csv.gz"), gz.finish().unwrap()),
        WANTED
    );
    assert_eq!(table_of("csv: {path: \"exports/{day}/deal.csv.zst\"}", &format!("{folder}/deal.csv.zst"), zst), WANTED);
}

#[test]
fn csv_is_read_in_the_encodings_of_office_programs() {
    let path = "exports/2026-11-02/deal.csv";
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(CSV.replace(',', "\t").replace("Qualify\t", "Qualify,").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(table_of("csv: {path: \"exports/{day}/deal.csv\", delimiter: tab}", path, utf16), WANTED);
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(CSV);
    assert_eq!(table_of("csv: {path: \"exports/{day}/deal.csv\", encoding: windows-1252}", path, windows), WANTED);
    let marked = format!("\u{feff}{CSV}");
    assert_eq!(table_of("csv: {path: \"exports/{day}/deal.csv\"}", path, marked), WANTED);
}

#[test]
fn several_files_with_their_columns_in_any_order_are_one_export() {
    let project = TestProject::small();
    project.edit("pipelines/nightly.yaml", "exports/{day}/deal.csv", "exports/deal_*_{day:%Y%m%d}.csv");
    project.write("exports/deal_east_20261102.csv", "Id,Owner,Stage,Status,Amount,Created\n1,ann,A,Open,1,\n");
    project.write(
        "exports/deal_west_20261102.csv",
        "Created,Amount,Status,Stage,Owner,Id\n,2,Open,B,bob,2\n,3,Open,B,bob,1\n",
    );
    project.run();
    assert_eq!(
        project.ask("2026-11-02", "SELECT deal_id, owner_id, amount FROM crm.deal ORDER BY 1"),
        ["1 | ann | 1.0000", "2 | bob | 2.0000"]
    );
    let rejects = project.rejects("crm.deal", "2026-11-02");
    assert_eq!(
        rejects,
        ["exports/deal_west_20261102.csv | 3 | NULL | has the key of exports/deal_east_20261102.csv:2 | {}"]
    );
}

#[test]
fn json_is_read_as_lines_and_as_a_list() {
    let lines = "{\"Id\": 1, \"Owner\": \"Zoë\", \"Stage\": \"Qualify, then\\npropose\", \"Status\": \"Open\", \"Amount\": 1234.50, \"Created\": \"2026-10-01\"}\n\
                 {\"Id\": \"2\", \"Stage\": \"Propose\", \"Amount\": \"7\", \"Owner\": null, \"Created\": \"2026-09-01\", \"Status\": \"Won\"}\n";
    assert_eq!(
        table_of("ndjson: {path: \"exports/{day}/deal.ndjson\"}", "exports/2026-11-02/deal.ndjson", lines),
        WANTED
    );
    let list = format!("{{\"result\": {{\"records\": [{}]}}}}", lines.trim().replace("}\n", "},"));
    assert_eq!(
        table_of(
            "json: {path: \"exports/{day}/deal.json\", rows: result.records}",
            "exports/2026-11-02/deal.json",
            list
        ),
        WANTED
    );
}

#[test]
fn parquet_is_read_with_its_exact_numbers() {
    let field = |name: &str, of: DataType| Field::new(name, of, true);
    let schema = Arc::new(Schema::new(vec![
        field("Id", DataType::Utf8),
        field("Owner", DataType::Utf8),
        field("Stage", DataType::Utf8),
        field("Status", DataType::Utf8),
        field("Amount", DataType::Decimal128(12, 2)),
        field("Created", DataType::Date32),
    ]));
    let text = |values: [Option<&str>; 2]| Arc::new(StringArray::from(values.to_vec()));
    let epoch = |day: &str| day.parse::<Day>().unwrap().to_epoch_days();
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            text([Some("1"), Some("2")]),
            text([Some("Zoë"), None]),
            text([Some("Qualify, then\npropose"), Some("Propose")]),
            text([Some("Open"), Some("Won")]),
            Arc::new(Decimal128Array::from(vec![123_450, 700]).with_precision_and_scale(12, 2).unwrap()),
            Arc::new(Date32Array::from(vec![epoch("2026-10-01"), epoch("2026-09-01")])),
        ],
    )
    .unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    assert_eq!(
        table_of("parquet: {path: \"exports/{day}/deal.parquet\"}", "exports/2026-11-02/deal.parquet", file),
        WANTED
    );
}

#[test]
fn a_sheet_of_a_workbook_is_read_below_its_title() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().set_name("Notes").unwrap();
    let sheet = workbook.add_worksheet().set_name("Deals").unwrap();
    sheet.write(0, 0, "Exported by hand").unwrap();
    for (column, name) in ["Id", "Owner", "Stage", "Status", "Amount", "Created"].into_iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), name).unwrap();
    }
    let date = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    let day = |year, month, day| rust_xlsxwriter::ExcelDateTime::from_ymd(year, month, day).unwrap();
    for (row, id, owner, stage, status, amount, created) in [
        (3, 1.0, "Zoë", "Qualify, then\npropose", "Open", 1234.5, day(2026, 10, 1)),
        (4, 2.0, "", "Propose", "Won", 7.0, day(2026, 9, 1)),
    ] {
        sheet.write(row, 0, id).unwrap();
        sheet.write(row, 1, owner).unwrap();
        sheet.write(row, 2, stage).unwrap();
        sheet.write(row, 3, status).unwrap();
        sheet.write(row, 4, amount).unwrap();
        sheet.write_with_format(row, 5, &created, &date).unwrap();
    }
    let format = "xlsx: {path: \"exports/{day}/deal.xlsx\", sheet: Deals, header_row: 3}";
    assert_eq!(table_of(format, "exports/2026-11-02/deal.xlsx", workbook.save_to_buffer().unwrap()), WANTED);
}
