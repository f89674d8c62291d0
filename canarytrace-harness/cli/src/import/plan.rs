//! What the monitor does, made of what was recorded: steps with titles, secrets as parameters, expectations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::address::{self, Addresses};
use super::literal::{comment, short, string};
use super::locator::{self, Found, Use, in_frame, locate};
use super::recording::{Action, Button, Navigation, Operator, Recording, Selectors, Step, WaitForElement};
use super::secret;

/// A monitor, before it is text.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) title: String,
    /// The origin that everything is relative to.
    pub(super) base: Option<String>,
    /// Width and height of the window, in CSS pixels.
    pub(super) window: Option<(f64, f64)>,
    pub(super) is_mobile: bool,
    pub(super) params: Vec<Param>,
    pub(super) steps: Vec<Group>,
    /// What could not be taken over as it was, for the user.
    pub(super) warnings: Vec<String>,
}

/// A secret that the monitor gets as a parameter.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: String,
    /// What was typed when it was recorded; it is only looked for, never written.
    pub(super) recorded: String,
}

/// A step of the monitor.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// A line of a step.
#[derive(Debug)]
pub(super) enum Line {
    /// A call that is awaited and returns nothing.
    Call(String),
    /// A call that is awaited, whose value nobody wants.
    Valued(String),
    /// A whole statement.
    Statement(String),
    Comment(String),
}

/// Turns a recording into a plan.
pub(super) fn plan(recording: &Recording) -> Plan {
    let opened = recording.steps.iter().filter_map(|step| match &step.action {
        Action::Navigate { url } => Some(url.as_str()),
        _ => None,
    });
    let mut planner = Planner {
        recording,
        addresses: Addresses::of(opened),
        plan: Plan { title: recording.title.clone(), ..Plan::default() },
        group: Draft::default(),
        modifiers: Vec::new(),
        pressed: BTreeSet::new(),
        scrolled: BTreeMap::new(),
        windows: BTreeMap::new(),
        opener: None,
        titles: BTreeMap::new(),
    };
    for index in 0..recording.steps.len() {
        planner.step(index);
    }
    planner.finish()
}

/// The step that is being written.
#[derive(Debug, Default)]
struct Draft {
    lines: Vec<Line>,
    /// A navigation ended it: what comes next, expectations aside, is another step.
    ended: bool,
    /// What was opened.
    opened: Option<String>,
    /// The fields that were filled in.
    filled: Vec<String>,
    /// The last thing that was done apart from that.
    done: Option<String>,
    /// The last thing that was waited for.
    awaited: Option<String>,
}

impl Draft {
    fn title(&self) -> String {
        let fields = match self.filled.as_slice() {
            [] => None,
            [one] => Some(format!("fill in {one}")),
            [one, two] => Some(format!("fill in {one}, {two}")),
            several => Some(format!("fill in {} fields", several.len())),
        };
        let parts: Vec<&str> = [&self.opened, &fields, &self.done].into_iter().flatten().map(String::as_str).collect();
        let waited = self.awaited.as_ref().filter(|_| parts.is_empty());
        let title = waited.cloned().unwrap_or_else(|| parts.join(" and "));
        if title.is_empty() { "go on".to_owned() } else { short(&title, 80) }
    }
}

/// A modifier key that is held down.
#[derive(Debug)]
struct Modifier {
    name: &'static str,
    used: bool,
    number: usize,
}

struct Planner<'a> {
    recording: &'a Recording,
    addresses: Addresses,
    plan: Plan,
    group: Draft,
    modifiers: Vec<Modifier>,
    /// Keys whose release is still to come.
    pressed: BTreeSet<&'a str>,
    /// How far each thing was scrolled on this page, in CSS pixels.
    scrolled: BTreeMap<String, (f64, f64)>,
    /// The variables of the windows that this step opened, by their URL.
    windows: BTreeMap<&'a str, String>,
    /// The line that may have opened a window: the last action, if it is a click or a key that led nowhere else.
    opener: Option<usize>,
    /// How often each title was given.
    titles: BTreeMap<String, usize>,
}

impl<'a> Planner<'a> {
    fn step(&mut self, index: usize) {
        let recording = self.recording;
        let step = &recording.steps[index];
        let is_expectation = matches!(step.action, Action::WaitForElement(_) | Action::WaitForExpression { .. });
        let is_release = matches!(step.action, Action::KeyUp { .. });
        let opens = step.target.as_deref().is_some_and(|target| !self.windows.contains_key(target));
        let begins = matches!(step.action, Action::Navigate { .. }) && step.target.is_none();
        if ((self.group.ended && !is_expectation && !is_release && !opens) || begins) && !self.windows_are_needed(index)
        {
            self.close_group();
        }
        let Some(page) = self.page(step) else { return };
        let before = self.group.lines.len();
        self.action(index, step, &page);
        let is_passive = matches!(step.action, Action::SetViewport { .. } | Action::EmulateNetwork { .. });
        if !is_expectation && !is_release && !is_passive {
            let opens = matches!(step.action, Action::Click { .. } | Action::KeyDown { .. });
            let called = matches!(self.group.lines.get(before), Some(Line::Call(_)));
            self.opener = (opens && called && step.navigations.is_empty()).then_some(before);
        }
        self.navigations(step, &page);
    }

    /// Whether a later step needs a window that only this step of the monitor has.
    fn windows_are_needed(&self, index: usize) -> bool {
        let mut later = self.recording.steps[index..].iter().filter_map(|step| step.target.as_deref());
        later.any(|target| self.windows.contains_key(target))
    }

    fn close_group(&mut self) {
        if self.group.lines.iter().all(|line| matches!(line, Line::Comment(_))) {
            // Comments alone are no step: they stand at the beginning of the next.
            self.group.ended = false;
            return;
        }
        let draft = std::mem::take(&mut self.group);
        self.windows.clear();
        self.opener = None;
        let mut title = draft.title();
        let uses = self.titles.entry(title.clone()).or_default();
        *uses += 1;
        if *uses > 1 {
            title = format!("{title} ({uses})");
        }
        self.plan.steps.push(Group { title, lines: draft.lines });
    }

    fn finish(mut self) -> Plan {
        for held in std::mem::take(&mut self.modifiers) {
            if !held.used {
                self.warn_at(
                    held.number,
                    "keyDown",
                    &format!("{} is pressed and never released; it is left out", held.name),
                );
            }
        }
        self.close_group();
        let rest = std::mem::take(&mut self.group.lines);
        match self.plan.steps.last_mut() {
            Some(last) => last.lines.extend(rest),
            None if rest.is_empty() => {}
            None => self.plan.steps.push(Group { title: "nothing that was recorded".to_owned(), lines: rest }),
        }
        self.plan.base = self.addresses.base();
        if self.plan.base.is_none() && !self.plan.steps.is_empty() {
            self.plan.warnings.push(
                "the recording opens pages of several origins, or none: its addresses stay as they are, and BASE_URL \
                 changes nothing"
                    .to_owned(),
            );
        }
        self.plan
    }

    fn warn(&mut self, step: &Step, what: &str) {
        self.warn_at(step.number, &step.kind, what);
    }

    fn warn_at(&mut self, number: usize, kind: &str, what: &str) {
        self.plan.warnings.push(format!("step {number} ({}): {}", comment(kind), comment(what)));
    }

    /// Says in the code and to the user that something of the recording has no counterpart.
    fn left_out(&mut self, step: &Step, what: &str) {
        let text = format!("Step {} of the recording ({}) {what}", step.number, comment(&step.kind));
        self.group.lines.push(Line::Comment(short(&text, 400) + "."));
        self.warn(step, what);
    }

    fn call(&mut self, code: String) {
        self.group.lines.push(Line::Call(code));
    }

    /// The variable that a step is played on; `None` if there is no such window.
    fn page(&mut self, step: &'a Step) -> Option<String> {
        let Some(target) = step.target.as_deref() else { return Some("page".to_owned()) };
        if let Some(window) = self.windows.get(target) {
            return Some(window.clone());
        }
        let shown = short(&address::without_query(target), 100);
        if matches!(step.action, Action::SetViewport { .. } | Action::Close) {
            // Nothing was done there yet.
            self.group.lines.push(Line::Comment(format!("The recording saw {shown} open or close here.")));
            return None;
        }
        let Some(opener) = self.opener.take() else {
            self.left_out(step, &format!("happens in {shown}, which nothing in the recording opens; write it by hand"));
            return None;
        };
        let name = match self.windows.len() {
            0 => "window".to_owned(),
            several => format!("window_{}", several + 1),
        };
        if let Some(Line::Call(code)) = self.group.lines.get(opener) {
            let owner = code.split('.').next().unwrap_or("page");
            let statement = format!("let {name} = {owner}.wait_for_window({code}).await?;");
            self.group.lines[opener] = Line::Statement(statement);
        }
        self.windows.insert(target, name.clone());
        Some(name)
    }

    fn action(&mut self, index: usize, step: &'a Step, page: &str) {
        match &step.action {
            Action::SetViewport { width, height, is_mobile } => self.viewport(step, *width, *height, *is_mobile),
            Action::EmulateNetwork { download, upload, latency } => self.left_out(
                step,
                &format!(
                    "sets the network to {download} B/s down, {upload} B/s up and {latency} ms, which monitors don't; \
                     leave it to the machine they run on"
                ),
            ),
            Action::Navigate { url } => self.navigate(step, page, url),
            Action::Click { target, button, double, x, y } => {
                if !self.is_part_of_a_change(index) {
                    self.click(step, page, target, *button, *double, (*x, *y));
                }
            }
            Action::Hover { target } => {
                let found = self.find(step, target, Use::Other);
                self.call(format!("{page}.find({}).hover()", found.code));
                self.group.done = Some(format!("point at {}", found.name));
            }
            Action::Change { target, value } => {
                if !self.is_part_of_a_change(index) {
                    self.change(step, page, target, value);
                }
            }
            Action::KeyDown { key } => self.key_down(step, page, key),
            Action::KeyUp { key } => self.key_up(step, page, key),
            Action::Scroll { target, x, y } => self.scroll(step, page, target.as_ref(), (*x, *y)),
            Action::WaitForElement(wait) => self.wait_for_element(step, page, wait),
            Action::WaitForExpression { expression } => {
                if step.frame.is_empty() {
                    let body = string(&condition(expression));
                    self.group.lines.push(Line::Valued(format!("{page}.wait_for_function::<bool>({body}, vec![])")));
                } else {
                    let expression = short(expression, 200);
                    self.left_out(
                        step,
                        &format!("waits in a frame for {expression}; expect something of an element in it"),
                    );
                }
                self.group.awaited.get_or_insert_with(|| "wait".to_owned());
            }
            Action::Close if page == "page" => {
                let text = "The recording closes the page here; a run does that by itself.";
                self.group.lines.push(Line::Comment(text.to_owned()));
            }
            Action::Close => self.call(format!("{page}.close()")),
            Action::Custom { name } => {
                self.left_out(step, &format!("is {name:?} of an extension of the Recorder; write it by hand"));
            }
            Action::Unknown => self.left_out(step, "is of a type that is not known here; write it by hand"),
        }
    }

    fn find(&mut self, step: &Step, target: &Selectors, used: Use) -> Found {
        let found = locate(target, &step.frame, self.recording.selector_attribute.as_deref(), used);
        if let Some(guess) = &found.guess {
            self.warn(step, guess);
        }
        found
    }

    fn viewport(&mut self, step: &Step, width: f64, height: f64, is_mobile: bool) {
        match self.plan.window {
            None => {
                self.plan.window = Some((width, height));
                self.plan.is_mobile = is_mobile;
            }
            Some(first) if first != (width, height) || self.plan.is_mobile != is_mobile => {
                let text = "changes the size of the window, which stays the same in a monitor; make two of them";
                self.left_out(step, text);
            }
            Some(_) => {}
        }
    }

    fn navigate(&mut self, step: &Step, page: &str, url: &str) {
        if address::is_of_the_browser(url) {
            let text = format!("The recording began at {}.", short(url, 100));
            self.group.lines.push(Line::Comment(text));
            return;
        }
        if address::has_credentials(url) {
            self.warn(step, "its address holds credentials, which are left out: set CANARYTRACE_BASIC_AUTH");
        }
        if address::has_token(url) {
            self.warn(step, "its address holds what looks like a token, which is in the code now: replace it");
        }
        self.scrolled.clear();
        self.group.lines.push(Line::Valued(format!("{page}.goto({})", string(&self.addresses.opened(url)))));
        self.group.opened = Some(format!("open {}", address::spoken(url)));
        self.group.ended = true;
    }

    /// The expectations of the navigations that a step leads to: where the last one ends.
    fn navigations(&mut self, step: &Step, page: &str) {
        let Some(Navigation { url, title }) = step.navigations.last() else { return };
        self.group.ended = true;
        self.scrolled.clear();
        let url = url.as_deref().filter(|url| !url.is_empty());
        let opened = match &step.action {
            Action::Navigate { url } => Some(url.as_str()),
            _ => None,
        };
        if opened.is_some_and(address::is_of_the_browser) {
            return;
        }
        if let Some(expected) = url.filter(|url| opened != Some(url)).and_then(|url| self.addresses.expected(url)) {
            self.call(format!("{page}.expect(url()).{expected}"));
        }
        if let Some(title) = title.as_deref().filter(|title| !address::is_no_title(title, url)) {
            self.call(format!("{page}.expect(title()).{}", address::expected_title(title, url)));
            if opened.is_some() {
                self.group.opened = Some(format!("open {}", short(title, 60)));
            }
        }
    }

    /// Whether the next change of the same element makes this click or change superfluous: filling in a field focuses
    /// it and replaces what is there.
    fn is_part_of_a_change(&self, index: usize) -> bool {
        let step = &self.recording.steps[index];
        let (Action::Click { target, button: Button::Primary, .. } | Action::Change { target, .. }) = &step.action
        else {
            return false;
        };
        if !step.navigations.is_empty() || !self.modifiers.is_empty() {
            return false;
        }
        let mut later = self.recording.steps[index + 1..].iter();
        let next = later.find(|next| !matches!(next.action, Action::KeyUp { .. }));
        next.is_some_and(|next| match &next.action {
            Action::Change { target: changed, .. } => {
                next.frame == step.frame && next.target == step.target && is_same(changed, target)
            }
            // A double click, recorded as its clicks as well.
            Action::Click { target: clicked, double: true, .. } => {
                let is_click = matches!(step.action, Action::Click { double: false, .. });
                is_click && next.frame == step.frame && next.target == step.target && is_same(clicked, target)
            }
            // The second click of two before a change or double click.
            Action::Click { target: clicked, double: false, .. } => {
                let is_click = matches!(step.action, Action::Click { double: false, .. });
                is_click
                    && is_same(clicked, target)
                    && next.frame == step.frame
                    && next.target == step.target
                    && self.is_part_of_a_change(index + 1)
            }
            _ => false,
        })
    }

    fn click(&mut self, step: &Step, page: &str, target: &Selectors, button: Button, double: bool, (x, y): (f64, f64)) {
        // A mouse that has these buttons goes back and forward with them, whatever it points at.
        if let Button::Back | Button::Forward = button {
            let verb = if button == Button::Back { "back" } else { "forward" };
            self.group.lines.push(Line::Valued(format!("{page}.{verb}()")));
            self.group.done = Some(format!("go {verb}"));
            return;
        }
        let found = self.find(step, target, Use::Other);
        let mut options = Vec::new();
        let held: Vec<String> = self.modifiers.iter().map(|modifier| format!("Modifier::{}", modifier.name)).collect();
        self.modifiers.iter_mut().for_each(|modifier| modifier.used = true);
        if !held.is_empty() {
            options.push(format!(".modifiers([{}])", held.join(", ")));
        }
        // Elsewhere the middle will do, and goes on to when the element's size changes.
        if locator::tag(target).is_some_and(|tag| matches!(tag.as_str(), "canvas" | "map" | "area")) {
            options.push(format!(".at({x:.1}, {y:.1})"));
        }
        let (call, verb) = match (button, double) {
            (Button::Secondary, false) => ("right_click()", "right-click"),
            (_, true) => ("double_click()", "double-click"),
            (_, false) => ("click()", "click"),
        };
        let is_special = button == Button::Auxiliary || (button == Button::Secondary && double);
        let call = if options.is_empty() && !is_special {
            call.to_owned()
        } else {
            match button {
                Button::Auxiliary => options.push(".button(Button::Middle)".to_owned()),
                Button::Secondary => options.push(".button(Button::Right)".to_owned()),
                Button::Primary | Button::Back | Button::Forward => {}
            }
            if double {
                options.push(".double()".to_owned());
            }
            format!("click_with(Click::new(){})", options.concat())
        };
        self.call(format!("{page}.find({}).{call}", found.code));
        self.group.done = Some(format!("{verb} {}", found.name));
    }

    fn change(&mut self, step: &Step, page: &str, target: &Selectors, value: &str) {
        let found = self.find(step, target, Use::Input);
        let tag = locator::tag(target);
        let is_list = matches!(locator::role(target), Some("combobox" | "listbox"));
        let selects = tag.as_deref() == Some("select") || (is_list && tag.is_none());
        if selects && tag.is_none() {
            self.warn(step, &format!("{} is taken for a <select>; if it is an input write fill", found.name));
        }
        let argument = match secret::parameter(target).filter(|_| !value.is_empty()) {
            Some(name) => format!("&{}", self.param(name, value)),
            None => string(value),
        };
        let verb = if selects { "select" } else { "fill" };
        self.call(format!("{page}.find({}).{verb}({argument})", found.code));
        if !self.group.filled.contains(&found.name) {
            self.group.filled.push(found.name);
        }
    }

    /// The parameter for a secret: one for each value.
    fn param(&mut self, name: String, recorded: &str) -> String {
        if let Some(known) = self.plan.params.iter().find(|param| param.recorded == recorded) {
            return known.name.clone();
        }
        let is_taken = |name: &str| self.plan.params.iter().any(|param| param.name == name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name);
        self.plan.params.push(Param { name: free.clone(), recorded: recorded.to_owned() });
        free
    }

    fn key_down(&mut self, step: &'a Step, page: &str, key: &'a str) {
        if let Some(name) = modifier(key) {
            if self.modifiers.iter().all(|held| held.name != name) {
                self.modifiers.push(Modifier { name, used: false, number: step.number });
            }
            return;
        }
        self.pressed.insert(key);
        let Some(name) = key_name(key) else {
            self.left_out(step, &format!("presses {key:?}, which monitors can't"));
            return;
        };
        let keys: Vec<&str> = self.modifiers.iter().map(|held| held.name).chain([name.as_str()]).collect();
        let chord = keys.join("+");
        self.modifiers.iter_mut().for_each(|modifier| modifier.used = true);
        self.call(format!("{page}.press({})", string(&chord)));
        self.group.done = Some(format!("press {chord}"));
    }

    fn key_up(&mut self, step: &'a Step, page: &str, key: &'a str) {
        if let Some(name) = modifier(key) {
            match self.modifiers.iter().position(|held| held.name == name) {
                Some(place) if self.modifiers.remove(place).used => {}
                Some(_) => {
                    self.call(format!("{page}.press({})", string(name)));
                    self.group.done = Some(format!("press {name}"));
                }
                None => self.left_out(step, &format!("releases {name}, which was pressed before the recording began")),
            }
        } else if !self.pressed.remove(key) {
            self.left_out(step, &format!("releases {key:?}, which was pressed before the recording began"));
        }
    }

    /// The Recorder says where a thing was scrolled to, and `scroll_by` wants how far.
    fn scroll(&mut self, step: &Step, page: &str, target: Option<&Selectors>, (x, y): (f64, f64)) {
        let on = match target {
            Some(target) => format!("{page}.find({})", self.find(step, target, Use::Other).code),
            None if step.frame.is_empty() => page.to_owned(),
            None => format!("{page}.find(css(\"html\"){})", in_frame(&step.frame)),
        };
        let before = self.scrolled.insert(on.clone(), (x, y)).unwrap_or_default();
        let far = |to: f64, from: f64| to.round() - from.round();
        let (right, down) = (far(x, before.0), far(y, before.1));
        if (right, down) != (0.0, 0.0) {
            self.call(format!("{on}.scroll_by({right:.0}, {down:.0})"));
            self.group.awaited.get_or_insert_with(|| "scroll".to_owned());
        }
    }

    fn wait_for_element(&mut self, step: &Step, page: &str, wait: &WaitForElement) {
        let found = self.find(step, &wait.target, Use::Other);
        let WaitForElement { operator, count, visible, .. } = *wait;
        let locator = &found.code;
        let nth =
            |place: usize| if place == 0 { format!("{locator}.first()") } else { format!("{locator}.nth({place})") };
        self.group.awaited = Some(format!("wait for {}", found.name));
        let checks = !wait.attributes.is_empty() || !wait.properties.is_empty();
        if checks && !visible {
            let text = "waits until an element does not have certain attributes or properties; write it by hand";
            self.left_out(step, text);
            return;
        }
        let is_known = |(name, value): (&String, &Value)| property(name, value).is_some();
        let is_checked = !wait.attributes.is_empty() || wait.properties.iter().any(is_known);
        match (operator, visible, count) {
            (Operator::AtLeast, _, 0) => self.left_out(step, "waits for no element or more, which says nothing"),
            // What is expected of the element below holds for no element that is not there.
            (Operator::AtLeast, true, 1) if is_checked => {}
            (Operator::AtLeast, true, _) => self.call(format!("{page}.expect({}).to_be_visible()", nth(count - 1))),
            (Operator::AtLeast, false, _) => self.call(format!("{page}.expect({}).to_be_hidden()", nth(count - 1))),
            (Operator::Exactly, true, _) => self.call(format!("{page}.expect({locator}).to_have_count({count})")),
            (Operator::Exactly, false, _) => {
                self.call(format!("{page}.expect({locator}).not().to_have_count({count})"));
            }
            (Operator::AtMost, true, 0) => self.call(format!("{page}.expect({locator}).to_have_count(0)")),
            (Operator::AtMost, true, _) => self.call(format!("{page}.expect({}).to_be_hidden()", nth(count))),
            (Operator::AtMost, false, _) => self.call(format!("{page}.expect({}).to_be_visible()", nth(count))),
        }
        // Each element must match; there is one, or at least one, in nearly every recording.
        let element = nth(0);
        for (name, value) in &wait.attributes {
            self.call(format!("{page}.expect({element}).to_have_attribute({}, {})", string(name), string(value)));
        }
        for (name, value) in &wait.properties {
            match property(name, value) {
                Some(expectation) => self.call(format!("{page}.expect({element}).{expectation}")),
                None => self.left_out(
                    step,
                    &format!("waits until the property {name} of {} is {value}; write it by hand", found.name),
                ),
            }
        }
    }
}

/// Whether two steps mean the same element: they share a way to it.
fn is_same(one: &Selectors, other: &Selectors) -> bool {
    one.0.iter().any(|way| other.0.contains(way))
}

/// The expectation of a property of an element; `None` if there is none for it.
fn property(name: &str, value: &Value) -> Option<String> {
    Some(match (name, value) {
        ("value", Value::String(value)) => format!("to_have_value({})", string(value)),
        ("innerText" | "textContent" | "innerHTML" | "text", Value::String(text)) if !text.contains('<') => {
            format!("to_be({})", string(text.trim()))
        }
        ("checked", Value::Bool(true)) => "to_be_checked()".to_owned(),
        ("checked", Value::Bool(false)) => "not().to_be_checked()".to_owned(),
        ("disabled", Value::Bool(true)) => "to_be_disabled()".to_owned(),
        ("disabled", Value::Bool(false)) => "to_be_enabled()".to_owned(),
        ("className", Value::String(class)) => format!("to_have_attribute(\"class\", {})", string(class)),
        ("id" | "name" | "title" | "placeholder" | "alt", Value::String(value)) => {
            format!("to_have_attribute({}, {})", string(name), string(value))
        }
        _ => return None,
    })
}

fn modifier(key: &str) -> Option<&'static str> {
    Some(match key {
        "Alt" | "AltLeft" | "AltRight" => "Alt",
        "Control" | "ControlLeft" | "ControlRight" => "Control",
        "Meta" | "MetaLeft" | "MetaRight" => "Meta",
        "Shift" | "ShiftLeft" | "ShiftRight" => "Shift",
        _ => return None,
    })
}

/// Keys with names of more than one character that `press` takes; Puppeteer calls them the same.
const NAMED_KEYS: &[&str] = &[
    "ArrowDown",
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "Backspace",
    "Delete",
    "End",
    "Enter",
    "Escape",
    "F1",
    "F10",
    "F11",
    "F12",
    "F2",
    "F3",
    "F4",
    "F5",
    "F6",
    "F7",
    "F8",
    "F9",
    "Help",
    "Home",
    "Insert",
    "PageDown",
    "PageUp",
    "Pause",
    "Space",
    "Tab",
];

/// The name of a key for `press`. Puppeteer's keys are names, characters, or codes such as `KeyA` and `Digit1`.
fn key_name(key: &str) -> Option<String> {
    let name = match key {
        " " => "Space",
        "\r" | "\n" | "NumpadEnter" => "Enter",
        "Backquote" => "`",
        "Backslash" => "\\",
        "BracketLeft" => "[",
        "BracketRight" => "]",
        "Comma" => ",",
        "Equal" | "NumpadEqual" => "=",
        "Minus" | "NumpadSubtract" => "-",
        "NumpadAdd" => "+",
        "NumpadDecimal" | "Period" => ".",
        "NumpadDivide" | "Slash" => "/",
        "NumpadMultiply" => "*",
        "Quote" => "'",
        "Semicolon" => ";",
        other => other,
    };
    let after = |prefix: &str| name.strip_prefix(prefix).filter(|rest| rest.chars().count() == 1);
    if let Some(letter) = after("Key") {
        return Some(letter.to_lowercase());
    }
    let name = after("Digit").or_else(|| after("Numpad")).unwrap_or(name);
    (name.chars().count() == 1 || NAMED_KEYS.contains(&name)).then(|| name.to_owned())
}

/// A body of a function for `wait_for_function`, of an expression that may be a promise.
fn condition(expression: &str) -> String {
    let expression = expression.trim().trim_end_matches(';').trim_end();
    // A line of its own ends a comment at the expression's end.
    let end = if expression.contains("//") { "\n" } else { "" };
    let promises = ["Promise", "fetch(", "async", "await"].iter().any(|word| expression.contains(word));
    if promises {
        format!("return Promise.resolve({expression}{end}).then(Boolean)")
    } else {
        format!("return Boolean({expression}{end})")
    }
}
