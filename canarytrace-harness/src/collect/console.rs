//! Dataset `console` from messages.

use serde_json::{Map, Value, json};

use super::console_text::{in_words, of_call, without_stack};
use super::cut::{Cutter, LONG, SHORT, beginning};
use super::sessions::Sessions;
use crate::devtools::protocol::log::{ConsoleMessage, LogEntry};
use crate::devtools::protocol::runtime::{ConsoleApiCalled, ExceptionThrown, RemoteObject, StackTrace};
use crate::devtools::protocol::{Event, Field, Message};
use crate::record::console::ConsoleValue;
use crate::record::{Console, Metric};

/// The text of a message, bytes.
const TEXT: usize = 16 * 1024;

/// Arguments of a call.
const MOST_ARGS: usize = 20;

/// A value or description, bytes.
const VALUE: usize = 2 * 1024;

/// Calls of a stack, and of each of the stacks that were waited for.
const MOST_FRAMES: usize = 32;
const MOST_FRAMES_OF_PARENT: usize = 8;

/// Stacks that were waited for.
const MOST_PARENTS: usize = 4;

/// Whether another document says the same: what the domain `Console` says the others said already, and what a worker logs
/// comes once more as an entry of its page.
pub fn was_said_before(document: &Console) -> bool {
    document.event_type == "Console.messageAdded"
        || (document.event_type == "Log.entryAdded" && document.source.as_deref() == Some("worker"))
}

/// The figures of a message, for budgets.
pub fn figures(document: &Console) -> Vec<(Metric, f64)> {
    let is_error = document.event_type == "Runtime.exceptionThrown" || document.level.as_deref() == Some("error");
    if is_error && !was_said_before(document) { vec![(Metric::ConsoleErrors, 1.0)] } else { Vec::new() }
}

/// The document of a message, if it is one of the four that the console is made of. `context` is the title of the step.
pub fn console(message: &Message<'_>, sessions: &Sessions, context: Option<&str>) -> Option<Console> {
    let mut cutter = Cutter::default();
    let mut console = match &message.event {
        Event::EntryAdded(added) => of_entry(added.entry.get()?, &mut cutter),
        Event::MessageAdded(added) => of_message(added.message.get()?, &mut cutter),
        Event::ConsoleApiCalled(called) => of_api_call(called, &mut cutter),
        Event::ExceptionThrown(thrown) => of_exception(thrown, &mut cutter)?,
        _ => return None,
    };
    let session = message.session_id.as_deref();
    let context_id = match &message.event {
        Event::ConsoleApiCalled(called) => called.execution_context_id.integer(),
        Event::ExceptionThrown(thrown) => {
            thrown.exception_details.get().and_then(|details| details.execution_context_id.integer())
        }
        _ => None,
    };
    console.execution_context = context_id.and_then(|id| sessions.context(session, id)).cloned();
    console.target = sessions.target(session).cloned();
    console.context = context.and_then(|context| cutter.cut_some("context", context, SHORT));
    console.truncated = cutter.into_truncated();
    Some(console)
}

fn empty(event_type: &'static str) -> Console {
    Console {
        event_type,
        context: None,
        source: None,
        level: None,
        kind: None,
        category: None,
        text: String::new(),
        url: None,
        line: None,
        column: None,
        args: None,
        args_count: None,
        stack_trace: None,
        exception: None,
        exception_id: None,
        network_request_id: None,
        worker_id: None,
        execution_context: None,
        target: None,
        event_timestamp: None,
        truncated: None,
    }
}

fn of_entry(entry: &LogEntry<'_>, cutter: &mut Cutter) -> Console {
    let mut console = Console {
        source: cutter.cut_some("source", entry.source.text(), SHORT),
        level: cutter.cut_some("level", entry.level.text(), SHORT),
        category: cutter.cut_some("category", entry.category.text(), SHORT),
        text: cutter.cut("text", entry.text.text(), TEXT),
        url: cutter.cut_some("url", entry.url.text(), LONG),
        line: entry.line_number.integer().map(from_one),
        args: entry.args.get().map(|args| values(args, cutter)),
        args_count: entry.args.get().map(|args| args.len() as u64),
        stack_trace: entry.stack_trace.get().map(|stack| stack_trace(stack)),
        network_request_id: cutter.cut_some("networkRequestId", entry.network_request_id.text(), SHORT),
        worker_id: cutter.cut_some("workerId", entry.worker_id.text(), SHORT),
        event_timestamp: entry.timestamp.integer(),
        ..empty("Log.entryAdded")
    };
    // The entry itself has no column.
    if let Some(place) = entry.stack_trace.get().and_then(|stack| Place::of(stack))
        && place.url == entry.url.text()
        && Some(place.line) == console.line
    {
        console.column = Some(place.column);
    }
    console
}

fn of_message(message: &ConsoleMessage<'_>, cutter: &mut Cutter) -> Console {
    let level = match message.level.text() {
        "log" => "info",
        "debug" => "verbose",
        level => level,
    };
    Console {
        source: cutter.cut_some("source", message.source.text(), SHORT),
        level: cutter.cut_some("level", level, SHORT),
        text: cutter.cut("text", message.text.text(), TEXT),
        url: cutter.cut_some("url", message.url.text(), LONG),
        line: message.line.integer(),
        column: message.column.integer(),
        ..empty("Console.messageAdded")
    }
}

fn of_api_call(called: &ConsoleApiCalled<'_>, cutter: &mut Cutter) -> Console {
    let kind = called.kind.text();
    let args = called.args.get().map_or(&[][..], Vec::as_slice);
    let (text, bytes) = of_call(kind, args, TEXT);
    cutter.note("text", bytes, text.len());
    let place = called.stack_trace.get().and_then(|stack| Place::of(stack));
    Console {
        source: Some("console-api".to_owned()),
        level: Some(level_of_call(kind).to_owned()),
        kind: cutter.cut_some("type", kind, SHORT),
        text,
        url: place.as_ref().map(|place| cutter.cut("url", place.url, LONG)),
        line: place.as_ref().map(|place| place.line),
        column: place.as_ref().map(|place| place.column),
        args: Some(values(args, cutter)),
        args_count: Some(args.len() as u64),
        stack_trace: called.stack_trace.get().map(|stack| stack_trace(stack)),
        event_timestamp: called.timestamp.integer(),
        ..empty("Runtime.consoleAPICalled")
    }
}

fn of_exception(thrown: &ExceptionThrown<'_>, cutter: &mut Cutter) -> Option<Console> {
    let details = thrown.exception_details.get()?;
    let place = details.stack_trace.get().and_then(|stack| Place::of(stack));
    let url = place.as_ref().map_or(details.url.text(), |place| place.url);
    let mut text = details.text.text().to_owned();
    if let Some(exception) = details.exception.get() {
        let what = in_words(exception);
        // Of some exceptions, as of workers', the text says it already.
        if !text.strip_suffix(&*what).is_some_and(|before| before.is_empty() || before.ends_with(' ')) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(beginning(&what, TEXT));
        }
    }
    Some(Console {
        source: Some("javascript".to_owned()),
        level: Some("error".to_owned()),
        text: cutter.cut("text", without_stack(&text), TEXT),
        url: cutter.cut_some("url", url, LONG),
        line: place.as_ref().map(|place| place.line).or(details.line_number.integer().map(from_one)),
        column: place.as_ref().map(|place| place.column).or(details.column_number.integer().map(from_one)),
        stack_trace: details.stack_trace.get().map(|stack| stack_trace(stack)),
        exception: details.exception.get().map(|exception| value("exception", exception, cutter)),
        exception_id: details.exception_id.integer(),
        event_timestamp: thrown.timestamp.integer(),
        ..empty("Runtime.exceptionThrown")
    })
}

/// As the console of `DevTools` ranks the calls.
pub(crate) fn level_of_call(kind: &str) -> &'static str {
    match kind {
        "error" | "assert" => "error",
        "warning" => "warning",
        "debug" => "verbose",
        _ => "info",
    }
}

/// The protocol counts lines and columns from 0, people from 1.
fn from_one(line: i64) -> i64 {
    line.saturating_add(1)
}

/// Where the innermost call stands that is in a script with a URL.
struct Place<'t> {
    url: &'t str,
    line: i64,
    column: i64,
}

impl<'t> Place<'t> {
    fn of(stack: &'t StackTrace<'_>) -> Option<Self> {
        let frame =
            stack.call_frames.get()?.iter().filter_map(Field::get).find(|frame| !frame.url.text().is_empty())?;
        Some(Self {
            url: frame.url.text(),
            line: from_one(frame.line_number.integer()?),
            column: from_one(frame.column_number.integer()?),
        })
    }
}

fn values(args: &[Field<RemoteObject<'_>>], cutter: &mut Cutter) -> Vec<ConsoleValue> {
    args.iter().filter_map(Field::get).take(MOST_ARGS).map(|arg| value("args", arg, cutter)).collect()
}

fn value(field: &str, object: &RemoteObject<'_>, cutter: &mut Cutter) -> ConsoleValue {
    let mut some = |name: &str, text: &str| cutter.cut_some(&format!("{field}.{name}"), text, VALUE);
    let description = some("description", object.description.text());
    let value = match object.value.get() {
        Some(Value::String(text)) => Some(some("value", text).unwrap_or_default().into()),
        // A value of an object is there only when somebody asked for it.
        Some(Value::Object(_) | Value::Array(_)) => None,
        Some(value) => Some(value.clone()),
        None => some("value", object.unserializable_value.text()).map(Value::from),
    };
    let exact = |text: &str| (!text.is_empty()).then(|| beginning(text, SHORT).to_owned());
    ConsoleValue {
        kind: exact(object.kind.text()),
        subtype: exact(object.subtype.text()),
        class_name: exact(object.class_name.text()),
        description,
        value,
    }
}

/// The stack in the protocol's form, its calls and those that it waited for bounded. `omittedFrames` says how many are
/// missing.
fn stack_trace(stack: &StackTrace<'_>) -> Value {
    let mut stacks = Vec::new();
    let mut next = Some(stack);
    while let Some(stack) = next.filter(|_| stacks.len() <= MOST_PARENTS) {
        let most = if stacks.is_empty() { MOST_FRAMES } else { MOST_FRAMES_OF_PARENT };
        stacks.push(calls(stack, most));
        next = stack.parent.get().map(|parent| &**parent);
    }
    let mut outer = next.is_some().then(|| json!({ "omitted": true }));
    while let Some(mut stack) = stacks.pop() {
        if let Some(parent) = outer.take() {
            stack.insert("parent".to_owned(), parent);
        }
        outer = Some(stack.into());
    }
    outer.unwrap_or_default()
}

fn calls(stack: &StackTrace<'_>, most: usize) -> Map<String, Value> {
    let frames = stack.call_frames.get().map_or(&[][..], Vec::as_slice);
    let calls: Vec<Value> = frames
        .iter()
        .filter_map(Field::get)
        .take(most)
        .map(|frame| {
            json!({
                "functionName": beginning(frame.function_name.text(), SHORT),
                "url": beginning(frame.url.text(), SHORT),
                "lineNumber": frame.line_number.integer(),
                "columnNumber": frame.column_number.integer(),
            })
        })
        .collect();
    let mut whole = Map::new();
    if let Some(description) = stack.description.get() {
        whole.insert("description".to_owned(), beginning(description, SHORT).into());
    }
    let omitted = frames.len() - calls.len();
    whole.insert("callFrames".to_owned(), calls.into());
    if omitted > 0 {
        whole.insert("omittedFrames".to_owned(), omitted.into());
    }
    whole
}

#[cfg(test)]
mod tests;
