//! The program `prefork-client`; all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    prefork_client::main()
}
