//! Splitting records: by example, and over all short texts.

use super::*;

const COMMAS: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), backslash: false, trim: false };

/// The records of a whole text, or what stops them.
fn records(text: &str, dialect: &Dialect) -> Result<Vec<Vec<String>>, Split> {
    let (mut rest, mut records, mut fields, mut unescaped) = (text.as_bytes(), Vec::new(), Vec::new(), Vec::new());
    while !rest.is_empty() {
        let length = match split(rest, true, dialect, &mut fields) {
            Split::Blank { length } => length,
            Split::Record { length, .. } => {
                let mut record = Vec::new();
                for field in &fields {
                    unescape(&rest[field.start..field.end], dialect, &mut unescaped);
                    let content = if field.escaped { &unescaped } else { &rest[field.start..field.end] };
                    record.push(String::from_utf8(content.to_vec()).unwrap());
                }
                records.push(record);
                length
            }
            defect => return Err(defect),
        };
        rest = &rest[length..];
    }
    Ok(records)
}

/// All texts over `alphabet` of up to `longest` characters.
fn all_texts(alphabet: &[char], longest: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = texts.len();
        for at in from..to {
            for &character in alphabet {
                texts.push(format!("{}{character}", texts[at]));
            }
        }
        from = to;
    }
    texts
}

/// The records as csv-core reads them, which finds a reading for any text.
fn as_csv_core_reads(reader: &mut csv_core::Reader, text: &str) -> Vec<Vec<String>> {
    reader.reset();
    let (mut input, mut records) = (text.as_bytes(), Vec::new());
    let (mut output, mut ends) = ([0; 64], [0; 64]);
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, wrote, fields) = reader.read_record(input, &mut output[written..], &mut ends[ended..]);
        input = &input[read..];
        (written, ended) = (written + wrote, ended + fields);
        match result {
            csv_core::ReadRecordResult::InputEmpty => {}
            csv_core::ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let fields =
                    starts.zip(&ends[..ended]).map(|(start, &end)| String::from_utf8(output[start..end].to_vec()));
                records.push(fields.map(Result::unwrap).collect());
                (written, ended) = (0, 0);
            }
            csv_core::ReadRecordResult::End => return records,
            full => panic!("{full:?}"),
        }
    }
}

#[test]
fn fields_are_told_apart_as_rfc_4180_says() {
    let text = "a,\"b,1\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",,\n\n\"\",x,last";
    let expected = [["a", "b,1", "say \"hi\""], ["two\nlines", "", ""], ["", "x", "last"]];
    assert_eq!(records(text, &COMMAS).unwrap(), expected);
}

#[test]
fn every_short_text_without_a_defect_is_read_as_csv_core_reads_it() {
    let (mut reader, mut whole) = (csv_core::Reader::new(), 0);
    for text in all_texts(&['a', ',', '"', '\n', '\r'], 6) {
        match records(&text, &COMMAS) {
            Ok(records) => {
                assert_eq!(records, as_csv_core_reads(&mut reader, &text), "{text:?}");
                whole += 1;
            }
            Err(defect) => assert!(text.contains('"'), "{text:?} {defect:?}"),
        }
    }
    assert!(whole > 10_000, "{whole}");
}

#[test]
fn more_text_never_changes_what_a_shorter_text_has_told() {
    let backslash = Dialect { backslash: true, trim: true, ..COMMAS };
    for (dialect, alphabet) in
        [(COMMAS, ['a', ',', '"', '\n', '\r', ' ']), (backslash, ['\\', ',', '"', '\n', '\r', ' '])]
    {
        let (mut fields, mut early) = (Vec::new(), Vec::new());
        for text in all_texts(&alphabet, 6).iter().filter(|text| !text.is_empty()) {
            let whole = split(text.as_bytes(), true, &dialect, &mut fields);
            for length in 1..=text.len() {
                let part = split(&text.as_bytes()[..length], false, &dialect, &mut early);
                if part != Split::More {
                    assert_eq!((&part, &early), (&whole, &fields), "{text:?} {length}");
                }
            }
        }
    }
}

#[test]
fn lines_are_counted_by_any_end_of_line() {
    let mut fields = Vec::new();
    for (text, lines) in [("a,b\n", 1), ("\"a\nb\",c\n", 2), ("\"a\r\nb\rc\nd\",\"e\n\"\r\n", 5)] {
        let expected = Split::Record { length: text.len(), lines };
        assert_eq!(split(text.as_bytes(), true, &COMMAS, &mut fields), expected, "{text:?}");
    }
    assert_eq!(count_lines(b"a\nb\r\nc\rd"), 3);
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_its_line() {
    let mut fields = Vec::new();
    assert_eq!(split(b"\"a\nb\",\"c\nd\n", true, &COMMAS, &mut fields), Split::Unclosed { opened: 1 });
    assert_eq!(split(b"\"a\nb\",\"c\nd\n", false, &COMMAS, &mut fields), Split::More);
    let long = format!("x,\"{}", "y".repeat(MAX_QUOTED + 1));
    assert_eq!(split(long.as_bytes(), false, &COMMAS, &mut fields), Split::TooLong { opened: 0 });
    let longest = format!("x,\"{}\"\n", "y".repeat(MAX_QUOTED));
    assert_eq!(
        split(longest.as_bytes(), true, &COMMAS, &mut fields),
        Split::Record { length: longest.len(), lines: 1 }
    );
}

#[test]
fn text_after_a_closing_quote_is_a_defect_of_the_line_or_of_the_file() {
    let mut fields = Vec::new();
    assert_eq!(split(b"1,\"a\"b,c\n2,x\n", true, &COMMAS, &mut fields), Split::Broken { length: 9, lines: 1 });
    assert_eq!(fields.len(), 1);
    assert_eq!(split(b"\"a\nb\",\"c\" ,d\r\n", true, &COMMAS, &mut fields), Split::Broken { length: 14, lines: 2 });
    assert_eq!(split(b"1,\"a\n2,\"b\",c\n", true, &COMMAS, &mut fields), Split::Astray { opened: 0, closed: 1 });
}

#[test]
fn a_quote_within_an_unquoted_field_is_a_character() {
    assert_eq!(records("5\" pipe,a\"b\"\n", &COMMAS).unwrap(), [["5\" pipe", "a\"b\""]]);
    let none = Dialect { quote: None, ..COMMAS };
    assert_eq!(records("\"a,b\"\n", &none).unwrap(), [["\"a", "b\""]]);
}

#[test]
fn backslashes_escape_quotes_and_themselves_only() {
    let backslash = Dialect { backslash: true, ..COMMAS };
    let text = "\"a\\\"b\",\"c\\\\\",\"d\\n\"\"e\",f\\g\n";
    assert_eq!(records(text, &backslash).unwrap(), [["a\"b", "c\\", "d\\n\"e", "f\\g"]]);
    assert_eq!(records("\"a\\\"", &backslash).unwrap_err(), Split::Unclosed { opened: 0 });
}

#[test]
fn trimming_drops_blanks_within_and_around_quotes_but_no_delimiter() {
    let trim = Dialect { trim: true, ..COMMAS };
    assert_eq!(records(" a ,\t\" b \" , \n", &trim).unwrap(), [["a", "b", ""]]);
    assert_eq!(records(" a ,b \n", &COMMAS).unwrap(), [[" a ", "b "]]);
    let tabs = Dialect { delimiter: b'\t', ..trim };
    assert_eq!(records("a\t\t \"b\"\n", &tabs).unwrap(), [["a", "", "b"]]);
}

#[test]
fn a_field_of_any_length_ends_where_it_ends() {
    let mut fields = Vec::new();
    for before in [0, 1, 62, 63, 64, 65] {
        for length in 0..300 {
            let text = format!("{},{}\r\n", "x".repeat(before), "y".repeat(length));
            let record = Split::Record { length: text.len(), lines: 1 };
            assert_eq!(split(text.as_bytes(), true, &COMMAS, &mut fields), record, "{before} {length}");
            let ends: Vec<(usize, usize)> = fields.iter().map(|field| (field.start, field.end)).collect();
            assert_eq!(ends, [(0, before), (before + 1, before + 1 + length)]);
        }
    }
}

#[test]
fn what_is_looked_at_many_bytes_at_once_is_found_as_byte_by_byte() {
    for seed in 0..2000 {
        let mut chance = Chance(seed);
        let (length, seldom) = (chance.below(400), 2 + chance.below(200));
        let byte =
            |chance: &mut Chance| if chance.below(seldom) == 0 { b",\n\r;\xac\x8d"[chance.below(6)] } else { b'x' };
        let text: Vec<u8> = (0..length).map(|_| byte(&mut chance)).collect();
        let (mut stops, mut at) = (Stops::new(&text, b','), 0);
        while at <= length {
            let expected = (at..length).find(|at| b",\n\r".contains(&text[*at]));
            assert_eq!(stops.next(at), expected, "seed {seed} from {at}");
            // A quoted field ends further on than its first delimiter.
            at = expected.unwrap_or(length) + 1 + if chance.below(4) == 0 { chance.below(150) } else { 0 };
        }
    }
}

/// Numbers without a pattern, the same for the same seed (SplitMix64, Steele and others 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
