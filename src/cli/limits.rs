//! A query that takes too long is broken off.

use forecastle::error::{Error, Result};
use forecastle::limit::Timeout;

/// Does some work, or breaks it off when the time is over.
pub async fn within<T>(limit: Timeout, work: impl Future<Output = Result<T>>) -> Result<T> {
    let (ring, rung) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        std::thread::sleep(limit.0);
        // Nobody listens any more, where the work has ended.
        let _ = ring.send(());
    });
    tokio::select! {
        // The bell first: work that always has more to do leaves nobody behind it a turn.
        biased;
        _ = rung => Err(Error::failed(format!("the query did not end within {limit}"))
            .help("look for a join without its condition or a recursion without an end; narrow it with WHERE, or give it longer: --timeout 10m")),
        done = work => done,
    }
}
