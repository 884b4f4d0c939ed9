//! The program: arguments, clock, environment, printing and the exit code. All else is the library's.

mod cli;

use std::process::ExitCode;

/// A night is planned from some hundreds of small trees; the system's allocator takes a quarter of that time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
