//! The program: arguments go to `app`, its answer becomes the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    aisaac::app::main()
}
