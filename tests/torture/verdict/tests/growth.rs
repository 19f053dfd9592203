//! What a process has.

use crate::verdict::growth::*;

const FIRST: Level = Level { files: 10, threads: 2, mappings: 50, memory_kib: 800 };

#[test]
fn a_single_file_more_is_a_leak_and_one_less_is_none() {
    let mut levels = Levels::default();
    levels.check("worker", FIRST, 9).unwrap();
    levels.check("worker", Level { files: 9, ..FIRST }, 9).unwrap();
    assert!(levels.check("worker", Level { files: 11, ..FIRST }, 9).is_err());
    levels.check("master", Level { files: 11, ..FIRST }, 9).unwrap();
}

#[test]
fn threads_mappings_and_memory_have_a_limit() {
    let mut levels = Levels::default();
    levels.check("worker", FIRST, 9).unwrap();
    levels.check("worker", Level { threads: 9, mappings: 60, memory_kib: 2000, ..FIRST }, 9).unwrap();
    assert!(levels.check("worker", Level { threads: 10, ..FIRST }, 9).is_err());
    assert!(levels.check("worker", Level { mappings: 200, ..FIRST }, 9).is_err());
    assert!(levels.check("worker", Level { memory_kib: 20_000, ..FIRST }, 9).is_err());
}
