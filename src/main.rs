//! The server of this package: see the library's documentation.

use std::process::ExitCode;

use prefork_echo::{Config, Echo};

fn main() -> ExitCode {
    prefork_echo::main(|config: &Config| Echo::new(config.transform()))
}
