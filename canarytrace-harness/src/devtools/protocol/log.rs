//! The domains `Log` and `Console`: what the browser itself has to say about a page.

use serde_json::Number;

use super::tolerant::{Field, Text, tolerant};

tolerant! {
    /// `Log.LogEntry`: log entry.
    pub struct LogEntry<'a> {
        /// Log entry source.
        source: Text<'a> => "source",
        /// Log entry severity.
        level: Text<'a> => "level",
        /// Logged text.
        text: Text<'a> => "text",
        /// The protocol's own category.
        category: Text<'a> => "category",
        /// Milliseconds since the epoch.
        timestamp: Number => "timestamp",
        /// URL of the resource if known.
        url: Text<'a> => "url",
        /// Line number in the resource.
        line_number: Number => "lineNumber",
        /// JavaScript stack trace.
        stack_trace: Box<super::runtime::StackTrace<'a>> => "stackTrace",
        /// Identifier of the network request associated with this entry.
        network_request_id: Text<'a> => "networkRequestId",
        /// Identifier of the worker associated with this entry.
        worker_id: Text<'a> => "workerId",
        /// Call arguments.
        args: Vec<Field<super::runtime::RemoteObject<'a>>> => "args",
    }

    /// `Console.ConsoleMessage`: console message.
    pub struct ConsoleMessage<'a> {
        /// Message source.
        source: Text<'a> => "source",
        /// Message severity.
        level: Text<'a> => "level",
        /// Message text.
        text: Text<'a> => "text",
        /// URL of the message origin.
        url: Text<'a> => "url",
        /// Line number in the resource that generated this message (1-based).
        line: Number => "line",
        /// Column number in the resource that generated this message (1-based).
        column: Number => "column",
    }

    /// `Log.entryAdded`: issued when new message was logged.
    pub struct EntryAdded<'a> {
        /// The entry.
        entry: LogEntry<'a> => "entry",
    }

    /// `Console.messageAdded`: issued when new console message is added.
    pub struct MessageAdded<'a> {
        /// Console message that has been added.
        message: ConsoleMessage<'a> => "message",
    }
}
