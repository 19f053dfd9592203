//! Whether a process has more than it had at the same size: files, threads, mappings, memory.

use std::collections::HashMap;

/// What a process has while it serves nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Less what its size explains.
    pub(crate) files: usize,
    pub(crate) threads: usize,
    pub(crate) mappings: usize,
    pub(crate) memory_kib: u64,
}

/// How many more mappings, and how much more memory, is no growth: heaps of threads come when they are first used.
const MAPPINGS_MORE: usize = 64;
const MEMORY_MORE_KIB: u64 = 16 * 1024;

/// The first level of each kind of process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels(HashMap<&'static str, Level>);

impl Levels {
    /// Compares with the first of its kind. A pool's worker has `threads_max` at most.
    pub(crate) fn check(&mut self, kind: &'static str, now: Level, threads_max: usize) -> Result<(), String> {
        let first = *self.0.entry(kind).or_insert(now);
        let over = [
            ("files", now.files, first.files),
            ("threads", now.threads, threads_max),
            ("mappings", now.mappings, first.mappings + MAPPINGS_MORE),
        ];
        if let Some((what, now, most)) = over.into_iter().find(|(_, now, most)| now > most) {
            return Err(format!("{now} {what} instead of {most} at most"));
        }
        let most = first.memory_kib + MEMORY_MORE_KIB;
        if now.memory_kib > most {
            return Err(format!("{} KiB of memory instead of {most} at most", now.memory_kib));
        }
        Ok(())
    }
}
