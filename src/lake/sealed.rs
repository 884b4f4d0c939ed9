//! JSON files that carry the SHA-256 of their own content, so that one flipped bit is noticed even in the newest
//! commit, whose bytes no later commit has hashed yet.

use serde::Serialize;
use serde::de::DeserializeOwned;

const OPENS: &str = "{\n\"sha256\": \"";
const CONTENT: &str = "\",\n\"content\": ";
const CLOSES: &str = "\n}\n";

/// The file's bytes for a content, on one line or indented for a person's eyes.
pub fn seal<T: Serialize>(content: &T, indented: bool) -> Vec<u8> {
    let text = if indented { serde_json::to_string_pretty(content) } else { serde_json::to_string(content) }
        .expect("the lake's own types have text as keys and write to memory");
    let sha256 = crate::hash::sha256(text.as_bytes());
    [OPENS, &sha256, CONTENT, &text, CLOSES].concat().into_bytes()
}

/// The content of a sealed file; fails with what is wrong with it, to follow the file's name.
pub fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let content = opened(bytes).ok_or("is damaged: its content does not match its checksum")?;
    // The words of serde could quote a value; the place is enough.
    serde_json::from_slice(content)
        .map_err(|error| format!("is whole, but line {} of its content is not what this program writes", error.line()))
}

fn opened(bytes: &[u8]) -> Option<&[u8]> {
    let (sha256, rest) = bytes.strip_prefix(OPENS.as_bytes())?.split_at_checked(64)?;
    let content = rest.strip_prefix(CONTENT.as_bytes())?.strip_suffix(CLOSES.as_bytes())?;
    (crate::hash::sha256(content).as_bytes() == sha256).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_is_json_and_gives_its_content_back() {
        let bytes = seal(&vec!["a", "b"], true);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["content"], serde_json::json!(["a", "b"]));
        assert_eq!(unseal::<Vec<String>>(&bytes).unwrap(), ["a", "b"]);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = seal(&vec!["a", "b"], false);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal::<Vec<String>>(&flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(unseal::<Vec<String>>(&bytes[..length]).is_err(), "length {length}");
        }
    }
}
