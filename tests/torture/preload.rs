//! The library that is loaded into the server, and the page by which it is told what to do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const SOURCE: &str = include_str!("preload.c");

/// A library in a server that keeps an eye on a page.
#[derive(Debug)]
pub(crate) struct Preload {
    pub(crate) library: PathBuf,
    pub(crate) page: PathBuf,
}

impl Preload {
    /// Compiles it; the error says what lacks.
    pub(crate) fn build(folder: &Path) -> Result<Self, String> {
        let preload = Self { library: folder.join("preload.so"), page: folder.join("page") };
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-x", "c", "-", "-ldl", "-o"])
            .arg(&preload.library);
        let mut compiler = compiler.stdin(Stdio::piped()).spawn().map_err(|error| format!("cc: {error}"))?;
        let written = compiler.stdin.take().map(|mut input| input.write_all(SOURCE.as_bytes()));
        let ended = compiler.wait().map_err(|error| format!("cc: {error}"))?;
        if !ended.success() || !matches!(written, Some(Ok(()))) {
            return Err(format!("cc: {ended}"));
        }
        preload.write(0, 0)?;
        Ok(preload)
    }

    /// The server's clock on the wall is wrong by so many seconds.
    pub(crate) fn set_clock(&self, offset_seconds: i64) -> Result<(), String> {
        self.write(offset_seconds, 0)
    }

    /// Each child that is forked stands still for so long at first.
    pub(crate) fn set_fork_delay(&self, delay: Duration) -> Result<(), String> {
        self.write(0, i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
    }

    /// The page is mapped, so it is written in place.
    fn write(&self, offset_seconds: i64, delay_milliseconds: i64) -> Result<(), String> {
        let bytes = [offset_seconds.to_ne_bytes(), delay_milliseconds.to_ne_bytes()].concat();
        let page = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&self.page);
        let written = page.and_then(|mut page| page.write_all(&bytes));
        written.map_err(|error| format!("{}: {error}", self.page.display()))
    }
}
