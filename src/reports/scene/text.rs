//! How wide a text is, without a font: a cautious estimate in ems, so that labels seldom meet and never overlap.

/// The width of a text in ems.
pub fn width(text: &str) -> f64 {
    text.chars().map(advance).sum()
}

/// The text, cut with an ellipsis where it is wider than `ems`.
pub fn fit(text: &str, ems: f64) -> String {
    if width(text) <= ems {
        return text.to_owned();
    }
    let mut used = advance('…');
    let mut cut = String::new();
    for c in text.chars() {
        used += advance(c);
        if used > ems {
            break;
        }
        cut.push(c);
    }
    let mut cut = cut.trim_end().to_owned();
    cut.push('…');
    cut
}

fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' | '·' => 0.31,
        'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | ' ' | '\u{a0}' => 0.40,
        'm' | 'M' | 'W' | '@' | '%' | '—' | '…' => 0.95,
        'w' | 'O' | 'Q' | 'G' | 'N' | 'D' | 'H' | 'U' => 0.79,
        'A'..='Z' | '&' => 0.68,
        '0'..='9' | 'a'..='z' => 0.60,
        '+' | '−' | '=' | '<' | '>' | '~' | 'Δ' | '▲' | '▼' | '●' => 0.80,
        c if is_combining(c) => 0.0,
        c if is_full_width(c) => 1.0,
        '\u{0e00}'..='\u{0e7f}' => 0.62,
        _ => 0.68,
    }
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}')
}

fn is_full_width(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
        || matches!(c, '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
        || c >= '\u{1f300}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_stays_whole_and_another_ends_in_an_ellipsis() {
        assert_eq!(fit("台積電", 3.0), "台積電");
        let cut = fit(&"a".repeat(500), 10.0);
        assert!(cut.ends_with('…') && width(&cut) <= 10.0, "{cut}");
    }

    #[test]
    fn thai_vowel_signs_take_no_room() {
        assert!(width("มูลค่าเพิ่ม") < width("มลคาเพม") + 0.01);
    }
}
