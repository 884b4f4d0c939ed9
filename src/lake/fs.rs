//! Every call to the file system that the lake makes. Each function names what it leaves durable, and each failure
//! says what was being done to what, with the action that mends it.
//!
//! What changes the disk is told as a [`Change`], so that tests can let the process die before any single one, and can
//! work out what a crash of the machine leaves of them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use twox_hash::XxHash3_128;

#[cfg(test)]
use super::recorder::{make, make_name};
use crate::error::{Error, Kind, Result};
use crate::hash::Sha256;

/// A change of the disk.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "only tests look into it"))]
pub enum Change<'c> {
    /// A file is there, empty if it was not.
    Create(&'c Path),
    /// A file has these bytes from that place on.
    Write(&'c Path, u64, &'c [u8]),
    /// A file has no bytes any more.
    Empty(&'c Path),
    /// A file's content is durable.
    Sync(&'c Path),
    CreateFolder(&'c Path),
    /// The names in a folder are durable.
    SyncFolder(&'c Path),
    /// From the first to the second.
    Rename(&'c Path, &'c Path),
    /// A file has a second name.
    Link(&'c Path, &'c Path),
    Remove(&'c Path),
    RemoveAll(&'c Path),
}

/// Makes a change.
#[cfg(not(test))]
fn make<T>(_: Change<'_>, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    call()
}

/// Likewise, where a file gets a name.
#[cfg(not(test))]
fn make_name(_: Change<'_>, call: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    call()
}

/// A failure of the file system with the action that mends it.
pub fn failed(doing: &str, path: &Path, source: &io::Error) -> Error {
    let error = Error::io(doing, path, source);
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            error.help("free some space there and run again: nothing of this run has become visible in the lake")
        }
        ErrorKind::ReadOnlyFilesystem => {
            error.help("that file system is mounted read-only: mount it writable, then run again")
        }
        ErrorKind::PermissionDenied => error
            .help("give the account that runs this program the right to read and write the whole folder of the lake"),
        _ => error,
    }
}

#[cfg_attr(test, track_caller)]
fn changed<T>(doing: &str, path: &Path, change: Change<'_>, call: impl FnOnce() -> io::Result<T>) -> Result<T> {
    make(change, call).map_err(|source| failed(doing, path, &source))
}

/// The bytes of a file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", path, &source)),
    }
}

/// An open file and its length in bytes; `None` where there is none.
pub fn open(path: &Path) -> Result<Option<(File, u64)>> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|metadata| (file, metadata.len())));
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("open", path, &source)),
    }
}

/// The names in a folder, sorted; none where the folder is missing.
pub fn list(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed("list the folder", folder, &source)),
    };
    let names: io::Result<Vec<String>> =
        entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect();
    let mut names = names.map_err(|source| failed("list the folder", folder, &source))?;
    names.sort_unstable();
    Ok(names)
}

/// The absolute path without symbolic links; `None` where nothing lies.
pub fn real_path(path: &Path) -> Result<Option<PathBuf>> {
    match path.canonicalize() {
        Ok(path) => Ok(Some(path)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("find", path, &source)),
    }
}

/// Whether two paths lead to one file; `false` where either is missing.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A file being written for the first time: counts and hashes its bytes on the way.
pub struct NewFile {
    file: File,
    path: PathBuf,
    sha256: Hashing,
    bytes: u64,
}

impl NewFile {
    /// Fails where something of that name lies.
    pub fn create(path: &Path) -> Result<Self> {
        let create = || OpenOptions::new().write(true).create_new(true).open(path);
        let file = changed("create", path, Change::Create(path), create)?;
        Ok(Self { file, path: path.to_owned(), sha256: Hashing::default(), bytes: 0 })
    }

    /// Makes the file's content durable (its name is not, before its folder is synced) and tells its length and SHA-256;
    /// to be called once, at the end.
    #[cfg_attr(test, track_caller)]
    pub fn sync(&mut self) -> Result<(u64, String)> {
        changed("write to disk", &self.path, Change::Sync(&self.path), || self.file.sync_all())?;
        let sha256 = std::mem::take(&mut self.sha256).finish().map_err(|source| failed("hash", &self.path, &source))?;
        Ok((self.bytes, sha256))
    }
}

impl Write for NewFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = make(Change::Write(&self.path, self.bytes, buffer), || self.file.write(buffer))?;
        self.bytes += written as u64;
        self.sha256.update(&buffer[..written], self.bytes);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A SHA-256 being computed: of a long content by a thread of its own, beside the one that makes it.
enum Hashing {
    Here(Sha256),
    Thread { pending: Vec<u8>, pieces: SyncSender<Vec<u8>>, thread: JoinHandle<Sha256> },
}

impl Hashing {
    /// Contents of more bytes are long.
    const LONG: u64 = 4 << 20;
    /// Bytes that the thread is given at once, and how many such pieces may wait for it.
    const PIECE: usize = 256 << 10;
    const WAITING: usize = 16;

    /// Goes on with the next bytes, up to `length` in all.
    fn update(&mut self, bytes: &[u8], length: u64) {
        match self {
            Self::Here(sha256) => {
                sha256.update(bytes);
                if length > Self::LONG {
                    *self = std::mem::take(self).apart();
                }
            }
            Self::Thread { pending, pieces, .. } => {
                pending.extend_from_slice(bytes);
                if pending.len() >= Self::PIECE {
                    // A thread that has ended before its time tells that when it is waited for.
                    let _ = pieces.send(std::mem::replace(pending, Vec::with_capacity(Self::PIECE)));
                }
            }
        }
    }

    /// On a thread of its own; here, where none can be had.
    fn apart(self) -> Self {
        let Self::Here(mut sha256) = self else { return self };
        let so_far = sha256.clone();
        let (pieces, given) = sync_channel::<Vec<u8>>(Self::WAITING);
        let hash = move || {
            given.iter().for_each(|piece| sha256.update(piece));
            sha256
        };
        match std::thread::Builder::new().name("hash".to_owned()).spawn(hash) {
            Ok(thread) => Self::Thread { pending: Vec::with_capacity(Self::PIECE), pieces, thread },
            Err(_) => Self::Here(so_far),
        }
    }

    fn finish(self) -> io::Result<String> {
        let sha256 = match self {
            Self::Here(sha256) => sha256,
            Self::Thread { pending, pieces, thread } => {
                let _ = pieces.send(pending);
                drop(pieces);
                thread.join().map_err(|_| io::Error::other("the thread that does it broke off"))?
            }
        };
        Ok(sha256.finish_hex())
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self::Here(Sha256::new())
    }
}

/// A file that may be lost or spoiled at any time, and shows whether it was: its last 16 bytes are the XXH3 of its body
/// and then its head.
pub struct Scrap {
    file: File,
    path: PathBuf,
    /// The place of the next byte.
    at: u64,
    hasher: XxHash3_128,
}

impl Scrap {
    /// Fails where something of that name lies.
    pub fn create(path: &Path) -> Result<Self> {
        let create = || OpenOptions::new().write(true).create_new(true).open(path);
        let file = changed("create", path, Change::Create(path), create)?;
        Ok(Self { file, path: path.to_owned(), at: 0, hasher: XxHash3_128::new() })
    }

    /// Leaves room for a head, which is written last.
    pub fn leave_room(&mut self, head: usize) -> io::Result<()> {
        self.at = self.file.seek(io::SeekFrom::Start(head as u64))?;
        Ok(())
    }

    /// Ends the file with its head; nothing of it is durable.
    pub fn end(mut self, head: &[u8]) -> io::Result<()> {
        self.hasher.write(head);
        let hash = self.hasher.finish_128().to_le_bytes();
        make(Change::Write(&self.path, self.at, &hash), || self.file.write_all(&hash))?;
        self.file.seek(io::SeekFrom::Start(0))?;
        make(Change::Write(&self.path, 0, head), || self.file.write_all(head))
    }

    /// The head and the body of a file's bytes; `None` where they are not as they were written.
    pub fn open(bytes: &[u8], head: usize) -> Option<(&[u8], &[u8])> {
        let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(16)?)?;
        let (head, body) = content.split_at_checked(head)?;
        let mut hasher = XxHash3_128::new();
        hasher.write(body);
        hasher.write(head);
        (hasher.finish_128().to_le_bytes() == hash).then_some((head, body))
    }
}

impl Write for Scrap {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = make(Change::Write(&self.path, self.at, buffer), || self.file.write(buffer))?;
        self.at += written as u64;
        self.hasher.write(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How much of a file is read at once to be hashed.
const HASHED_BYTES: usize = 256 << 10;

/// The SHA-256 of an open file's content from where it stands, read in pieces.
pub fn sha256_of(file: &File, path: &Path) -> Result<String> {
    let mut sha256 = Sha256::new();
    // Copying hands over what the reader holds: larger pieces than its own.
    let mut pieces = io::BufReader::with_capacity(HASHED_BYTES, file);
    io::copy(&mut pieces, &mut sha256).map_err(|source| failed("read", path, &source))?;
    Ok(sha256.finish_hex())
}

/// Writes a new file with durable content; fails where something of that name lies.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(|source| failed("write", path, &source))?;
    file.sync().map(drop)
}

/// Copies a file to a new one with durable content, and tells the SHA-256 of what was copied.
pub fn copy(from: &Path, to: &Path) -> Result<String> {
    let mut open = File::open(from).map_err(|source| failed("open", from, &source))?;
    let mut file = NewFile::create(to)?;
    io::copy(&mut open, &mut file).map_err(|source| failed("write", to, &source))?;
    file.sync().map(|(_, sha256)| sha256)
}

/// Writes or replaces a file, durably, by way of the file `unfinished` on the same disk: a reader, and a crash, see the
/// old content or the new one whole.
pub fn replace(path: &Path, bytes: &[u8], unfinished: &Path) -> Result<()> {
    remove(unfinished)?;
    write_new(unfinished, bytes)?;
    rename(unfinished, path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Creates a folder; tells whether it was missing. Not durable before the folder above is synced.
pub fn create_folder(folder: &Path) -> Result<bool> {
    match make(Change::CreateFolder(folder), || fs::create_dir(folder)) {
        Ok(()) => Ok(true),
        Err(source) if source.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(false),
        Err(source) => Err(failed("create the folder", folder, &source)),
    }
}

/// Likewise, of a folder whose files come and go as the lake needs them: no symbolic link may lead them elsewhere.
pub fn create_own_folder(folder: &Path) -> Result<bool> {
    if folder.is_symlink() {
        let said = format!("could not create the folder {}: a symbolic link lies there", folder.display());
        return Err(Error::new(Kind::Io, said).help("remove the link: the next run puts a folder in its place"));
    }
    create_folder(folder)
}

/// Creates a folder and those above it that are missing, durably: also the name of one that is there, as whoever made it
/// may have died before that was.
pub fn create_folders(folder: &Path) -> Result<()> {
    let above = match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) => Path::new("."),
        None => return Ok(()),
    };
    if !folder.is_dir() {
        create_folders(above)?;
        create_folder(folder)?;
        return sync_folder(above);
    }
    let real = real_path(folder)?;
    match real.as_deref().and_then(Path::parent) {
        // In a folder that this account may not open it has made nothing.
        Some(above) if File::open(above).is_ok() => sync_folder(above),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
#[cfg_attr(test, track_caller)]
pub fn sync_folder(folder: &Path) -> Result<()> {
    changed("write to disk the folder", folder, Change::SyncFolder(folder), || File::open(folder)?.sync_all())
}

/// Gives a file another name on the same disk, in the place of what lies there.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    make_name(Change::Rename(from, to), || fs::rename(from, to))
        .map_err(|source| failed("move a finished file to", to, &source))
}

/// Gives a file one more name; `false` if something of that name lies there already.
pub fn link(file: &Path, name: &Path) -> Result<bool> {
    match make_name(Change::Link(file, name), || fs::hard_link(file, name)) {
        Ok(()) => Ok(true),
        Err(source) if source.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(failed("link", name, &source)),
    }
}

/// Makes a name that leads to a file elsewhere.
pub fn symlink(file: &Path, name: &Path) -> Result<()> {
    std::os::unix::fs::symlink(file, name).map_err(|source| failed("link", name, &source))
}

/// Removes a file if it is there.
pub fn remove(path: &Path) -> Result<()> {
    match make(Change::Remove(path), || fs::remove_file(path)) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(failed("remove", path, &source)),
        _ => Ok(()),
    }
}

/// Removes a file, or a folder with all that is in it, if it is there.
pub fn remove_all(path: &Path) -> Result<()> {
    if !path.is_dir() || path.is_symlink() {
        return remove(path);
    }
    match make(Change::RemoveAll(path), || fs::remove_dir_all(path)) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(failed("remove the folder", path, &source)),
        _ => Ok(()),
    }
}

/// Removes a folder if nothing is in it.
pub fn remove_empty(folder: &Path) -> Result<()> {
    match make(Change::RemoveAll(folder), || fs::remove_dir(folder)) {
        Err(source) if ![ErrorKind::DirectoryNotEmpty, ErrorKind::NotFound].contains(&source.kind()) => {
            Err(failed("remove the folder", folder, &source))
        }
        _ => Ok(()),
    }
}

/// The lock of a file, held until it is dropped or the process ends, however it ends.
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock and leaves `holder` in the file; gives back the other holder's words when it is taken.
    pub fn take(path: &Path, holder: &str) -> Result<std::result::Result<Self, String>> {
        let open = || OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = changed("open", path, Change::Create(path), open)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let words = read(path)?.unwrap_or_default();
                return Ok(Err(String::from_utf8_lossy(&words).trim().to_owned()));
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", path, &source)),
        }
        let lock = Self { file, path: path.to_owned() };
        lock.empty().map_err(|source| failed("write", path, &source))?;
        let holder = holder.as_bytes();
        changed("write", path, Change::Write(path, 0, holder), || (&lock.file).write_all(holder))?;
        Ok(Ok(lock))
    }

    fn empty(&self) -> io::Result<()> {
        make(Change::Empty(&self.path), || self.file.set_len(0))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A stale name would only be read between this and the next holder's words; nothing depends on it.
        let _ = self.empty();
        // Closing would not do while a child process, just forked, still holds the file open.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_has_the_hash_of_its_bytes_however_they_come() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..Hashing::LONG as u32 * 2 + 7).map(|at| (at / 1000) as u8).collect();
        for length in [8191, Hashing::PIECE, Hashing::PIECE + 1, bytes.len()] {
            let path = folder.path().join(length.to_string());
            let mut file = NewFile::create(&path).unwrap();
            bytes.chunks(length).for_each(|piece| file.write_all(piece).unwrap());
            assert_eq!(file.sync().unwrap(), (bytes.len() as u64, crate::hash::sha256(&bytes)));
        }
    }
}
