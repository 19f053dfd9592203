//! What happens, as a picture on the terminal that moves, with keys; what was on the screen before stays.

mod axis;
mod choice;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod header;
mod lane;
mod picture;
mod screen;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use self::picture::{Moment, Scene};
use self::screen::Screen;
use super::report::Report;
use super::{End, Event, History, Plan, Summary, View, Wish};
use crate::Address;
use crate::output::Output;
use crate::terminal::{self, Style};

/// From one look at the keys to the next.
const TURN: Duration = Duration::from_millis(50);

/// From one picture to the next.
const FRAME: Duration = Duration::from_millis(100);

/// Draws the lanes below what is on the terminal already.
pub(super) struct Live {
    screen: Screen,
    style: Style,
    address: Address,
    /// What is shown while the picture stands still.
    paused: Option<Moment>,
    /// When somebody looked for keys last.
    turned_at: Option<Duration>,
    /// When the last picture was drawn; `None` asks for one.
    drawn_at: Option<Duration>,
}

/// Whether standard output is a terminal on which a picture can move.
#[must_use]
pub fn is_possible() -> bool {
    io::stdout().is_terminal() && !terminal::is_dumb()
}

impl Live {
    /// Takes the terminal. It fails where there is none for keys, or where it does not tell its cursor's place.
    pub(super) fn open(plan: &Plan, style: Style) -> io::Result<Self> {
        let (address, screen) = (plan.address.clone(), Screen::open()?);
        Ok(Self { screen, style, address, paused: None, turned_at: None, drawn_at: None })
    }

    fn draw(&mut self, moment: &Moment, is_over: bool, history: &History) -> io::Result<()> {
        let scene = Scene {
            address: &self.address,
            history,
            moment,
            style: self.style,
            is_paused: self.paused.is_some(),
            is_over,
        };
        self.screen.draw(|size| picture::lines(&scene, size))
    }

    /// Obeys a key.
    fn press(&mut self, key: KeyEvent, now: Duration, history: &History) -> Option<Wish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => Some(Wish::End(End::Interrupted)),
            _ if is_control => None,
            KeyCode::Char('q') | KeyCode::Esc => Some(Wish::End(End::Quit)),
            KeyCode::Char('a' | '+') => Some(Wish::Add),
            KeyCode::Char('r' | '-') => Some(Wish::Release),
            KeyCode::Char('p' | ' ') => {
                self.paused = match self.paused.take() {
                    Some(_) => None,
                    None => Some(Moment::of(now, history)),
                };
                self.drawn_at = None;
                None
            }
            _ => None,
        }
    }
}

impl View for Live {
    fn show(&mut self, _: &Event, _: &History) -> io::Result<()> {
        Ok(())
    }

    fn due(&self) -> Option<Duration> {
        Some(self.turned_at.map_or(Duration::ZERO, |turned_at| turned_at + TURN))
    }

    fn refresh(&mut self, now: Duration, history: &History) -> io::Result<Vec<Wish>> {
        if self.due().is_some_and(|due| now < due) {
            return Ok(Vec::new());
        }
        self.turned_at = Some(now);
        let keys = Screen::keys()?;
        let wishes = keys.into_iter().filter_map(|key| self.press(key, now, history)).collect();
        let is_due = match self.drawn_at {
            None => true,
            Some(drawn_at) => self.screen.is_resized() || self.paused.is_none() && now >= drawn_at + FRAME,
        };
        if is_due {
            let moment = self.paused.clone().unwrap_or_else(|| Moment::of(now, history));
            self.draw(&moment, false, history)?;
            self.drawn_at = Some(now);
        }
        Ok(wishes)
    }

    fn finish(&mut self, summary: &Summary, history: &History) -> io::Result<()> {
        self.paused = None;
        self.draw(&Moment::of(summary.elapsed, history), true, history)?;
        self.screen.close()?;
        let mut output = Output(io::stdout());
        // Without any connection there is an error to follow that says it all.
        if summary.connected() > 0 || summary.end != End::Complete {
            let style = Style { width: Screen::width(), ..self.style };
            write!(output, "{}", Report::new(summary, style))?;
        }
        output.flush()
    }
}

#[cfg(test)]
mod tests;
