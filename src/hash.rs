//! SHA-256: by it two contents are the same if and only if their hashes are.

use std::io;

use ring::digest::{Context, SHA256};

/// A SHA-256 being computed.
#[derive(Clone)]
pub struct Sha256(Context);

impl Sha256 {
    pub fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    /// Goes on with the next bytes.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes.as_ref());
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finish().as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }

    /// The end of it as 64 lower-case hexadecimal digits.
    pub fn finish_hex(self) -> String {
        hex(&self.finish())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl io::Write for Sha256 {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The SHA-256 of bytes.
pub fn digest(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(bytes);
    sha256.finish()
}

/// The SHA-256 of bytes, as 64 lower-case hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&digest(bytes))
}

/// The SHA-256 of a list of texts: `["ab"]` and `["a", "b"]` have different ones.
pub fn sha256_of_parts<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut sha256 = Sha256::new();
    for part in parts {
        sha256.update((part.len() as u64).to_le_bytes());
        sha256.update(part);
    }
    sha256.finish_hex()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_abc_is_the_one_of_the_standard() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(sha256_of_parts(["ab"]), sha256_of_parts(["a", "b"]));
    }
}
