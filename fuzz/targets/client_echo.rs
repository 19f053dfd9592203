#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| prefork_client::fuzzing::echo(bytes));
