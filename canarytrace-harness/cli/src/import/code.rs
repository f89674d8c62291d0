//! A plan as Rust, laid out as rustfmt would.

use std::fmt::Write as _;

use super::literal::{comment, string};
use super::plan::{Group, Line, Plan};

/// The source of a file with one monitor, to be named `function`.
pub(super) fn write(plan: &Plan, function: &str) -> String {
    let mut code = String::new();
    let title = comment(&plan.title);
    let title = if title.is_empty() { "A recorded journey".to_owned() } else { title };
    line(&mut code, 0, &format!("//! {title}"));
    line(&mut code, 0, "//!");
    line(&mut code, 0, "//! Made from a recording of the DevTools Recorder by `canarytrace import`.");
    if let Some(base) = &plan.base {
        line(&mut code, 0, &format!("//! Addresses are relative to `BASE_URL`: it was recorded at {}.", comment(base)));
    }
    if let Some((width, height)) = plan.window {
        line(&mut code, 0, &format!("//! The window had {width:.0} x {height:.0} px."));
    }
    line(&mut code, 0, "\nuse canarytrace::prelude::*;\n");
    line(&mut code, 0, &format!("/// {}", full_stop(&title)));
    line(&mut code, 0, &attribute(plan));
    line(&mut code, 0, &format!("pub async fn {function}(browser: &mut Browser) -> Result {{"));
    for param in &plan.params {
        line(&mut code, 1, &format!("let {0} = browser.param(\"{0}\")?.to_owned();", param.name));
    }
    for (index, group) in plan.steps.iter().enumerate() {
        step(&mut code, group, index + 1 == plan.steps.len());
    }
    if plan.steps.is_empty() {
        line(&mut code, 1, "Ok(())");
    }
    line(&mut code, 0, "}");
    code
}

/// `#[monitor(…)]`.
fn attribute(plan: &Plan) -> String {
    let mut options = Vec::new();
    if plan.is_mobile {
        options.push("device = \"mobile\"".to_owned());
    }
    if !plan.params.is_empty() {
        let params: Vec<String> = plan.params.iter().map(|param| format!("{}: secret", param.name)).collect();
        options.push(format!("params({})", params.join(", ")));
    }
    match options.as_slice() {
        [] => "#[monitor]".to_owned(),
        options => format!("#[monitor({})]", options.join(", ")),
    }
}

fn step(code: &mut String, group: &Group, is_last: bool) {
    line(code, 1, "browser");
    line(code, 2, &format!(".step({}, async |page| {{", string(&group.title)));
    let last_call = group.lines.iter().rposition(|line| !matches!(line, Line::Comment(_)));
    // The last call's result is the step's, if it is one and no comment follows it.
    let returns = |index: usize| Some(index) == last_call && index + 1 == group.lines.len();
    let mut returned = false;
    for (index, item) in group.lines.iter().enumerate() {
        match item {
            Line::Call(call) if returns(index) => {
                line(code, 3, &format!("{call}.await"));
                returned = true;
            }
            Line::Call(call) | Line::Valued(call) => line(code, 3, &format!("{call}.await?;")),
            Line::Statement(statement) => line(code, 3, statement),
            Line::Comment(text) => wrapped(code, text),
        }
    }
    if !returned {
        line(code, 3, "Ok(())");
    }
    line(code, 2, "})");
    line(code, 2, if is_last { ".await" } else { ".await?;" });
}

/// A comment, in lines that fit.
fn wrapped(code: &mut String, text: &str) {
    const WIDTH: usize = 100 - 3 * 4;
    let mut current = String::from("//");
    for word in text.split(' ') {
        if current.len() > 2 && current.chars().count() + 1 + word.chars().count() > WIDTH {
            line(code, 3, &current);
            current.truncate(2);
        }
        current.push(' ');
        current.push_str(word);
    }
    line(code, 3, &current);
}

/// What ends with neither of `.`, `!` and `?` gets a full stop.
fn full_stop(title: &str) -> String {
    if title.ends_with(['.', '!', '?']) { title.to_owned() } else { format!("{title}.") }
}

fn line(code: &mut String, depth: usize, text: &str) {
    // Writing to a String can't fail.
    let _ = writeln!(code, "{}{text}", "    ".repeat(depth));
}
