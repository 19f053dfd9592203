//! A service that fails on demand, for the tests: "panic", "exit" and "abort" do what they say, "secret…"
//! panics with what it got, "overflow" overflows
//! the stack, "memory" asks for ever more. With `FAULTY_START=fail` no worker gets ready, with `abort` it dies, with
//! `hang` it never answers; the file that `FAULTY_FILE` names, if it is there, says so while the pool runs.

use std::error::Error;
use std::process::{self, ExitCode};
use std::{env, fs, thread};

use prefork_echo::{Handler, Reply};

struct Faulty;

impl Handler for Faulty {
    type Session = ();

    fn start(&self) -> Result<(), Box<dyn Error>> {
        let in_file = env::var("FAULTY_FILE").ok().and_then(|path| fs::read_to_string(path).ok());
        match in_file.or(env::var("FAULTY_START").ok()).as_deref() {
            Some("hang") => loop {
                thread::park();
            },
            Some("abort") => process::abort(),
            Some(_) => Err("the test wants it so".into()),
            None => Ok(()),
        }
    }

    fn reply<'a>(&self, (): &'a mut (), input: &'a mut [u8]) -> Reply<'a> {
        match &*input {
            b"panic" => panic!("the test wants it so"),
            secret if secret.starts_with(b"secret") => panic!("cannot work on {}", secret.escape_ascii()),
            b"exit" => process::exit(7),
            b"abort" => process::abort(),
            b"overflow" => process::exit(i32::try_from(overflow(1)).unwrap_or(0)),
            b"memory" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 1 << 20]);
                }
            }
            _ => {
                input.make_ascii_uppercase();
                Reply::Send(input)
            }
        }
    }
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(depth: u64) -> u64 {
    std::hint::black_box(depth) + overflow(depth + 1)
}

fn main() -> ExitCode {
    prefork_echo::main(|_| Faulty)
}
