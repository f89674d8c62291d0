//! Mouse, finger, wheel and keyboard, as the browser gets them from its user: by `WebDriver` actions.
//!
//! All places are of the window's viewport, wherever the frame lies, so the driver need not know of frames.

use std::time::Duration;

use fantoccini::actions::{
    ActionSequence, Actions, InputSource, KeyAction, KeyActions, MouseActions, PointerAction, TouchActions,
    WheelAction, WheelActions,
};
use fantoccini::error::ErrorStatus;

use super::engine::Point;
use super::keys::{Chord, Modifier};
use super::page::{CommandError, Page};
use crate::record::Failure;

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Button {
    /// The main button, mostly the left one.
    #[default]
    Left,
    /// The wheel.
    Middle,
    /// The one that opens a context menu, mostly the right one.
    Right,
}

/// How an element is clicked, for [`Element::click_with`](super::Element::click_with).
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Click {
    pub(crate) button: Button,
    pub(crate) modifiers: Vec<Modifier>,
    pub(crate) double: bool,
    pub(crate) at: Option<(f64, f64)>,
}

impl Click {
    /// One click with the main button in the middle of the element.
    pub fn new() -> Self {
        Self::default()
    }

    /// With another button.
    pub fn button(mut self, button: Button) -> Self {
        self.button = button;
        self
    }

    /// While these keys are held.
    pub fn modifiers(mut self, modifiers: impl IntoIterator<Item = Modifier>) -> Self {
        self.modifiers.extend(modifiers);
        self
    }

    /// Twice in quick succession.
    pub fn double(mut self) -> Self {
        self.double = true;
        self
    }

    /// At this place in CSS px from the upper left corner of the element, not in its middle.
    pub fn at(mut self, x: f64, y: f64) -> Self {
        self.at = Some((x, y));
        self
    }
}

/// What the driver said of a gesture.
pub(crate) enum Gesture {
    /// It was made.
    Made,
    /// The page changed before it could be made.
    Not(String),
}

/// How many keys go to the driver at once: a page that changes ends a batch, not the whole text.
const BATCH: usize = 64;

/// How many moves a drag is made of: pages notice a drag by the moves, and some by their distance.
const DRAG_MOVES: u32 = 6;

fn move_to(point: Point) -> PointerAction {
    PointerAction::MoveTo { duration: Some(Duration::ZERO), x: point.x, y: point.y }
}

fn mouse(actions: Vec<PointerAction>) -> ActionSequence {
    let mouse = MouseActions::new("mouse".to_owned());
    actions.into_iter().fold(mouse, InputSource::then).into()
}

impl Page {
    /// A click, or a tap where a finger is emulated.
    pub(crate) async fn press_pointer(&self, point: Point, click: &Click) -> Result<Gesture, Failure> {
        let button = match click.button {
            Button::Left => 0,
            Button::Middle => 1,
            Button::Right => 2,
        };
        let mut actions = vec![move_to(point)];
        for _ in 0..if click.double { 2 } else { 1 } {
            actions.push(PointerAction::Down { button });
            actions.push(PointerAction::Up { button });
        }
        if self.touch() && click.button == Button::Left && click.modifiers.is_empty() {
            let finger = TouchActions::new("finger".to_owned());
            return self.gesture(actions.into_iter().fold(finger, InputSource::then)).await;
        }
        if click.modifiers.is_empty() {
            return self.gesture(mouse(actions)).await;
        }
        // Both devices go on step by step: the keys wait while the button is pressed.
        let mut keys = KeyActions::new("keyboard".to_owned());
        let pause = Duration::ZERO;
        let mut pointer: Vec<_> = click.modifiers.iter().map(|_| PointerAction::Pause { duration: pause }).collect();
        for modifier in &click.modifiers {
            keys = keys.then(KeyAction::Down { value: modifier.code() });
        }
        for action in actions {
            pointer.push(action);
            keys = keys.then(KeyAction::Pause { duration: pause });
        }
        for modifier in click.modifiers.iter().rev() {
            keys = keys.then(KeyAction::Up { value: modifier.code() });
        }
        self.gesture(Actions::from(keys).and(mouse(pointer))).await
    }

    /// Moves the mouse.
    pub(crate) async fn move_pointer(&self, point: Point) -> Result<Gesture, Failure> {
        self.gesture(mouse(vec![move_to(point)])).await
    }

    /// Presses at `from`, moves in steps, releases at `to`.
    pub(crate) async fn drag_pointer(&self, from: Point, to: Point) -> Result<Gesture, Failure> {
        let mut actions = vec![move_to(from), PointerAction::Down { button: 0 }];
        for step in 1..=DRAG_MOVES {
            let part = f64::from(step) / f64::from(DRAG_MOVES);
            actions.push(move_to(Point { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }));
        }
        // Once more at the place itself: what is dragged over must have noticed before it is let go.
        actions.push(move_to(to));
        actions.push(PointerAction::Up { button: 0 });
        self.gesture(mouse(actions)).await
    }

    /// Turns the wheel at a point, by CSS px.
    pub(crate) async fn turn_wheel(&self, at: Point, delta_x: i64, delta_y: i64) -> Result<Gesture, Failure> {
        #[expect(clippy::cast_possible_truncation, reason = "a place in a window")]
        let (x, y) = (at.x.round() as i64, at.y.round() as i64);
        let mut wheel = WheelActions::new("wheel".to_owned());
        wheel.push(WheelAction::Scroll { duration: Some(Duration::ZERO), x, y, delta_x, delta_y });
        self.gesture(wheel).await
    }

    /// Presses a key while its modifiers are held.
    pub(crate) async fn press_chord(&self, chord: &Chord) -> Result<Gesture, Failure> {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for &value in &chord.modifiers {
            keys = keys.then(KeyAction::Down { value });
        }
        keys = keys.then(KeyAction::Down { value: chord.key }).then(KeyAction::Up { value: chord.key });
        for &value in chord.modifiers.iter().rev() {
            keys = keys.then(KeyAction::Up { value });
        }
        self.gesture(keys).await
    }

    /// Types a text key by key; a line end is the key Enter.
    pub(crate) async fn type_keys(&self, text: &str) -> Result<Gesture, Failure> {
        let codes: Vec<char> =
            text.chars().filter(|c| *c != '\r').map(|c| if c == '\n' { '\u{E007}' } else { c }).collect();
        for batch in codes.chunks(BATCH) {
            let mut keys = KeyActions::new("keyboard".to_owned());
            for &value in batch {
                keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
            }
            if let Gesture::Not(reason) = self.gesture(keys).await? {
                return Ok(Gesture::Not(reason));
            }
        }
        Ok(Gesture::Made)
    }

    async fn gesture(&self, actions: impl Into<Actions>) -> Result<Gesture, Failure> {
        self.observe_timeline().await;
        self.shared.before_input(self.window.session.id());
        let performed = self.command(self.webdriver().perform_actions(actions)).await;
        self.timeline_got_input();
        match performed {
            Ok(()) => Ok(Gesture::Made),
            Err(CommandError::Dead(failure)) => Err(failure),
            Err(CommandError::Command(error)) => {
                let status = match &error {
                    fantoccini::error::CmdError::Standard(error) => Some(&error.error),
                    _ => None,
                };
                match status {
                    // Whoever waits for the dialog, or is surprised by it, tells; the gesture itself was made.
                    Some(ErrorStatus::UnexpectedAlertOpen) => Ok(Gesture::Made),
                    // The driver wants to answer the question whether the page may be left, and finds it answered.
                    Some(ErrorStatus::InvalidArgument) if error.to_string().contains("No dialog is showing") => {
                        Ok(Gesture::Made)
                    }
                    Some(ErrorStatus::MoveTargetOutOfBounds | ErrorStatus::StaleElementReference) => {
                        Ok(Gesture::Not("the place is outside of the window".to_owned()))
                    }
                    _ => Err(self.classify("use mouse or keyboard", &error)),
                }
            }
        }
    }
}
