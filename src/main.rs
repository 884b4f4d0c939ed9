//! The program: arguments, clock, environment, printing and the exit code. All else is the library's.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
