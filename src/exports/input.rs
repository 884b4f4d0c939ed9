//! Takes the path of an export file, gives its bytes unpacked, and promises that a file which is cut, damaged or
//! changed while it is read is an error.
//!
//! Gzip and Zstandard are known by their first bytes, whatever the file is called. The SHA-256 is that of the bytes
//! on disk, computed as they pass.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use flate2::bufread::MultiGzDecoder;
use twox_hash::XxHash3_128;

use crate::error::{Doing, Error, Result};

/// Less than what is asked for of a file that is not packed, so that its bytes come without a stop in between.
const BUFFER: usize = 64 * 1024;

/// One export file, being read from its start to its end.
pub(super) struct Input {
    /// The file as messages and batches call it.
    pub name: Arc<str>,
    path: PathBuf,
    found: Stamp,
    packed: Packed,
}

enum Packed {
    Not(BufReader<Raw>),
    Gzip(Box<MultiGzDecoder<BufReader<Raw>>>),
    Zstd(zstd::Decoder<'static, BufReader<Raw>>),
}

/// The bytes as they lie on disk.
struct Raw {
    file: File,
    /// `None` where only the content matters.
    hash: Option<XxHash3_128>,
    bytes: u64,
    /// Whether the disk failed, as opposed to what the bytes say.
    failed: bool,
}

/// What shows that a file was written to.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// The size of a file on disk, and the XXH3 of its bytes, 128 bits in lower-case hexadecimal digits: nobody gains by two
/// exports that collide, and it costs a fraction of a cryptographic hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub bytes: u64,
    pub xxh3: String,
}

impl Input {
    /// Opens a file and looks at its first bytes; an empty file is an error.
    pub fn open(path: &Path, name: &Arc<str>) -> Result<Self> {
        Self::start(path, name, Some(XxHash3_128::new()))
    }

    /// Opens a file to look through it, without the cost of its fingerprint: it cannot be closed.
    pub fn skim(path: &Path, name: &Arc<str>) -> Result<Self> {
        Self::start(path, name, None)
    }

    fn start(path: &Path, name: &Arc<str>, hash: Option<XxHash3_128>) -> Result<Self> {
        let file = File::open(path).doing("open", path)?;
        let found = Stamp::of(&file, path)?;
        let mut raw = BufReader::with_capacity(BUFFER, Raw { file, hash, bytes: 0, failed: false });
        let start = raw.fill_buf().doing("read", path)?;
        if start.is_empty() {
            return Err(Error::failed(format!("{name} is empty")).help("look at how the export ended"));
        }
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase()).unwrap_or_default();
        let packed = if start.starts_with(&[0x1f, 0x8b]) {
            Packed::Gzip(Box::new(MultiGzDecoder::new(raw)))
        } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Packed::Zstd(zstd::Decoder::with_buffer(raw).doing("start unpacking", path)?)
        } else if extension == "gz" || extension == "zst" {
            return Err(damaged(name));
        } else {
            Packed::Not(raw)
        };
        Ok(Self { name: Arc::clone(name), path: path.to_owned(), found, packed })
    }

    /// Reads unpacked bytes into `out`; 0 at the file's end.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        loop {
            let read = match &mut self.packed {
                Packed::Not(source) => source.read(out),
                Packed::Gzip(source) => source.read(out),
                Packed::Zstd(source) => source.read(out),
            };
            match read {
                Ok(bytes) => return Ok(bytes),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.raw().failed => return Err(Error::io("read", &self.path, &error)),
                Err(_) => return Err(damaged(&self.name)),
            }
        }
    }

    /// Ends the reading of a file that was read to its end; an error when the file changed meanwhile.
    pub fn close(self) -> Result<Fingerprint> {
        let raw = self.raw();
        let (bytes, hash) = (raw.bytes, raw.hash.clone().expect("only files that are read for good are closed"));
        if bytes != self.found.bytes || Stamp::of(&raw.file, &self.path)? != self.found {
            return Err(changed(&self.name));
        }
        Ok(Fingerprint { bytes, xxh3: digits(hash.finish_128()) })
    }

    fn raw(&self) -> &Raw {
        match &self.packed {
            Packed::Not(source) => source.get_ref(),
            Packed::Gzip(source) => source.get_ref().get_ref(),
            Packed::Zstd(source) => source.get_ref().get_ref(),
        }
    }
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)?;
        if let Some(hash) = &mut self.hash {
            hash.write(&out[..read]);
        }
        self.bytes += read as u64;
        Ok(read)
    }
}

impl Stamp {
    pub fn of(file: &File, path: &Path) -> Result<Self> {
        let metadata = file.metadata().doing("look at", path)?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok() })
    }
}

fn digits(hash: u128) -> String {
    format!("{hash:032x}")
}

/// Reads a file whole, as it lies on disk; an error when it is larger than `limit` bytes.
pub(super) fn load(path: &Path, name: &str, limit: u64) -> Result<(Vec<u8>, Fingerprint)> {
    let mut file = File::open(path).doing("open", path)?;
    let found = Stamp::of(&file, path)?;
    if found.bytes > limit {
        return Err(too_large(name, limit));
    }
    let mut content = Vec::with_capacity(usize::try_from(found.bytes).unwrap_or_default());
    (&mut file).take(limit + 1).read_to_end(&mut content).doing("read", path)?;
    if content.is_empty() {
        return Err(Error::failed(format!("{name} is empty")).help("look at how the export ended"));
    }
    if content.len() as u64 != found.bytes || Stamp::of(&file, path)? != found {
        return Err(changed(name));
    }
    let fingerprint = Fingerprint { bytes: found.bytes, xxh3: digits(XxHash3_128::oneshot(&content)) };
    Ok((content, fingerprint))
}

/// Reads an opened file through once for its fingerprint, without keeping it.
pub(super) fn fingerprint(file: &mut File, path: &Path) -> Result<Fingerprint> {
    let (mut hash, mut bytes, mut buffer) = (XxHash3_128::new(), 0, vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Fingerprint { bytes, xxh3: digits(hash.finish_128()) }),
            Ok(read) => {
                hash.write(&buffer[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", path, &error)),
        }
    }
}

pub(super) fn damaged(name: &str) -> Error {
    Error::failed(format!("{name} is truncated or damaged")).help("export the file again")
}

pub(super) fn changed(name: &str) -> Error {
    Error::failed(format!("{name} changed while it was read"))
        .help("start the run when the export is finished, or let the export write elsewhere and rename")
}

pub(super) fn too_large(name: &str, limit: u64) -> Error {
    Error::failed(format!("{name} is larger than {} MiB, and this format is read whole", limit >> 20))
        .help("export it as CSV, NDJSON or Parquet, or in several files")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read_all(path: &Path) -> Result<(Vec<u8>, Fingerprint)> {
        let mut input = Input::open(path, &Arc::from("deal.csv"))?;
        let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok((all, input.close()?)),
                read => all.extend_from_slice(&buffer[..read]),
            }
        }
    }

    fn written(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(content).unwrap();
        packer.finish().unwrap()
    }

    fn lines() -> Vec<u8> {
        (0..20_000).flat_map(|row| format!("{row},{}\n", row * 7919 % 10_007).into_bytes()).collect()
    }

    #[test]
    fn the_fingerprint_is_that_of_the_bytes_on_disk() {
        let (_folder, path) = written("a.csv", b"abc");
        let (content, print) = read_all(&path).unwrap();
        assert_eq!((content.as_slice(), print.bytes), (b"abc".as_slice(), 3));
        assert_eq!(print.xxh3, "06b05ab6733a618578af5f94892f3950");
        assert_eq!(load(&path, "a.csv", 3).unwrap(), (content, print));
        assert_eq!(
            load(&path, "a.csv", 2).unwrap_err().message,
            "a.csv is larger than 0 MiB, and this format is read whole"
        );
    }

    #[test]
    fn packed_files_are_known_by_their_first_bytes_whatever_their_name() {
        let two_members = [gzip(b"one\n"), gzip(b"two\n")].concat();
        for name in ["deal.csv.gz", "deal.csv"] {
            let (_folder, path) = written(name, &two_members);
            let (content, print) = read_all(&path).unwrap();
            assert_eq!((content.as_slice(), print.bytes), (b"one\ntwo\n".as_slice(), two_members.len() as u64));
        }
        let two_frames =
            [zstd::encode_all(&b"one\n"[..], 1).unwrap(), zstd::encode_all(&b"two\n"[..], 1).unwrap()].concat();
        for name in ["deal.csv.zst", "deal.csv"] {
            let (_folder, path) = written(name, &two_frames);
            assert_eq!(read_all(&path).unwrap().0, b"one\ntwo\n");
        }
    }

    #[test]
    fn a_cut_packed_file_is_an_error_wherever_it_is_cut() {
        for (name, whole) in
            [("deal.csv.gz", gzip(&lines())), ("deal.csv.zst", zstd::encode_all(&lines()[..], 1).unwrap())]
        {
            for length in [3, 12, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
                let (_folder, path) = written(name, &whole[..length]);
                assert_eq!(read_all(&path).unwrap_err().message, "deal.csv is truncated or damaged", "{name} {length}");
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_a_packed_file_is_an_error() {
        let mut whole = gzip(&lines());
        let checksum = whole.len() - 8;
        whole[checksum] ^= 1;
        let (_folder, path) = written("deal.csv.gz", &whole);
        assert_eq!(read_all(&path).unwrap_err().message, "deal.csv is truncated or damaged");

        let mut packer = zstd::Encoder::new(Vec::new(), 1).unwrap();
        packer.include_checksum(true).unwrap();
        packer.write_all(&lines()).unwrap();
        let mut whole = packer.finish().unwrap();
        let checksum = whole.len() - 1;
        whole[checksum] ^= 1;
        let (_folder, path) = written("deal.csv.zst", &whole);
        assert_eq!(read_all(&path).unwrap_err().message, "deal.csv is truncated or damaged");
    }

    #[test]
    fn a_name_that_says_gzip_over_other_bytes_is_an_error() {
        let (_folder, path) = written("deal.csv.gz", b"id,name\n");
        assert_eq!(read_all(&path).unwrap_err().message, "deal.csv is truncated or damaged");
    }

    #[test]
    fn an_empty_file_is_an_error() {
        let (_folder, path) = written("deal.csv", b"");
        assert_eq!(read_all(&path).unwrap_err().message, "deal.csv is empty");
        assert_eq!(load(&path, "deal.xlsx", 10).unwrap_err().message, "deal.xlsx is empty");
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_an_error() {
        let (_folder, path) = written("deal.csv", b"id\n1\n");
        let mut input = Input::open(&path, &Arc::from("deal.csv")).unwrap();
        std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"2\n").unwrap();
        let mut buffer = [0; 100];
        while input.read(&mut buffer).unwrap() > 0 {}
        assert_eq!(input.close().unwrap_err().message, "deal.csv changed while it was read");
    }
}
