//! A service of your own in the same pool: each line comes back reversed, and "quit" hangs up.
//!
//! `cargo run --example own_handler -- --listen 127.0.0.1:7000`, then `nc 127.0.0.1 7000`.

use std::process::ExitCode;

use prefork_echo::{Handler, Reply};

const LINE_BYTES_MAX: usize = 64 * 1024;

struct Reverser;

/// What one connection needs: the line that is not yet whole, and the answer.
#[derive(Default)]
struct Session {
    line: Vec<u8>,
    answer: Vec<u8>,
}

impl Handler for Reverser {
    type Session = Session;

    fn reply<'a>(&self, Session { line, answer }: &'a mut Session, input: &'a mut [u8]) -> Reply<'a> {
        answer.clear();
        for &byte in input.iter() {
            match byte {
                b'\n' if line == b"quit" => return Reply::Close(answer),
                b'\n' => answer.extend(line.drain(..).rev().chain([b'\n'])),
                _ if line.len() == LINE_BYTES_MAX => return Reply::Close(b"line too long\n"),
                _ => line.push(byte),
            }
        }
        Reply::Send(answer)
    }
}

fn main() -> ExitCode {
    prefork_echo::main(|_| Reverser)
}
