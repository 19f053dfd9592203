//! The terminal, of which the picture takes the lowest lines; nothing else touches it.
//!
//! Between two pictures the cursor, hidden, is at the first cell of the picture. A terminal that is resized breaks long
//! lines anew and takes the cursor along, so from there on everything is ours, and is cleared and drawn again.
//! Ratatui's own answer to that is to clear all of the screen.

use std::io::{self, Stdout, Write};
use std::mem;
use std::os::fd::AsFd;
use std::panic;
use std::sync::Once;
use std::time::Duration;

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{self, MoveTo, Show};
use ratatui::crossterm::event::{self, Event, KeyEvent};
use ratatui::crossterm::terminal::{self, Clear, ClearType};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::output::Output;
use crate::terminal::{WIDTH_MAX, WIDTH_MIN};

/// The terminal in raw mode, until this is closed or dropped.
pub(super) struct Screen {
    /// `None` before the first picture.
    picture: Option<Picture>,
    is_open: bool,
}

/// Where the picture is.
struct Picture {
    terminal: Terminal<CrosstermBackend<Output<Stdout>>>,
    /// Of the whole terminal.
    size: Size,
    area: Rect,
}

impl Screen {
    /// Takes the terminal, below what is written there.
    pub(super) fn open() -> io::Result<Self> {
        restore_before_a_panic_is_told();
        terminal::enable_raw_mode()?;
        // From here on whatever fails restores the terminal.
        let screen = Self { picture: None, is_open: true };
        let (column, _) = cursor::position()?;
        if column > 0 {
            output().write_all(b"\r\n")?;
        }
        Ok(screen)
    }

    /// Shows the lines that are made for the size of the terminal.
    pub(super) fn draw(&mut self, lines: impl FnOnce(Size) -> Vec<Line<'static>>) -> io::Result<()> {
        let size = size()?;
        let lines = lines(size);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let picture = match self.picture.take() {
            Some(picture) if picture.size == size && picture.area.height == height => picture,
            other => {
                other.into_iter().for_each(Picture::leave);
                Picture::new(size, height)?
            }
        };
        let picture = self.picture.insert(picture);
        picture.terminal.draw(|frame| {
            let area = frame.area();
            for (row, line) in area.rows().zip(lines) {
                frame.render_widget(line, row);
            }
            picture.area = area;
        })?;
        picture.terminal.set_cursor_position(picture.area.as_position())
    }

    /// Whether the terminal has another size than when the last picture was drawn.
    pub(super) fn is_resized(&self) -> bool {
        let drawn = self.picture.as_ref().map(|picture| picture.size);
        drawn.is_some_and(|drawn| size().is_ok_and(|size| size != drawn))
    }

    /// All that has been typed. It fails where the terminal is gone.
    pub(super) fn keys() -> io::Result<Vec<KeyEvent>> {
        // Crossterm would read its end for ever.
        if is_hung_up() {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        let mut keys = Vec::new();
        while event::poll(Duration::ZERO)? {
            if let Event::Key(key) = event::read()? {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Leaves the picture where it is and the cursor in the line below it.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.is_open = false;
        let below = self.picture.as_ref().map(|picture| picture.area);
        self.picture.take().into_iter().for_each(Picture::leave);
        let mut output = output();
        let moved = below.map_or(Ok(()), |area| {
            queue!(output, MoveTo(0, area.bottom().saturating_sub(1)))?;
            output.write_all(b"\r\n")?;
            output.flush()
        });
        moved.and(restore())
    }

    /// The width of the terminal, within what text is made for.
    pub(super) fn width() -> usize {
        size().map_or(WIDTH_MIN, |size| usize::from(size.width)).clamp(WIDTH_MIN, WIDTH_MAX)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.is_open {
            // There may be an error to be told already; this one would be another sight of it.
            let _ = self.close();
        }
    }
}

impl Picture {
    /// Makes room at the cursor, and scrolls what is above if there is too little.
    fn new(size: Size, height: u16) -> io::Result<Self> {
        execute!(output(), Clear(ClearType::FromCursorDown))?;
        let viewport = Viewport::Inline(height);
        let mut terminal =
            Terminal::with_options(CrosstermBackend::new(output()), TerminalOptions { viewport })?;
        let area = terminal.get_frame().area();
        Ok(Self { terminal, size, area })
    }

    /// Shows the cursor again.
    fn leave(mut self) {
        if self.terminal.show_cursor().is_err() {
            // Ratatui would try again and complain on stderr, which panics where that is the terminal that is gone.
            mem::forget(self);
        }
    }
}

fn size() -> io::Result<Size> {
    let (width, height) = terminal::size()?;
    // A terminal that does not tell has the size of the first ones.
    Ok(if width == 0 || height == 0 { Size::new(80, 24) } else { Size::new(width, height) })
}

fn is_hung_up() -> bool {
    let output = io::stdout();
    // Nothing is asked for: the kernel tells of a hangup all the same.
    let mut terminal = [PollFd::new(output.as_fd(), PollFlags::empty())];
    poll(&mut terminal, PollTimeout::ZERO).is_ok_and(|events| events > 0)
}

fn output() -> Output<Stdout> {
    Output(io::stdout())
}

fn restore() -> io::Result<()> {
    let shown = execute!(output(), Show);
    terminal::disable_raw_mode().and(shown)
}

/// In raw mode the message of a panic would go down the screen in steps.
fn restore_before_a_panic_is_told() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = restore();
            tell(info);
        }));
    });
}
