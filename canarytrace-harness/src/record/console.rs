//! Dataset `console`: what the page and the browser wrote to the console.

use serde_json::Value;

use super::document::{Mapping, document};
use super::target::TargetRef;
use super::truncated::Truncated;

document! {
    /// An argument of a call of the console, or a thrown value (`Runtime.RemoteObject`).
    pub struct ConsoleValue {
        /// string, number, boolean, undefined, object, function, symbol or bigint.
        kind: Option<String> => "type": Mapping::Keyword,
        /// Of objects: array, null, node, regexp, date, map, set, error, promise …
        subtype: Option<String> => "subtype": Mapping::Keyword,
        /// Of objects: name of the class.
        class_name: Option<String> => "className": Mapping::Keyword,
        /// In words; of errors with their stack.
        description: Option<String> => "description": Mapping::NotIndexed,
        /// The value, where it is text, number, boolean or null.
        value: Option<Value> => "value": Mapping::NotIndexed,
    }
}

document! {
    /// The JavaScript context in which something was logged or thrown (`Runtime.ExecutionContextDescription`).
    pub struct ContextRef {
        /// The protocol's id of the context.
        id: i64 => "id": Mapping::Long,
        /// Origin of its document or worker.
        origin: Option<String> => "origin": Mapping::Keyword,
        /// Name of the world, of those that extensions and tools made.
        name: Option<String> => "name": Mapping::Keyword,
        /// The protocol's id of its frame.
        frame_id: Option<String> => "frameId": Mapping::Keyword,
    }
}

document! {
    /// A message of the console, or an exception that nobody caught.
    pub struct Console = "console" {
        /// `Log.entryAdded`, `Console.messageAdded`, `Runtime.consoleAPICalled` or `Runtime.exceptionThrown`.
        event_type: &'static str => "eventType": Mapping::Keyword,
        /// Title of the step in which it came.
        context: Option<String> => "context": Mapping::KeywordKeyword,
        /// Where it comes from: console-api, javascript, network, security, worker, deprecation, violation …
        source: Option<String> => "source": Mapping::Keyword,
        /// verbose, info, warning or error.
        level: Option<String> => "level": Mapping::Keyword,
        /// Of calls of the console: which one: log, warning, error, assert, table, trace …
        kind: Option<String> => "type": Mapping::Keyword,
        /// The protocol's own category of an entry: cors.
        category: Option<String> => "category": Mapping::Keyword,
        /// What a person reads in the console.
        text: String => "text": Mapping::TextKeyword,
        /// Script, document or resource that it is about.
        url: Option<String> => "url": Mapping::TextRaw,
        /// Line in it, from 1.
        line: Option<i64> => "line": Mapping::Long,
        /// Column in it, from 1.
        column: Option<i64> => "column": Mapping::Long,
        /// Arguments of the call, the first of them.
        args: Option<Vec<ConsoleValue>> => "args": Mapping::Object(ConsoleValue::FIELDS),
        /// How many arguments there were.
        args_count: Option<u64> => "argsCount": Mapping::Long,
        /// The calls that led to it, as `Runtime.StackTrace` has them: lines and columns from 0, the innermost first,
        /// `parent` for what was waited for.
        stack_trace: Option<Value> => "stackTrace": Mapping::NotIndexed,
        /// What was thrown.
        exception: Option<ConsoleValue> => "exception": Mapping::Object(ConsoleValue::FIELDS),
        /// The protocol's id of an exception.
        exception_id: Option<i64> => "exceptionId": Mapping::Long,
        /// `requestId` of the request that it is about.
        network_request_id: Option<String> => "networkRequestId": Mapping::Keyword,
        /// The protocol's id of the worker that it is about.
        worker_id: Option<String> => "workerId": Mapping::Keyword,
        /// Context of the script.
        execution_context: Option<ContextRef> => "executionContext": Mapping::Object(ContextRef::FIELDS),
        /// Part of the browser that it came from.
        target: Option<TargetRef> => "target": Mapping::Object(TargetRef::FIELDS),
        /// When it was logged or thrown, ms since the epoch.
        event_timestamp: Option<i64> => "eventTimestamp": Mapping::Date,
        /// Texts that were cut.
        truncated: Option<Vec<Truncated>> => "truncated": Mapping::Object(Truncated::FIELDS),
    }
}
