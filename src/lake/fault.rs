//! Faults that tests put before the lake's calls to the file system, each for the thread that asked for it.

use std::cell::Cell;
use std::io;

/// What happens before the call that is counted down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies: neither this call nor any later one reaches the disk.
    Death,
    /// This call fails as on a full disk, later ones work.
    FullDisk,
}

thread_local! {
    static PLAN: Cell<Option<(Fault, usize)>> = const { Cell::new(None) };
    static STRUCK: Cell<bool> = const { Cell::new(false) };
}

/// Lets `calls` calls through, then strikes.
pub fn after(calls: usize, fault: Fault) {
    PLAN.set(Some((fault, calls)));
}

/// Ends all faults; tells whether the planned one struck.
pub fn end() -> bool {
    PLAN.set(None);
    STRUCK.take()
}

/// Stands before each call that changes the disk.
pub fn step() -> io::Result<()> {
    match PLAN.get() {
        None => Ok(()),
        Some((Fault::Death, 0)) => {
            STRUCK.set(true);
            Err(io::Error::other("the process is dead"))
        }
        Some((Fault::FullDisk, 0)) => {
            STRUCK.set(true);
            PLAN.set(None);
            Err(io::ErrorKind::StorageFull.into())
        }
        Some((fault, left)) => {
            PLAN.set(Some((fault, left - 1)));
            Ok(())
        }
    }
}
