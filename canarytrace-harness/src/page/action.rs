//! What a user does with an element: each action waits until the element is ready for it, acts, and looks whether it
//! arrived.

use std::path::Path;

use base64::Engine as _;
use serde::Deserialize;
use serde_json::json;

use super::element::{Element, Result};
use super::engine::{Asked, Point, World};
use super::input::{Button, Click, Gesture};
use super::keys::chord;
use super::locator::Locator;
use super::page::Page;
use crate::devtools::CdpError;
use crate::record::{Failure, FailureKind, Fault};

/// What an element must be before it is used with the mouse.
const FOR_POINTER: &[&str] = &["visible", "enabled", "still", "hit"];

/// What an element must be before text is put into it.
const FOR_TEXT: &[&str] = &["visible", "enabled", "editable", "still", "hit"];

/// Where the mouse may rest.
const FOR_HOVER: &[&str] = &["visible", "still", "hit"];

/// What an element must be before keys are pressed on it.
const FOR_KEYS: &[&str] = &["visible", "enabled"];

/// A gesture that is one click, and comes to nothing when press and release are not on the same element.
const ONE_CLICK: Option<&str> = Some("click");

/// A gesture of another kind.
const OTHER_GESTURE: Option<&str> = Some("other");

/// A turn of the wheel: whether it comes to the page is watched.
const WHEEL: Option<&str> = Some("wheel");

/// How an element has to be for an action.
#[derive(Clone, Copy, Default)]
struct Needs<'a> {
    of: &'a [&'a str],
    /// Where in the element, in CSS px from its upper left corner.
    at: Option<(f64, f64)>,
    /// A gesture with the pointer follows, of this kind: whether it reaches the element is watched.
    gesture: Option<&'static str>,
    /// Its label will do as well.
    or_label: bool,
}

impl<'a> Needs<'a> {
    fn of(needs: &'a [&'a str]) -> Self {
        Self { of: needs, ..Self::default() }
    }
}

/// An element that is ready.
struct Ready {
    handle: u64,
    world: World,
    /// In the window.
    point: Point,
    checked: Option<bool>,
    description: String,
}

/// The engine's answer to `ready`.
#[derive(Deserialize)]
struct ReadyAnswer {
    obstacle: Option<String>,
    #[serde(default)]
    covered: bool,
    handle: Option<u64>,
    point: Option<Point>,
    checked: Option<bool>,
    description: Option<String>,
}

/// The engine's answer to `beginFill`.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the element, and none excludes another")]
#[serde(default)]
#[derive(Default)]
struct FillAnswer {
    gone: bool,
    mistake: Option<String>,
    done: bool,
    focused: bool,
    empty: bool,
}

/// `None` when an action was done, else why not yet.
type Done = Option<String>;

impl Element {
    /// Clicks the middle of the element with the main button; on an emulated phone, taps it.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when it was not ready in time: none or several matched, or the one was hidden,
    /// disabled, moving, or covered, and by what.
    pub async fn click(&self) -> Result {
        self.click_with(Click::new()).await
    }

    /// Clicks with another button, with modifiers, twice, or at another place. Errors as [`click`](Self::click).
    pub async fn click_with(&self, click: Click) -> Result {
        let one = click.button == Button::Left && !click.double;
        let gesture = if one { ONE_CLICK } else { OTHER_GESTURE };
        let needs = Needs { of: FOR_POINTER, at: click.at, gesture, or_label: false };
        self.act("click", needs, async |ready| self.gesture(&ready, self.page.press_pointer(ready.point, &click)).await)
            .await
    }

    /// Clicks twice in quick succession. Errors as [`click`](Self::click).
    pub async fn double_click(&self) -> Result {
        self.click_with(Click::new().double()).await
    }

    /// Clicks with the button that opens a context menu. Errors as [`click`](Self::click).
    pub async fn right_click(&self) -> Result {
        self.click_with(Click::new().button(Button::Right)).await
    }

    /// Rests the mouse on the middle of the element. Errors as [`click`](Self::click).
    pub async fn hover(&self) -> Result {
        self.act("hover over", Needs::of(FOR_HOVER), async |ready| {
            Ok(not_made(self.page.move_pointer(ready.point).await?))
        })
        .await
    }

    /// Drags the element onto the middle of the one that `target` finds, with the main button. Errors as
    /// [`click`](Self::click).
    pub async fn drag_to(&self, target: impl Into<Locator>) -> Result {
        let target = Self { locator: target.into(), ..self.clone() };
        let what = format!("drag to {}:", target.locator);
        let needs = Needs { gesture: OTHER_GESTURE, ..Needs::of(FOR_POINTER) };
        self.act(&what, needs, async |_first_look| {
            // What is looked at last is in view; the other must still be.
            let deadline = self.patience().deadline;
            let to = match target.ready(Needs::of(&["visible", "still"]), 0, deadline).await? {
                Ok(ready) => ready.point,
                Err((obstacle, _)) => return Ok(Some(format!("of its target {obstacle}"))),
            };
            let ready = match self.ready(needs, 0, deadline).await? {
                Ok(ready) => ready,
                Err((obstacle, _)) => return Ok(Some(obstacle)),
            };
            self.gesture(&ready, self.page.drag_pointer(ready.point, to)).await
        })
        .await
    }

    /// Replaces the text of an input, a textarea or an editable element, as a user who selects all and pastes: one
    /// `input` event. An input of type date, time, color or range gets its value as the specification writes it
    /// (`2026-11-22`).
    ///
    /// # Errors
    /// As [`click`](Self::click); at once when the element takes no text, or not this one.
    pub async fn fill(&self, text: &str) -> Result {
        self.act("fill", Needs::of(FOR_TEXT), async |ready| self.insert(&ready, text).await).await
    }

    /// Empties an input. Errors as [`fill`](Self::fill).
    pub async fn clear(&self) -> Result {
        self.fill("").await
    }

    async fn insert(&self, ready: &Ready, text: &str) -> Result<Done> {
        let deadline = self.patience().deadline;
        let request = json!({ "op": "beginFill", "handle": ready.handle, "text": text });
        let begun = match self.ask_in::<FillAnswer>(&ready.world, request, deadline).await? {
            Asked::Answer(answer, _) => answer,
            Asked::Not(obstacle) => return Ok(Some(obstacle)),
        };
        if let Some(mistake) = begun.mistake {
            let message = format!("{mistake}: {}", ready.description);
            return Err(Failure::new(FailureKind::Locator, message).blame(Fault::Harness));
        }
        if begun.done {
            return Ok(None);
        }
        if begun.gone {
            return Ok(Some("it was detached from the page just before".to_owned()));
        }
        if !begun.focused {
            return Ok(Some(format!("{} does not take the focus", ready.description)));
        }
        if text.is_empty() && begun.empty {
            return Ok(None);
        }
        if text.is_empty() {
            not_made(self.page.press_chord(&chord("Delete")?).await?);
        } else {
            // A text of megabytes takes the page its time.
            let needed = INSERT_LIMIT + INSERT_LIMIT_PER_MEGABYTE * u32::try_from(text.len() >> 20).unwrap_or(u32::MAX);
            let limit = deadline.saturating_duration_since(tokio::time::Instant::now()).max(needed);
            let call = ready.world.session().send_within(limit, "Input.insertText", json!({ "text": text }));
            match self.page.alive(call).await? {
                // A page that navigates on its way breaks the call off; whether the text arrived is asked below.
                Ok(_) | Err(CdpError::Refused { .. }) => {}
                Err(CdpError::Timeout { .. }) => {
                    let text = format!("the page did not take the text of {} bytes within {limit:?}", text.len());
                    return Err(Failure::new(FailureKind::Timeout, text));
                }
                Err(error) => {
                    return Err(self.page.lost(&error).await);
                }
            }
        }
        match self.ask_in::<bool>(&ready.world, json!({ "op": "endFill" }), deadline).await? {
            Asked::Answer(false, _) => Ok(Some(format!("the text did not arrive in {}", ready.description))),
            // When the page was left because of the text, it arrived too.
            Asked::Answer(true, _) | Asked::Not(_) => Ok(None),
        }
    }

    /// Types a text key by key at the end of what is there, so that the page gets every key event; a line end is the
    /// key Enter. [`fill`](Self::fill) is quicker. Errors as [`click`](Self::click).
    pub async fn type_text(&self, text: &str) -> Result {
        self.act("type into", Needs::of(FOR_TEXT), async |ready| match self.take_focus(&ready).await? {
            None => Ok(not_made(self.page.type_keys(text).await?)),
            obstacle => Ok(obstacle),
        })
        .await
    }

    /// Focuses the element and presses a key: `Enter`, `a`, `Control+Shift+ArrowLeft`. Errors as
    /// [`click`](Self::click); at once for a key that there is not.
    pub async fn press(&self, key: &str) -> Result {
        let keys = chord(key)?;
        self.act(&format!("press {key} on"), Needs::of(FOR_KEYS), async |ready| match self.take_focus(&ready).await? {
            None => Ok(not_made(self.page.press_chord(&keys).await?)),
            obstacle => Ok(obstacle),
        })
        .await
    }

    async fn take_focus(&self, ready: &Ready) -> Result<Done> {
        let request = json!({ "op": "focus", "handle": ready.handle });
        Ok(match self.ask_in::<bool>(&ready.world, request, self.patience().deadline).await? {
            Asked::Answer(true, _) => None,
            Asked::Answer(false, _) => Some(format!("{} does not take the focus", ready.description)),
            Asked::Not(obstacle) => Some(obstacle),
        })
    }

    /// Gives the element the focus. Errors as [`click`](Self::click).
    pub async fn focus(&self) -> Result {
        self.act("focus", Needs::of(&["visible"]), async |ready| self.take_focus(&ready).await).await
    }

    /// Takes the focus from the element. Errors as [`click`](Self::click).
    pub async fn blur(&self) -> Result {
        self.act("blur", Needs::default(), async |ready| {
            let request = json!({ "op": "blur", "handle": ready.handle });
            let deadline = self.patience().deadline;
            self.ask_in::<Option<bool>>(&ready.world, request, deadline).await.map(|_| None)
        })
        .await
    }

    /// Chooses the option of a `select` by its label or its value, once it is there. Errors as [`click`](Self::click).
    pub async fn select(&self, option: &str) -> Result {
        self.select_all(&[option]).await
    }

    /// Chooses these options of a `select multiple`, and no others. Errors as [`click`](Self::click).
    pub async fn select_all(&self, options: &[&str]) -> Result {
        self.act("select in", Needs::of(&["visible", "enabled", "still", "hit"]), async |ready| {
            let request = json!({ "op": "select", "handle": ready.handle, "wanted": options });
            Ok(match self.ask_in::<Option<String>>(&ready.world, request, self.patience().deadline).await? {
                Asked::Answer(lacks, _) => lacks.map(|lacks| format!("{} {lacks}", ready.description)),
                // The page was left because of the choice.
                Asked::Not(_) => None,
            })
        })
        .await
    }

    /// Checks a checkbox, radio button or switch, unless it is. Errors as [`click`](Self::click), or when clicking does not
    /// check it.
    pub async fn check(&self) -> Result {
        self.set_checked(true).await
    }

    /// Unchecks a checkbox or switch, unless it is not checked. Errors as [`check`](Self::check).
    pub async fn uncheck(&self) -> Result {
        self.set_checked(false).await
    }

    /// Checks or unchecks. Errors as [`check`](Self::check).
    pub async fn set_checked(&self, checked: bool) -> Result {
        let what = if checked { "check" } else { "uncheck" };
        let needs = Needs { of: FOR_POINTER, at: None, gesture: OTHER_GESTURE, or_label: true };
        let mut clicked = false;
        self.act(what, needs, async |ready| {
            let Some(is) = ready.checked else {
                let message = format!("{} can't be checked", ready.description);
                return Err(Failure::new(FailureKind::Locator, message).blame(Fault::Harness));
            };
            if is == checked {
                return self.end_gesture(&ready).await.map(|_| None);
            }
            clicked = true;
            self.gesture(&ready, self.page.press_pointer(ready.point, &Click::new())).await
        })
        .await?;
        if clicked { self.until_checked(what, checked).await } else { Ok(()) }
    }

    /// Scrolls until the element can be seen. Errors as [`click`](Self::click).
    pub async fn scroll_into_view(&self) -> Result {
        self.act("scroll to", Needs::of(&["visible", "still"]), async |_ready| Ok(None)).await
    }

    /// Turns the wheel over the element, by CSS px to the right and downwards. What the page scrolls of it, it scrolls in
    /// its own time. Errors as [`click`](Self::click).
    pub async fn scroll_by(&self, right: i64, down: i64) -> Result {
        let mut turned = false;
        self.act("scroll", Needs { gesture: WHEEL, ..Needs::of(FOR_HOVER) }, async |ready| {
            let lost = self.gesture(&ready, self.page.turn_wheel(ready.point, right, down)).await?;
            // Once more, not for ever: a page may keep the event to itself before we see it.
            Ok(lost.filter(|_| !std::mem::replace(&mut turned, true)))
        })
        .await
    }

    /// Chooses files of this machine in an input of type file, which may be hidden.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when a file can't be read, and as [`click`](Self::click).
    pub async fn upload<P: AsRef<Path>>(&self, files: &[P]) -> Result {
        let mut paths = Vec::new();
        for file in files {
            let file = file.as_ref();
            let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            if !path.is_file() {
                return Err(Failure::harness(format!("could not upload {}: there is no such file", path.display())));
            }
            paths.push(path);
        }
        if self.page.is_remote() || paths.is_empty() {
            // The browser's container does not see our disk: it gets what is in the files. And `DOM.setFileInputFiles`
            // without files changes nothing.
            let mut contents = Vec::new();
            for path in &paths {
                let content = std::fs::read(path)
                    .map_err(|error| Failure::harness(format!("could not upload {}: {error}", path.display())))?;
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                contents.push((name, String::new(), content));
            }
            return self.give_files(&contents).await;
        }
        self.act("upload to", Needs::of(&["enabled"]), async |ready| {
            self.check_file_input(&ready, paths.len()).await?;
            let Ok(Some(object)) = self.page.alive(ready.world.object(ready.handle)).await? else {
                return Ok(Some("it was detached from the page just before".to_owned()));
            };
            let params = json!({ "files": paths, "objectId": object });
            match self.page.alive(ready.world.session().send("DOM.setFileInputFiles", params)).await? {
                Ok(_) => Ok(None),
                Err(CdpError::Refused { message, .. }) => Ok(Some(message)),
                Err(error) => Err(self.page.lost(&error).await),
            }
        })
        .await
    }

    /// Chooses a file that is not on any disk. `media_type` as in `text/csv`. Errors as [`click`](Self::click).
    pub async fn upload_bytes(&self, name: &str, media_type: &str, content: &[u8]) -> Result {
        self.give_files(&[(name.to_owned(), media_type.to_owned(), content.to_vec())]).await
    }

    async fn give_files(&self, files: &[(String, String, Vec<u8>)]) -> Result {
        let encoded: Vec<_> = files
            .iter()
            .map(|(name, media_type, content)| {
                let base64 = base64::engine::general_purpose::STANDARD.encode(content);
                json!({ "name": name, "type": media_type, "base64": base64 })
            })
            .collect();
        self.act("upload to", Needs::of(&["enabled"]), async |ready| {
            self.check_file_input(&ready, files.len()).await?;
            let request = json!({ "op": "files", "handle": ready.handle, "files": encoded });
            let deadline = self.patience().deadline;
            self.ask_in::<Option<bool>>(&ready.world, request, deadline).await.map(|_| None)
        })
        .await
    }

    async fn check_file_input(&self, ready: &Ready, count: usize) -> Result {
        let request = json!({ "op": "fileInput", "handle": ready.handle, "count": count });
        let deadline = self.patience().deadline;
        self.ask_in::<Option<bool>>(&ready.world, request, deadline).await.map(drop)
    }

    /// Makes a gesture and looks whether it reached the element.
    async fn gesture(&self, ready: &Ready, made: impl Future<Output = Result<Gesture>>) -> Result<Done> {
        let made = made.await;
        let missed = self.end_gesture(ready).await;
        if self.page.is_closed() {
            // The click closed its window, at once or a moment later: nothing is left to be asked. Whatever is asked of it
            // next says so.
            return Ok(None);
        }
        match made? {
            Gesture::Not(reason) => Ok(Some(reason)),
            Gesture::Made => missed,
        }
    }

    /// Ends the watch for a gesture; what became of it, if it missed.
    async fn end_gesture(&self, ready: &Ready) -> Result<Done> {
        let deadline = self.patience().deadline;
        Ok(match self.ask_in::<Option<String>>(&ready.world, json!({ "op": "endGesture" }), deadline).await? {
            Asked::Answer(missed, _) => missed.map(|missed| format!("{} {missed}", ready.description)),
            // The page was left because of the gesture.
            Asked::Not(_) => None,
        })
    }

    /// Looks once whether the element is ready; else what stands in the way, and whether that is another element.
    async fn ready(
        &self,
        needs: Needs<'_>,
        attempt: u32,
        deadline: tokio::time::Instant,
    ) -> Result<std::result::Result<Ready, (String, bool)>> {
        let request = json!({
            "op": "ready",
            "needs": needs.of,
            "at": needs.at,
            "gesture": needs.gesture,
            "orLabel": needs.or_label,
            "attempt": attempt,
        });
        let (answer, world) = match self.ask::<ReadyAnswer>(request, deadline).await? {
            Asked::Answer(answer, world) => (answer, world),
            Asked::Not(obstacle) => return Ok(Err((obstacle, false))),
        };
        let Some(handle) = answer.handle else {
            return Ok(Err((answer.obstacle.unwrap_or_default(), answer.covered)));
        };
        let mut ready = Ready {
            handle,
            world,
            point: answer.point.unwrap_or(Point { x: 0.0, y: 0.0 }),
            checked: answer.checked,
            description: answer.description.unwrap_or_default(),
        };
        let frames = self.locator.frames();
        if !frames.is_empty() && answer.point.is_some() {
            let hit = needs.of.contains(&"hit");
            match self.page.point_in_window(frames, ready.point, hit, deadline).await? {
                Ok(point) => ready.point = point,
                Err(obstacle) => {
                    if needs.gesture.is_some() {
                        self.end_gesture(&ready).await?;
                    }
                    return Ok(Err((obstacle, true)));
                }
            }
        }
        Ok(Ok(ready))
    }

    /// The engine's handle of the one element that matches, shown or not.
    pub(super) async fn kept(&self, what: &str) -> Result<(World, u64)> {
        let patience = self.patience();
        loop {
            let ready = self.ready(Needs::default(), 0, patience.deadline).await;
            let obstacle = match ready.map_err(|failure| failure.context(format_args!("could not {what}")))? {
                Ok(ready) => return Ok((ready.world, ready.handle)),
                Err((obstacle, _)) => obstacle,
            };
            if !patience.again().await {
                return Err(self.failure("find", &patience, &obstacle).await);
            }
        }
    }

    /// Waits until the element is ready, then acts; again when it was not done.
    async fn act(&self, what: &str, needs: Needs<'_>, perform: impl AsyncFnMut(Ready) -> Result<Done>) -> Result {
        // Boxed, so that the futures of actions are small: authors hand them on, and nest them in steps.
        Box::pin(self.act_when_ready(what, needs, perform)).await
    }

    async fn act_when_ready(
        &self,
        what: &str,
        needs: Needs<'_>,
        mut perform: impl AsyncFnMut(Ready) -> Result<Done>,
    ) -> Result {
        let patience = self.patience();
        let mut covered = 0;
        loop {
            // What is no matter of waiting: a selector that is none, a dead browser, a dialog.
            let ended = |failure: Failure| failure.context(format_args!("could not {what} {}", self.locator));
            let obstacle = match self.ready(needs, covered, patience.deadline).await.map_err(ended)? {
                Ok(ready) => match perform(ready).await.map_err(ended)? {
                    None => {
                        self.page.slow_motion().await;
                        return Ok(());
                    }
                    Some(obstacle) => obstacle,
                },
                Err((obstacle, is_covered)) => {
                    covered += u32::from(is_covered);
                    obstacle
                }
            };
            if !patience.again().await {
                return Err(self.failure(what, &patience, &obstacle).await);
            }
        }
    }
}

/// How long inserting a text may take at least.
const INSERT_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// What is added to it for each megabyte: five of them take an idle machine seconds, and a busy one many more.
const INSERT_LIMIT_PER_MEGABYTE: std::time::Duration = std::time::Duration::from_secs(10);

fn not_made(gesture: Gesture) -> Done {
    match gesture {
        Gesture::Made => None,
        Gesture::Not(reason) => Some(reason),
    }
}

impl Page {
    /// Presses a key, wherever the focus is: `Escape`, `Control+Shift+A`.
    ///
    /// # Errors
    /// For a key that there is not.
    pub async fn press(&self, key: &str) -> Result {
        let keys = chord(key)?;
        match not_made(self.press_chord(&keys).await?) {
            None => {
                self.slow_motion().await;
                Ok(())
            }
            Some(reason) => Err(Failure::new(FailureKind::Assertion, format!("could not press {key}: {reason}"))),
        }
    }

    /// Types a text key by key, wherever the focus is.
    pub async fn type_text(&self, text: &str) -> Result {
        match not_made(self.type_keys(text).await?) {
            None => {
                self.slow_motion().await;
                Ok(())
            }
            Some(reason) => Err(Failure::new(FailureKind::Assertion, format!("could not type: {reason}"))),
        }
    }

    /// Turns the wheel in the middle of the window, by CSS px to the right and downwards.
    pub async fn scroll_by(&self, right: i64, down: i64) -> Result {
        let (width, height): (f64, f64) = self.evaluate("return [innerWidth, innerHeight]", vec![]).await?;
        match not_made(self.turn_wheel(Point { x: width / 2.0, y: height / 2.0 }, right, down).await?) {
            None => {
                self.slow_motion().await;
                Ok(())
            }
            Some(reason) => Err(Failure::new(FailureKind::Assertion, format!("could not scroll: {reason}"))),
        }
    }
}
